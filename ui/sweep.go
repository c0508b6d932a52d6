package ui

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const (
	taskSweep page.TaskName = "sweep"
	taskClear page.TaskName = "clear"
)

// sweepDialog lists what is left over in the cloud, and removes what is marked.
type sweepDialog struct {
	found    []steps.Leftover
	marked   map[string]bool // by region and ID
	at       page.Choice
	done, of int
	silent   []string // regions that did not answer
	running  bool
	clearing bool
	now      string // what the removal said last
	failure  page.Failure
}

func (m *model) askSweep() tea.Cmd {
	d := &sweepDialog{}
	m.openDialog(d)
	return d.run(m)
}

func (d *sweepDialog) run(m *model) tea.Cmd {
	*d = sweepDialog{marked: map[string]bool{}, running: true}
	profile, engine, send := m.o.Defaults.Profile, m.engine, m.send
	return m.tasks.Start(m.ctx, taskSweep, func(ctx context.Context, id page.TaskID) tea.Msg {
		b := page.NewBridge(func(batch []steps.Swept) { send(swept{id, batch}) }, nil)
		err := engine.Sweep(ctx, profile, b.Emit)
		b.Close()
		return sweepEnded{id, err}
	})
}

func (m *model) sweep() *sweepDialog {
	for _, d := range m.dialogs {
		if d, ok := d.(*sweepDialog); ok {
			return d
		}
	}
	return nil
}

func (m *model) swept(msg swept) {
	d := m.sweep()
	if !m.tasks.Is(taskSweep, msg.id) || d == nil {
		return
	}
	for _, a := range msg.answers {
		d.done, d.of = max(d.done, a.Done), a.Of
		d.found = append(d.found, a.Leftovers...)
		if a.Err != nil {
			d.silent = append(d.silent, regionOf(a.At))
		}
	}
	d.at.Size(len(d.found))
}

func (m *model) sweepEnded(msg sweepEnded) {
	if d := m.sweep(); m.tasks.Done(taskSweep, msg.id) && d != nil {
		d.running = false
		d.failure.Set(msg.err)
	}
}

func (m *model) cleared(msg cleared) tea.Cmd {
	d := m.sweep()
	if !m.tasks.Done(taskClear, msg.id) || d == nil {
		return nil
	}
	d.clearing = false
	if msg.err != nil {
		d.failure.Set(msg.err)
		return nil
	}
	return tea.Batch(d.run(m), m.say("What was marked is removed.", false), m.fleet.refresh(m))
}

// clearSaid takes what the removal says.
func (d *sweepDialog) clearSaid(events []steps.Event) {
	for _, e := range events {
		if e.Text != "" {
			d.now = e.Text
		}
	}
}

func leftoverKey(l steps.Leftover) string { return l.At.Profile + " " + l.At.Region + " " + l.ID }

func regionOf(at steps.Place) string {
	if at.Region == "" {
		return "the account of profile " + at.Profile
	}
	return at.Region
}

func (d *sweepDialog) typing() page.Typist { return nil }

func (d *sweepDialog) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	if d.clearing && k.String() != "esc" || d.failure.Key(k) {
		return nil
	}
	if k.String() != "space" && d.at.Key(k) {
		return nil
	}
	switch k.String() {
	case "space":
		if d.at.At < len(d.found) {
			d.mark(d.found[d.at.At])
			d.at.At = min(d.at.At+1, len(d.found)-1)
		}
	case "a":
		all := len(d.chosen()) < len(d.found)
		for _, l := range d.found {
			d.marked[leftoverKey(l)] = all
		}
	case "r":
		return d.run(m)
	case "enter":
		d.askClear(m)
	case "esc":
		m.tasks.Stop(taskSweep)
		m.tasks.Stop(taskClear) // what was removed is removed
		m.closeDialog()
	}
	return nil
}

func (d *sweepDialog) mark(l steps.Leftover) {
	key := leftoverKey(l)
	d.marked[key] = !d.marked[key]
}

func (d *sweepDialog) chosen() []steps.Leftover {
	var list []steps.Leftover
	for _, l := range d.found {
		if d.marked[leftoverKey(l)] {
			list = append(list, l)
		}
	}
	return list
}

// askClear names what will be lost.
func (d *sweepDialog) askClear(m *model) {
	list := d.chosen()
	if len(list) == 0 {
		d.now = "Mark something with space first."
		return
	}
	text := fmt.Sprintf("%s will be removed for good. Files on removed machines and disks are lost.", wording.Counted(len(list), "leftover"))
	if n := countRunning(list); n > 0 {
		text += fmt.Sprintf(" ! %s still running: another computer may be using it right now.", areOf(n, "machine"))
	}
	m.openDialog(&choiceDialog{title: "Remove what is marked?", text: []string{text}, options: []option{
		{label: "Remove", danger: true, do: func(m *model) tea.Cmd { return d.remove(m, list) }},
		{label: "Cancel"},
	}, at: page.Choice{At: 1}})
}

func areOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " of it is"
	}
	return fmt.Sprintf("%d %ss of it are", n, noun)
}

func countRunning(list []steps.Leftover) int {
	n := 0
	for _, l := range list {
		if l.Running {
			n++
		}
	}
	return n
}

func (d *sweepDialog) remove(m *model, list []steps.Leftover) tea.Cmd {
	d.clearing, d.now = true, "Removing …"
	engine, send := m.engine, m.send
	list = slices.Clone(list)
	return m.tasks.Start(m.ctx, taskClear, func(ctx context.Context, id page.TaskID) tea.Msg {
		b := page.NewEvents(id, send)
		err := engine.Clear(ctx, list, b.Emit)
		b.Close()
		return cleared{id, err}
	})
}

func (d *sweepDialog) hints() []page.Hint {
	return []page.Hint{{"space", "mark"}, {"a", "all"}, {"enter", "remove the marked"}, {"↑↓", "choose"}, {"r", "check again"}, {"esc", "close"}}
}

func (d *sweepDialog) view(th theme.Theme, w int) []string { return d.viewTall(th, w, 24) }

func (d *sweepDialog) most() int { return wideDialog }

func (d *sweepDialog) viewTall(th theme.Theme, w, h int) []string {
	lines := []string{th.Title.Render("Sweep"), th.Subtle.Render(cells.Fit("Tagged as this program's, and in no setup of this computer.", w)), ""}
	foot := d.footLines(th, w)
	from, to := d.at.Window(max(h-len(lines)-len(foot), 1))
	lines[0] = cells.Ends(lines[0], th.Subtle.Render(d.at.More(from, to)), w)
	for i := from; i < to; i++ {
		lines = append(lines, page.ZoneOf(page.ZoneLine, i, d.line(th, i, w)))
	}
	return append(lines, foot...)
}

func (d *sweepDialog) line(th theme.Theme, i, w int) string {
	l := d.found[i]
	box := "[ ] "
	if d.marked[leftoverKey(l)] {
		box = "[x] "
	}
	cost := "costs nothing"
	switch {
	case !l.CostKnown:
		cost = "price unknown"
	case l.MonthCost > 0:
		cost = wording.Monthly(l.MonthCost) + " a month"
	}
	name := l.Name
	if name == "" {
		name = l.ID
	}
	text := cells.Fit(box+page.Clean(l.Kind), 19) + page.Clean(name) + "  " + page.Clean(l.Detail)
	style := page.Styler(th.Text)
	switch {
	case i == d.at.At:
		style = th.TableSelected
	case l.Running:
		style = th.Warn
	}
	return page.Arrow(th, i == d.at.At) + style.Render(cells.Ends(text, cost, max(w-2, 1)))
}

func (d *sweepDialog) footLines(th theme.Theme, w int) []string {
	lines := []string{""}
	switch {
	case d.failure.Is():
		return append(lines, d.failure.Lines(th, w)...)
	case d.clearing:
		return append(lines, th.Text.Render(cells.Fit(page.Clean(d.now), w)))
	case d.running:
		return append(lines, th.Text.Render(fmt.Sprintf("Checking … %d of %d regions", d.done, d.of)))
	}
	for _, r := range d.silent {
		lines = append(lines, page.WarningLines(th, r+" did not answer", w)...)
	}
	if d.at.At < len(d.found) {
		l := d.found[d.at.At]
		lines = append(lines, page.Paragraph(th.Subtle, page.Clean(l.ID+" in "+l.At.Region+": "+or(l.Detail, l.Kind)), w)...)
	}
	if len(d.found) == 0 {
		return append(lines, th.OK.Render(theme.SignDone+" Nothing is left over."))
	}
	if n := len(d.chosen()); n > 0 {
		return append(lines, th.Text.Render(fmt.Sprintf("%d of %d marked", n, len(d.found))))
	}
	return append(lines, th.Subtle.Render(cells.Fit(or(d.now, wording.Counted(len(d.found), "leftover")), w)))
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return page.Clean(s)
}
