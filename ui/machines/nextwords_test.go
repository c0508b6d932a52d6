package machines

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// What is said to do next names keys of the list, and the right ones.
func TestActionsNameTheKeysOfTheList(t *testing.T) {
	var s Page
	does := map[string]string{}
	for _, h := range s.allKeys() {
		keys, all := strings.Fields(h.Key()), strings.Split(h.Does(), "; ")
		for i, key := range keys {
			does[key] = all[min(i, len(all)-1)]
		}
	}
	named := regexp.MustCompile(`(?:with|[Pp]ress|doctor \() ?(\w+) in Your setups`)
	meant := map[problem.Verb]string{
		problem.Start: "start", problem.Stop: "stop", problem.Remove: "remove", problem.Discard: "remove", problem.Open: "open", problem.RestartServer: "restart the server",
		problem.Resize: "another type", problem.ChangeMode: "mode", problem.OwnKernels: "gateway", problem.Doctor: "doctor", problem.Fix: "doctor",
		problem.Adopt: "adopt", problem.Sweep: "sweep", problem.Launch: "starts the machine", problem.Continue: "starts the machine",
	}
	for _, verb := range problem.Verbs() {
		text := page.NextWords(problem.Do(verb))
		m := named.FindStringSubmatch(text)
		want, listed := meant[verb]
		switch {
		case (m == nil) == listed:
			t.Errorf("%s is worded %q", verb, text)
		case m != nil && !strings.Contains(does[m[1]], want):
			t.Errorf("%s is worded %q, and that key: %q", verb, text, does[m[1]])
		}
	}
	if len(does) < 20 {
		t.Errorf("the list's keys: %v", does)
	}
}
