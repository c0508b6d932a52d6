package stepstest

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Sandboxed reports whether the engine is of the sandbox.
func (e *Engine) Sandboxed() bool { return read(e, &e.Has.Sandbox) }

// Profiles lists the profiles.
func (e *Engine) Profiles() ([]steps.Profile, error) {
	return read(e, &e.Has.Profiles), e.failing("profiles", "")
}

// SignIn answers the account.
func (e *Engine) SignIn(ctx context.Context, profile string) (steps.Account, error) {
	e.Change(func() { e.signIns++ })
	if err := e.wait(ctx, 8); err != nil {
		return steps.Account{}, err
	}
	a := read(e, &e.Has.Account)
	a.Profile = profile
	return a, e.failing("sign in", profile)
}

// ForgetFailures counts how often failures were to be forgotten.
func (e *Engine) ForgetFailures() { e.Change(func() { e.forgot++ }) }

// Forgot is how often failures were to be forgotten.
func (e *Engine) Forgot() int { return read(e, &e.forgot) }

// Types lists the types of a region.
func (e *Engine) Types(ctx context.Context, at steps.Place) ([]steps.InstanceType, error) {
	if in, ok := read(e, &e.Has.TypesIn)[at.Region]; ok {
		return in, e.wait(ctx, 5)
	}
	return read(e, &e.Has.Types), e.wait(ctx, 5)
}

// Prices answers the prices.
func (e *Engine) Prices(ctx context.Context, _ steps.Place) (steps.Prices, error) {
	if err := e.wait(ctx, 10); err != nil {
		return steps.Prices{}, err
	}
	return read(e, &e.Has.Prices), e.failing("prices", "")
}

// Keys lists the keys.
func (e *Engine) Keys(ctx context.Context, _ steps.Place) ([]steps.KeyOption, error) {
	return slices.Clone(read(e, &e.Has.Keys)), e.wait(ctx, 4)
}

// InspectKey answers Has.Key for any path.
func (e *Engine) InspectKey(_ context.Context, _ steps.Place, path string) (steps.KeyOption, error) {
	o := read(e, &e.Has.Key)
	o.Answer.Source, o.Answer.Path = steps.KeyFile, path
	return o, e.failing("inspect", path)
}

// ProtectKey mends Has.Key.
func (e *Engine) ProtectKey(path string) error {
	e.Change(func() {
		e.protected = append(e.protected, path)
		e.Has.Key.TooOpen, e.Has.Key.Garbled, e.Has.Key.Problem = false, false, ""
	})
	return nil
}

// Review answers Has.Review.
func (e *Engine) Review(ctx context.Context, a steps.Answers) (steps.Review, error) {
	e.Change(func() { e.reviewed = append(e.reviewed, a) })
	r := read(e, &e.Has.Review)
	r.Answers, r.Cost = a, steps.CostOf(read(e, &e.Has.Prices), a.Type, a.DiskGB)
	if err := cmp.Or(e.wait(ctx, 6), e.failing("review", "")); err != nil {
		return steps.Review{}, err
	}
	return r, a.Valid()
}

// SavePlan writes a plan.
func (e *Engine) SavePlan(w io.Writer, a steps.Answers) error { return steps.WritePlan(w, a) }

// Begin begins a setup, and writes it down nowhere.
func (e *Engine) Begin(_ context.Context, a steps.Answers) (steps.Setup, error) {
	e.Change(func() { e.begun = append(e.begun, a) })
	return steps.Setup{
		ID: cmp.Or(e.Has.NewID, "s-1"), Answers: a, Created: Now(), Cost: steps.CostOf(read(e, &e.Has.Prices), a.Type, a.DiskGB),
	}, nil
}

// Last answers Has.Last, if there is one.
func (e *Engine) Last(context.Context) (steps.Answers, bool) {
	a := read(e, &e.Has.Last)
	return a, a.Type != ""
}

// Setups lists Has.Setups.
func (e *Engine) Setups(context.Context) (all []steps.Setup, err error) {
	e.Change(func() { all = slices.Clone(e.Has.Setups) }) // a test may be changing one of them
	return all, e.failing("setups", "")
}

// Look finds the machines as Becomes said.
func (e *Engine) Look(_ context.Context, all []steps.Setup) []steps.Setup {
	e.mu.Lock()
	defer e.mu.Unlock()
	all = slices.Clone(all)
	for i := range all {
		if state, ok := e.states[all[i].ID]; ok {
			all[i].State = state
		}
	}
	return all
}

// Work says its script and comes to Has.Opened, or does what Run does.
func (e *Engine) Work(ctx context.Context, id string, emit func(steps.Event)) (*steps.Opened, error) {
	e.Change(func() { e.worked = append(e.worked, id) })
	e.note("work", id)
	if err := e.held(ctx, "work "+id); err != nil {
		return nil, err
	}
	if e.Run != nil {
		return e.Run(ctx, emit)
	}
	if err := e.recite(ctx, emit); err != nil {
		return nil, err
	}
	e.Becomes(id, steps.StateRunning)
	if len(read(e, &e.Has.Setups)) > 0 {
		return e.URLOf(id), nil
	}
	o := *read(e, &e.Has.Opened)
	o.Setup.ID = id
	return &o, nil
}

// recite says Has.Script, and fails at its end where Work is to fail.
func (e *Engine) recite(ctx context.Context, emit func(steps.Event)) error {
	script := read(e, &e.Has.Script)
	for _, said := range script {
		if read(e, &e.Delay) > 0 {
			said.Time = time.Now()
		}
		emit(said)
		if err := e.wait(ctx, 2); err != nil {
			return err
		}
		if e.AskHostKey && said.Step == steps.StepConnect && said.Kind == steps.Started {
			if _, err := e.Ask.HostKey(ctx, HostKeyQuestion()); err != nil {
				return err
			}
		}
	}
	err := e.failing("work", "")
	if err != nil {
		emit(steps.Event{Time: Now().Add(time.Minute), Step: script[len(script)-1].Step, Kind: steps.Failed, Text: steps.Explain(err).Title, Err: err})
	}
	return err
}

// Remove forgets a setup.
func (e *Engine) Remove(ctx context.Context, id string, emit func(steps.Event)) error {
	if steps.Discards(ctx) {
		e.note("discard", id)
	}
	e.Change(func() {
		e.removed = append(e.removed, id)
		e.Has.Setups = slices.DeleteFunc(slices.Clone(e.Has.Setups), func(s steps.Setup) bool { return s.ID == id })
	})
	say := func(kind steps.EventKind, text string) {
		emit(steps.Event{Time: Now(), Step: steps.StepRemove, Kind: kind, Text: text})
	}
	for _, text := range []string{"Terminating i-0a1b2c3d4e5f67890", "Deleting security group jupyter-ec2-jupyter", "Deleting key pair jupyter-ec2-jupyter"} {
		say(steps.Doing, text)
		if err := e.wait(ctx, 5); err != nil {
			return err
		}
	}
	if err := e.failing("remove", id); err != nil {
		return err
	}
	if e.Framed {
		say(steps.Finished, "all gone")
	}
	return nil
}
