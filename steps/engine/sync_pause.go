package engine

import (
	"context"
	"errors"
	"time"

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
			Text: "It is noted, but another program is just making the project's two folders alike, and did not end in time.",
			Next: problem.Say("Let it finish, or end it: nothing is done afterwards. To see whether it holds, ").Do(problem.Retry).Say("."), Err: err,
		}
	}
	if err != nil {
		return stoppedBy(ctx, err)
	}
	unlock()
	return nil
}
