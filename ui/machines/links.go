package machines

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

const (
	// linksMost is how many machines are connected to at the same time; of
	// more, the one nobody has selected for the longest is let go.
	linksMost = 16
	// pollSelected and pollOthers are how often the connected machines are
	// asked how they are.
	pollSelected = 3 * time.Second
	pollOthers   = 30 * time.Second
	// linkAgain is how long a connection that could not be made is left alone.
	linkAgain = 15 * time.Second
	// healthPatience bounds one question for the health.
	healthPatience = 20 * time.Second
)

// connection is the way to one machine.
type connection struct {
	link    steps.Link // nil while there is none
	state   string     // what the link said last
	used    time.Time  // when the machine was selected last
	around  bool       // the link that is being made is one nobody asked for
	asked   time.Time  // when its health was asked for, or the link
	problem *problem.Problem
}

// Names of a machine's own tasks. The quiet ones take long without
// anything on the screen turning meanwhile.
func taskLink(id string) page.TaskName   { return page.Quiet + page.TaskName("link "+id) }
func taskHealth(id string) page.TaskName { return page.Quiet + page.TaskName("health "+id) }
func taskSeen(id string) page.TaskName   { return page.Quiet + page.TaskName("seen "+id) }

// linkable reports whether the machine can be connected to: it runs, it is this
// computer's, and its host key has been checked.
func (u *Member) linkable() bool {
	return !u.Elsewhere && u.Bad == nil && u.Up() && u.Finished(steps.StepConnect) && (u.op == nil || !u.op.ends)
}

// connect makes the link to a machine, unless there is one.
func (s *Page) connect(u *Member) tea.Cmd {
	u.conn.used = s.Now()
	if u.conn.link != nil || !u.linkable() || s.Tasks.Runs(taskLink(u.ID)) && !u.conn.around {
		return nil
	}
	return s.link(u, false)
}

// link begins to make the link to a machine, for a person or without one.
func (s *Page) link(u *Member, around bool) tea.Cmd {
	if u.conn.around = around; !around {
		u.conn.problem = nil
	}
	id, engine := u.ID, s.Engine
	made := s.Start(taskLink(id), func(ctx context.Context, task page.TaskID) tea.Msg {
		if around {
			ctx = steps.WithoutAsking(ctx)
		}
		link, err := engine.Connect(ctx, id)
		return linkMade{task, id, link, around, err}
	})
	s.letGoOldest()
	return made
}

func (s *Page) linked(msg linkMade) tea.Cmd {
	u := s.members[msg.setupID]
	if !s.Tasks.Done(taskLink(msg.setupID), msg.id) || u == nil || !u.linkable() {
		s.Ends.Close(msg.link)
		if !s.Tasks.Runs(taskLink(msg.setupID)) {
			s.endWaiting(msg.setupID)
		}
		return nil
	}
	waited := s.endWaiting(msg.setupID)
	u.conn.asked = time.Time{}
	next := s.askAround()
	switch {
	case msg.around && errors.Is(msg.err, steps.ErrDeclined):
		return next // it is asked for what is needed once the machine is selected
	case msg.err != nil:
		p := steps.Explain(msg.err)
		u.conn.problem = &p
		if waited == nil {
			return next
		}
		return tea.Batch(next, s.Say(u.Name()+": "+p.Title+".", true))
	}
	u.conn.link, u.conn.state = msg.link, steps.Up
	cmd := tea.Batch(s.askHealth(u), s.followLog(), next)
	if waited == nil {
		return cmd
	}
	return tea.Batch(cmd, waited.then(u))
}

// letGoOldest closes those links that were not used for the longest, while
// there are too many, with those that are being made. One that something is
// done with is in use: a copy goes over it. So is one that a machine is being
// asked over, and that of the machine on the screen, whose log comes over it.
func (s *Page) letGoOldest() {
	links := 0
	var idle []*Member
	for _, u := range s.order {
		switch {
		case s.Tasks.Runs(taskLink(u.ID)):
			links++
		case u.conn.link != nil:
			links++
			if u.op == nil && !s.Tasks.Runs(taskHealth(u.ID)) && (u != s.Current() || !s.shown) {
				idle = append(idle, u)
			}
		}
	}
	slices.SortStableFunc(idle, func(a, b *Member) int { return a.conn.used.Compare(b.conn.used) })
	for _, u := range idle[:min(max(links-linksMost, 0), len(idle))] {
		u.hangUp(s)
	}
}

// unlink closes the link to a machine and forgets what was known by it.
func (u *Member) unlink(s *Page) {
	u.hangUp(s)
	s.Tasks.Stop(taskKeep(u.ID))
	u.unkept, u.synced = nil, nil
	u.forget()
}

// hangUp closes the link to a machine. What was known by it holds on.
func (u *Member) hangUp(s *Page) {
	s.Tasks.Stop(taskLink(u.ID))
	s.Tasks.Stop(taskHealth(u.ID))
	if s.follow.setupID == u.ID {
		s.unfollow()
	}
	link := u.conn.link
	u.conn = connection{used: u.conn.used}
	s.Ends.Close(link)
}

// askHealth asks a machine, and its tunnel, how they are.
func (s *Page) askHealth(u *Member) tea.Cmd {
	if u.conn.link == nil || s.Tasks.Runs(taskHealth(u.ID)) {
		return nil
	}
	id, link, opened := u.ID, u.conn.link, u.Opened
	return s.Start(taskHealth(id), func(ctx context.Context, task page.TaskID) tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, healthPatience)
		defer cancel()
		h, err := link.Health(ctx)
		came := healthCame{id: task, setupID: id, health: h, link: link.State(), err: err}
		if opened != nil && opened.Tunnel != nil {
			came.tunnel = opened.Tunnel.State()
		}
		return came
	})
}

// healthy takes what a machine said of itself.
func (s *Page) healthy(msg healthCame) tea.Cmd {
	u := s.members[msg.setupID]
	if !s.Tasks.Done(taskHealth(msg.setupID), msg.id) || u == nil {
		return nil
	}
	u.conn.state, u.tunnel = msg.link, msg.tunnel
	if msg.err != nil {
		p := steps.Explain(msg.err)
		u.conn.problem = &p
		return nil
	}
	u.conn.problem = nil
	u.health, u.healthAt = msg.health, s.Now()
	s.letGoOldest() // this one may be what was waited for
	cmd := tea.Batch(s.watchServer(u), s.again(u), s.keepProject(u))
	s.fill()
	return cmd
}

// pollLinks asks those machines how they are whose turn it is, and tries
// again to connect to the selected one.
func (s *Page) pollLinks(at time.Time) tea.Cmd {
	var cmds []tea.Cmd
	selected := s.Current()
	for _, u := range s.order {
		every := pollOthers
		if u == selected && s.shown {
			every = pollSelected
		}
		due := at.Sub(u.conn.asked) >= every
		switch {
		case u.conn.link != nil && due:
			u.conn.asked = at
			cmds = append(cmds, s.askHealth(u))
		case u == selected && u.conn.link == nil && u.conn.problem != nil && at.Sub(u.conn.asked) >= linkAgain && s.shown:
			if !u.conn.asked.IsZero() {
				cmds = append(cmds, s.connect(u))
			}
			u.conn.asked = at
		}
	}
	return tea.Batch(cmds...)
}

// linksUp reports whether a machine is connected to, so that time matters.
func (s *Page) linksUp() bool {
	return slices.ContainsFunc(s.order, func(u *Member) bool { return u.conn.link != nil || u.conn.problem != nil })
}

const (
	// downLooks of the watcher in a row that found no server make it a dead one.
	downLooks = 2
	// reviveAgain is how long a server has to live to be restarted once more.
	reviveAgain = 10 * time.Minute
)

// watchServer restarts a server that has died under a machine that is well.
// It does so once; a server that dies again soon needs a person. One that is
// there and does not answer is left alone: it may be busy, and a restart would
// end its kernels.
func (s *Page) watchServer(u *Member) tea.Cmd {
	if !u.health.ServerDead {
		u.down = 0
		return nil
	}
	if !u.health.Watching || !u.complete() || u.op != nil || !u.health.At.After(u.downAt) {
		return nil
	}
	u.down, u.downAt = u.down+1, u.health.At
	if u.down != downLooks {
		return nil
	}
	now := s.Now()
	if !u.revived.IsZero() && now.Sub(u.revived) < reviveAgain {
		u.note = "The server died again within 10 minutes, so it was left as it is. Its log says why; r restarts it."
		return nil
	}
	u.revived = now
	cmd := s.restartServer(u)
	u.note = "The server had died, so it was restarted automatically at " + now.Local().Format("15:04") + "."
	return cmd
}
