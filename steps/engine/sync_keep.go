package engine

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/project"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// keeper keeps a setup's project alike for as long as it may.
type keeper struct {
	g    *Guide
	s    *steps.Setup
	l    *link
	tell func(steps.SyncState)
}

// KeepSynced keeps the two folders of a setup's project alike until ctx ends. It
// lets go of them while another program wants them or the person pauses them, and
// waits while the machine cannot be reached or a folder is not there; what only a
// person can decide ends it.
func (g *Guide) KeepSynced(ctx context.Context, setupID string, tell func(steps.SyncState)) error {
	t, err := g.target(ctx, setupID, steps.StepProject, silent)
	if err != nil {
		return err
	}
	if t.s.Project == nil {
		return steps.NoProject(*t.s)
	}
	k := &keeper{g: g, s: t.s, l: &link{t: t, dialing: make(chan struct{}, 1)}, tell: tell}
	defer func() { _ = k.l.Close() }() // what it did is known
	defer g.ledger.stays(setupID)()
	for wait := keepAgain; ; wait = min(2*wait, keepAgainMost) {
		began := g.cfg.Now()
		err := k.hold(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !k.again(err) {
			return err
		}
		if err == nil || g.cfg.Now().Sub(began) > keepAgainMost { // it went well for a while
			wait = keepAgain
		}
		if remote.Pause(ctx, wait) != nil {
			return nil
		}
	}
}

// After how long a project is tried again that could not be kept.
const (
	keepAgain     = 500 * time.Millisecond
	keepAgainMost = 15 * time.Second
)

// again reports whether what keeps a project from being kept may be over on its
// own.
func (k *keeper) again(err error) bool {
	if mayReturn(err) {
		return true
	}
	kind := steps.Explain(err).Kind
	return kind != problem.Answers && kind != problem.Credentials && !errors.Is(err, steps.ErrDeclined)
}

// errNoFolder is a project's folder that is not there or cannot be read.
var errNoFolder = errors.New("the project's folder cannot be used")

// mayReturn reports whether an error says that a project's files are not where they
// were. Nothing is changed then: a disk that is mounted again, or another branch that
// is checked out, brings them back.
func mayReturn(err error) bool {
	var emptied *project.EmptiedError
	return errors.As(err, &emptied) || errors.Is(err, project.ErrMoved) || errors.Is(err, errNoFolder)
}

// hold keeps the project while nobody else wants it. It has no error where another
// one does.
func (k *keeper) hold(ctx context.Context) (err error) {
	if k.g.ledger.yields(k.s.ID) {
		k.say()
		return nil
	}
	switch now, err := k.g.ledger.load(k.s.ID); {
	case errors.Is(err, fs.ErrNotExist):
		return err // it was removed meanwhile
	case err == nil && now.Project == nil:
		return steps.NoProject(*now)
	case err == nil:
		k.s = now // which may have another project, or another machine
	}
	f, ok, err := k.g.ledger.tryProject(k.s.ID)
	if err != nil || !ok {
		k.say()
		return err
	}
	defer func() { _ = f.Unlock() }()
	if k.g.ledger.paused(k.s.ID) {
		return nil // since it was checked, by somebody who did not meet the lock
	}
	holding, let := context.WithCancelCause(ctx)
	defer let(nil)
	go k.g.watchYield(holding, k.s.ID, let)
	n := k.g.newNotes(k.s.ID, k.tell)
	defer func() {
		switch {
		case errors.Is(context.Cause(holding), errYields):
			err = nil
		case err != nil && ctx.Err() == nil:
			n.troubled(err)
		}
	}()
	client, err := k.l.client(holding)
	if err != nil {
		return err
	}
	m, err := k.g.openProject(holding, k.s, client, n, steps.SyncOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return m.keep(holding)
}

// errYields is why a project is let go of that another program wants.
var errYields = errors.New("another program wants the project")

// watchYield lets go of a setup's project as soon as another program wants it.
func (g *Guide) watchYield(ctx context.Context, id string, let context.CancelCauseFunc) {
	for remote.Pause(ctx, syncLook) == nil {
		if g.ledger.yields(id) {
			let(errYields)
			return
		}
	}
}

// say tells how the project is while somebody else has it.
func (k *keeper) say() {
	if k.tell != nil {
		k.tell(*k.g.ledger.syncState(k.s.ID))
	}
}

// keep makes both folders alike whenever something in one of them has changed. While
// their files are not where they were it waits for them with the folders open: others
// that are in their place meanwhile are not taken for them.
func (m *mirror) keep(ctx context.Context) error {
	wait := keepAgain
	for {
		began := m.g.cfg.Now()
		_, err := m.pass(ctx)
		switch {
		case err == nil:
			wait, err = keepAgain, m.Wait(ctx, m.g.cfg.Now().Sub(began))
		case ctx.Err() == nil && mayReturn(err):
			m.notes.troubled(err)
			wait = min(2*wait, keepAgainMost)
			err = remote.Pause(ctx, wait)
		}
		if err != nil {
			return err
		}
	}
}
