package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/logpane"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// The keys of the log are on the bar as far as there is room, all of them in
// the help, and what they do is said.
func TestTheKeysOfTheLogAreTold(t *testing.T) {
	r := machinesRig(t).press("l")
	bar := func() string {
		lines := strings.Split(strings.TrimRight(r.screen(), "\n"), "\n")
		return lines[len(lines)-1]
	}
	for _, want := range []string{"esc list", "/ search", "f follow", "w wrap", "y/Y copy", "? help"} {
		if !strings.Contains(bar(), want) {
			t.Errorf("the bar does not say %q: %s", want, bar())
		}
	}
	r.size(200, 60).press("?")
	for _, k := range r.m.machines.Help()[0].Hints {
		if !strings.Contains(r.screen(), k.Key()+" ") || !strings.Contains(r.screen(), k.Does()) {
			t.Errorf("the help of the log does not tell of %v:\n%s", k, r.screen())
		}
	}
	if strings.Contains(r.screen(), "terminate") {
		t.Errorf("the log's help tells of keys of the list:\n%s", r.screen())
	}
	r.press("esc", "esc", "?").until("In the log").until("ctrl+s").press("esc")
	r.size(80, 24).press("l")
	r.m.View() // lays the log out
	r.press("y").until("Copied 7 lines.")
}

// keysFile is the document of the keys.
var keysFile = filepath.Join("..", "docs", "keys.md")

// The document has the tables of the program.
func TestTheDocumentHasTheKeys(t *testing.T) {
	var b strings.Builder
	table := func(title string, keys []page.Hint) {
		fmt.Fprintf(&b, "\n## %s\n\n| key | does |\n|---|---|\n", title)
		for _, k := range keys {
			fmt.Fprintf(&b, "| `%s` | %s |\n", k.Key(), k.Does())
		}
	}
	b.WriteString("# Keys\n\nMade from the program's own tables by `go test ./ui -run TestTheDocumentHasTheKeys -update`. `?` shows the keys of the page.\n")
	r := newRig(t, stepstest.New())
	table("Your setups", r.m.machines.Help()[0].Hints)
	var log []page.Hint
	for _, k := range logpane.Keys() {
		log = append(log, page.Hint{k[0], k[1]})
	}
	table("In a log", log)
	if *update {
		if err := os.WriteFile(keysFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(keysFile)
	if err != nil || string(got) != b.String() {
		t.Errorf("%s is not what the program has, %v; go test ./ui -run TestTheDocumentHasTheKeys -update writes it", keysFile, err)
	}
}
