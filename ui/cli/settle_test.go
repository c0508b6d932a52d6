package cli

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// besides is a program whose engines do something in the background, once.
func besides(out *screen, does func()) *Program {
	does = sync.OnceFunc(does)
	p := &Program{
		In: strings.NewReader(""), Out: out, Err: out, Getenv: func(string) string { return "" }, Now: time.Now,
		SandboxRuns: func(context.Context) bool { return false }, linger: time.Hour,
	}
	p.Engine = func(bool, steps.Asker) (steps.Engine, error) {
		p.background.Go(does)
		return made(stepstest.Has{}), nil
	}
	return p
}

// A command that has said all it has to say waits for what its engine still does.
func TestTheEndOfACommandWaitsForTheBackground(t *testing.T) {
	said, stop := context.WithCancel(t.Context())
	out := &screen{text: "\n", seen: stop}
	did := false
	p := besides(out, func() { <-said.Done(); did = true })
	if code := p.Run(t.Context(), []string{"ls"}); code != exitDone || !did {
		t.Errorf("exit %d, the background ended: %t\n%s", code, did, out)
	}
}

// It does not once the person has had enough, nor where a shell waits for
// completions.
func TestTheEndOfACommandIsNotHeldUp(t *testing.T) {
	for name, args := range map[string][]string{"a signal": {"ls"}, "a completion": {"__complete", "ssh", ""}} {
		t.Run(name, func(t *testing.T) {
			ctx, signal := context.WithCancel(t.Context())
			defer signal()
			began, over := make(chan struct{}), make(chan struct{})
			p := besides(&screen{}, func() {
				close(began)
				if name == "a signal" {
					signal()
				}
				<-over
			})
			p.Run(ctx, args)
			<-began // else it says nothing
			close(over)
			p.background.Wait()
		})
	}
}
