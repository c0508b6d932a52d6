package page

import (
	"io"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Ending is how work, or an operation, ended. Left is for those who have seen
// Gone.
type Ending struct {
	Gone chan struct{} // closed when the engine has let go of the setup
	Left io.Closer     // what it left open, or nil
}

// Taken says that somebody else has what was left open.
func (e *Ending) Taken() {
	if e != nil {
		e.Left = nil
	}
}

// Endings are what the program's end waits for, and what is to be closed.
type Endings struct {
	underWay []*Ending
	unused   []io.Closer
}

// New is waited for when the program is left.
func (e *Endings) New() *Ending {
	end := &Ending{Gone: make(chan struct{})}
	kept := e.underWay[:0]
	for _, old := range e.underWay {
		select {
		case <-old.Gone:
			if old.Left != nil { // nobody has taken it yet
				kept = append(kept, old)
			}
		default:
			kept = append(kept, old)
		}
	}
	e.underWay = append(kept, end)
	return end
}

// Close puts things aside that nobody uses any more. [Endings.CloseUnused]
// closes them in the background; those left at the program's end are closed
// then.
func (e *Endings) Close(things ...io.Closer) {
	for _, c := range things {
		if o, ok := c.(*steps.Opened); c == nil || ok && o == nil {
			continue
		}
		e.unused = append(e.unused, c)
	}
}

// CloseUnused closes what was put aside.
func (e *Endings) CloseUnused() tea.Cmd {
	if len(e.unused) == 0 {
		return nil
	}
	list := e.unused
	e.unused = nil
	end := e.New() // the program's end waits for it
	return func() tea.Msg {
		defer close(end.Gone)
		for _, c := range list {
			_ = c.Close() // nobody is left to tell
		}
		return nil
	}
}

// UnderWay are the endings that the program's end waits for, and Unused what it
// closes.
func (e *Endings) UnderWay() []*Ending { return e.underWay }

// Unused is what was put aside and is not closed yet.
func (e *Endings) Unused() []io.Closer { return e.unused }
