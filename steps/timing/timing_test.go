package timing

import (
	"context"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// measured is a meter whose time passes as a test says.
func measured(t *testing.T) (context.Context, *Meter, func(seconds int)) {
	t.Helper()
	clock := await.NewClock(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
	m := New(clock.Now)
	return With(t.Context(), m), m, func(seconds int) { clock.Pass(time.Duration(seconds) * time.Second) }
}

// want checks a step, in seconds.
func want(t *testing.T, s Step, name string, wall, person, aws, machine, ours int) {
	t.Helper()
	got := [...]time.Duration{s.Wall, s.Waited(Person), s.Waited(AWS), s.Waited(Machine), s.Ours()}
	for i, seconds := range []int{wall, person, aws, machine, ours} {
		if s.Name != name || got[i] != time.Duration(seconds)*time.Second {
			t.Fatalf("%s took %v, want %s %d", s.Name, got, name, []int{wall, person, aws, machine, ours})
		}
	}
}

func TestTimeGoesToWhoIsWaitedFor(t *testing.T) {
	ctx, m, pass := measured(t)
	pass(100) // before the first step
	Begin(ctx, "launch")
	pass(1)
	over := Wait(ctx, AWS)
	pass(2)
	over()
	over() // twice is once
	pass(4)
	Begin(ctx, "connect")
	over = Wait(ctx, Machine)
	pass(8)
	over()
	over = Wait(ctx, Person)
	pass(16)
	over()
	all := m.Steps()
	if len(all) != 2 {
		t.Fatalf("steps %v", all)
	}
	want(t, all[0], "launch", 7, 0, 2, 0, 5)
	want(t, all[1], "connect", 24, 16, 0, 8, 0)
	want(t, Sum(all), "", 31, 16, 2, 8, 5)
}

// Whatever is waited for at the same time, no second is counted twice.
func TestOverlappingWaitsAreCountedOnce(t *testing.T) {
	ctx, m, pass := measured(t)
	Begin(ctx, "launch")
	state, port := Wait(ctx, AWS), Wait(ctx, Machine)
	pass(1)
	other := Wait(ctx, AWS)
	pass(2)
	state()
	pass(4) // the other call of AWS's is still open
	other()
	pass(8)
	asked := Wait(ctx, Person)
	pass(16)
	asked()
	// A wait that goes on belongs to the step that waits meanwhile.
	Begin(ctx, "serve")
	pass(32)
	port()
	pass(64)
	all := m.Steps()
	want(t, all[0], "launch", 31, 16, 7, 8, 0)
	want(t, all[1], "serve", 96, 0, 0, 32, 64)
}

// Steps that are gone through again, as after the sandbox has died, are the same steps.
func TestStepsThatBeginAgainContinue(t *testing.T) {
	ctx, m, pass := measured(t)
	for range 2 {
		for _, name := range []string{"launch", "connect"} {
			Begin(ctx, name)
			pass(1)
		}
	}
	pass(5)
	all := m.Steps()
	if len(all) != 2 {
		t.Fatalf("steps %v", all)
	}
	want(t, all[0], "launch", 2, 0, 0, 0, 2)
	want(t, all[1], "connect", 7, 0, 0, 0, 7)
}

func TestWithoutAMeterNothingIsMeasured(t *testing.T) {
	ctx, m, pass := measured(t)
	Begin(ctx, "launch")
	Begin(t.Context(), "other")
	Wait(t.Context(), AWS)()
	over := Wait(Aside(ctx), AWS)
	pass(3)
	over()
	all := m.Steps()
	if len(all) != 1 {
		t.Fatalf("steps %v", all)
	}
	want(t, all[0], "launch", 3, 0, 0, 0, 3)
}
