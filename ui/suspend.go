package ui

import (
	"errors"
	"io"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// errNoShell is why the program was not suspended: nobody could continue it.
var errNoShell = errors.New("there is no shell here that could continue the program")

// suspend gives the terminal back to the shell that started the program, until
// that continues it. tea.Suspend would wait for ever where no shell does.
func (m *model) suspend() tea.Cmd {
	return m.HandOver(tea.Exec(suspension{}, func(err error) tea.Msg { return resumed{err} }))
}

// suspension stops this process. It needs nothing of the terminal.
type suspension struct{}

func (suspension) SetStdin(io.Reader)  {}
func (suspension) SetStdout(io.Writer) {}
func (suspension) SetStderr(io.Writer) {}
func (suspension) Run() error          { return stopHere() }

// resumed looks again at what may have changed meanwhile: the terminal, the
// machines, and the connections, which were not kept alive. Those that broke
// mend themselves; work on a machine has gone on there.
func (m *model) resumed(msg resumed) tea.Cmd {
	if msg.err != nil {
		return m.Say("Not suspended: "+msg.err.Error()+".", true)
	}
	return tea.Batch(m.askBackground(), m.tell(page.Resumed{}))
}
