package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// click is what was clicked last, and on which page.
type click struct {
	at      time.Time
	what    page.Pointed
	page    steps.StepID // empty while nothing was clicked
	dialogs int
}

// clickPause is how long something that has just come under the mouse is not
// clicked: the person meant what was there before.
const clickPause = 700 * time.Millisecond

// slid reports whether the screen has changed under the mouse between two clicks.
func (m *model) slid(p page.Pointed) bool {
	last, now := m.click, m.Now()
	m.click = click{now, p, m.page, len(m.dialogs)}
	same := last.page == m.page && last.dialogs == len(m.dialogs) && slices.Equal(last.what.Zones, p.Zones)
	return last.page != "" && now.Sub(last.at) < clickPause && last.what.X == p.X && last.what.Y == p.Y && !same
}

// point takes the mouse: keys are pressed, all else is the dialog's or the
// page's own.
func (m *model) point(p page.Pointed) tea.Cmd {
	if p.Wheel == 0 && m.slid(p) {
		return nil
	}
	if name, ok := p.Clicked(page.ZoneKey); ok {
		return m.Press(page.KeyNamed(name))
	}
	if d := m.dialog(); d != nil {
		if d, ok := d.(page.PointableDialog); ok {
			return m.carryOut(d.Point(p))
		}
		return nil
	}
	if m.help {
		m.helpAt.Wheel(p)
		return nil
	}
	if name, ok := p.Clicked(page.ZonePage); ok {
		return m.jump(name)
	}
	return m.shown().Point(p)
}
