package engine

import (
	"context"
	"log/slog"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// traceEvent writes what a step says to the debug log, but for what a host
// printed, what a person would type, and results, which may hold a URL.
func (g *Guide) traceEvent(e steps.Event) {
	attrs := []slog.Attr{slog.String("setup", e.Setup), slog.String("step", string(e.Step)), slog.String("kind", string(e.Kind))}
	level := slog.LevelDebug
	switch e.Kind {
	case steps.Output, steps.ByHand:
		return
	case steps.Doing:
		attrs = append(attrs, slog.String("text", e.Text))
	case steps.Retrying, steps.Failed:
		attrs, level = append(attrs, slog.String("text", e.Text)), slog.LevelWarn
	case steps.Started, steps.Finished:
	}
	g.cfg.Log.LogAttrs(context.Background(), level, "step", attrs...)
}

// traceState writes the state of a setup's machine to the debug log, each time
// that it is another one than the last.
func (g *Guide) traceState(s *steps.Setup) {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := g.states[s.ID]
	if last == s.State {
		return
	}
	g.states[s.ID] = s.State
	g.cfg.Log.Info("machine", "setup", s.ID, "name", s.Answers.Name, "instance", s.Resources.InstanceID, "from", last, "to", s.State)
}
