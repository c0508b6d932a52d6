package steps

import (
	"testing"
	"time"
)

func TestStopRule(t *testing.T) {
	hour := Limit(time.Hour)
	for _, c := range []struct {
		a                Answers
		words, idle, all string
	}{
		{Answers{}, "after 60 minutes idle, or 12 hours after start", "after 60 minutes idle", "or 12 hours after start"},
		{Answers{IdleStop: Never, Lifetime: 2 * hour}, "2 hours after start", "not when idle", "2 hours after start"},
		{Answers{IdleStop: hour, Lifetime: Never}, "after 60 minutes idle", "after 60 minutes idle", "with no time limit"},
		{Answers{IdleStop: Never, Lifetime: Never}, "never, until you stop it", "not when idle", "with no time limit"},
	} {
		idle, all := c.a.StopRule().Parts()
		if got := c.a.StopRule().Words(); got != c.words || idle != c.idle || all != c.all {
			t.Errorf("%q, %q and %q; want %q, %q and %q", got, idle, all, c.words, c.idle, c.all)
		}
	}
}
