package ui

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

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
	r.m.letGo()
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
