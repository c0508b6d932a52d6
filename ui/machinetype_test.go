package ui

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// On the smallest usual screen the table shows which types have a GPU, and the
// filter finds them.
func TestTypesAreFoundByMeaning(t *testing.T) {
	r := toMachine(newRig(t, stepstest.New()))
	r.press("/", "gpu", "enter").until("2 of 10 types")
	if shown := r.screen(); !strings.Contains(shown, "1 × NVIDIA T4") || !strings.Contains(shown, "GPU ") {
		t.Errorf("the GPU cannot be seen:\n%s", shown)
	}
	// Typed over the last one, also while another part of the page has the keys.
	for range 3 {
		r.press("tab", "/", ">=16 gib arm", "enter").until("1 of 10 types").until("c7g.4xlarge")
		if !strings.Contains(r.screen(), "▸ Type") {
			t.Errorf("the filter is open and another part has the keys:\n%s", r.screen())
		}
	}
	r.press("/", "<=0.02", "enter").until("2 of 10 types").until("t2.micro").until("t3.micro")
	r.press("/", "quantum").until(`No types match "quantum".`).press("esc").until("10 types")
	if !strings.Contains(r.screen(), "▸ t2.micro") {
		t.Errorf("a filter that is gone leaves another type chosen:\n%s", r.screen())
	}
}

func TestTypesAreSorted(t *testing.T) {
	r := toMachine(newRig(t, stepstest.New()))
	if bar := r.screen(); !strings.Contains(bar, "s sort") {
		t.Errorf("the key is not on the bar:\n%s", bar)
	}
	r.press("s", "s", "s").until("Memory↑").press("g").until("▸ t4g.nano").press("s").until("GPU↓").press("g").until("▸ p5.48xlarge")
	r.press("s").until("$ an hour↑").press("g").until("▸ t3.micro").press("S").until("$ an hour↓").press("g").until("▸ g4dn.xlarge")
	r.press("s").press("g").until("▸ t2.micro")
}

// What is said of a release stands behind that release.
func TestTheNoteIsBehindItsRelease(t *testing.T) {
	r := toMachine(newRig(t, stepstest.New()))
	if !regexp.MustCompile(`◉ 24\.04 \(recommended\) +○ 26\.04\n`).MatchString(r.screen()) {
		t.Errorf("got:\n%s", r.screen())
	}
	r.click("26.04")
	if strings.Contains(r.screen(), "recommended") {
		t.Errorf("26.04 is recommended:\n%s", r.screen())
	}
	r.click("20.04").until("◉ 20.04 ! past standard support   ○ 22.04")
}
