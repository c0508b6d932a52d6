package steps

import (
	"testing"
	"time"
)

// What a limit is written as is what is read again.
func TestALimitIsReadAsItWasWritten(t *testing.T) {
	for _, d := range []time.Duration{
		5 * time.Minute, 10 * time.Minute, 60 * time.Minute, 90 * time.Minute, 12 * time.Hour, 10 * time.Hour,
		70 * time.Second, 90 * time.Second, time.Hour + 10*time.Second, 20*time.Hour + 10*time.Minute + 20*time.Second,
	} {
		text := Limit(d).String()
		if got, err := ParseLimit(text); err != nil || got != Limit(d) {
			t.Errorf("%s is written as %q and read as %s (%v)", d, text, time.Duration(got), err)
		}
	}
	for l, want := range map[Limit]string{0: "", Never: "never", Limit(90 * time.Minute): "1h30m", Limit(12 * time.Hour): "12h", Limit(10 * time.Minute): "10m"} {
		if got := l.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
