package steps

import (
	"testing"
	"time"
)

func TestTogether(t *testing.T) {
	now := time.Date(2026, 3, 1, 21, 0, 0, 0, time.UTC)
	setup := func(state State, known, unseen bool) Setup {
		s := Setup{State: state, LaunchedAt: now.Add(-2 * time.Hour), FirstStart: now.Add(-2 * time.Hour), RanUnseen: unseen}
		s.Cost = Cost{Known: known, Type: 1, Hour: 1}
		return s
	}
	for name, c := range map[string]struct {
		all  []Setup
		want Money
	}{
		"none":                      {nil, Money{Known: true}},
		"two":                       {[]Setup{setup(StateRunning, true, false), setup(StateRunning, true, false)}, Money{Known: true, Hour: 2, SoFar: 4, Tomorrow: 24}},
		"one without a price":       {[]Setup{setup(StateRunning, true, false), setup(StateRunning, false, false)}, Money{Hour: 1, SoFar: 2, Tomorrow: 12, AtLeast: true}},
		"one was never launched":    {[]Setup{setup(StateRunning, true, false), {}}, Money{Known: true, Hour: 1, SoFar: 2, Tomorrow: 12}},
		"one ran where none looked": {[]Setup{setup(StateRunning, true, true)}, Money{Known: true, Hour: 1, SoFar: 2, Tomorrow: 12, AtLeast: true}},
	} {
		if got := Together(now, c.all...); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
