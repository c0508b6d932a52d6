package engine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// A record as earlier versions wrote it is read as it was meant: the values in
// it outlive the names that the code has for them.
func TestARecordWrittenBeforeIsRead(t *testing.T) {
	g := testGuide(t)
	for id, c := range map[string]struct {
		record string
		want   steps.Setup
	}{
		"madehere": {
			`{"version": 1, "id": "madehere", "state": "running", "public_addr": "ec2.example.org", "server_port": 8888, "launched_at": "2026-03-01T08:00:00Z",
			"answers": {"name": "lab", "profile": "default", "region": "us-east-1", "image": "24.04", "type": "t2.micro", "disk_gb": 8, "key": {"source": "import"},
			"mode": "http", "installer": "uv", "idle_stop": "90m", "lifetime": "never"}, "resources": {"instance_id": "i-1", "removing": true}, "done": {"open": "2026-03-01T09:00:00Z"}}`,
			steps.Setup{State: steps.StateRunning, Answers: steps.Answers{Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeHTTP, Installer: steps.InstallerUV, IdleStop: steps.Limit(90 * time.Minute), Lifetime: steps.Never}},
		},
		"madebyec2": {
			`{"id": "madebyec2", "state": "gone", "answers": {"name": "old", "key": {"source": "create"}, "mode": "ssh", "installer": "pip", "ui": "tree"}, "resources": {"instance_id": "i-1"}}`,
			steps.Setup{State: steps.StateGone, Answers: steps.Answers{Key: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, Mode: steps.ModeSSH, Installer: steps.InstallerPip, UI: steps.UITree}},
		},
	} {
		path := g.ledger.file("setups", id+".json")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.record), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := g.ledger.load(id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		a, want := s.Answers, c.want.Answers
		if s.State != c.want.State || a.Key != want.Key || a.Mode != want.Mode || a.Installer != want.Installer || a.IdleStop != want.IdleStop || a.Lifetime != want.Lifetime || s.Resources.InstanceID != "i-1" {
			t.Errorf("%s: %+v", id, s)
		}
		if id == "madebyec2" && (a.UI != want.UI || s.UI() != steps.UITree) {
			t.Errorf("%s: the page is %q", id, s.UI())
		}
		if id == "madehere" && (!s.Finished(steps.StepOpen) || !s.Resources.Removing || s.LaunchedAt.IsZero() || s.PublicURL() != "https://ec2.example.org:8888" || s.UI() != steps.UILab) {
			t.Errorf("%s: %+v", id, s)
		}
	}
}
