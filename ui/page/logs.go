package page

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// besideFrom is the width from which two log panes stand side by side, and
// aboveFrom the height from which they stand one above the other.
const (
	besideFrom = 104
	aboveFrom  = 26
)

// Logs are two panes: what is being done, and what the host says. Where there
// is room for one only, it is the one with the focus.
type Logs struct {
	ID     string
	Buf    [2]*logbuf.Buffer
	pane   [2]*logpane.Pane
	At     int  // the pane with the focus
	chosen bool // the person chose it: it is not changed automatically
	Full   bool // the focused pane has the whole screen
	Single bool // only the first pane is used
}

// NewLogs is two panes, one for what the program does and one for what the
// host prints, with these titles.
func NewLogs(th theme.Theme, id, doing, host string) Logs {
	l := Logs{ID: id}
	for i, title := range []string{doing, host} {
		l.Buf[i] = logbuf.New(logbuf.DefaultMax)
		l.pane[i] = logpane.New(id, title, l.Buf[i], th)
	}
	l.pane[0].SetEmpty("Nothing yet.")
	l.pane[1].SetEmpty("Nothing yet: what its commands print comes here.")
	return l
}

// Add writes an event into the pane it belongs to.
func (l *Logs) Add(e steps.Event, began time.Time) {
	if e.Kind == steps.Output {
		l.Buf[1].Add(e.Text, e.Partial)
		return
	}
	WriteEvent(l.Buf[0], "", e, began)
}

// WriteEvent writes an event into a log. in stands before what the host prints
// and before a step's title, where they are under a heading. began is when the
// step began that has come to its end, or zero where its time is not told.
func WriteEvent(buf *logbuf.Buffer, in string, e steps.Event, began time.Time) {
	switch e.Kind {
	case steps.Output:
		buf.Add(in+e.Text, e.Partial)
	case steps.Started:
		buf.AddMarked(in+StepTitle(e.Step), false, logbuf.Doing)
	case steps.Doing:
		buf.Add("  "+e.Text, false)
	case steps.ByHand:
		buf.Add("  "+PromptOf(e.Text)+" "+e.Text, false)
	case steps.Retrying:
		buf.AddMarked("  retry: "+e.Text, false, logbuf.Retry)
	case steps.Finished:
		text := "  ✓ " + e.Text
		if !began.IsZero() {
			text += " (" + wording.Took(e.Time.Sub(began)) + ")"
		}
		buf.Add(text, false)
	case steps.Failed:
		buf.AddMarked("  failed: "+e.Text, false, logbuf.Failed)
	}
}

// StepTitle is the title of a step, or of the removal.
func StepTitle(id steps.StepID) string {
	if id == steps.StepRemove {
		return "Remove"
	}
	return steps.PageFor(id).Title
}

// Focused is the pane that keys go to.
func (l *Logs) Focused() *logpane.Pane { return l.pane[l.At] }

// Searching reports whether a search is being typed.
func (l *Logs) Searching() bool { return l.Focused().Searching() }

// Typing is the field of the search, or nil.
func (l *Logs) Typing() Typist {
	if l.Searching() {
		return TypingSearch(l.Focused())
	}
	return nil
}

func (l *Logs) key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	if !l.Searching() {
		switch k.String() {
		case "tab", "shift+tab":
			if !l.Single {
				l.At, l.chosen = 1-l.At, true
			}
			return nil, true
		case "esc":
			if l.Full {
				l.Full = false
				return nil, true
			}
		}
	}
	taken, cmd := l.Focused().Update(k)
	return cmd, taken
}

// Keys are the keys of the pane that has them.
func (l *Logs) Keys() Keys {
	var keys Keys
	if !l.Searching() && !l.Single {
		keys = append(keys, Tell("tab", "other log"))
	}
	return append(append(keys, PaneKeys(l.Focused())...), Under(l.key))
}

// View draws the panes in w by h cells. While nobody has chosen, a narrow
// screen shows the host's pane when the host is what matters.
func (l *Logs) View(w, h int, hostMatters bool) string {
	both := !l.Single && (w >= besideFrom || h >= aboveFrom)
	if !l.chosen && !l.Full {
		l.At = 0
		if hostMatters && !both {
			l.At = 1
		}
	}
	for i, p := range l.pane {
		p.SetFocused(i == l.At)
	}
	draw := func(i, w, h int) string {
		l.pane[i].SetSize(w, h)
		return ZoneOf(ZonePane, i, l.pane[i].View())
	}
	switch {
	case l.Full || !both:
		return draw(l.At, w, h)
	case w >= besideFrom:
		left := (w - 3) * 45 / 100
		return Beside(draw(0, left, h), "   ", draw(1, w-3-left, h))
	}
	upper := (h - 1) / 2
	return strings.Join([]string{draw(0, w, upper), "", draw(1, w, h-1-upper)}, "\n")
}

// Point gives the pane under the mouse the keys, or scrolls it.
func (l *Logs) Point(p Pointed) tea.Cmd {
	for i, pane := range l.pane {
		if n, over := p.In(ZonePane); over && n == strconv.Itoa(i) {
			if p.Wheel != 0 {
				return WheelPane(pane, p)
			}
			l.At, l.chosen = i, true
		}
	}
	return nil
}

// WheelPane scrolls a pane by a turn of the wheel.
func WheelPane(pane *logpane.Pane, p Pointed) tea.Cmd {
	_, cmd := pane.Update(p.wheelMsg())
	return cmd
}

// FullScreen is the focused pane where it has the whole screen, or empty.
func (l *Logs) FullScreen(w, h int) string {
	if !l.Full {
		return ""
	}
	return l.View(w, h, false)
}

// Said is what the focused pane has said at the last key, or empty.
func (l *Logs) Said() string { return l.Focused().Said() }

// Update takes what the panes ask for; what is saved has this name.
func (l *Logs) Update(c *Context, name string, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case logpane.FullScreenToggledMsg:
		if msg.ID == l.ID {
			l.Full = !l.Full
		}
	case logpane.SaveRequestedMsg:
		if msg.ID == l.ID {
			kind := [2]string{"done", "machine"}[l.At]
			return c.SaveLog("jupyter-ec2-"+name+"-"+kind, l.Buf[l.At].String())
		}
	case Restyled:
		for _, p := range l.pane {
			p.SetTheme(c.Theme)
		}
	}
	return nil
}
