package ui

import (
	"strings"
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
