package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

const taskOtherTypes page.TaskName = "other types"

// typeDialog picks another type for a stopped machine.
type typeDialog struct {
	u       *member
	table   *table.Table
	loaded  bool
	failure page.Failure
	note    string
}

// askType opens the dialog and asks for the types and their prices.
func (m *model) askType(u *member) tea.Cmd {
	if u.State != steps.StateStopped {
		return m.say("Only a stopped machine can be given another type: s stops it.", true)
	}
	d := &typeDialog{u: u, table: page.NewTypeTable(m.th)}
	m.openDialog(d)
	at, engine := steps.Place{Profile: u.Answers.Profile, Region: u.Answers.Region}, m.engine
	return m.tasks.Start(m.ctx, taskOtherTypes, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := engine.Types(ctx, at)
		if err != nil {
			return otherTypesFetched{id: id, err: err}
		}
		prices, noCost := engine.Prices(ctx, at)
		return otherTypesFetched{id: id, list: list, prices: prices, noCost: noCost}
	})
}

func (m *model) otherTypes(msg otherTypesFetched) {
	d, ok := m.dialog().(*typeDialog)
	if !m.tasks.Done(taskOtherTypes, msg.id) || !ok {
		return
	}
	d.loaded = true
	if msg.err != nil {
		d.failure.Set(msg.err)
		return
	}
	noPrice := ""
	if msg.noCost != nil {
		noPrice = page.Clean(steps.Explain(msg.noCost).Title)
		d.note = "Prices are unknown: " + noPrice
	}
	rows := page.TypeRows(msg.list, msg.prices, noPrice)
	arch := ""
	for _, t := range msg.list {
		if t.Name == d.u.Answers.Type {
			arch = t.Arch
		}
	}
	for i, t := range msg.list {
		if arch != "" && t.Arch != arch {
			rows[i].Disabled = "its disk has a system for " + arch
		}
	}
	d.table.SetRows(rows)
	d.table.Select(d.u.Answers.Type)
}

func (d *typeDialog) typing() page.Typist {
	if d.table.Filtering() {
		return page.TypingFilter(d.table)
	}
	return nil
}

func (d *typeDialog) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	if !d.table.Filtering() || k.String() == "enter" {
		switch k.String() {
		case "esc":
			if d.table.Filter() == "" {
				m.tasks.Stop(taskOtherTypes)
				m.closeDialog()
				return nil
			}
		case "enter":
			return d.choose(m)
		}
	}
	if d.failure.Key(k) {
		return nil
	}
	if !d.table.Filtering() && page.SortKey(d.table, k) {
		return nil
	}
	d.table.Update(k) // it has nothing to report: Enter is taken above
	return nil
}

func (d *typeDialog) choose(m *model) tea.Cmd {
	row, ok := d.table.Selected()
	switch {
	case !ok || !d.loaded:
		return nil
	case row.Disabled != "":
		d.note = "Not this one: " + row.Disabled + "."
		return nil
	}
	m.closeDialog()
	if row.ID == d.u.Answers.Type {
		return m.say(d.u.name()+" has this type already.", false)
	}
	id, engine := d.u.ID, m.engine
	return m.simple(d.u, verb{doing: "changing the type", did: "is a " + row.ID + " from its next start: S starts it"},
		func(ctx context.Context, emit func(steps.Event)) error { return engine.Resize(ctx, id, row.ID, emit) }, nil)
}

func (d *typeDialog) view(th theme.Theme, w int) []string { return d.viewTall(th, w, 20) }

func (d *typeDialog) most() int { return wideDialog }

func (d *typeDialog) viewTall(th theme.Theme, w, h int) []string {
	lines := []string{th.Title.Render("Another type for " + d.u.name()), th.Subtle.Render("It is a " + page.Clean(d.u.Answers.Type) + " now. The price is for each hour it runs."), ""}
	switch {
	case d.failure.Is():
		return append(lines, d.failure.Lines(th, w)...)
	case !d.loaded:
		return append(lines, th.Text.Render("Asking EC2 which types "+page.Clean(d.u.Answers.Region)+" has …"))
	}
	if d.note != "" {
		lines = append(lines, th.Warn.Render(cells.Fit(page.Clean(d.note), w)))
	}
	d.table.SetTheme(th)
	d.table.SetSize(w, tableHeight(d.table, min(h-len(lines), 24)))
	return append(lines, strings.Split(d.table.View(), "\n")...)
}

func (d *typeDialog) hints() []page.Hint {
	return []page.Hint{{"enter", "select"}, {"↑↓", "choose"}, {"/", "filter"}, {"s", "sort"}, {"esc", "cancel"}}
}
