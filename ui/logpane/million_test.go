package logpane

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/viewport"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// The log of BenchmarkMillionLines: so many lines, of which so many come
// between two frames.
const (
	millionLines = 1_000_000
	burst        = 1000
)

func numberedLine(i int) string {
	return fmt.Sprintf("%07d Downloading https://files.example/packages/notebook-7.4.0-py3-none-any.whl (14.3 MB) %s", i, strings.Repeat("and more ", i%12))
}

// BenchmarkMillionLines is a log of a million lines, a part of them wrapped,
// that comes as fast as it is taken: the pane, and bubbles' viewport with as
// many lines as the pane keeps. It is part of make bench. The viewport is
// given its full log, and then some bursts only: all of them would take
// minutes.
func BenchmarkMillionLines(b *testing.B) {
	lines := make([]string, millionLines)
	for i := range lines {
		lines[i] = numberedLine(i)
	}
	b.Run("pane", func(b *testing.B) {
		for b.Loop() {
			buf := logbuf.New(logbuf.DefaultMax)
			pane := New("host", "Host", buf, theme.New(true, true))
			pane.SetSize(200, 60)
			before := heap()
			frames := bursts(lines, func(burst []string) {
				for _, line := range burst {
					buf.Add(strings.Clone(line), false) // as it comes from a machine
				}
			}, pane.View)
			reportFrames(b, frames)
			b.ReportMetric(float64(heap()-before)/1e6, "MB")
			b.ReportMetric(float64(missing(buf, pane.View(), lines)), "lost")
			runtime.KeepAlive(pane)
		}
	})
	b.Run("viewport", func(b *testing.B) {
		for b.Loop() {
			before := heap()
			view := viewport.New(viewport.WithWidth(200), viewport.WithHeight(60))
			view.SoftWrap = true
			kept := make([]string, 0, 2*logbuf.DefaultMax)
			for _, line := range lines[:logbuf.DefaultMax] {
				kept = append(kept, strings.Clone(line))
			}
			frames := bursts(lines[logbuf.DefaultMax:][:5*burst], func(burst []string) {
				kept = kept[len(burst):]
				for _, line := range burst {
					kept = append(kept, strings.Clone(line))
				}
				view.SetContentLines(kept)
				view.GotoBottom()
			}, view.View)
			reportFrames(b, frames)
			b.ReportMetric(float64(heap()-before)/1e6, "MB")
			runtime.KeepAlive(view)
			runtime.KeepAlive(kept)
		}
	})
}

// bursts adds the lines, draws after each burst, and returns how long each of
// these took.
func bursts(lines []string, add func([]string), view func() string) (frames []time.Duration) {
	for batch := range slices.Chunk(lines, burst) {
		began := time.Now()
		add(batch)
		if view() == "" {
			panic("nothing is drawn")
		}
		frames = append(frames, time.Since(began))
	}
	return frames
}

func reportFrames(b *testing.B, frames []time.Duration) {
	var all time.Duration
	for _, f := range frames {
		all += f
	}
	slices.Sort(frames)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(float64(len(frames)*burst)/all.Seconds(), "lines/s")
	b.ReportMetric(ms(frames[len(frames)/2]), "frame-ms")
	b.ReportMetric(ms(frames[len(frames)*99/100]), "p99-ms")
}

// heap is the memory in use, after what is garbage has gone.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// missing counts the lines that are neither kept, in their order, nor counted
// as dropped; the newest has to be on the screen.
func missing(buf *logbuf.Buffer, shown string, lines []string) int {
	lost := len(lines) - buf.Dropped() - buf.Len()
	for i, line := range buf.All() {
		if line != lines[buf.Dropped()+i] {
			lost++
		}
	}
	if !strings.Contains(shown, lines[len(lines)-1][:7]) {
		lost++
	}
	return lost
}
