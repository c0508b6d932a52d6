package engine

import (
	"context"
	"errors"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// CloudEnding is how the cloud that the accounts are of has ended.
type CloudEnding string

// The endings. AWS has none.
const (
	CloudRuns    CloudEnding = ""
	CloudDied    CloudEnding = "died"    // nobody told it to
	CloudStopped CloudEnding = "stopped" // somebody told it to
)

// endedEvery is how often it is looked whether the cloud still runs.
const endedEvery = 200 * time.Millisecond

// cloudTries is how often the steps are begun whose cloud dies.
const cloudTries = 3

var errCloudDied = errors.New("the cloud's process died")

func cloudEnded(how CloudEnding) error {
	if how == CloudStopped {
		return &problem.Error{
			Kind: problem.Interrupted, Title: "The sandbox was stopped", Text: "The sandbox was told to end while this was at work.",
			Next: problem.Do(problem.Retry).Say(": it restarts the sandbox and continues where it stopped."),
		}
	}
	return &problem.Error{
		Kind: problem.Failed, Title: "The sandbox has ended", Text: "The sandbox's process is gone, and its machines are stopped.",
		Next: problem.Do(problem.Retry).Say(": it restarts the sandbox and continues where it stopped."), Err: errCloudDied,
	}
}

// ended is how the cloud has ended; CloudRuns while it has not.
func (g *Guide) ended() CloudEnding {
	if g.cfg.Ended == nil {
		return CloudRuns
	}
	return g.cfg.Ended()
}

// whileCloud is ctx for as long as the cloud runs: nothing waits for one that is
// gone.
func (g *Guide) whileCloud(ctx context.Context) (context.Context, context.CancelFunc) {
	if g.cfg.Ended == nil {
		return context.WithCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		for remote.Pause(ctx, endedEvery) == nil {
			if how := g.ended(); how != CloudRuns {
				cancel(cloudEnded(how))
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// Work runs launch to open, from wherever the setup stands. Every step first
// looks whether its result is already there, so a run that was cut off goes
// on, and a finished one only opens the URL again. Where the sandbox dies
// meanwhile, it is started again, and the steps are gone through again.
func (g *Guide) Work(ctx context.Context, setupID string, emit func(steps.Event)) (*steps.Opened, error) {
	for try := 1; ; try++ {
		if g.ended() != CloudRuns {
			if err := g.openAgain(ctx, setupID); err != nil {
				return nil, err
			}
		}
		opened, err := g.workOnce(ctx, setupID, emit)
		if !errors.Is(err, errCloudDied) || try == cloudTries || ctx.Err() != nil {
			return opened, err
		}
	}
}

// openAgain opens the setup's account again, which starts the sandbox.
func (g *Guide) openAgain(ctx context.Context, setupID string) error {
	s, err := g.ledger.load(setupID)
	if err != nil {
		return err
	}
	_, err = g.open(ctx, s.Answers.Profile)
	return err
}
