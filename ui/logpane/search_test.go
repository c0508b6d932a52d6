package logpane

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/ui/logbuf"
	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

func typed(p *Pane, text string) {
	for _, r := range text {
		press(p, string(r))
	}
}

// log has an error in every tenth of 100 lines: 5, 15, …
func log() *logbuf.Buffer {
	b := logbuf.New(1000)
	for i := range 100 {
		if i%10 == 5 {
			b.Add(fmt.Sprintf("line %d: Error", i), false)
		} else {
			b.Add(fmt.Sprintf("line %d", i), false)
		}
	}
	return b
}

func TestSearchAsYouType(t *testing.T) {
	p := pane(log(), 60, 6)
	press(p, "/")
	if !p.Searching() {
		t.Fatal("the search input is closed")
	}
	typed(p, "error")
	if h := header(p); !strings.HasPrefix(h, "/error") || !strings.Contains(h, "10 of 10 matches") {
		t.Errorf("the header is %q", h)
	}
	if !strings.Contains(strings.Join(body(p), "\n"), "line 95: Error") || p.Following() {
		t.Errorf("the window is %q", body(p))
	}
	press(p, "enter")
	if h := header(p); p.Searching() || !strings.Contains(h, "/error 10 of 10 matches") {
		t.Errorf("the header is %q", h)
	}
	for i, key := range []string{"N", "N", "n", "n", "n"} {
		press(p, key)
		rank := []int{9, 8, 9, 10, 1}[i]
		if got := p.search.finder.Rank(p.search.current); got != rank {
			t.Fatalf("key %d (%s) leads to match %d, want %d", i, key, got, rank)
		}
		if !strings.Contains(strings.Join(body(p), "\n"), fmt.Sprintf("line %d: Error", 10*rank-5)) {
			t.Errorf("match %d is not in the window %q", rank, body(p))
		}
	}
	if h := header(p); !strings.Contains(h, "on from the start") {
		t.Errorf("the header is %q", h)
	}
	if handled, _ := press(p, "esc"); !handled || strings.Contains(header(p), "/error") {
		t.Errorf("esc does not end the search: %q", header(p))
	}
	if handled, _ := press(p, "esc"); handled {
		t.Error("esc without a search is the owner's")
	}
}

func TestSearchWithoutMatch(t *testing.T) {
	b := log()
	p := pane(b, 60, 6)
	press(p, "/")
	typed(p, "fatal")
	if h := header(p); !strings.Contains(h, "no match") || !p.Following() {
		t.Errorf("the header is %q, following %v", h, p.Following())
	}
	press(p, "enter", "n", "N")
	b.Add("a FATAL one", false)
	if h := header(p); !strings.Contains(h, "1 match") {
		t.Errorf("a new line is not found: %q", h)
	}
}

func TestSearchFromTheWindow(t *testing.T) {
	p := pane(log(), 60, 6)
	press(p, "g", "j", "j", "j", "j", "j", "j", "/")
	typed(p, "error")
	if got := p.search.current; got != 15 {
		t.Errorf("the search from line 6 finds line %d, want 15", got)
	}
	press(p, "esc")
	if got := body(p)[0]; got != "line 6" || p.Following() {
		t.Errorf("after esc the window starts with %q", got)
	}
	press(p, "/", "enter")
	if p.Searching() || p.search.finder != nil {
		t.Error("an empty search stays")
	}
	press(p, "/", "backspace")
	if p.Searching() {
		t.Error("backspace does not leave the empty search")
	}
}

func TestSearchTakesEveryKeyButCtrlC(t *testing.T) {
	p := pane(log(), 60, 6)
	press(p, "/")
	typed(p, "q zfn?")
	if got := p.search.input.Value(); got != "q zfn?" {
		t.Errorf("the input is %q", got)
	}
	if handled, _ := p.Update(tea.PasteMsg{Content: "pasted"}); !handled || !strings.HasSuffix(p.search.input.Value(), "pasted") {
		t.Errorf("the input is %q", p.search.input.Value())
	}
	if handled, _ := press(p, "ctrl+c"); handled || p.Searching() {
		t.Error("ctrl+c is the owner's, and ends the search")
	}
}

func TestHitsAreMarked(t *testing.T) {
	b := logbuf.New(10)
	b.Add("an error and an ERROR in a line that is wrapped: err|or error", false)
	b.Add("no e\u0301rror but error", false)
	th := theme.New(true, true)
	p := New("host", "Host", b, th)
	p.SetSize(40, 6)
	press(p, "/")
	typed(p, "error")
	view := p.View()
	if n := strings.Count(view, th.HitCurrent.Render("error")); n != 1 {
		t.Errorf("%d hits are marked in the current line:\n%s", n, view)
	}
	if strings.Count(view, th.Hit.Render("error")) != 2 || strings.Count(view, th.Hit.Render("ERROR")) != 1 {
		t.Errorf("the hits of the other line are not marked:\n%s", view)
	}
}

func TestSearchMovesSideways(t *testing.T) {
	b := logbuf.New(10)
	b.Add(strings.Repeat("word ", 100)+"needle "+strings.Repeat("word ", 100), false)
	p := pane(b, 40, 4)
	press(p, "w", "/")
	typed(p, "needle")
	if !strings.Contains(body(p)[0], "needle") {
		t.Errorf("the window is %q", body(p))
	}
}
