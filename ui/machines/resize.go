package machines

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/table"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const taskOtherTypes page.TaskName = "other types"

// typeDialog picks another type for a stopped machine.
type typeDialog struct {
	*page.Context
	name, has, region string // the machine's
	take              func(name string) tea.Cmd
	table             *table.Table
	loaded            bool
	failure           page.Failure
	note              string
}

// askType opens the dialog and asks for the types and their prices.
func (s *Page) askType(u *Member) tea.Cmd {
	if u.State != steps.StateStopped {
		return s.Say("Only a stopped machine can be given another type: s stops it.", true)
	}
	d := &typeDialog{
		Context: s.Context, name: u.Name(), has: u.Answers.Type, region: u.Answers.Region, table: page.NewTypeTable(s.Theme),
		take: func(name string) tea.Cmd { return s.setType(u, name) },
	}
	s.Open(d)
	at, engine := steps.Place{Profile: u.Answers.Profile, Region: u.Answers.Region}, s.Engine
	return s.Start(taskOtherTypes, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := engine.Types(ctx, at)
		if err != nil {
			return otherTypesFetched{id: id, err: err}
		}
		prices, noCost := engine.Prices(ctx, at)
		return otherTypesFetched{id: id, list: list, prices: prices, noCost: noCost}
	})
}

// setType gives a stopped machine another type.
func (s *Page) setType(u *Member, name string) tea.Cmd {
	if name == u.Answers.Type {
		return s.Say(u.Name()+" has this type already.", false)
	}
	id, engine := u.ID, s.Engine
	return s.beginSimple(u, phrase{doing: "changing the type", did: "is a " + name + " from its next start: S starts it"},
		func(ctx context.Context, emit func(steps.Event)) error { return engine.Resize(ctx, id, name, emit) }, nil)
}

// Update implements [page.Updater].
func (d *typeDialog) Update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(otherTypesFetched); ok && d.Tasks.Done(taskOtherTypes, msg.id) {
		d.fetched(msg)
	}
	return nil
}

func (d *typeDialog) fetched(msg otherTypesFetched) {
	d.loaded = true
	if msg.err != nil {
		d.failure.Set(msg.err)
		return
	}
	if msg.noCost != nil {
		d.note = "Prices are unknown: " + page.Clean(steps.Explain(msg.noCost).Title)
	} else {
		d.note = wording.PricesAged(msg.prices, d.Now())
	}
	rows := page.TypeRows(msg.list, msg.prices, true)
	arch := ""
	for _, t := range msg.list {
		if t.Name == d.has {
			arch = t.Arch
		}
	}
	for i, t := range msg.list {
		if arch != "" && t.Arch != arch {
			rows[i].Disabled = "its disk has a system for " + arch
		}
	}
	d.table.SetRows(rows)
	d.table.Select(d.has)
}

func (d *typeDialog) Typing() page.Typist {
	if d.table.Filtering() {
		return page.TypingFilter(d.table)
	}
	return nil
}

// Keys implements [page.Dialog].
func (d *typeDialog) Keys() page.DialogKeys {
	types := page.Under(func(k tea.KeyPressMsg) (page.Reply, bool) {
		d.table.Update(k) // it has nothing to report: Enter is taken above
		return page.Reply{}, true
	})
	keys := page.DialogKeys{
		page.On("enter", "select", d.choose),
		page.TellOnly[page.Reply]("↑↓", "choose"), page.TellOnly[page.Reply]("/", "filter"),
	}
	if d.table.Filtering() {
		return append(keys, page.TellOnly[page.Reply]("s", "sort"), page.TellOnly[page.Reply]("esc", "cancel"),
			page.Details[page.Reply](&d.failure, ""), types)
	}
	return append(keys,
		page.Change("s", "sort", d.table.SortNext), page.Change("S", "", d.table.SortBack),
		page.Maybe("esc", "cancel", d.cancel),
		page.Details[page.Reply](&d.failure, ""), types)
}

// cancel closes the dialog, unless there is a filter to be taken away first.
func (d *typeDialog) cancel() (page.Reply, bool) {
	if d.table.Filter() != "" {
		return page.Reply{}, false
	}
	d.Tasks.Stop(taskOtherTypes)
	return page.Close(), true
}

func (d *typeDialog) choose() page.Reply {
	row, ok := d.table.Selected()
	switch {
	case !ok || !d.loaded:
		return page.Reply{}
	case row.Disabled != "":
		d.note = "Not this one: " + row.Disabled + "."
		return page.Reply{}
	}
	return page.Closing(func() tea.Cmd { return d.take(row.ID) })
}

func (d *typeDialog) View(th theme.Theme, w int) []string { return d.ViewTall(th, w, 20) }

func (d *typeDialog) Most() int { return page.WideDialog }

func (d *typeDialog) ViewTall(th theme.Theme, w, h int) []string {
	lines := []string{th.Title.Render("Another type for " + d.name), th.Subtle.Render("It is a " + page.Clean(d.has) + " now. The price is for each hour it runs."), ""}
	switch {
	case d.failure.Is():
		return append(lines, d.failure.Lines(th, w)...)
	case !d.loaded:
		return append(lines, th.Text.Render("Asking EC2 which types "+page.Clean(d.region)+" has …"))
	}
	if d.note != "" {
		lines = append(lines, th.Warn.Render(cells.Fit(page.Clean(d.note), w)))
	}
	d.table.SetTheme(th)
	d.table.SetSize(w, page.TableHeight(d.table, min(h-len(lines), 24)))
	return append(lines, strings.Split(d.table.View(), "\n")...)
}

// Point implements [page.PointableDialog].
func (d *typeDialog) Point(p page.Pointed) page.Reply {
	d.table.Point(p.Zones, p.Wheel) // a type is taken by Enter alone: it changes the machine
	return page.Reply{}
}
