package steps

import (
	"strings"
	"testing"
	"time"
	"unicode"
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

// A limit that is read is written so that it is read again.
func FuzzParseLimit(f *testing.F) {
	for _, s := range []string{"", "never", "90", "1h30m", "2h0m0.5s", "1\u00b5s", "-5m", "9999999h", "1e3", " OFF "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLimit(s)
		if err != nil {
			if l != 0 || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q: %v, %q", s, l, err)
			}
			return
		}
		if l < Never || l.Duration() < 0 || l.Words() == "" {
			t.Errorf("%q is %d, %q", s, l, l.Words())
		}
		if again, err := ParseLimit(l.String()); err != nil || again != l {
			t.Errorf("%q is %q, read again %v, %v", s, l, again, err)
		}
	})
}

func TestLimit(t *testing.T) {
	for text, want := range map[string]Limit{
		"60m": Limit(time.Hour), "45": Limit(45 * time.Minute), "2h30m": Limit(150 * time.Minute), " Never ": Never, "": 0, "12h": Limit(12 * time.Hour),
	} {
		got, err := ParseLimit(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		again, err := ParseLimit(got.String())
		if err != nil || again != got {
			t.Errorf("%q is written %q, which reads as %v, %v", text, got, again, err)
		}
	}
	for _, bad := range []string{"soon", "-5m", "0", "-1h", "1 hour"} {
		if got, err := ParseLimit(bad); err == nil {
			t.Errorf("%q reads as %v", bad, got)
		}
	}
	for l, want := range map[Limit]string{Limit(90 * time.Minute): "90 minutes", Limit(12 * time.Hour): "12 hours", Never: "never", Limit(time.Hour): "60 minutes"} {
		if got := l.Words(); got != want {
			t.Errorf("%v in words: %q, want %q", time.Duration(l), got, want)
		}
	}
	a := Answers{IdleStop: Limit(time.Minute)}
	if err := a.IdleStop.valid("an idle stop"); err == nil {
		t.Error("a minute is taken")
	}
}
