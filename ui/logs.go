package ui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/remote/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// besideFrom is the width from which two log panes stand side by side, and
// aboveFrom the height from which they stand one above the other.
const (
	besideFrom = 104
	aboveFrom  = 26
)

// logs are two panes: what is being done, and what the host says. Where there
// is room for one only, it is the one with the focus.
type logs struct {
	id     string
	buf    [2]*logbuf.Buffer
	pane   [2]*logpane.Pane
	at     int  // the pane with the focus
	chosen bool // the person chose it: it is not changed by itself
	full   bool // the focused pane has the whole screen
	single bool // only the first pane is used
}

func newLogs(th theme.Theme, id, doing, host string) logs {
	l := logs{id: id}
	for i, title := range []string{doing, host} {
		l.buf[i] = logbuf.New(logbuf.DefaultMax)
		l.pane[i] = logpane.New(id, title, l.buf[i], th)
	}
	l.pane[0].SetEmpty("Nothing yet.")
	l.pane[1].SetEmpty("Nothing yet: what its commands print comes here.")
	return l
}

func (l *logs) restyle(th theme.Theme) {
	for _, p := range l.pane {
		p.SetTheme(th)
	}
}

// add writes an event into the pane it belongs to.
func (l *logs) add(e steps.Event, began time.Time) {
	doing := l.buf[0]
	switch e.Kind {
	case steps.Output:
		l.buf[1].Add(e.Text, e.Partial)
	case steps.Started:
		doing.AddMarked(stepTitle(e.Step), false, logbuf.Doing)
	case steps.Doing:
		doing.Add("  "+e.Text, false)
	case steps.ByHand:
		doing.Add("  "+promptOf(e.Text)+" "+e.Text, false)
	case steps.Retrying:
		doing.AddMarked("  retry: "+e.Text, false, logbuf.Retry)
	case steps.Finished:
		text := "  ✓ " + e.Text
		if !began.IsZero() {
			text += " (" + took(e.Time.Sub(began)) + ")"
		}
		doing.Add(text, false)
	case steps.Failed:
		doing.AddMarked("  failed: "+e.Text, false, logbuf.Failed)
	}
}

func stepTitle(id steps.StepID) string {
	if id == steps.StepRemove {
		return "Remove"
	}
	return steps.PageFor(id).Title
}

func (l *logs) focused() *logpane.Pane { return l.pane[l.at] }

func (l *logs) searching() bool { return l.focused().Searching() }

func (l *logs) typing() typist {
	if l.searching() {
		return paneTypist{l.focused()}
	}
	return nil
}

func (l *logs) key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if !l.searching() {
		switch k.String() {
		case "tab", "shift+tab":
			if !l.single {
				l.at, l.chosen = 1-l.at, true
			}
			return nil, true
		case "esc":
			if l.full {
				l.full = false
				return nil, true
			}
		}
	}
	taken, cmd := l.focused().Update(k)
	return cmd, taken
}

func (l *logs) hints() []hint {
	hints := []hint{}
	if !l.searching() && !l.single {
		hints = append(hints, hint{"tab", "other log"})
	}
	return append(hints, hintsOf(l.focused())...)
}

// view draws the panes in w by h cells. While nobody has chosen, a narrow
// screen shows the host's pane when the host is what matters.
func (l *logs) view(w, h int, hostMatters bool) string {
	both := !l.single && (w >= besideFrom || h >= aboveFrom)
	if !l.chosen && !l.full {
		l.at = 0
		if hostMatters && !both {
			l.at = 1
		}
	}
	for i, p := range l.pane {
		p.SetFocused(i == l.at)
	}
	draw := func(i, w, h int) string {
		l.pane[i].SetSize(w, h)
		return zoneOf(zonePane, i, l.pane[i].View())
	}
	switch {
	case l.full || !both:
		return draw(l.at, w, h)
	case w >= besideFrom:
		left := (w - 3) * 45 / 100
		return beside(draw(0, left, h), "   ", draw(1, w-3-left, h))
	}
	upper := (h - 1) / 2
	return strings.Join([]string{draw(0, w, upper), "", draw(1, w, h-1-upper)}, "\n")
}

// point gives the pane under the mouse the keys, or scrolls it.
func (l *logs) point(p pointed) tea.Cmd {
	for i, pane := range l.pane {
		if n, over := p.in(zonePane); over && n == strconv.Itoa(i) {
			if p.wheel != 0 {
				return wheelPane(pane, p)
			}
			l.at, l.chosen = i, true
		}
	}
	return nil
}

func wheelPane(pane *logpane.Pane, p pointed) tea.Cmd {
	_, cmd := pane.Update(p.wheelMsg())
	return cmd
}
