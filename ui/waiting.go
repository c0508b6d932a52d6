package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// waitDialog is shown while something waits for the connection to a machine.
// It takes all keys: what is typed ahead, for a shell, would stop machines if
// the list took it.
type waitDialog struct {
	u    *member
	then func(*model, *member) tea.Cmd
}

// onceConnected does something that needs the link to a machine as soon as
// there is one.
func (m *model) onceConnected(u *member, then func(*model, *member) tea.Cmd) tea.Cmd {
	if !u.linkable() {
		return m.say(u.name()+" cannot be connected to yet: enter continues the guide.", true)
	}
	m.openDialog(&waitDialog{u, then})
	return m.connect(u)
}

// endWaiting closes the dialog that waits for a machine, and says which it
// was, or nil.
func (m *model) endWaiting(setupID string) *waitDialog {
	for i, d := range m.dialogs {
		if d, ok := d.(*waitDialog); ok && d.u.ID == setupID {
			m.dialogs = slices.Delete(m.dialogs, i, i+1)
			return d
		}
	}
	return nil
}

func (d *waitDialog) typing() page.Typist { return nil }

func (d *waitDialog) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "esc" {
		m.closeDialog()
	}
	return nil
}

func (d *waitDialog) view(th theme.Theme, w int) []string {
	return dialogText(th, "Connecting to "+d.u.name()+" …", []string{"It continues automatically once it is connected."}, w)
}

func (d *waitDialog) hints() []page.Hint { return []page.Hint{{"esc", "cancel"}} }
