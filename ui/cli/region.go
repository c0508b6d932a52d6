package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

// redrawEvery is how often the terminal is drawn again, where something is new.
const redrawEvery = 100 * time.Millisecond

// liveRegion is a part of the terminal that is drawn again and again, below
// what stays there.
//
// Between two drawings the cursor stands at the region's first cell. A terminal
// that gets another width breaks the lines below again, and where the region
// begins stays known.
type liveRegion struct {
	p   *Program
	ctx context.Context // of the work: its end gives the terminal back
	// lines are what is drawn, in at most so many lines; ending is called before
	// the region goes. Both are called with mu held.
	lines  func(out paper, most int) []string
	ending func()

	mu    sync.Mutex
	drawn string // as it stands there
	aside int    // how many have the terminal to themselves
	speak func() // shows again what is typed
	stop  func() // ends the drawing; nil before it begins
	ended bool
}

// begins starts the drawing. Ctrl-C gives the terminal back at once, whatever
// the work still does.
func (l *liveRegion) begins() {
	drawing, cancel := context.WithCancel(l.ctx)
	l.stop, l.speak = cancel, l.p.silence()
	suspends(drawing, l.alone)
	context.AfterFunc(drawing, l.close)
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
func (l *liveRegion) alone() (off func()) {
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

// close gives the terminal back.
func (l *liveRegion) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.stop == nil {
		return
	}
	l.ending()
	l.erase()
	l.ended = true
	l.stop()
	l.speak()
}

// draw puts the region on the terminal, where it is not there already.
func (l *liveRegion) draw() {
	if l.ended || l.aside > 0 || l.p.Size == nil {
		return
	}
	width, height := l.p.Size()
	lines := l.lines(l.p.paper(), height-1)
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
func (l *liveRegion) erase() {
	if l.drawn != "" {
		l.write("\r\x1b[J")
		l.drawn = ""
	}
}

func (l *liveRegion) write(text string) { _, _ = io.WriteString(l.p.Out, text) } // the output remembers
