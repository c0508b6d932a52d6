package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Press takes a key, and implements [page.Owner]: first what leaves, then what lies on top.
func (m *model) Press(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		if m.insists {
			return m.quit()
		}
		m.insists = true
		return m.askQuit()
	}
	m.insists = false
	if k.String() == "ctrl+z" {
		return m.suspend()
	}
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
		if cmd, taken := m.everywhere().Key(k); taken {
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

// everywhere are the keys that work on every page, while nothing is typed.
func (m *model) everywhere() page.Keys {
	return page.Keys{
		page.Set("?", "help", func() { m.help, m.helpAt = true, page.Scroll{} }),
		page.On("q", "quit", m.askQuit),
		page.Under(func(k tea.KeyPressMsg) (tea.Cmd, bool) { return m.jump(k.String()), m.jumps(k.String()) }),
	}
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
