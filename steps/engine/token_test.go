package engine_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// A token that is missing here, or is none, is fetched from the machine: no
// wrong one is shown, and nothing that stands in the file reaches the terminal.
func TestABrokenTokenIsFetched(t *testing.T) {
	w, g, s := launchedSetup(t)
	s.ServerPort = steps.ServerPort
	s.Done[steps.StepServe], s.Done[steps.StepOpen] = time.Now(), time.Now()
	if err := engine.Save(g, s); err != nil {
		t.Fatal(err)
	}
	link, err := g.Connect(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = link.Close() })
	own, path := strings.Repeat("0123456789ab", 4), filepath.Join(w.Dir, "tokens", s.ID)
	for name, there := range map[string]string{"missing": "-", "empty": "", "an escape": "\x1b]0;x\x07" + own, "cut off": own[:5], "two lines": own + "\n" + own} {
		t.Run(name, func(t *testing.T) {
			if _, err := link.Run(t.Context(), "mkdir -p .jupyter-ec2/server; printf "+own+" >.jupyter-ec2/server/token", nil, io.Discard, io.Discard); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(path)
			if there != "-" {
				if err := os.WriteFile(path, []byte(there), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			o, err := g.Reopen(t.Context(), s.ID)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = o.Close() }()
			if !strings.HasSuffix(o.URL, "?token="+own) {
				t.Errorf("the URL is %q", o.URL)
			}
			if kept, err := os.ReadFile(path); err != nil || string(kept) != own {
				t.Errorf("kept is %q, %v", kept, err)
			}
			// Where the machine has none that is one, nothing is made up.
			if _, err := link.Run(t.Context(), `printf 'a\033b' >.jupyter-ec2/server/token`, nil, io.Discard, io.Discard); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
			if _, err := g.Reopen(t.Context(), s.ID); steps.Explain(err).Title != "The server's token is not known" {
				t.Errorf("told as %+v", steps.Explain(err))
			}
		})
	}
}
