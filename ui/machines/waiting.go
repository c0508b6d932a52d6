package machines

import (
	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// waitDialog is shown while something waits for the connection to a machine.
// It takes all keys: what is typed ahead, for a shell, would stop machines if
// the list took it.
type waitDialog struct {
	u    *Member
	then func(*Member) tea.Cmd
}

// onceConnected does something that needs the link to a machine as soon as
// there is one.
func (s *Page) onceConnected(u *Member, then func(*Member) tea.Cmd) tea.Cmd {
	if !u.linkable() {
		return s.Say(u.Name()+" cannot be connected to yet: enter continues the guide.", true)
	}
	s.waiting = &waitDialog{u, then}
	s.Open(s.waiting)
	return s.connect(u)
}

func (d *waitDialog) Typing() page.Typist { return nil }

// Keys implements [page.Dialog].
func (d *waitDialog) Keys() page.DialogKeys {
	return page.DialogKeys{page.On("esc", "cancel", page.Close)}
}

func (d *waitDialog) View(th theme.Theme, w int) []string {
	return page.DialogText(th, "Connecting to "+d.u.Name()+" …", []string{"It continues automatically once it is connected."}, w)
}

// endWaiting closes the dialog that waits for a machine, and says which it
// was, or nil.
func (s *Page) endWaiting(setupID string) *waitDialog {
	d := s.waiting
	if d == nil || d.u.ID != setupID {
		return nil
	}
	s.waiting = nil
	if !s.CloseAbout(d) { // the person does not wait any more
		return nil
	}
	return d
}
