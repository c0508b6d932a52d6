package engine

import (
	"context"
	"fmt"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// lastPass brings back what the machine has of the setup's project, before it
// stops. What stays there alone is its result; nil is nothing.
func (r *run) lastPass(ctx context.Context) (left []string, err error) {
	if r.s.Project == nil || r.s.Project.Met != r.s.Resources.InstanceID {
		return nil, nil // nothing was ever brought to this machine
	}
	unlock, err := r.g.ledger.lockProject(ctx, r.s.ID, r.g.cfg.Patience, r.waitsForProject)
	if err != nil {
		return nil, err
	}
	defer unlock()
	r.doing("Bringing back what is new in ~/%s on the machine", r.s.Project.Folder)
	client, err := r.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }() // what it did is known
	return r.lastPassOver(ctx, client)
}

func (r *run) lastPassOver(ctx context.Context, client *remote.Client) (left []string, err error) {
	var done steps.Synced
	err = r.mirrored(ctx, client, steps.SyncOptions{}, func(ctx context.Context, m *mirror) (err error) {
		done, err = m.pass(ctx, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(done.Conflicts) > 0 {
		r.doing("Changed on both sides, so both versions are kept. The machine's: %s", someNames(done.Conflicts))
	}
	return onlyThere(done), nil
}

// onlyThere names what the machine alone may have after a pass.
func onlyThere(s steps.Synced) (left []string) {
	for _, f := range s.Failed {
		left = append(left, f.Path+" ("+f.Why+")")
	}
	for _, u := range s.Unknown {
		// A link that leads out, or a socket, is no content that could be lost.
		if u.There && u.Why != "link" && u.Why != "kind" {
			left = append(left, u.Path+" ("+u.Why+")")
		}
	}
	return left
}

// lastBeforeStop is the last pass before a stop, which keeps the disk: what could
// not be brought back stays on it, and is named.
func (r *run) lastBeforeStop(ctx context.Context) error {
	left, err := r.lastPass(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.retrying("The project was not brought back: %s. What is new on the machine stays on its disk", steps.Explain(err).Title)
	case len(left) > 0:
		r.retrying("Not brought back, and kept on the machine's disk: %s", someNames(left))
	}
	return nil
}

// lastBeforeRemoval is the last pass before the machine's disk goes. It is an error
// where something would be lost with it.
func (r *run) lastBeforeRemoval(ctx context.Context) error {
	if r.s.Project == nil || r.s.Resources.InstanceID == "" || r.s.Project.Met != r.s.Resources.InstanceID || r.s.Resources.Removing || steps.Discards(ctx) {
		return nil
	}
	state, err := r.state(ctx)
	switch {
	case err != nil || !state.Exists():
		return err
	case state == steps.StateRunning:
		left, err := r.lastPass(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return r.notBroughtBack("The last changes could not be brought back: "+steps.Explain(err).Title+".", err)
		case len(left) > 0:
			return r.notBroughtBack("On the machine alone there are: "+someNames(left)+".", nil)
		}
		return nil
	}
	if s := r.g.ledger.syncState(r.s.ID); s.Last {
		return nil // nothing has run there since
	}
	return r.notBroughtBack(fmt.Sprintf("It is %s, and was not stopped by this program, so that it may have files on its disk that were not brought back.", state), nil)
}

// notBroughtBack keeps a machine that has something of a project alone.
func (r *run) notBroughtBack(text string, err error) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "Not everything of the project was brought back", Text: text + " Nothing was removed.",
		Next: problem.Say("Have the machine running, and ").Act(on(problem.Sync, r.s)).Say(". Or ").Act(on(problem.Discard, r.s)).Say("."), Err: err,
	}
}
