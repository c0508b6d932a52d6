package engine_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/sshhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// dying is a world whose cloud ends, once, while the guide waits for it: no
// answer comes any more until the account is opened again.
func dying(t *testing.T, how engine.CloudEnding) (w *world, opened *atomic.Int32) {
	w = newWorld(t, nil)
	opened = new(atomic.Int32)
	var ended atomic.Bool
	open := w.Open
	w.Open = func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		if opened.Add(1) > 1 {
			w.SetFault(nil)
			ended.Store(false)
		}
		return open(ctx, o)
	}
	w.Ended = func() engine.CloudEnding {
		if ended.Load() {
			return how
		}
		return engine.CloudRuns
	}
	w.SetFault(func(action string) *ec2sim.Fault {
		if action != "ec2:DescribeInstances" {
			return nil
		}
		ended.Store(true)
		return &ec2sim.Fault{Delay: time.Hour}
	})
	return w, opened
}

// A sandbox that dies is told at once and started again, and the guide continues.
func TestASandboxThatDiesIsStartedAgain(t *testing.T) {
	w, opened := dying(t, engine.CloudDied)
	g := w.Guide()
	s, err := g.Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	ctx, seen := context.WithCancel(t.Context())
	var told []string
	_, _ = g.Work(ctx, s.ID, func(e steps.Event) {
		told = append(told, string(e.Kind)+" "+e.Text)
		if e.Kind == steps.Finished && e.Step == steps.StepConnect {
			seen()
		}
	})
	if opened.Load() != 2 || !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, "retrying The sandbox has ended") }) {
		t.Errorf("opened %d times; told:\n%s", opened.Load(), strings.Join(told, "\n"))
	}
	if ctx.Err() == nil {
		t.Error("it did not go on to the login")
	}
	w.oneOfEach()
}

// One that somebody stopped is told so, and is not started against their will.
func TestASandboxThatIsStoppedStaysSo(t *testing.T) {
	w, opened := dying(t, engine.CloudStopped)
	err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch)
	if p := steps.Explain(err); p.Title != "The sandbox was stopped" || opened.Load() != 1 {
		t.Errorf("opened %d times; told as %+v", opened.Load(), p)
	}
}

// A machine that is stopped elsewhere while its SSH port is waited for is told
// so, and not waited for until patience ends.
func TestAMachineThatEndsIsNotWaitedFor(t *testing.T) {
	var h *hosts
	w := newWorld(t, func(_ *ec2sim.Options, made *hosts) { h = made })
	w.Patience = time.Hour
	g := w.Guide()
	s, err := g.Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Work(t.Context(), s.ID, func(e steps.Event) {
		if !strings.HasPrefix(e.Text, "Waiting for the SSH server at ") {
			return
		}
		id := w.Only().Resources.InstanceID
		at := h.hold(t, id)
		if _, err := w.Region().Bring(t.Context(), id, aws.StateStopped, nil); err != nil {
			t.Error(err)
		}
		hangUpAt(t, at)
	})
	if p := steps.Explain(err); p.Title != "The machine is stopped" {
		t.Errorf("told as %+v", p)
	}
}

// hangUpAt has an address that the test holds hang up on everybody.
func hangUpAt(t *testing.T, at *sshhost.Address) {
	l, err := at.Listen()
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
}
