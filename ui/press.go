package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
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
		return m.carryOut(d.Key(k))
	}
	if m.help {
		return m.helpKey(k)
	}
	s := m.screen()
	if s.Typing() == nil {
		switch k.String() {
		case "?":
			m.help, m.helpAt = true, page.Scroll{}
			return nil
		case "q":
			return m.askQuit()
		case "1", "2", "3", "4", "5":
			if m.page != machines.ID {
				return m.jump(k.String())
			}
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

func (m *model) paste(msg tea.PasteMsg) {
	if d := m.dialog(); d != nil {
		if f := d.Typing(); f != nil {
			f.Update(msg)
		}
		return
	}
	if t := m.screen().Typing(); t != nil && !m.help {
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
