package logpane

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

var keys = map[string]tea.KeyPressMsg{
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "backspace": {Code: tea.KeyBackspace},
	"space":  {Code: tea.KeySpace, Text: " "},
	"ctrl+u": {Code: 'u', Mod: tea.ModCtrl}, "ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
}

// press hands keys to the pane, by name or as typed, and answers the last one's outcome.
func press(p *Pane, names ...string) (handled bool, cmd tea.Cmd) {
	for _, name := range names {
		k, ok := keys[name]
		if !ok {
			k = tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
		}
		handled, cmd = p.Update(k)
	}
	return handled, cmd
}

// body is the window's rows as plain text, without scrollbar and fill.
func body(p *Pane) []string {
	lines := strings.Split(ansi.Strip(p.View()), "\n")[1:]
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " │┃")
	}
	return lines
}

func header(p *Pane) string { return strings.Split(ansi.Strip(p.View()), "\n")[0] }

func numbered(max, n int) *logbuf.Buffer {
	b := logbuf.New(max)
	for i := range n {
		b.Add(fmt.Sprint("line ", i), false)
	}
	return b
}

func pane(b *logbuf.Buffer, width, height int) *Pane {
	p := New("host", "Host", b, theme.New(true, false))
	p.SetSize(width, height)
	return p
}

func want(t *testing.T, p *Pane, rows ...string) {
	t.Helper()
	if got := body(p); !reflect.DeepEqual(got, rows) {
		t.Errorf("the window is\n%q, want\n%q", got, rows)
	}
}

func TestFollow(t *testing.T) {
	b := numbered(100, 10)
	p := pane(b, 40, 4)
	want(t, p, "line 7", "line 8", "line 9")
	b.Add("line 10", false)
	want(t, p, "line 8", "line 9", "line 10")

	press(p, "up")
	b.Add("line 11", false)
	want(t, p, "line 7", "line 8", "line 9")
	if p.Following() || !strings.Contains(header(p), "paused") {
		t.Errorf("still following after scrolling up: %s", header(p))
	}
	press(p, "down", "down", "down")
	if want(t, p, "line 9", "line 10", "line 11"); !p.Following() {
		t.Error("not following at the bottom")
	}
	for _, key := range []string{"f", "G", "end"} {
		if press(p, "g"); p.Following() {
			t.Error("following at the top")
		}
		if press(p, key); !p.Following() {
			t.Errorf("not following after %s", key)
		}
	}
	if press(p, "f"); p.Following() {
		t.Error("f does not pause")
	}
}

func TestAShortLogKeepsFollowing(t *testing.T) {
	b := numbered(100, 2)
	p := pane(b, 40, 6)
	press(p, "up", "pgup", "home")
	if want(t, p, "line 0", "line 1", "", "", ""); !p.Following() {
		t.Error("a key that could not move anything ended following")
	}
}

func TestMoves(t *testing.T) {
	for _, c := range []struct {
		keys []string
		top  string
	}{
		{[]string{"g"}, "line 0"},
		{[]string{"home"}, "line 0"},
		{[]string{"g", "j", "j", "k"}, "line 1"},
		{[]string{"g", "pgdown"}, "line 9"},
		{[]string{"g", "space", "b"}, "line 0"},
		{[]string{"g", "ctrl+d", "ctrl+d", "ctrl+u"}, "line 5"},
		{[]string{"pgup"}, "line 81"},
		{[]string{"k", "up"}, "line 88"},
		{[]string{"g", "G"}, "line 90"},
	} {
		p := pane(numbered(1000, 100), 40, 11)
		for _, k := range c.keys {
			if handled, _ := press(p, k); !handled {
				t.Errorf("%s is not taken", k)
			}
		}
		if got := body(p)[0]; got != c.top {
			t.Errorf("%v: the window starts with %q, want %q", c.keys, got, c.top)
		}
	}
	p := pane(numbered(1000, 100), 40, 11)
	p.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if got := body(p)[0]; got != "line 87" {
		t.Errorf("the wheel leads to %q", got)
	}
	for _, k := range []string{"q", "?", "enter", "esc", "left", "n", "ctrl+c"} {
		if handled, _ := press(p, k); handled {
			t.Errorf("%s is the owner's", k)
		}
	}
}

func TestTheViewStaysWhileLinesComeAndGo(t *testing.T) {
	b := numbered(50, 50)
	p := pane(b, 12, 5)
	press(p, "k", "k", "k", "k", "k", "k")
	seen := body(p)
	for i := range 39 {
		b.Add(fmt.Sprintf("a much longer line %d that wraps", i), i%3 == 0)
		if got := body(p); !reflect.DeepEqual(got, seen) {
			t.Fatalf("after %d new lines the window is %q, was %q", i+1, got, seen)
		}
	}
	for range 60 { // now the lines in the window are dropped
		b.Add("x", false)
	}
	if got := body(p)[0]; p.Following() || got != strings.TrimRight(b.Line(0), " ") {
		t.Errorf("the window starts with %q, the log with %q", got, b.Line(0))
	}
}

func TestWrap(t *testing.T) {
	b := logbuf.New(10)
	b.Add("the quick brown fox jumps", false)
	b.Add("averyveryverylongword", false)
	b.Add("日本語日本語日本語", false)
	p := pane(b, 13, 8)
	want(t, p, "the quick", "brown fox", "jumps", "averyveryver", "ylongword", "日本語日本語", "日本語")
	press(p, "w")
	want(t, p, "the quick b›", "averyveryve›", "日本語日本›", "", "", "", "")
	press(p, "l")
	want(t, p, "‹ brown fox›", "‹verylongwo›", "‹語日本語", "", "", "", "")
	if handled, _ := press(p, "left", "right"); !handled {
		t.Error("arrows do not move sideways")
	}
}

func TestResizeKeepsThePlace(t *testing.T) {
	b := logbuf.New(1000)
	for i := range 200 {
		b.Add(fmt.Sprintf("%03d %s", i, strings.Repeat("word ", i%40)), false)
	}
	p := pane(b, 80, 20)
	press(p, "pgup", "pgup", "pgup", "k")
	before := body(p)
	for _, w := range []int{20, 200, 33, 80} {
		p.SetSize(w, 20)
		p.View()
	}
	if got := body(p); !reflect.DeepEqual(got, before) {
		t.Errorf("the window is\n%q, was\n%q", got, before)
	}
}

func TestPartialLineChangesInPlace(t *testing.T) {
	b := numbered(10, 2)
	p := pane(b, 40, 4)
	for _, text := range []string{"10%", "55%", "100%"} {
		b.Add(text, true)
		want(t, p, "line 0", "line 1", text)
	}
}

func TestHeader(t *testing.T) {
	b := numbered(1000, 1234)
	p := pane(b, 80, 4)
	if h := header(p); !strings.Contains(h, "1,000 lines · 234 older lines dropped") {
		t.Errorf("the header is %q", h)
	}
	p.SetSize(48, 4)
	if h := header(p); !strings.Contains(h, "1,000 lines, 234 dropped") {
		t.Errorf("the narrow header is %q", h)
	}
	p.SetSize(80, 4)
	press(p, "g")
	if h := header(p); !strings.Contains(h, "paused · 997 below") {
		t.Errorf("the header is %q", h)
	}
	p.Notice("saved\nto a file")
	if h := header(p); !strings.Contains(h, "saved�to a file") {
		t.Errorf("the header is %q", h)
	}
	if press(p, "j"); strings.Contains(header(p), "saved") {
		t.Error("the notice stays after a key")
	}
}

func TestRequests(t *testing.T) {
	p := pane(numbered(10, 3), 40, 4)
	for key, msg := range map[string]tea.Msg{"z": FullScreenToggledMsg{"host"}, "ctrl+s": SaveRequestedMsg{"host"}} {
		handled, cmd := press(p, key)
		if !handled || cmd == nil || cmd() != msg {
			t.Errorf("%s does not report %v", key, msg)
		}
	}
}

func TestCopy(t *testing.T) {
	b := numbered(100_000, 20)
	p := pane(b, 40, 4)
	_, cmd := press(p, "y")
	if got := copied(cmd); got != "line 17\nline 18\nline 19\n" {
		t.Errorf("copied %q", got)
	}
	if _, cmd = press(p, "Y"); copied(cmd) != b.String() {
		t.Errorf("copied %q", copied(cmd))
	}
	for range 20_000 {
		b.Add("many lines", false)
	}
	_, cmd = press(p, "Y")
	if got := copied(cmd); len(got) > clipboardBytes || !strings.HasSuffix(b.String(), got) {
		t.Errorf("copied %d bytes", len(got))
	}
	p.SetSize(90, 4)
	if h := header(p); !strings.Contains(h, "copied the last 6,545 lines: more does not fit, ctrl+s saves all") {
		t.Errorf("the header is %q", h)
	}
	if _, cmd = press(pane(logbuf.New(1), 40, 4), "y"); cmd != nil {
		t.Error("nothing was copied, with a command")
	}
}

// copied is the text a tea.SetClipboard command carries.
func copied(cmd tea.Cmd) string { return reflect.ValueOf(cmd()).String() }

func TestWrappedLinesHangBehindTheirSign(t *testing.T) {
	b := logbuf.New(10)
	b.AddMarked("▸ Connecting to the host", false, logbuf.Doing)
	b.AddMarked("  ↻ it does not answer yet", false, logbuf.Retry)
	b.AddMarked("It failed, and this is long", false, logbuf.Failed)
	b.Add("  + host output, as it is", false)
	p := pane(b, 18, 10)
	want(t, p, "▸ Connecting to", "  the host", "  ↻ it does not", "    answer yet", "It failed, and", "this is long", "  + host output,", "    as it is", "")
}
