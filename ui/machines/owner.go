package machines

import (
	"context"
	"io"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Find is the machine of a setup, or nil.
func (s *Page) Find(setupID string) *Member { return s.members[setupID] }

// All are the machines, in the order of the list.
func (s *Page) All() []*Member { return s.order }

// Forget takes a setup that was removed out of the list. What was asked
// before that does not bring it back.
func (s *Page) Forget(setupID string) {
	s.drop(setupID)
	s.removed[setupID] = true
}

// TakeOpened hands a setup's URL and tunnel over to the work on it, if there
// are any.
func (s *Page) TakeOpened(setupID string) *steps.Opened {
	u := s.members[setupID]
	if u == nil {
		return nil
	}
	opened := u.Opened
	u.Opened, u.trouble = nil, nil
	return opened
}

// Release ends what is being done with a machine and closes what leads to it.
// What it returns is closed once the engine has let go of the setup; nil where
// nothing was being done.
func (s *Page) Release(setupID string) <-chan struct{} {
	u := s.members[setupID]
	if u == nil {
		return nil
	}
	var busy <-chan struct{}
	if u.op != nil {
		busy = u.op.end.Gone
		s.Tasks.Stop(taskOperation(setupID))
		u.op = nil
	}
	u.unlink(s)
	s.Ends.Close(u.Opened, u.notebook)
	u.Opened, u.notebook = nil, nil
	return busy
}

// Cut cuts off what is being done with a machine, and reports whether something
// was.
func (s *Page) Cut(u *Member) bool {
	if u.op == nil {
		return false
	}
	u.op.cancelled = true
	s.Tasks.Cancel(taskOperation(u.ID))
	return true
}

// StopAfter stops a machine once wait has returned.
func (s *Page) StopAfter(u *Member, wait func(context.Context) error) tea.Cmd {
	id, engine := u.ID, s.Engine
	return s.beginSimple(u, s.stopPhrase(), func(ctx context.Context, emit func(steps.Event)) error {
		if err := wait(ctx); err != nil {
			return err
		}
		return engine.Stop(ctx, id, emit)
	}, func(u *Member, _ result) tea.Cmd {
		u.State = steps.StateStopped
		return nil
	})
}

// TerminateAfter removes a machine and all of it once wait has returned; then is
// called when that is done.
func (s *Page) TerminateAfter(u *Member, wait func(context.Context) error, then func()) tea.Cmd {
	id, engine := u.ID, s.Engine
	return s.beginSimple(u, phrase{"terminating", "removed", true}, func(ctx context.Context, emit func(steps.Event)) error {
		if err := wait(ctx); err != nil {
			return err
		}
		return engine.Remove(ctx, id, emit)
	}, func(*Member, result) tea.Cmd {
		then()
		return nil
	})
}

// WhatIsOpen is everything that leads to a machine: connections, tunnels and
// notebooks.
func (s *Page) WhatIsOpen() []io.Closer {
	var things []io.Closer
	for _, u := range s.order {
		things = append(things, u.result())
		if u.conn.link != nil {
			things = append(things, u.conn.link)
		}
	}
	return things
}

// Doing is what is being done with the machine, "stopping" for example; empty
// where nothing is. ends says that it cuts the connection to the machine.
func (u *Member) Doing() (doing string, ends bool) {
	if u.op == nil {
		return "", false
	}
	return u.op.doing, u.op.ends
}

// Busy is a machine that something is being done with, or nil.
func (s *Page) Busy() *Member {
	for _, u := range s.order {
		if u.op != nil {
			return u
		}
	}
	return nil
}

// SelectionStays is the message that says that the selection has stayed where
// it is, for who need not wait for that.
func (s *Page) SelectionStays() tea.Msg { return selectionRested{s.rest} }

// Logged is how many lines the log has that is shown.
func (s *Page) Logged() int { return s.showing.Len() }

// AtRest reports whether all that the machines were asked has been answered.
func (s *Page) AtRest() bool {
	for _, u := range s.order { // those nobody has selected are asked, too
		if u.linkable() && u.conn.problem == nil && u.healthAt.IsZero() {
			return false
		}
	}
	u := s.Current()
	logged := u == nil || !u.linkable() || u.conn.problem != nil || u.buffer(u.log).Len() > 0
	return logged && !s.Tasks.Working()
}
