package machines

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// projectKept: a project is no longer kept alike, because of something that only a
// person can mend.
type projectKept struct {
	id      page.TaskID
	setupID string
	err     error
}

func taskKeep(id string) page.TaskName { return page.Quiet + page.TaskName("keep "+id) }

// keepProject keeps the project of a machine alike that is connected to, for as long
// as the program runs.
func (s *Page) keepProject(u *Member) tea.Cmd {
	if u.Project == nil || !u.linkable() || s.Tasks.Runs(taskKeep(u.ID)) || u.unkept != nil {
		return nil
	}
	id, engine, send := u.ID, s.Engine, s.Send
	return s.Start(taskKeep(id), func(ctx context.Context, task page.TaskID) tea.Msg {
		err := engine.KeepSynced(steps.WithoutAsking(ctx), id, func(state steps.SyncState) {
			send(page.ProjectSaid{SetupID: id, State: state})
		})
		return projectKept{task, id, err}
	})
}

// KeepProject keeps the project of a setup alike whose machine is reached.
func (s *Page) KeepProject(setupID string) tea.Cmd {
	if u := s.members[setupID]; u != nil {
		return s.keepProject(u)
	}
	return nil
}

// projectSaid takes how a project is. Both versions of a file are worth a notice.
func (s *Page) projectSaid(msg page.ProjectSaid) tea.Cmd {
	u := s.members[msg.SetupID]
	if u == nil {
		return nil
	}
	before := u.sync()
	u.synced = &msg.State
	for _, name := range slices.Backward(msg.State.Conflicts) {
		if before != nil && !slices.Contains(before.Conflicts, name) {
			return s.Say(u.Name()+": both sides had changed a file, so both versions are kept: "+page.Clean(name), true)
		}
	}
	return nil
}

// projectEnded takes that a project is no longer kept. It is tried again once the
// machine was away.
func (s *Page) projectEnded(msg projectKept) {
	u := s.members[msg.setupID]
	if !s.Tasks.Done(taskKeep(msg.setupID), msg.id) || u == nil || msg.err == nil {
		return
	}
	p := steps.Explain(msg.err)
	u.unkept = &p
}

// sync is how the machine's project is, as far as it is known.
func (u *Member) sync() *steps.SyncState {
	if u.synced != nil {
		return u.synced
	}
	return u.Sync
}

// projectFacts are how the machine's project is.
func (u *Member) projectFacts(s *Page, f *facts) {
	state := u.sync()
	switch {
	case u.Project == nil || state == nil:
	case u.unkept != nil:
		f.wrapped("Project", f.th.Warn, "! "+u.unkept.Title)
		f.wrapped("", f.th.Text, "→ "+page.NextWords(u.unkept.Next))
	case state.Trouble != "":
		f.wrapped("Project", f.th.Warn, "! "+wording.Sync(state, s.Now()))
		if next := page.NextWords(state.Next); next != "" {
			f.wrapped("", f.th.Text, "→ "+next)
		}
	case len(state.Conflicts) > 0 || state.Apart() > 0:
		f.add("Project", f.th.Warn, "! "+u.Project.Dir+": "+wording.Sync(state, s.Now()))
	default:
		f.add("Project", f.th.Text, u.Project.Dir+": "+wording.Sync(state, s.Now()))
	}
}
