package ui

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// The URL stays in sight, however far one scrolls, and whatever its length.
func TestTheURLStaysInSight(t *testing.T) {
	for name, change := range map[string]func(*stepstest.Engine){
		"ssh": func(*stepstest.Engine) {}, "gateway": func(e *stepstest.Engine) { gatewayOpened(e.Has.Opened) },
	} {
		r := toOpen(newRig(t, newFakeEngineWith(change)))
		url := r.m.open.opened.URL
		for _, size := range [][2]int{{80, 24}, {140, 40}, {80, 16}} {
			r.size(size[0], size[1]).press("G")
			shown := r.screen()
			page := ""
			for line := range strings.Lines(shown) {
				_, right, wide := strings.Cut(line, "│")
				if !wide {
					right = line
				}
				page += strings.TrimSpace(right)
			}
			if !strings.Contains(page, url) {
				t.Errorf("%s, %v: the URL is out of sight:\n%s", name, size, shown)
			}
			if size[1] == 24 && !strings.Contains(shown, "lines above") {
				t.Errorf("%s, %v: the rest does not scroll:\n%s", name, size, shown)
			}
		}
	}
}

func TestOpenAndCopy(t *testing.T) {
	var opened atomic.Int32
	e := stepstest.New()
	stepstest.SevenMachines(e)
	r := toMachines(newRig(t, e, func(o *Options) { o.Open = func(string) error { opened.Add(1); return nil } }))
	r.press("o").until("Opened in the browser").until("tunnel up").press("o", "c").until("Copied the URL")
	r.untilTrue("it was opened twice", func() bool { return opened.Load() == 2 })
	r.press("2", "c").untilAsked("reopen s-2").untilDone()
	r.press("1").until("tunnel up")
	if got := slices.DeleteFunc(e.Asked(), func(s string) bool { return !strings.HasPrefix(s, "reopen") }); len(got) != 2 {
		t.Errorf("asked for %v: an open URL is opened again", got)
	}
	for _, tunnel := range e.Tunnels() {
		if tunnel.Closed() != 0 {
			t.Errorf("switching closed the tunnel of %s", tunnel.ID)
		}
	}
	r.press("q").until("Leave?").press("enter")
	r.letGo()
	for _, tunnel := range e.Tunnels() {
		if n := tunnel.Closed(); n != 1 {
			t.Errorf("the tunnel of %s was closed %d times on leaving", tunnel.ID, n)
		}
	}
	for _, l := range e.Links() {
		if !l.IsClosed() {
			t.Errorf("the link to %s is open after leaving", l.ID)
		}
	}
}

// t leads the URL to the other page, at once and from now on; a gateway, and a
// server without JupyterLab, have no other.
func TestTheURLLeadsToTheOtherPage(t *testing.T) {
	e := stepstest.New()
	r := toOpen(newRig(t, e)).until("t notebook")
	r.press("t").until("http://localhost:8889/tree?token=").until("t JupyterLab")
	if got := e.Asked(); !slices.Contains(got, "ui s-1 tree") {
		t.Errorf("asked %v", got)
	}
	r.press("t").until("http://localhost:8889/lab?token=")
	e.Fails("ui", errors.New("the disk is full"))
	r.press("t").until("The page is as it was.")
	if shown := r.screen(); !strings.Contains(shown, "http://localhost:8889/lab?token=") {
		t.Errorf("it leads elsewhere:\n%s", shown)
	}
	for name, change := range map[string]func(*steps.Opened){
		"gateway": gatewayOpened,
		"no lab":  func(o *steps.Opened) { o.Setup.NoLab = true; o.Plain = "http://localhost:8889/tree" },
	} {
		e := stepstest.New()
		change(e.Has.Opened)
		r := toOpen(newRig(t, e)).press("t")
		if shown := r.screen(); strings.Contains(shown, "t notebook") || strings.Contains(shown, "t JupyterLab") || slices.ContainsFunc(e.Asked(), func(s string) bool { return strings.HasPrefix(s, "ui ") }) {
			t.Errorf("%s: asked %v:\n%s", name, e.Asked(), shown)
		}
	}
}

// The page that is opened is chosen beside the installer; a gateway has none.
func TestThePageIsChosen(t *testing.T) {
	r := toMode(newRig(t, stepstest.New())).until("◉ JupyterLab").until("8888/lab?token=TOKEN")
	r.press("tab", "tab", "space").until("◉ Notebook, as in the guide").until("8888/tree?token=TOKEN").press("enter").until("an hour")
	if a := r.m.guide.Answers; a.UI != steps.UITree {
		t.Errorf("answers %+v", a)
	}
	r = toMode(newRig(t, stepstest.New())).press("down", "down").until("none: a gateway has kernels alone")
	r.press("tab", "tab", "space").until("◉ off")
	if a := r.m.guide.Answers; a.UI != steps.UILab || !a.NoTLS {
		t.Errorf("answers %+v", a)
	}
}
