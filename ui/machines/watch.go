package machines

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Other programs make machines, change them and hold their tunnels: the list
// sees that in the ledger, which it watches while it is shown.
const taskWatch page.TaskName = page.Quiet + "watch"

// watch reads the ledger where it has changed.
func (s *Page) watch() tea.Cmd {
	if !s.shown || !s.started || s.Tasks.Runs(taskSetups) || s.Tasks.Runs(taskWatch) {
		return nil
	}
	engine, known := s.Engine, s.stamp
	return s.Start(taskWatch, func(ctx context.Context, id page.TaskID) tea.Msg {
		seen := ledgerWatched{id: id, stamp: engine.Stamp()}
		if seen.read = seen.stamp != known; seen.read {
			seen.list, seen.err = engine.Setups(ctx)
		}
		return seen
	})
}

// watched takes what other programs did. Where the ledger cannot be read just
// now, it is read again with the next look.
func (s *Page) watched(msg ledgerWatched) tea.Cmd {
	if !s.Tasks.Done(taskWatch, msg.id) || msg.err != nil || !msg.read || !s.shown {
		return nil
	}
	s.stamp = msg.stamp
	s.takeLedger(msg.list)
	s.fill()
	return tea.Batch(s.moved(), s.askAround())
}

// takeLedger brings the list up to date with the ledger. A state that the
// ledger has had before is older than what the cloud has said since.
func (s *Page) takeLedger(list []steps.Setup) {
	known := map[string]bool{}
	for _, setup := range list {
		if s.removed[setup.ID] { // since the ledger was read
			continue
		}
		known[setup.ID] = true
		wrote := setup.State
		u := s.members[setup.ID]
		switch {
		case u != nil && u.op != nil: // it is checked again when that has ended
			u.TunnelPort = setup.TunnelPort
			continue
		case u != nil && u.round > 0 && wrote == u.wrote:
			setup.State, setup.Unseen = u.State, u.Unseen
		}
		u = s.Put(setup)
		u.wrote = wrote
		if !u.Up() {
			u.unlink(s)
		}
	}
	for id, u := range s.members {
		if !known[id] && !u.Elsewhere && u.op == nil {
			s.drop(id) // another program removed it
			s.program.Gone(id)
		}
	}
}

const (
	// aroundMost is how many machines are connected to at the same time of
	// those nobody has selected.
	aroundMost = 4
	// aroundAgain is how often such a machine is connected to again, where it
	// could not be, or its connection was let go for others.
	aroundAgain = 2 * time.Minute
)

// askAround connects to the machines nobody has selected, a few at a time and
// once the regions have answered, so that the list says of all of them how
// they are. No person is asked for anything meanwhile.
func (s *Page) askAround() tea.Cmd {
	if !s.shown || s.Tasks.Runs(taskSurvey) || s.Tasks.Runs(taskSetups) {
		return nil
	}
	free, now := aroundMost, s.Now()
	for _, u := range s.order {
		if s.Tasks.Runs(taskLink(u.ID)) {
			free--
		}
	}
	var cmds []tea.Cmd
	for _, u := range s.order {
		due := u.around.IsZero() || now.Sub(u.around) >= aroundAgain
		if free <= 0 || !due || u.op != nil || u.conn.link != nil || !u.linkable() || s.Tasks.Runs(taskLink(u.ID)) {
			continue
		}
		free--
		u.around = now
		cmds = append(cmds, s.link(u, true))
	}
	return tea.Batch(cmds...)
}
