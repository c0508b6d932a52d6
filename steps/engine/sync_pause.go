package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// pausePatience bounds how long a pause waits for whoever has the project: who
// only keeps it lets go of it at once.
const pausePatience = 30 * time.Second

// PauseSync has nothing be done with a setup's project, by whatever program, or
// again. A pause holds when it returns without an error: nobody has the project.
func (g *Guide) PauseSync(ctx context.Context, setupID string, paused bool) error {
	s, err := g.ledger.load(setupID)
	if err == nil && s.Project == nil {
		err = steps.NoProject(*s)
	}
	if err != nil {
		return err
	}
	if err := g.ledger.setPause(setupID, paused); err != nil || !paused {
		return err
	}
	unlock, err := g.ledger.lockProject(ctx, setupID, min(g.cfg.Patience, pausePatience), func() {})
	if errors.Is(err, errProjectTaken) {
		return &problem.Error{
			Kind: problem.Failed, Title: "The pause does not hold yet",
			Text: "It is noted, but another program is syncing the project's two folders, and did not finish in time.",
			Next: problem.Say("Let it finish, or end it: nothing is done afterwards. To see whether it holds, ").Do(problem.Retry).Say("."), Err: err,
		}
	}
	if err != nil {
		return stoppedBy(ctx, err)
	}
	unlock()
	return nil
}

// unpaused is an error while a setup's project is paused.
func (g *Guide) unpaused(setupID string) error {
	s, err := g.ledger.load(setupID)
	if err != nil || s.Project == nil || !g.ledger.paused(setupID) {
		return err
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "The project is paused", Text: "Nothing was done: both folders stay as they are until the pause ends.",
		Next: problem.Act(on(problem.ResumeSync, s)).Say("."),
	}
}

// stays says that a program keeps a project, until it ends: also while it does
// not have it.
func (l ledger) stays(id string) (end func()) {
	f := flock.New(l.projectFile(id, syncKept))
	if private.MkdirAll(filepath.Dir(f.Path())) != nil || f.RLock() != nil {
		return func() {} // only advice depends on it
	}
	return func() { _ = f.Unlock() }
}

// kept reports whether a program keeps a project, or will when it may.
func (l ledger) kept(id string) bool {
	f := flock.New(l.projectFile(id, syncKept), flock.SetFlag(os.O_RDONLY)) // it must not make the file
	ok, err := f.TryLock()
	if ok {
		_ = f.Unlock()
	}
	return !ok && err == nil
}
