package stepstest

import (
	"context"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Sync comes to Has.Synced.
func (e *Engine) Sync(ctx context.Context, id string, o steps.SyncOptions, emit func(steps.Event)) (steps.Synced, error) {
	more := ""
	if o.Deletions {
		more = "deletions"
	}
	err := e.tell(ctx, emit, "sync", id, more)
	if err != nil {
		return steps.Synced{}, err
	}
	return read(e, &e.Has.Synced), nil
}

// KeepSynced tells Has.SyncStates, and then waits for ctx.
func (e *Engine) KeepSynced(ctx context.Context, id string, tell func(steps.SyncState)) error {
	if err := e.act(ctx, "keep", id); err != nil {
		return err
	}
	for _, s := range read(e, &e.Has.SyncStates) {
		tell(s)
	}
	<-ctx.Done()
	return nil
}

// PauseSync is written down.
func (e *Engine) PauseSync(ctx context.Context, id string, paused bool) error {
	if paused {
		return e.act(ctx, "pause", id)
	}
	return e.act(ctx, "resume", id)
}

// SyncDiff answers Has.SyncDiff and Has.SyncLeft.
func (e *Engine) SyncDiff(ctx context.Context, id string, emit func(steps.Event)) ([]steps.SyncChange, []steps.SyncUnknown, error) {
	if err := e.tell(ctx, emit, "diff", id); err != nil {
		return nil, nil, err
	}
	return read(e, &e.Has.SyncDiff), read(e, &e.Has.SyncLeft), nil
}

// SyncFiles answers Has.SyncFiles.
func (e *Engine) SyncFiles(ctx context.Context, id string) ([]steps.SyncFile, error) {
	if err := e.act(ctx, "files", id); err != nil {
		return nil, err
	}
	return read(e, &e.Has.SyncFiles), nil
}
