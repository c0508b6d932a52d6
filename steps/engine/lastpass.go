package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// takeProject takes the project of the setup, so that nothing is done with it while
// its machine stops or goes: what is gone there then was not deleted by anybody.
func (r *run) takeProject(ctx context.Context) (let func(), err error) {
	if r.s.Project == nil {
		return func() {}, nil
	}
	return r.g.ledger.lockProject(ctx, r.s.ID, r.g.cfg.Patience, r.waitsForProject)
}

// brought reports whether anything of a setup's project was ever brought to this
// very machine, or its folder there was opened for that.
func (g *Guide) brought(s *steps.Setup) bool {
	if s.Project == nil || s.Resources.InstanceID == "" {
		return false
	}
	_, err := os.Lstat(g.ledger.baseFile(s))
	return err == nil || s.Project.Met == s.Resources.InstanceID
}

// lastPass brings back what the machine has of the project, which is taken. What
// stays there alone is its result.
func (r *run) lastPass(ctx context.Context) (left []string, err error) {
	r.doing("Bringing back what is new in ~/%s on the machine", r.s.Project.Folder)
	client, err := r.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }() // what it did is known
	var done steps.Synced
	err = r.mirrored(ctx, client, steps.SyncOptions{Back: true}, func(ctx context.Context, m *mirror) (err error) {
		done, err = m.pass(ctx)
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
		if !f.Alone {
			continue // it is here
		}
		left = append(left, f.Path+" ("+f.Why+")")
	}
	for _, u := range s.Unknown {
		switch {
		case u.There && u.Here:
			left = append(left, u.Path+" (on this computer: "+u.Words()+")")
		case u.There:
			left = append(left, u.Path+" ("+u.Words()+")")
		}
	}
	return left
}

// lastBeforeStop is the last pass before a stop, which keeps the disk: what could
// not be brought back stays on it, and is named. whole says that there is nothing.
func (r *run) lastBeforeStop(ctx context.Context) (let func(), whole bool, err error) {
	if r.s.Project == nil {
		return func() {}, false, nil
	}
	if paused := r.g.ledger.paused(r.s.ID); paused || steps.LeavesSync(ctx) {
		if paused && r.g.brought(r.s) {
			r.doing("The project is paused: nothing is brought back, and what is new on the machine stays on its disk")
		}
		return r.yielded(ctx), false, nil
	}
	var left []string
	let, err = r.takeProject(ctx)
	if err == nil && !r.g.brought(r.s) {
		return let, false, nil
	}
	if err == nil {
		left, err = r.lastPass(ctx)
	}
	if let == nil {
		let = func() {}
	}
	if ctx.Err() != nil {
		let()
		return nil, false, ctx.Err()
	}
	return let, r.toldOfLast(left, err), nil
}

// toldOfLast names what a last pass left on the machine, and reports whether it left
// nothing.
func (r *run) toldOfLast(left []string, err error) (whole bool) {
	switch {
	case err != nil:
		r.doing("The project was not brought back: %s. What is new on the machine stays on its disk", steps.Explain(err).Title)
	case len(left) > 0:
		r.doing("Not brought back, and kept on the machine's disk: %s", someNames(left))
	default:
		return true
	}
	return false
}

// lastBeforeAnother is the last pass of a project that the setup does without from
// now on. What could not be brought back stays on the machine, and is named. The
// project is taken.
func (r *run) lastBeforeAnother(ctx context.Context) error {
	if !r.g.brought(r.s) {
		return nil
	}
	state, err := r.state(ctx)
	switch {
	case err != nil:
		return err
	case !state.Exists():
		return nil
	case state != steps.StateRunning || r.g.ledger.paused(r.s.ID):
		r.doing("Nothing is brought back: what is new in ~/%s stays on the machine's disk", r.s.Project.Folder)
		return nil
	}
	left, err := r.lastPass(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.toldOfLast(left, err)
	return nil
}

// yieldPatience is how long a program that keeps a project is given to let go of it.
const yieldPatience = 2 * time.Second

// yielded takes the project for a stop or a removal that brings nothing back, unless
// another program is in the middle of something: what the machine has stays on its
// disk, or may be lost.
func (r *run) yielded(ctx context.Context) (let func()) {
	let, err := r.g.ledger.lockProject(ctx, r.s.ID, min(yieldPatience, r.g.cfg.Patience), func() {})
	if err != nil {
		r.doing("Another program still has the project: continuing without waiting for it")
		return func() {}
	}
	return let
}

// lastBeforeRemoval is the last pass before the machine's disk goes. It is an error
// where something would be lost with it.
func (r *run) lastBeforeRemoval(ctx context.Context) (let func(), err error) {
	if r.s.Project != nil && steps.Discards(ctx) {
		return r.yielded(ctx), nil
	}
	if let, err = r.takeProject(ctx); err != nil {
		return nil, err
	}
	if r.g.brought(r.s) {
		err = r.nothingLeft(ctx)
	}
	if err != nil {
		let()
		return nil, err
	}
	return let, nil
}

// nothingLeft is an error where the machine alone may have something of the project.
func (r *run) nothingLeft(ctx context.Context) error {
	state, err := r.state(ctx)
	switch {
	case err != nil || !state.Exists() || state == steps.StateShuttingDown:
		return err // what is going cannot be reached any more
	case state != steps.StateRunning && r.g.ledger.syncState(r.s.ID).Last.Equal(r.s.LaunchedAt):
		return nil // nothing has run there since its last pass
	case state != steps.StateRunning:
		return r.notBroughtBack(fmt.Sprintf("It is %s, and may have files on its disk that were not brought back.", state),
			problem.Act(on(problem.Start, r.s)).Say(", and ").Act(on(problem.Sync, r.s)).Say("."), nil)
	}
	left, err := r.lastPass(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		e := steps.Explain(err)
		return r.notBroughtBack("The last changes could not be brought back: "+e.Title+". "+e.Text, r.helps(err), err)
	case len(left) > 0:
		for _, name := range left {
			r.output("only on the machine: "+name, false)
		}
		return r.notBroughtBack("Only on the machine: "+someNames(left)+".",
			problem.Say("What cannot be read there comes along once it can be; anything else, ").Act(on(problem.CopyFiles, r.s)).Say("."), nil)
	}
	return nil
}

// notBroughtBack keeps a machine that has something of a project alone. What helps
// comes first; to lose that is always possible.
func (r *run) notBroughtBack(text string, helps problem.Next, err error) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "Not everything of the project was brought back", Text: text + " Nothing was removed.",
		Next: helps.Say(" To remove the machine anyway, and lose these files: ").Act(on(problem.Discard, r.s)).Say("."), Err: err,
	}
}

// helps says what brings a project back that a pass failed to bring.
func (r *run) helps(err error) problem.Next {
	if errors.Is(err, errNoFolder) {
		return problem.Say("Put the folder back where it was. If it is another one now, ").Act(on(problem.BringProject, r.s)).Say(".")
	}
	return steps.Explain(err).Next
}
