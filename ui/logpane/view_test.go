package logpane

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

func sample() *logbuf.Buffer {
	b := logbuf.New(12)
	for i := range 40 {
		b.Add(fmt.Sprintf("Get:%d http://archive.ubuntu.example/ubuntu noble/universe amd64 python3-pip all [1,320 kB]", i), false)
	}
	b.AddMarked("Connecting to 203.0.113.9 as ubuntu", false, logbuf.Doing)
	b.AddMarked("Port 22 does not answer yet, again in 2 s", false, logbuf.Retry)
	b.AddMarked("The install failed", false, logbuf.Failed)
	b.Add("日本語のログ 🎉 error: déjà vu", false)
	b.Add("  ━━━━━━━━━╸  14.3/18.0 MB", true)
	return b
}

func TestView(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {80, 8}, {36, 10}} {
		for _, look := range []struct {
			name        string
			dark, color bool
		}{{"dark", true, true}, {"light", false, true}, {"plain", true, false}} {
			for _, state := range []string{"", "k", "/error", "w"} {
				name := fmt.Sprintf("%dx%d %s %s", size[0], size[1], look.name, strings.ReplaceAll(state, "/", "search "))
				t.Run(strings.TrimSpace(name), func(t *testing.T) {
					p := New("host", "What the host says", sample(), theme.New(look.dark, look.color))
					p.SetSize(size[0], size[1])
					p.SetFocused(state != "k")
					typed(p, state)
					view := p.View()
					tuitest.Exactly(t, view, size[0], size[1])
					golden.RequireEqual(t, view)
				})
			}
		}
	}
}

// FuzzView drives a pane with any text and any keys: its view is always
// exactly of its size, and at most full of the log.
func FuzzView(f *testing.F) {
	f.Add("plain text\nmore", "jjkG/e\rnN", 40, 10)
	f.Add("日本🎉\x1b[2J\t👩‍👩‍👧e\u0301\xff\n\n", "wlll/本\r", 9, 4)
	f.Add(strings.Repeat("x ", 500), "gwGbw /x", 3, 3)
	f.Add("a", "/日本\x7f\x7f\x7fz", 1, 1)
	f.Fuzz(func(t *testing.T, text, input string, width, height int) {
		width, height = width&127, height&31
		b := logbuf.New(20)
		p := New("host", "Host "+text[:min(len(text), 9)], b, theme.New(true, true))
		p.SetSize(width, height)
		lines := strings.Split(text, "\n")
		for i, r := range []rune(input) {
			b.AddMarked(lines[i%len(lines)], i%5 == 0, logbuf.Mark(i%4))
			switch {
			case r == '\r':
				p.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
			case r == '\x7f':
				p.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
			case r == '\x1b':
				p.SetSize(height, width&31)
				width, height = height, width&31
			default:
				p.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			tuitest.Exactly(t, p.View(), width, height)
		}
		if b.Len() > 0 && height > 1 && !p.Searching() {
			if first, last := p.visible(); first < b.Dropped() || last >= b.Dropped()+b.Len() {
				t.Fatalf("lines %d to %d are shown of %d to %d", first, last, b.Dropped(), b.Dropped()+b.Len()-1)
			}
		}
	})
}

func long() *logbuf.Buffer {
	b := logbuf.New(logbuf.DefaultMax)
	for i := range logbuf.DefaultMax {
		b.Add(fmt.Sprintf("%d Downloading https://files.example/packages/notebook-7.4.0-py3-none-any.whl (14.3 MB) %s", i, strings.Repeat("and more ", 20)), false)
	}
	return b
}

// BenchmarkAppendAndDraw is a frame of a full, wrapped log that gets 50 lines.
func BenchmarkAppendAndDraw(b *testing.B) {
	buf := long()
	p := New("host", "Host", buf, theme.New(true, true))
	p.SetSize(200, 60)
	for b.Loop() {
		for range 50 {
			buf.Add("Downloading https://files.example/packages/notebook-7.4.0-py3-none-any.whl (14.3 MB) "+strings.Repeat("and more ", 20), false)
		}
		if p.View() == "" {
			b.Fatal("nothing is drawn")
		}
	}
}

// BenchmarkScroll is a frame of a full, wrapped log with wide characters.
func BenchmarkScroll(b *testing.B) {
	buf := long()
	for range 1000 {
		buf.Add(strings.Repeat("日本語のログ 🎉 ", 20), false)
	}
	p := New("host", "Host", buf, theme.New(true, true))
	p.SetSize(200, 60)
	for i := 0; b.Loop(); i++ {
		press(p, []string{"k", "b", "space", "j"}[i%4])
		p.fresh = false
		p.View()
	}
}

// BenchmarkResize is a frame at a new width.
func BenchmarkResize(b *testing.B) {
	p := New("host", "Host", long(), theme.New(true, true))
	for i := 0; b.Loop(); i++ {
		p.SetSize(100+i%100, 60)
		p.View()
	}
}

// BenchmarkDrawSearched is a frame while a search with many hits is open and
// lines come in.
func BenchmarkDrawSearched(b *testing.B) {
	buf := long()
	p := New("host", "Host", buf, theme.New(true, true))
	p.SetSize(200, 60)
	press(p, "/")
	typed(p, "more")
	for b.Loop() {
		buf.Add("and more", false)
		p.View()
	}
}
