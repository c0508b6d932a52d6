package stepstest

import (
	"context"
	"slices"
	"strings"

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

// Packages comes to Has.Packages.
func (e *Engine) Packages(ctx context.Context, id string, o steps.PackagesOptions, emit func(steps.Event)) (steps.Packages, error) {
	var asked []string
	for what, names := range map[string][]string{"with ": o.Names, "without ": o.Without, "env ": o.Send} {
		if len(names) > 0 {
			asked = append(asked, what+strings.Join(names, ","))
		}
	}
	slices.Sort(asked)
	if o.Compare {
		asked = append(asked, "compare")
	}
	if o.WriteBack {
		asked = append(asked, "write")
	}
	if err := e.tell(ctx, emit, "packages", id, asked...); err != nil {
		return steps.Packages{}, err
	}
	return read(e, &e.Has.Packages), nil
}
