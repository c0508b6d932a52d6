package engine

import (
	"context"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// queuedAsker has the questions of all runs wait for one another.
type queuedAsker struct {
	steps.Asker
	taken chan struct{} // holds a token while a question is open
}

func (t *queuedAsker) MFACode(ctx context.Context, serial string) (string, error) {
	return whenFree(ctx, t, func() (string, error) { return t.Asker.MFACode(ctx, serial) })
}

func (t *queuedAsker) Passphrase(ctx context.Context, path string, again bool) ([]byte, error) {
	return whenFree(ctx, t, func() ([]byte, error) { return t.Asker.Passphrase(ctx, path, again) })
}

func (t *queuedAsker) HostKey(ctx context.Context, q steps.HostKeyQuestion) (steps.HostKeyAnswer, error) {
	return whenFree(ctx, t, func() (steps.HostKeyAnswer, error) { return t.Asker.HostKey(ctx, q) })
}

func (t *queuedAsker) Project(ctx context.Context, q steps.ProjectQuestion) (bool, error) {
	return whenFree(ctx, t, func() (bool, error) { return t.Asker.Project(ctx, q) })
}

func whenFree[T any](ctx context.Context, t *queuedAsker, ask func() (T, error)) (answer T, err error) {
	if !steps.MayAsk(ctx) {
		return answer, steps.ErrDeclined
	}
	defer timing.Wait(ctx, timing.Person)()
	select {
	case t.taken <- struct{}{}:
		defer func() { <-t.taken }()
		return ask()
	case <-ctx.Done():
		return answer, ctx.Err()
	}
}
