package stepstest

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Survey hands on Has.Survey, one answer at a time, and Has.Again after it.
func (e *Engine) Survey(ctx context.Context, profile string, each func(steps.Surveyed)) error {
	e.note("survey", profile)
	answers, again := read(e, &e.Has.Survey), read(e, &e.Has.Again)
	done := 0
	answer := func(s steps.Surveyed) {
		done++
		if s.Of == 0 {
			s.Done, s.Of = done, len(answers)
		}
		each(s)
	}
	if e.AnyOrder {
		inAnyOrder(answers, answer)
	} else {
		for _, s := range answers {
			if err := e.held(ctx, "survey "+s.At.Region); err != nil {
				return err
			}
			answer(s)
		}
	}
	for _, s := range again {
		if s.Of == 0 {
			s.Done, s.Of = done, len(answers)
		}
		each(s)
	}
	return e.failing("survey", profile)
}

// inAnyOrder has each region answer when it comes to it; of one region, the
// answers come in order.
func inAnyOrder(answers []steps.Surveyed, answer func(steps.Surveyed)) {
	regions := map[steps.Place][]steps.Surveyed{}
	for _, s := range answers {
		regions[s.At] = append(regions[s.At], s)
	}
	var wg sync.WaitGroup
	var turn sync.Mutex
	for _, of := range regions {
		wg.Go(func() {
			for _, s := range of {
				turn.Lock()
				answer(s)
				turn.Unlock()
			}
		})
	}
	wg.Wait()
}

// Stamp answers Has.Stamp.
func (e *Engine) Stamp() string { return read(e, &e.Has.Stamp) }

// Adopt adds a machine to Has.Setups.
func (e *Engine) Adopt(ctx context.Context, m steps.Machine) (steps.Setup, error) {
	err := e.act(ctx, "adopt", m.ID)
	if err == nil {
		e.Change(func() { e.Has.Setups = append(e.Has.Setups, m.Setup) })
	}
	return m.Setup, err
}

// Stop stops a machine.
func (e *Engine) Stop(ctx context.Context, id string, emit func(steps.Event)) error {
	verb := "stop"
	if steps.LeavesSync(ctx) {
		verb = "stop without sync"
	}
	err := e.tell(ctx, emit, verb, id)
	if err == nil {
		e.Becomes(id, steps.StateStopped)
	}
	return err
}

// Reboot is written down.
func (e *Engine) Reboot(ctx context.Context, id string, emit func(steps.Event)) error {
	return e.tell(ctx, emit, "reboot", id)
}

// Resize is written down.
func (e *Engine) Resize(ctx context.Context, id, kind string, emit func(steps.Event)) error {
	return e.tell(ctx, emit, "resize", id, kind)
}

// changed gives a setup of Has.Setups other answers.
func (e *Engine) changed(ctx context.Context, verb, id, what string, change func(*steps.Answers)) (steps.Setup, error) {
	if err := e.act(ctx, verb, id, what); err != nil {
		return steps.Setup{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.Has.Setups {
		if s := &e.Has.Setups[i]; s.ID == id {
			change(&s.Answers)
			return *s, nil
		}
	}
	return steps.Setup{ID: id}, nil
}

// SetMode changes a setup's mode.
func (e *Engine) SetMode(ctx context.Context, id string, mode steps.Mode, noTLS bool) (steps.Setup, error) {
	return e.changed(ctx, "mode", id, fmt.Sprintf("%s %v", mode, noTLS), func(a *steps.Answers) { a.Mode, a.NoTLS = mode, noTLS })
}

// SetUI changes the page that a setup's URL leads to.
func (e *Engine) SetUI(ctx context.Context, id string, ui steps.UI) (steps.Setup, error) {
	return e.changed(ctx, "ui", id, string(ui), func(a *steps.Answers) { a.UI = ui })
}

// SetLimits changes a setup's limits.
func (e *Engine) SetLimits(ctx context.Context, id string, idle, lifetime steps.Limit) (steps.Setup, error) {
	return e.changed(ctx, "limits", id, fmt.Sprintf("%s/%s", idle, lifetime), func(a *steps.Answers) {
		a.IdleStop, a.Lifetime = idle.Or(a.IdleStop), lifetime.Or(a.Lifetime)
	})
}

// SetWork changes a setup's rule of work.
func (e *Engine) SetWork(ctx context.Context, id string, rule steps.WorkRule) (steps.Setup, error) {
	return e.changed(ctx, "rule", id, fmt.Sprintf("%d%q", rule.Percent, rule.Ignore), func(a *steps.Answers) { a.Work = rule })
}

// UseGateway changes a setup's gateway.
func (e *Engine) UseGateway(ctx context.Context, id, gateway string) (steps.Setup, error) {
	return e.changed(ctx, "gateway", id, gateway, func(a *steps.Answers) { a.Gateway = gateway })
}

// RestartServer tells the server's last words.
func (e *Engine) RestartServer(ctx context.Context, id string, emit func(steps.Event)) error {
	emit(steps.Event{Time: Now(), Kind: steps.Output, Text: "MemoryError: the last words of the server"})
	return e.tell(ctx, emit, "restart", id)
}

// Connect makes a link.
func (e *Engine) Connect(ctx context.Context, id string) (steps.Link, error) {
	if err := e.act(ctx, "connect", id); err != nil {
		return nil, err
	}
	l := &Link{Is: Health()}
	switch {
	case e.Shared != nil:
		l = e.Shared
	case e.Link != nil:
		l = e.Link(id)
	}
	l.engine, l.ID = e, id
	e.Change(func() { e.links = append(e.links, l) })
	return l, nil
}

// Reopen comes to the setup's URL.
func (e *Engine) Reopen(ctx context.Context, id string) (*steps.Opened, error) {
	if err := e.act(ctx, "reopen", id); err != nil {
		return nil, err
	}
	if o := read(e, &e.Has.OpenedOf)[id]; o != nil {
		return o, nil
	}
	return e.URLOf(id), nil
}

// URLOf is a setup's URL with a tunnel that knows when it is closed.
func (e *Engine) URLOf(id string) *steps.Opened {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := *e.Has.Opened
	for _, s := range e.Has.Setups {
		if s.ID == id {
			o.Setup = s
		}
	}
	o.Setup.ID = id
	t := &Tunnel{ID: id, Port: 8889}
	o.Tunnel = t
	e.tunnels = append(e.tunnels, t)
	return &o
}

// Notebook starts Has.Notebook.
func (e *Engine) Notebook(ctx context.Context, id string, ui steps.UI, emit func(steps.Event)) (steps.LocalNotebook, error) {
	if err := e.tell(ctx, emit, "notebook", id, string(ui)); err != nil {
		return nil, err
	}
	if n := read(e, &e.Has.Notebook); n != nil {
		return n, nil
	}
	return NewNotebook(), nil
}

// Doctor hands on Has.Checks.
func (e *Engine) Doctor(ctx context.Context, profile, id string, each func(steps.Check)) error {
	e.note("doctor", profile+"/"+id)
	err := e.held(ctx, "doctor "+id)
	if err == nil {
		err = e.failing("doctor", id)
	}
	for _, c := range read(e, &e.Has.Checks) {
		each(c)
	}
	return err
}

// FixCheck is written down.
func (e *Engine) FixCheck(ctx context.Context, id, check string, emit func(steps.Event)) error {
	return e.tell(ctx, emit, "fix", id, check)
}

// Sweep hands on Has.Leftovers.
func (e *Engine) Sweep(ctx context.Context, profile string, each func(steps.Swept)) error {
	err := e.act(ctx, "sweep", "", profile)
	left := read(e, &e.Has.Leftovers)
	for i, s := range left {
		s.Done, s.Of = i+1, len(left)
		each(s)
	}
	return err
}

// Clear is written down with the IDs of what is to go.
func (e *Engine) Clear(ctx context.Context, what []steps.Leftover, emit func(steps.Event)) error {
	var ids []string
	for _, l := range what {
		ids = append(ids, l.ID)
	}
	return e.tell(ctx, emit, "clear", "", strings.Join(ids, ","))
}
