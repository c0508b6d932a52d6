package machines

import (
	"cmp"
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
	*page.Context
	removed  func() tea.Cmd // is called once leftovers were removed
	found    []steps.Leftover
	marked   map[string]bool // by region and ID
	at       page.Choice
	done, of int
	silent   []string // regions that did not answer
	heard    int      // regions that did
	running  bool
	clearing bool
	now      string // what the removal said last
	failure  page.Failure
}

func (s *Page) askSweep() tea.Cmd {
	d := &sweepDialog{Context: s.Context, removed: func() tea.Cmd { return s.refresh() }}
	s.Open(d)
	return d.run()
}

func (d *sweepDialog) run() tea.Cmd {
	*d = sweepDialog{Context: d.Context, removed: d.removed, marked: map[string]bool{}, running: true}
	profile, engine, send := d.Profile, d.Engine, d.Send
	return d.Start(taskSweep, func(ctx context.Context, id page.TaskID) tea.Msg {
		b := page.NewBridge(func(batch []steps.Swept) { send(swept{id, batch}) }, nil)
		err := engine.Sweep(ctx, profile, b.Emit)
		b.Close()
		return sweepEnded{id, err}
	})
}

// Update implements [page.Updater].
func (d *sweepDialog) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case swept:
		if d.Tasks.Is(taskSweep, msg.id) {
			d.add(msg.answers)
		}
	case sweepEnded:
		if d.Tasks.Done(taskSweep, msg.id) {
			d.running = false
			d.failure.Set(msg.err)
		}
	case page.EventsCame:
		if d.Tasks.Is(taskClear, msg.ID) {
			d.clearSaid(msg.Events)
		}
	case cleared:
		if !d.Tasks.Done(taskClear, msg.id) {
			return nil
		}
		d.clearing = false
		if msg.err != nil {
			d.failure.Set(msg.err)
			return nil
		}
		return tea.Batch(d.run(), d.Say("What was marked is removed.", false), d.removed())
	}
	return nil
}

// add takes what some regions said.
func (d *sweepDialog) add(answers []steps.Swept) {
	for _, a := range answers {
		d.done, d.of = max(d.done, a.Done), a.Of
		d.found = append(d.found, a.Leftovers...)
		if a.Heard() {
			d.heard++
		}
		if a.Err != nil {
			d.silent = append(d.silent, regionOf(a.At))
		}
	}
	d.at.Size(len(d.found))
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

func (d *sweepDialog) Typing() page.Typist { return nil }

// Keys implements [page.Dialog].
func (d *sweepDialog) Keys() page.DialogKeys {
	closes := page.On("esc", "close", func() page.Reply {
		d.Tasks.Stop(taskSweep)
		d.Tasks.Stop(taskClear) // what was removed is removed
		return page.Close()
	})
	if d.clearing {
		return page.DialogKeys{closes}
	}
	keys := page.DialogKeys{page.Details[page.Reply](&d.failure, "")}
	again := page.On("r", "check again", func() page.Reply { return page.Staying(d.run) })
	if len(d.found) == 0 {
		return append(keys, again, closes)
	}
	return append(keys,
		page.Change("space", "mark", d.markNext), page.Change("a", "all", d.markAll),
		page.On("enter", "remove the marked", func() page.Reply { return page.Staying(d.askClear) }),
		page.Moving[page.Reply]("choose", d.at.Key),
		again, closes)
}

// markNext marks what is under the cursor, and moves on.
func (d *sweepDialog) markNext() {
	if d.at.At < len(d.found) {
		d.mark(d.found[d.at.At])
		d.at.At = min(d.at.At+1, len(d.found)-1)
	}
}

// markAll marks everything but images, which are meant to stay: each is marked
// on its own. Where all of that is marked, nothing is.
func (d *sweepDialog) markAll() {
	all := false
	for _, l := range d.found {
		all = all || !l.Kept && !d.marked[leftoverKey(l)]
	}
	for _, l := range d.found {
		d.marked[leftoverKey(l)] = all && !l.Kept
	}
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
func (d *sweepDialog) askClear() tea.Cmd {
	list := d.chosen()
	if len(list) == 0 {
		d.now = "Mark something with space first."
		return nil
	}
	text := fmt.Sprintf("%s will be removed for good. Files on removed machines and disks are lost.", wording.Counted(len(list), "leftover"))
	if n := countRunning(list); n > 0 {
		text += fmt.Sprintf(" ! %s still running: another computer may be using it right now.", areOf(n, "machine"))
	}
	if n := countKept(list); n > 0 {
		text += fmt.Sprintf(" ! Among them: %s, from which machines can then no longer be launched.", wording.Counted(n, "image"))
	}
	d.Open(&page.ChoiceDialog{Title: "Remove what is marked?", Text: []string{text}, Options: []page.Option{
		{Label: "Remove", Danger: true, Do: func() tea.Cmd { return d.remove(list) }},
		{Label: "Cancel"},
	}, At: page.Choice{At: 1}})
	return nil
}

func areOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " of it is"
	}
	return fmt.Sprintf("%d %ss of it are", n, noun)
}

func countKept(list []steps.Leftover) int {
	n := 0
	for _, l := range list {
		if l.Kept {
			n++
		}
	}
	return n
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

func (d *sweepDialog) remove(list []steps.Leftover) tea.Cmd {
	d.clearing, d.now = true, "Removing …"
	engine, send := d.Engine, d.Send
	list = slices.Clone(list)
	return d.Start(taskClear, func(ctx context.Context, id page.TaskID) tea.Msg {
		b := page.NewEvents(id, send)
		err := engine.Clear(ctx, list, b.Emit)
		b.Close()
		return cleared{id, err}
	})
}

func (d *sweepDialog) View(th theme.Theme, w int) []string { return d.ViewTall(th, w, 24) }

func (d *sweepDialog) Most() int { return page.WideDialog }

func (d *sweepDialog) ViewTall(th theme.Theme, w, h int) []string {
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
	case d.Engine.Sandboxed():
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
		lines = append(lines, page.Paragraph(th.Subtle, page.Clean(l.ID+" in "+l.At.Region+": "+cmp.Or(l.Detail, l.Kind)), w)...)
	}
	switch {
	case len(d.found) > 0:
	case d.heard == 0:
		return append(lines, page.WarningLines(th, "Nobody answered: what is left over is not known", w)...)
	case len(d.silent) > 0:
		return append(lines, th.Text.Render(cells.Fit("Nothing is left over where there was an answer.", w)))
	default:
		return append(lines, th.OK.Render(theme.SignDone+" Nothing is left over."))
	}
	if n := len(d.chosen()); n > 0 {
		return append(lines, th.Text.Render(fmt.Sprintf("%d of %d marked", n, len(d.found))))
	}
	return append(lines, th.Subtle.Render(cells.Fit(page.Clean(cmp.Or(d.now, wording.Counted(len(d.found), "leftover"))), w)))
}

// Point implements [page.PointableDialog].
func (d *sweepDialog) Point(p page.Pointed) page.Reply {
	if d.clearing || d.failure.Is() {
		return page.Reply{}
	}
	if d.at.Point(p) && d.at.At < len(d.found) {
		d.mark(d.found[d.at.At])
	}
	return page.Reply{}
}
