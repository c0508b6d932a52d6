package machines

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// rig drives the page alone, without the program around it: what it asks of
// its owner is done by an owner made by hand.
type rig struct {
	t    *testing.T
	m    *owner
	e    *stepstest.Engine
	msgs chan tea.Msg
}

// owner shows the page and its dialogs.
type owner struct {
	*page.Context
	list    *Page
	dialogs []page.Dialog
	notice  string
	asked   []string // of the rest of the program
}

func (m *owner) Say(text string, _ bool) tea.Cmd { m.notice = text; return nil }
func (m *owner) Open(d page.Dialog)              { m.dialogs, m.notice = append(m.dialogs, d), "" }
func (m *owner) Show(id steps.StepID) tea.Cmd {
	m.asked = append(m.asked, "show "+string(id))
	return nil
}

func (m *owner) HandOver(cmd tea.Cmd) tea.Cmd { return cmd }

func (m *owner) CloseAbout(about any) bool {
	before := len(m.dialogs)
	m.dialogs = slices.DeleteFunc(m.dialogs, func(d page.Dialog) bool {
		c, ok := d.(*page.ChoiceDialog)
		return any(d) == about || ok && c.About == about
	})
	return len(m.dialogs) < before
}

func (m *owner) Press(k tea.KeyPressMsg) tea.Cmd {
	if d := m.dialog(); d != nil {
		a, _ := d.Keys().Key(k)
		return m.carryOut(a)
	}
	cmd, _ := m.list.Keys().Key(k)
	return cmd
}

func (m *owner) carryOut(a page.Reply) tea.Cmd {
	if a.Close {
		m.dialogs = m.dialogs[:len(m.dialogs)-1]
	}
	if a.Do == nil {
		return nil
	}
	return a.Do()
}

func (m *owner) dialog() page.Dialog {
	if len(m.dialogs) == 0 {
		return nil
	}
	return m.dialogs[len(m.dialogs)-1]
}

func (m *owner) NewMachine(steps.Answers, func(string) string) tea.Cmd {
	m.asked = append(m.asked, "new machine")
	return nil
}

func (m *owner) Resume(s steps.Setup) tea.Cmd {
	m.asked = append(m.asked, "resume "+s.ID)
	return nil
}
func (m *owner) AskRemove(s steps.Setup)     { m.asked = append(m.asked, "remove "+s.ID) }
func (m *owner) Gone(string)                 {}
func (m *owner) Outdated(string)             {}
func (m *owner) Ended(string, error) tea.Cmd { return nil }

func (m *owner) ShowOpened(s steps.Setup, _ *steps.Opened) tea.Cmd {
	m.asked = append(m.asked, "show URL "+s.ID)
	return nil
}

func newRig(t *testing.T, e *stepstest.Engine, change ...func(*page.Context)) *rig {
	t.Helper()
	r := &rig{t: t, e: e, msgs: make(chan tea.Msg)}
	c := &page.Context{
		Engine: e, Tasks: &page.Tasks{}, Program: t.Context(), Theme: theme.New(true, false), Width: 80, Height: 24,
		Now: stepstest.Now, SaveDir: t.TempDir(), Send: func(msg tea.Msg) {
			select {
			case r.msgs <- msg:
			case <-t.Context().Done():
			}
		},
	}
	for _, change := range change {
		change(c)
	}
	r.m = &owner{Context: c}
	c.Owner = r.m
	r.m.list = New(c, r.m)
	r.run(r.m.list.Enter())
	return r
}

func (r *rig) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		if msg := cmd(); msg != nil {
			r.m.Send(msg)
		}
	}()
}

func (r *rig) take(msg tea.Msg) {
	var cmds []tea.Cmd
	switch msg := msg.(type) {
	case tea.BatchMsg:
		cmds = msg
	case tea.KeyPressMsg:
		cmds = append(cmds, r.m.Press(msg))
	case page.FileSaved:
		r.m.notice = "Saved the " + msg.What + " as " + msg.Path
	case page.Pointed:
		cmds = append(cmds, r.m.list.Point(msg))
	default:
		cmds = append(cmds, r.m.list.Update(msg))
		for _, d := range r.m.dialogs {
			if d, ok := d.(page.Updater); ok {
				cmds = append(cmds, d.Update(msg))
			}
		}
	}
	for _, cmd := range append(cmds, r.m.Ends.CloseUnused()) {
		r.run(cmd)
	}
}

// screen is the page, its dialog on top, and the bar or what is said.
func (r *rig) screen() string { return ansi.Strip(cells.Unmarked(r.drawn())) }

func (r *rig) drawn() string {
	c := r.m.Context
	shown := r.m.list.FullScreen(c.Width, c.Height-2)
	if shown == "" {
		shown = r.m.list.View(c.Width-2, c.Height-3)
	}
	var bar []string
	hints := r.m.list.Keys().Hints()
	if d := r.m.dialog(); d != nil {
		hints = d.Keys().Hints()
		lines := d.View(c.Theme, 72)
		if tall, ok := d.(page.Tall); ok {
			lines = tall.ViewTall(c.Theme, 72, c.Height-5)
		}
		shown += "\n" + strings.Join(lines, "\n")
	}
	for _, h := range hints {
		bar = append(bar, h.Key()+" "+h.Does())
	}
	return shown + "\n" + cells.Fit(strings.Join(bar, "   "), c.Width) + "\n" + r.m.notice + "\n"
}

func (r *rig) until(text string) *rig {
	r.t.Helper()
	r.untilTrue(fmt.Sprintf("the screen shows %q", text), func() bool { return strings.Contains(r.screen(), text) })
	return r
}

func (r *rig) untilTrue(what string, is func() bool) {
	r.t.Helper()
	limit := time.After(await.Wait)
	for !is() {
		select {
		case msg := <-r.msgs:
			r.take(msg)
		case <-limit:
			r.t.Fatalf("not reached: %s; the screen:\n%s", what, r.screen())
		}
	}
}

func (r *rig) untilAsked(what string) *rig {
	r.t.Helper()
	r.untilTrue("the engine is asked to "+what, func() bool { return slices.Contains(r.e.Asked(), what) })
	return r
}

// press sends keys by name; a longer text that is no key is typed.
func (r *rig) press(names ...string) *rig {
	named := map[string]tea.Key{
		"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
		"enter":     {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"home": {Code: tea.KeyHome}, "space": {Code: tea.KeySpace, Text: " "}, "backspace": {Code: tea.KeyBackspace}, "f5": {Code: tea.KeyF5},
		"ctrl+r": {Code: 'r', Mod: tea.ModCtrl}, "ctrl+s": {Code: 's', Mod: tea.ModCtrl},
	}
	for _, name := range names {
		if k, ok := named[name]; ok {
			r.take(tea.KeyPressMsg(k))
			continue
		}
		for _, c := range name {
			r.take(tea.KeyPressMsg{Code: c, Text: string(c)})
		}
	}
	return r
}

// click clicks on a text of the screen, and wheelUp turns the wheel over it.
func (r *rig) click(text string) *rig {
	return r.mouse(text, tea.MouseClickMsg{Button: tea.MouseLeft})
}

func (r *rig) wheelUp(text string) { r.mouse(text, tea.MouseWheelMsg{Button: tea.MouseWheelUp}) }

func (r *rig) mouse(text string, msg tea.MouseMsg) *rig {
	r.t.Helper()
	for y, line := range strings.Split(r.screen(), "\n") {
		before, _, found := strings.Cut(line, text)
		if !found {
			continue
		}
		switch m := msg.(type) {
		case tea.MouseClickMsg:
			m.X, m.Y = cells.Width(before), y
			msg = m
		case tea.MouseWheelMsg:
			m.X, m.Y = cells.Width(before), y
			msg = m
		}
		r.take(page.Pointing(r.drawn(), msg)())
		return r
	}
	r.t.Fatalf("%q is not on the screen:\n%s", text, r.screen())
	return r
}

func (r *rig) size(w, h int) *rig {
	r.m.Width, r.m.Height = w, h
	return r
}

// untilDone waits until nothing is being done with any machine.
func (r *rig) untilDone() *rig {
	r.t.Helper()
	r.untilTrue("all operations have ended", func() bool { return r.m.list.Busy() == nil })
	return r
}

func (r *rig) machine(id string) *Member { return r.m.list.members[id] }

// rested says that the selection has stayed where it is.
func (r *rig) rested() *rig {
	r.take(r.m.list.SelectionStays())
	return r
}

// ticks lets a second pass on the screen.
func (r *rig) ticks() *rig {
	r.take(page.Ticked{At: time.Now()})
	return r
}

// sevenRig is a rig at the list of seven machines, at rest.
func sevenRig(t *testing.T, change ...func(*stepstest.Engine)) *rig {
	t.Helper()
	e := stepstest.New()
	stepstest.SevenMachines(e)
	for _, c := range change {
		c(e)
	}
	return toList(newRig(t, e))
}

// toList waits for the whole list, and for the first machine's health.
func toList(r *rig) *rig { return toRest(r.until("Your setups").until(" 1 ")) }

// toRest waits until nothing is under way that the screen shows.
func toRest(r *rig) *rig {
	r.t.Helper()
	r.untilTrue("the regions have answered", func() bool { return !r.m.Tasks.Working() })
	r.rested() // without waiting for the clock
	r.untilTrue("the list is at rest", r.m.list.AtRest)
	// It comes in batches, by the clock: the first need not be all of it.
	r.untilTrue("the log is whole", func() bool { return r.m.list.Logged() >= r.e.Told() })
	return r
}
