package machines

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A shell that was asked for too early opens when the connection is there.
// What is typed meanwhile does nothing to the machines.
func TestTheShellWaitsForTheConnection(t *testing.T) {
	held := make(chan struct{})
	e := stepstest.New()
	stepstest.SevenMachines(e)
	e.Hold = map[string]chan struct{}{"connect s-1": held}
	r := newRig(t, e).until("Your setups").until(" 1 ")
	r.press("e").until("Connecting to jupyter …").press("s", "x", "enter", "q")
	if d, ok := r.m.dialog().(*waitDialog); !ok || len(r.m.dialogs) != 1 {
		t.Fatalf("%d dialogs, on top %T:\n%s", len(r.m.dialogs), d, r.screen())
	}
	shells := 0
	r.m.dialog().(*waitDialog).then = func(*Member) tea.Cmd { shells++; return nil }
	close(held)
	r.untilTrue("it goes on", func() bool { return shells == 1 && r.m.dialog() == nil })

	r = sevenRig(t, func(e *stepstest.Engine) { e.Fail = map[string]error{"connect": stepstest.SessionEnded{}} })
	r.press("u").until("jupyter: ")
	if r.m.dialog() != nil {
		t.Errorf("it is still waited for:\n%s", r.screen())
	}
}
