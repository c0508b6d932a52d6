// Package meter tells how far something of a known size has come: a bar, a
// percentage, how fast it is, and how long it will still take.
package meter

import (
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// Meter measures one copy. Its zero value has seen nothing.
type Meter struct {
	done, of int64
	seen     []sample // of the last while, oldest first
}

type sample struct {
	at   time.Time
	done int64
}

// lately is how far back the speed is measured: long enough not to jump, and
// short enough to follow a network that changes.
const lately = 10 * time.Second

// sampleEvery is how close two samples are at most.
const sampleEvery = 200 * time.Millisecond

// Set says how much of all is done now. What was done before the first time,
// by an earlier copy, does not count as speed.
func (m *Meter) Set(now time.Time, done, of int64) {
	m.done, m.of = done, of
	if n := len(m.seen); n > 0 && now.Sub(m.seen[n-1].at) < sampleEvery {
		return
	}
	m.seen = append(m.seen, sample{now, done})
	for len(m.seen) > 2 && now.Sub(m.seen[1].at) >= lately {
		m.seen = m.seen[1:]
	}
}

// Share is how much is done, from 0 to 1; known is false where there is no size.
func (m *Meter) Share() (share float64, known bool) {
	if m.of <= 0 {
		return 0, false
	}
	return min(max(float64(m.done)/float64(m.of), 0), 1), true
}

// Percent is the share in words; empty where there is no size. Only what is
// complete is 100 %.
func (m *Meter) Percent() string {
	share, known := m.Share()
	if !known {
		return ""
	}
	return wording.PercentDone(share)
}

// rate is bytes a second, lately. It is not known before a second has passed.
func (m *Meter) rate(now time.Time) (float64, bool) {
	if len(m.seen) == 0 {
		return 0, false
	}
	first := m.seen[0]
	took := now.Sub(first.at)
	if took < time.Second {
		return 0, false
	}
	return float64(m.done-first.done) / took.Seconds(), true
}

// Text is all of it in words: "62 %, 558.0 of 900.0 MiB, 12.3 MiB/s, 28 s
// left". What is not known is left out.
func (m *Meter) Text(now time.Time) string {
	var parts []string
	if p := m.Percent(); p != "" {
		parts = append(parts, p, wording.BytesOf(m.done, m.of))
	} else {
		parts = append(parts, wording.Bytes(m.done))
	}
	rate, known := m.rate(now)
	if known && m.done < m.of {
		parts = append(parts, wording.Bytes(int64(rate))+"/s")
	}
	if left := m.of - m.done; known && rate >= 1 && left > 0 {
		parts = append(parts, wording.About(time.Duration(float64(left)/rate*float64(time.Second)))+" left")
	}
	return strings.Join(parts, ", ")
}

// Bar is a bar of exactly width cells; empty where there is no size.
func (m *Meter) Bar(width int) string {
	share, known := m.Share()
	if !known || width <= 0 {
		return ""
	}
	full := int(share * float64(width))
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}
