package cli

import (
	"context"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// newestLines is how many lines of output are shown under a step.
const newestLines = 6

// livePrinter shows the guide's work in a terminal: what is done in a line each,
// and below it a region that is drawn again and again, with the step at work,
// the newest lines of its output, and the steps to come. Everything goes into a
// log as well.
type livePrinter struct {
	liveRegion
	log  *runLog
	plan []steps.StepID // the steps to come, in order
	why  string         // what is said of a step that is still at work when the drawing ends

	timings *timings // nil where they are not to be told

	current steps.StepID
	began   time.Time
	start   time.Time
	newest  []told
}

// told is a line of output, with its tone.
type told struct {
	text    string
	tone    tone
	partial bool
}

// live makes the printer of one run.
func (p *Program) live(ctx context.Context, log *runLog) *livePrinter {
	l := &livePrinter{log: log, plan: steps.Works(), why: "stopped"}
	l.liveRegion = liveRegion{p: p, ctx: ctx, lines: l.region, ending: l.settleLast}
	p.shown = &l.liveRegion
	return l
}

func (l *livePrinter) review(r steps.Review) {
	l.log.review(r)
	l.plain().review(r)
}

// plain prints what stays.
func (l *livePrinter) plain() *plainPrinter {
	return &plainPrinter{w: l.p.Out, paper: l.p.paper(), now: l.p.Now, sandbox: l.log.sandbox, timings: l.timings}
}

func (l *livePrinter) event(e steps.Event) {
	l.log.event(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if l.stop == nil {
		l.start = l.p.Now()
		l.begins()
	}
	if e.Step != l.current || e.Kind == steps.Started {
		l.begin(e.Step)
	}
	switch e.Kind {
	case steps.Doing:
		l.tell(told{text: e.Text})
	case steps.Output:
		l.tell(told{text: e.Text, tone: faint, partial: e.Partial})
	case steps.Retrying:
		l.tell(told{text: "trying again: " + e.Text, tone: warning})
	case steps.Finished:
		l.settle(good, e.Text)
	case steps.Failed:
		l.settle(bad, steps.Explain(e.Err).Title)
	case steps.Started, steps.ByHand: // the step's own line says the one, the log the other
	}
}

// begin makes a step the one at work.
func (l *livePrinter) begin(id steps.StepID) {
	l.current, l.began, l.newest = id, l.p.Now(), nil
	for i, next := range l.plan {
		if next == id {
			l.plan = l.plan[i+1:]
			return
		}
	}
}

// tell adds a line of output; an unfinished one makes room for the next.
func (l *livePrinter) tell(t told) {
	if n := len(l.newest); n > 0 && l.newest[n-1].partial {
		l.newest = l.newest[:n-1]
	}
	l.newest = append(l.newest, t)
	if n := len(l.newest); n > newestLines {
		l.newest = l.newest[n-newestLines:]
	}
}

// settle leaves the step at work behind, as a line that stays. Of one that did
// not come to its end the newest output stays too.
func (l *livePrinter) settle(t tone, text string) {
	if l.current == "" {
		return
	}
	l.erase()
	out := l.p.paper()
	title, time := liveTitle(l.current), wording.Took(l.p.Now().Sub(l.began))
	before := cells.Width(title) + cells.Width(time) + 6 // the mark and the gaps
	l.write(out.paint(t, t.mark()) + " " + out.paint(heading, title) + "  " + out.paint(faint, time) + "  " +
		out.hang(out.words(text, out.width-before, out.width-2), 2) + "\n")
	if t == bad {
		for _, line := range l.output(out, newestLines) {
			l.write(line + "\n")
		}
	}
	l.current, l.newest = "", nil
	l.draw()
}

// settleLast leaves a step behind that is still at work.
func (l *livePrinter) settleLast() {
	l.plan = nil
	l.settle(bad, l.why)
}

// end is the end of a run that may not have come to its URL.
func (l *livePrinter) end() {
	if l.ctx.Err() == nil {
		l.mu.Lock()
		l.why = "failed"
		l.mu.Unlock()
	}
	l.close()
	l.plain().end()
	if l.log.close(l.stop != nil) {
		l.p.note("%s\n", l.log.where())
	}
}

// ready ends the drawing and shows the URL.
func (l *livePrinter) ready(o *steps.Opened) {
	l.mu.Lock()
	l.settle(good, "")
	l.mu.Unlock()
	l.close()
	l.log.ready(o)
	out, plain := l.p.paper(), l.plain()
	plain.about(o)
	plain.times()
	l.write("\n" + out.fold(out.paint(heading, "Ready")+" in "+wording.Took(l.p.Now().Sub(l.start))+". "+l.log.where(), 0) + "\n")
	l.write(out.box(o.URL) + "\n")
}

// region is what is drawn, in at most so many lines.
func (l *livePrinter) region(out paper, most int) []string {
	if l.current == "" && len(l.plan) == 0 {
		return nil
	}
	var lines, later []string
	for _, id := range l.plan {
		later = append(later, out.paint(faint, theme.SignTodo+" "+liveTitle(id)))
	}
	if l.current != "" {
		lines = append(lines, out.paint(warning, theme.SignActive)+" "+out.paint(heading, liveTitle(l.current))+"  "+out.paint(faint, wording.Took(l.p.Now().Sub(l.began))))
		lines = append(lines, l.output(out, most-1-len(later))...)
	}
	lines = append(lines, later...)
	return lines[:max(min(len(lines), most), 1)]
}

// output is the newest lines of the step at work, each in one line.
func (l *livePrinter) output(out paper, most int) []string {
	var lines []string
	for _, t := range l.newest[max(len(l.newest)-max(most, 0), 0):] {
		text := cells.Clean(strings.ReplaceAll(t.text, "\n", " "))
		if cells.Width(text) > out.width-5 {
			text = strings.TrimRight(cells.Fit(text, max(out.width-5, 1)), " ")
		}
		lines = append(lines, out.paint(faint, "  │ ")+out.paint(t.tone, text))
	}
	return lines
}

// liveTitle is a step's title without its number.
func liveTitle(id steps.StepID) string { return steps.PageFor(id).Title }
