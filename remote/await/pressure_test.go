package await

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPressure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu")
	now := time.Now()
	p := newPressure(file)
	p.now = func() time.Time { return now }
	tells := func(waited time.Duration) {
		t.Helper()
		text := fmt.Sprintf("some avg10=64.04 avg60=43.43 avg300=40.55 total=%d\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", waited.Microseconds())
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what   string
		after  time.Duration
		waited time.Duration // since the start
		low    bool
	}{
		{"nothing to compare with", 0, time.Hour, false},
		{"too soon to tell", measured / 2, time.Hour, false},
		{"nobody waited", measured / 2, time.Hour, true},
		{"some wait for half the time", measured, time.Hour + measured/2, false},
		{"some wait now and then", measured, time.Hour + measured/2 + measured/10, true},
		{"told once", 0, time.Hour + measured/2 + measured/10, false},
	} {
		now = now.Add(c.after)
		tells(c.waited)
		if low := p.low(); low != c.low {
			t.Errorf("%s: low is %v", c.what, low)
		}
	}
}

func TestPressureThatNobodyTells(t *testing.T) {
	for name, text := range map[string]string{"no file": "", "other text": "cpu is fine\n", "no number": "some avg10=1 avg60=1 avg300=1 total=much\n"} {
		file := filepath.Join(t.TempDir(), "cpu")
		if text != "" {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := newPressure(file)
		p.low()
		p.since = p.since.Add(-time.Hour)
		if p.low() {
			t.Errorf("%s: taken for low", name)
		}
	}
}

// This computer's own file can be read, where there is one.
func TestThisComputersPressure(t *testing.T) {
	text, err := os.ReadFile(pressureFile)
	if err != nil {
		t.Skip("this system does not tell how long programs wait for a core")
	}
	if _, ok := parsePressure(string(text)); !ok {
		t.Errorf("it cannot be read: %q", text)
	}
}

func TestRoomy(t *testing.T) {
	for text, want := range map[string]bool{
		"MemTotal:       24000000 kB\nMemFree:          1000 kB\nMemAvailable:    5000000 kB\n": true,
		"MemTotal:       24000000 kB\nMemAvailable:    4000000 kB\n":                            false,
		"MemTotal:       24000000 kB\n":                                                         false, "": false,
	} {
		file := filepath.Join(t.TempDir(), "meminfo")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := roomy(file); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if roomy(filepath.Join(t.TempDir(), "none")) {
		t.Error("there is memory that nothing tells of")
	}
}
