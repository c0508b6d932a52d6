package ui

import (
	"context"
	"io"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// find is the machine of a setup, or nil.
func (s *fleetScreen) find(setupID string) *member { return s.members[setupID] }

// all are the machines, in the order of the list.
func (s *fleetScreen) all() []*member { return s.order }

// forgetRemoved takes a setup that was removed out of the list. What was asked
// before that does not bring it back.
func (s *fleetScreen) forgetRemoved(setupID string) {
	s.drop(setupID)
	s.removed[setupID] = true
}

// takeOpened hands a setup's URL and tunnel over to the work on it, if there
// are any.
func (s *fleetScreen) takeOpened(setupID string) *steps.Opened {
	u := s.members[setupID]
	if u == nil {
		return nil
	}
	opened := u.opened
	u.opened, u.trouble = nil, nil
	return opened
}

// release ends what is being done with a machine and closes what leads to it.
// What it returns is closed once the engine has let go of the setup; nil where
// nothing was being done.
func (s *fleetScreen) release(setupID string) <-chan struct{} {
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
	s.Ends.Close(u.opened, u.notebook)
	u.opened, u.notebook = nil, nil
	return busy
}

// cut cuts off what is being done with a machine, and reports whether something
// was.
func (s *fleetScreen) cut(u *member) bool {
	if u.op == nil {
		return false
	}
	u.op.cancelled = true
	s.Tasks.Cancel(taskOperation(u.ID))
	return true
}

// stopAfter stops a machine, and terminateAfter removes all of it, once wait
// has returned.
func (s *fleetScreen) stopAfter(u *member, wait func(context.Context) error) tea.Cmd {
	id, engine := u.ID, s.Engine
	return s.simple(u, s.stopVerb(), func(ctx context.Context, emit func(steps.Event)) error {
		if err := wait(ctx); err != nil {
			return err
		}
		return engine.Stop(ctx, id, emit)
	}, func(u *member, _ result) tea.Cmd {
		u.State = steps.StateStopped
		return nil
	})
}

func (s *fleetScreen) terminateAfter(u *member, wait func(context.Context) error, then func()) tea.Cmd {
	id, engine := u.ID, s.Engine
	return s.simple(u, verb{"terminating", "removed", true}, func(ctx context.Context, emit func(steps.Event)) error {
		if err := wait(ctx); err != nil {
			return err
		}
		return engine.Remove(ctx, id, emit)
	}, func(*member, result) tea.Cmd {
		then()
		return nil
	})
}

// whatIsOpen is everything that leads to a machine: connections, tunnels and
// notebooks.
func (s *fleetScreen) whatIsOpen() []io.Closer {
	var things []io.Closer
	for _, u := range s.order {
		things = append(things, u.result())
		if u.conn.link != nil {
			things = append(things, u.conn.link)
		}
	}
	return things
}

// doing is what is being done with the machine, "stopping" for example; empty
// where nothing is. ends says that it cuts the connection to the machine.
func (u *member) doing() (doing string, ends bool) {
	if u.op == nil {
		return "", false
	}
	return u.op.doing, u.op.ends
}

// busy is a machine that something is being done with, or nil.
func (s *fleetScreen) busy() *member {
	for _, u := range s.order {
		if u.op != nil {
			return u
		}
	}
	return nil
}
