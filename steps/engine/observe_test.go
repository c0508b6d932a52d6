package engine

import (
	"math"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// A machine's life as EC2 tells it, and what it has cost at each point.
func TestMoney(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, 3, 1, hour, minute, 0, 0, time.UTC) }
	s := &steps.Setup{Cost: steps.Cost{Known: true, Type: 1, IPv4: 0.5, Disk: 0.25, Hour: 1.75}}
	look := func(state aws.State, launched, stopped time.Time) func(now time.Time) {
		return func(now time.Time) {
			applyInstance(s, aws.Instance{State: state, Launched: launched, Created: launched, StoppedAt: stopped}, now)
		}
	}
	var zero time.Time
	for _, c := range []struct {
		what    string
		see     func(time.Time)
		now     time.Time
		soFar   float64
		hour    float64
		atLeast bool
	}{
		{"just launched: a minute at least is billed", look(aws.StatePending, at(8, 0), zero), at(8, 0), 1.5 / 60, 1.75, false},
		{"two hours later", look(aws.StateRunning, at(8, 0), zero), at(10, 0), 3 + 0.5, 1.75, false},
		{"stopped at 11, seen at 12", look(aws.StateStopped, at(8, 0), at(11, 0)), at(12, 0), 4.5 + 1, 0.25, false},
		{"seen again: the run counts once", look(aws.StateStopped, at(8, 0), at(11, 0)), at(13, 0), 4.5 + 1.25, 0.25, false},
		{"started again at 14", look(aws.StateRunning, at(14, 0), zero), at(15, 0), 6 + 1.75, 1.75, false},
		{"started again, and nobody saw it stop", look(aws.StateRunning, at(17, 0), zero), at(18, 0), 4.5 + 1.5 + 2.5, 1.75, true},
		{"not listed for a moment", look(aws.StateTerminated, at(17, 0), zero), at(17, 30), 4.5 + 0.75 + 2.375, 0, true},
		{"and there again", look(aws.StateRunning, at(17, 0), zero), at(18, 0), 4.5 + 1.5 + 2.5, 1.75, true},
		{"terminated: nothing more", look(aws.StateTerminated, at(17, 0), zero), at(19, 0), 4.5 + 3 + 2.75, 0, true},
		{"and a day later the same", look(aws.StateTerminated, at(17, 0), zero), at(23, 0), 4.5 + 3 + 2.75, 0, true},
	} {
		c.see(c.now)
		m := s.Money(c.now)
		if !m.Known || math.Abs(m.SoFar-c.soFar) > 1e-9 || math.Abs(m.Hour-c.hour) > 1e-9 || m.AtLeast != c.atLeast {
			t.Errorf("%s: got %+v, want %v so far and %v an hour", c.what, m, c.soFar, c.hour)
		}
	}
}

// A machine that was started before this computer knew it has a cost that is
// the least it can be.
func TestMoneyOfAMachineFromElsewhere(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := &steps.Setup{Cost: steps.Cost{Known: true, Type: 1, Disk: 1, Hour: 2}}
	applyInstance(s, aws.Instance{State: aws.StateRunning, Created: now.Add(-10 * time.Hour), Launched: now.Add(-2 * time.Hour)}, now)
	if m := s.Money(now); math.Abs(m.SoFar-12) > 1e-9 || !m.AtLeast {
		t.Errorf("got %+v", m)
	}
}
