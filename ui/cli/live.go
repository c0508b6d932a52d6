package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const (
	// redrawEvery is how often the terminal is drawn again, where something is new.
	redrawEvery = 100 * time.Millisecond
	// newestLines is how many lines of output are shown under a step.
	newestLines = 6
)

// livePrinter shows the guide's work in a terminal: what is done in a line each,
// and below it a region that is drawn again and again, with the step at work,
// the newest lines of its output, and the steps to come. Everything goes into a
// log as well.
//
// Between two drawings the cursor stands at the region's first cell. A terminal
// that gets another width breaks the lines below again, and where the region
// begins stays known.
type livePrinter struct {
	p    *Program
	log  *runLog
	plan []steps.StepID // the steps to come, in order

	ctx context.Context // of the work: its end gives the terminal back

	mu      sync.Mutex
	current steps.StepID
	began   time.Time
	start   time.Time
	newest  []told
	drawn   string // the region as it stands there
	aside   int    // how many have the terminal to themselves
	speak   func() // shows again what is typed
	stop    func() // ends the drawing; nil before the first event
	ended   bool
}

// told is a line of output, with its tone.
type told struct {
	text    string
	tone    tone
	partial bool
}

// live makes the printer of one run.
func (p *Program) live(ctx context.Context, log *runLog) *livePrinter {
	l := &livePrinter{p: p, log: log, ctx: ctx, plan: steps.Works()}
	p.shown = l
	return l
}

// begins starts the drawing. Ctrl-C gives the terminal back at once, whatever
// the work still does.
func (l *livePrinter) begins() {
	drawing, cancel := context.WithCancel(l.ctx)
	l.stop, l.start, l.speak = cancel, l.p.Now(), l.p.silence()
	suspends(drawing, l.alone)
	context.AfterFunc(drawing, func() { l.close("stopped") })
	go func() {
		tick := time.NewTicker(redrawEvery)
		defer tick.Stop()
		for {
			select {
			case <-drawing.Done():
				return
			case <-tick.C:
				l.mu.Lock()
				l.draw()
				l.mu.Unlock()
			}
		}
	}()
}

// silence keeps what is typed off the terminal until it is called off: it would
// stand in the middle of the region.
func (p *Program) silence() (off func()) {
	if p.Silence == nil {
		return func() {}
	}
	return p.Silence()
}

// alone gives the terminal to somebody else until it is called off.
func (l *livePrinter) alone() (off func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.stop == nil {
		return func() {}
	}
	if l.aside == 0 {
		l.erase()
		l.speak()
	}
	l.aside++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.aside--
		if l.aside == 0 && !l.ended {
			l.speak = l.p.silence()
			l.draw()
		}
	}
}

// alone gives the terminal to somebody who asks or tells something.
func (p *Program) alone() (off func()) {
	if p.shown == nil {
		return func() {}
	}
	return p.shown.alone()
}

func (l *livePrinter) review(r steps.Review) {
	l.log.review(r)
	(&plainPrinter{w: l.p.Out, paper: l.p.paper(), sandbox: l.log.sandbox}).review(r)
}

func (l *livePrinter) event(e steps.Event) {
	l.log.event(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if l.stop == nil {
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
		strings.Join(words(text, out.width-before, out.width-2), "\n  ") + "\n")
	if t == bad {
		for _, line := range l.output(out, newestLines) {
			l.write(line + "\n")
		}
	}
	l.current, l.newest = "", nil
	l.draw()
}

// close gives the terminal back. why is said of a step that is still at work.
func (l *livePrinter) close(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.stop == nil {
		return
	}
	l.plan = nil
	l.settle(bad, why)
	l.erase()
	l.ended = true
	l.stop()
	l.speak()
}

// end is the end of a run that may not have come to its URL.
func (l *livePrinter) end() {
	why := "failed"
	if l.ctx.Err() != nil {
		why = "stopped"
	}
	l.close(why)
	if l.log.close(l.stop != nil) {
		l.p.note("%s\n", l.log.where())
	}
}

// ready ends the drawing and shows the URL.
func (l *livePrinter) ready(o *steps.Opened) {
	l.mu.Lock()
	l.settle(good, "")
	l.mu.Unlock()
	l.close("")
	l.log.ready(o)
	out := l.p.paper()
	plain := &plainPrinter{w: l.p.Out, paper: out, sandbox: l.log.sandbox}
	plain.about(o)
	l.write("\n" + out.fold(out.paint(heading, "Ready")+" in "+wording.Took(l.p.Now().Sub(l.start))+". "+l.log.where(), 0) + "\n")
	l.write(out.box(o.URL) + "\n")
}

// draw puts the region on the terminal, where it is not there already.
func (l *livePrinter) draw() {
	if l.ended || l.aside > 0 || l.p.Size == nil {
		return
	}
	width, height := l.p.Size()
	lines := l.region(l.p.paper(), height-1)
	for i, line := range lines {
		lines[i] = cells.Fit(line, max(width-1, 1)) // one cell less: a full line may take two
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	now := strings.Join(lines, "\n")
	if now == l.drawn {
		return
	}
	l.drawn = now
	back := "\r"
	if n := len(lines) - 1; n > 0 {
		back += fmt.Sprintf("\x1b[%dA", n)
	}
	// The terminal shows it all at once, where it can.
	l.write("\x1b[?2026h\r\x1b[J" + now + back + "\x1b[?2026l")
}

// erase takes the region away.
func (l *livePrinter) erase() {
	if l.drawn != "" {
		l.write("\r\x1b[J")
		l.drawn = ""
	}
}

func (l *livePrinter) write(text string) { _, _ = io.WriteString(l.p.Out, text) } // the output remembers

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
