package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// A machine that runs and refuses the connection is waited for with words, and
// not for ever; then its console's last lines come, and the way out.
func TestAMachineThatRefusesIsWaitedForWithWords(t *testing.T) {
	var h *hosts
	w := newWorld(t, func(_ *ec2sim.Options, made *hosts) { h = made })
	w.adopt()
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	s := w.Only()
	h.hold(t, s.Resources.InstanceID)                                   // another test's host would answer there
	if err := h.Stop(t.Context(), s.Resources.InstanceID); err != nil { // EC2 does not know
		t.Fatal(err)
	}
	w.Patience = 2 * time.Second
	var heard said
	_, err := w.Guide().Work(t.Context(), s.ID, heard.emit)
	p := steps.Explain(err)
	if p.Kind != problem.Unreachable || !strings.Contains(p.Text, "waited for, for 2s") || !strings.Contains(p.Next.String(), "stop") || !strings.Contains(p.Next.String(), "start") {
		t.Errorf("it ended with %+v", p)
	}
	for _, want := range []string{"Still waiting for the SSH server at ", "The last lines on the machine's console:"} {
		if !slices.ContainsFunc(heard.events, func(e steps.Event) bool { return e.Kind == steps.Doing && strings.HasPrefix(e.Text, want) }) {
			t.Errorf("it did not say %q: %+v", want, heard.events)
		}
	}
	last := slices.IndexFunc(heard.events, func(e steps.Event) bool { return strings.HasPrefix(e.Text, "The last lines") })
	if !slices.ContainsFunc(heard.events[last+1:], func(e steps.Event) bool {
		return e.Kind == steps.Output && e.Text != "" && !strings.ContainsAny(e.Text, "\r\x1b")
	}) {
		t.Errorf("no line of the console is there: %+v", heard.events[last+1:])
	}
}
