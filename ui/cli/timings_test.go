package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// timedRun is "up" of an engine whose steps take the times that a test says.
func timedRun(fails error) *run {
	r := &run{clock: await.NewClock(time.Unix(1, 0).UTC())}
	r.engine = made(stepstest.Has{}, func(ctx context.Context, emit func(steps.Event)) (*steps.Opened, error) {
		spend := func(seconds int, whom ...timing.Whom) {
			for _, w := range whom {
				defer timing.Wait(ctx, w)()
			}
			r.clock.Pass(time.Duration(seconds) * time.Second)
		}
		spend(1) // opening the account, say
		timing.Begin(ctx, string(steps.StepLaunch))
		spend(2, timing.AWS)
		spend(4, timing.AWS, timing.Machine)
		timing.Begin(ctx, string(steps.StepConnect))
		spend(8, timing.Machine)
		spend(16)
		if fails != nil {
			return nil, fails
		}
		return opens(nil)(ctx, emit)
	})
	return r
}

func TestUpTimings(t *testing.T) {
	r := timedRun(nil)
	if code := r.do(t.Context(), "up", "--yes", "--timings"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	want := `Time
               in all        AWS    machine       here
  Review       1.00 s     0.00 s     0.00 s     1.00 s
  Launch       6.00 s     6.00 s     0.00 s     0.00 s
  Connect     24.00 s     0.00 s     8.00 s    16.00 s
  Together    31.00 s     6.00 s     8.00 s    17.00 s
http://localhost:8888/?token=t
`
	if got := r.out.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", got, want)
	}
	r = timedRun(nil)
	r.do(t.Context(), "up", "--yes")
	if strings.Contains(r.out.String(), "in all") {
		t.Errorf("told without being asked:\n%s", r.out.String())
	}
}

// Where the time of a run that failed went is told too.
func TestUpTimingsOfAFailure(t *testing.T) {
	r := timedRun(errors.New("broken"))
	if code := r.do(t.Context(), "up", "--yes", "--timings"); code == 0 {
		t.Fatal("it did not fail")
	}
	if got := r.out.String(); strings.Count(got, "Together    31.00 s") != 1 {
		t.Errorf("got\n%s", got)
	}
}

func TestUpTimingsJSON(t *testing.T) {
	for _, fails := range []error{nil, errors.New("broken")} {
		r := timedRun(fails)
		r.do(t.Context(), "up", "--yes", "--json", "--timings")
		all := lines(t, r.out.String())
		i := slices.IndexFunc(all, func(l map[string]any) bool { return l["kind"] == "timings" })
		if i != len(all)-2 {
			t.Fatalf("the timings are not the line before the last: %v", all)
		}
		took := func(l any) string {
			m := l.(map[string]any)
			return fmt.Sprint(m["seconds"], m["aws"], m["machine"], m["ours"], m["you"])
		}
		if got := took(all[i]); got != "31 6 8 17 0" {
			t.Errorf("in all %s", got)
		}
		var each []string
		for _, s := range all[i]["steps"].([]any) {
			each = append(each, fmt.Sprint(s.(map[string]any)["step"], " ", took(s)))
		}
		if want := []string{"review 1 0 0 1 0", "launch 6 6 0 0 0", "connect 24 0 8 16 0"}; !slices.Equal(each, want) {
			t.Errorf("steps %q, want %q", each, want)
		}
	}
}

// The time in which a person thinks is the person's.
func TestUpTimingsOfAnAnswer(t *testing.T) {
	r := timedRun(nil)
	r.terminal, r.in = true, "y\n"
	r.err.text, r.err.seen = "Create this?", func() {
		r.err.seen = nil
		r.clock.Pass(time.Minute)
	}
	if code := r.do(t.Context(), "up", "--plain", "--timings"); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	for _, want := range []string{"       here        you\n", "Review      61.00 s     0.00 s     0.00 s     1.00 s    60.00 s\n"} {
		if !strings.Contains(r.out.String(), want) {
			t.Errorf("%q is not in\n%s", want, r.out.String())
		}
	}
}
