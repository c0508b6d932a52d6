package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Press takes a key, and implements [page.Owner]: first what leaves, then what lies on top.
func (m *model) Press(k tea.KeyPressMsg) tea.Cmd {
	m.Engine.ForgetFailures()
	if cmd, taken := keysOf(m.ownKeys(), true).Key(k); taken {
		return cmd
	}
	m.insists = false
	m.held = m.repeats(k)
	if d := m.dialog(); d != nil {
		if m.held {
			return nil
		}
		a, _ := d.Keys().Key(k)
		return m.carryOut(a)
	}
	if m.help {
		cmd, _ := m.helpKeys().Key(k)
		return cmd
	}
	s := m.shown()
	if s.Typing() == nil {
		if cmd, taken := keysOf(m.ownKeys(), false).Key(k); taken {
			return cmd
		}
	}
	cmd, taken := s.Keys().Key(k)
	if p, ok := s.(page.WithLog); ok && p.Said() != "" { // where everything else is said, too
		cmd = tea.Batch(cmd, m.Say(page.Capital(p.Said())+".", false))
	}
	if !taken && k.String() == "esc" {
		return m.back()
	}
	return cmd
}

// ownKey is a key of the model's own, on every page.
type ownKey struct {
	page.Binding[tea.Cmd]
	always bool      // also over a dialog, and while something is typed
	help   page.Hint // its line in the help
}

// ownKeys are the model's keys, in the order of the help.
func (m *model) ownKeys() []ownKey {
	digits := page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) { return m.jump(k.String()), m.jumps(k.String()) })
	keys := []ownKey{{Binding: digits}}
	if m.asking() {
		keys[0].help = page.Hint{fmt.Sprintf("1-%d", len(steps.Questions())), "go to an answer given before"}
	}
	return append(keys,
		ownKey{Binding: page.Set("?", "help", func() { m.help, m.helpAt = true, page.Scroll{} }), help: page.Hint{"?", "this help"}},
		ownKey{Binding: page.On("q", "quit", m.askQuit), help: page.Hint{"q or ctrl+c", "leave; asks when a machine is running"}},
		ownKey{Binding: page.On("ctrl+c", "", m.ctrlC), always: true, help: page.Hint{"ctrl+c ctrl+c", "leave at once"}},
		ownKey{Binding: page.On("ctrl+z", "", m.ctrlZ), always: true, help: page.Hint{"ctrl+z", "suspend; fg in the shell continues"}})
}

// keysOf are those of the model's keys that work always, or the others.
func keysOf(own []ownKey, always bool) page.Keys {
	var keys page.Keys
	for _, k := range own {
		if k.always == always {
			keys = append(keys, k.Binding)
		}
	}
	return keys
}

// ctrlC asks whether to leave, and at the second press leaves at once.
func (m *model) ctrlC() tea.Cmd {
	if m.insists {
		return m.quit()
	}
	m.insists = true
	return m.askQuit()
}

// ctrlZ suspends the program.
func (m *model) ctrlZ() tea.Cmd {
	m.insists = false
	return m.suspend()
}

func (m *model) paste(msg tea.PasteMsg) {
	if d := m.dialog(); d != nil {
		if f := d.Typing(); f != nil {
			f.Update(msg)
		}
		return
	}
	if t := m.shown().Typing(); t != nil && !m.help {
		t.Update(msg)
	}
}

// heldWithin is how soon after an Enter another one is still the same: a key
// that is held repeats after half a second or less, and a reflex is no slower.
const heldWithin = time.Second

// repeats notes a key, and reports whether it is an Enter that is held, or pressed
// again before the person can have read what the last one led to. Such an Enter
// leads through the questions, and answers none that costs or destroys.
func (m *model) repeats(k tea.KeyPressMsg) bool {
	if k.String() != "enter" {
		m.entered = time.Time{}
		return false
	}
	now := m.Now()
	held := k.IsRepeat || !m.entered.IsZero() && now.Sub(m.entered) < heldWithin
	m.entered = now
	return held
}
