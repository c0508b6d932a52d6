package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// heldWithin is how soon after an Enter another one is still the same: a key
// that is held repeats after half a second or less, and a reflex is no slower.
const heldWithin = time.Second

// repeats notes a key, and says whether it is an Enter that is held, or pressed
// again before the person can have read what the last one led to. Such an Enter
// leads through the questions, and answers none that costs or destroys.
func (m *model) repeats(k tea.KeyPressMsg) bool {
	if k.String() != "enter" {
		m.entered = time.Time{}
		return false
	}
	now := m.o.Now()
	held := k.IsRepeat || !m.entered.IsZero() && now.Sub(m.entered) < heldWithin
	m.entered = now
	return held
}
