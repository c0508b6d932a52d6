package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

func noConsole(_ *ec2sim.Options, h *hosts) { h.keys = func([]string) []string { return []string{} } }

func otherConsole(t *testing.T) func(*ec2sim.Options, *hosts) {
	pair, err := remote.Generate("another host")
	if err != nil {
		t.Fatal(err)
	}
	return func(_ *ec2sim.Options, h *hosts) { h.keys = func([]string) []string { return []string{pair.Public} } }
}

// The console vouches for the key: nobody is asked, and it is pinned.
func TestTheConsoleVouchesForTheHostKey(t *testing.T) {
	w := newWorld(t, nil)
	w.adopt()
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	setups, err := w.Guide().Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := remote.NewHostKeys(setups[0].KnownHosts).Lookup(setups[0].Resources.InstanceID)
	if err != nil || len(pinned) == 0 {
		t.Fatalf("pinned %v, %v", pinned, err)
	}
}

// A host that shows another key than the machine's console is never spoken to.
func TestAnotherKeyThanTheConsolesIsRefused(t *testing.T) {
	w := newWorld(t, otherConsole(t))
	w.adopt()
	w.Ask = enginetest.Person{OnHostKey: func(steps.HostKeyQuestion) steps.HostKeyAnswer {
		t.Error("a person was asked to overrule the console")
		return steps.HostKeyAccept
	}}
	err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect)
	if p := steps.Explain(err); p.Title != "This is not the machine that was launched" {
		t.Fatalf("got %+v", p)
	}
}

// With no console to compare, and no key that the machine was given, the fingerprint is shown and asked about: the
// guide's "yes".
func TestAnUnknownHostKeyIsAsked(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer steps.HostKeyAnswer
		title  string
	}{
		{"accepted", steps.HostKeyAccept, ""},
		{"rejected", steps.HostKeyReject, "The host key was not accepted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, noConsole)
			w.adopt()
			var asked steps.HostKeyQuestion
			w.Ask = enginetest.Person{OnHostKey: func(q steps.HostKeyQuestion) steps.HostKeyAnswer { asked = q; return c.answer }}
			err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect)
			if got := steps.Explain(err).Title; got != c.title {
				t.Fatalf("got %q (%v), want %q", got, err, c.title)
			}
			if !strings.HasPrefix(asked.Fingerprint, "SHA256:") || asked.KeyType == "" || asked.Why == "" {
				t.Errorf("asked with %+v", asked)
			}
		})
	}
}

// The console is read once, however slowly it answers, before a person is asked.
func TestASlowConsoleIsReadBeforeAPersonIsAsked(t *testing.T) {
	w := newWorld(t, nil)
	w.adopt()
	// Longer than the console's being a moment behind is waited out.
	w.times(1, "ec2:GetConsoleOutput", ec2sim.Fault{Delay: time.Second})
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
}

// Nobody to ask is a refusal, never a silent yes.
func TestNobodyToAskRefusesTheHostKey(t *testing.T) {
	w := newWorld(t, noConsole)
	w.adopt()
	err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect)
	if err == nil {
		t.Fatal("an unknown host key was accepted")
	}
}

// sshd answers before cloud-init has written the key down: that "Permission
// denied" is waited out.
func TestAnEarlyDenialIsWaitedOut(t *testing.T) {
	var h *hosts
	w := newWorld(t, func(_ *ec2sim.Options, made *hosts) { h, made.late = made, true })
	g := w.Guide()
	s, err := g.Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	denied, connected := false, false
	_, err = g.Work(ctx, s.ID, func(e steps.Event) {
		switch {
		case e.Step == steps.StepConnect && e.Kind == steps.Retrying && !denied:
			denied = true
			if err := h.letKeyIn(t.Context()); err != nil {
				t.Error(err)
			}
		case e.Step == steps.StepConnect && e.Kind == steps.Finished:
			connected = true
			stop()
		}
	})
	if !denied || !connected {
		t.Fatalf("denied %v, connected %v (%v)", denied, connected, err)
	}
}
