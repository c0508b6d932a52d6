package meter

import (
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
)

const mib = 1 << 20

func TestText(t *testing.T) {
	begin := time.Unix(1000, 0)
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	for _, c := range []struct {
		what string
		see  func(m *Meter)
		now  float64
		want string
	}{
		{"nothing yet", func(*Meter) {}, 5, "0 B"},
		{"just begun", func(m *Meter) { m.Set(at(0), 0, 900*mib) }, 0.5, "0 %, 0.0 of 900.0 MiB"},
		{"steady", func(m *Meter) {
			for s := range 6 {
				m.Set(at(float64(s)), int64(s)*90*mib, 900*mib)
			}
		}, 5, "50 %, 450.0 of 900.0 MiB, 90.0 MiB/s, 5 s left"},
		{"continued: what was there is no speed", func(m *Meter) { m.Set(at(0), 800*mib, 900*mib); m.Set(at(10), 810*mib, 900*mib) }, 10, "90 %, 810.0 of 900.0 MiB, 1.0 MiB/s, 2 min left"},
		{"slower lately", func(m *Meter) {
			m.Set(at(0), 0, 900*mib)
			m.Set(at(1), 500*mib, 900*mib)
			for s := 2; s <= 30; s++ {
				m.Set(at(float64(s)), 500*mib+int64(s)*mib, 900*mib)
			}
		}, 30, "58 %, 530.0 of 900.0 MiB, 1.0 MiB/s, 6 min left"},
		{"stalled", func(m *Meter) { m.Set(at(0), 9*mib, 900*mib) }, 60, "1 %, 9.0 of 900.0 MiB, 0 B/s"},
		{"almost", func(m *Meter) { m.Set(at(0), 900*mib-1, 900*mib) }, 0, "99 %, 900.0 of 900.0 MiB"},
		{"done", func(m *Meter) { m.Set(at(0), 0, 900*mib); m.Set(at(9), 900*mib, 900*mib) }, 9, "100 %, 900.0 of 900.0 MiB"},
		{"longer than it said", func(m *Meter) { m.Set(at(0), 0, 1000); m.Set(at(2), 4000, 1000) }, 2, "100 %, 4000 of 1000 B"},
		{"without a size", func(m *Meter) { m.Set(at(0), 0, 0); m.Set(at(2), 4096, 0) }, 2, "4.0 KiB"},
	} {
		var m Meter
		c.see(&m)
		if got := m.Text(at(c.now)); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
		if len(m.seen) > 60 {
			t.Errorf("%s: %d samples are kept", c.what, len(m.seen))
		}
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		done, of int64
		want     string
	}{{0, 10, "░░░░░"}, {5, 10, "██░░░"}, {10, 10, "█████"}, {99, 10, "█████"}, {3, 0, ""}} {
		var m Meter
		m.Set(time.Unix(0, 0), c.done, c.of)
		if got := m.Bar(5); got != c.want || got != "" && cells.Width(got) != 5 {
			t.Errorf("%d of %d: %q, want %q", c.done, c.of, got, c.want)
		}
	}
}
