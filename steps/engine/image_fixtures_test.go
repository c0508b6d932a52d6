package engine_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
)

// SaveDisk keeps a copy of a host's disk, as the sandbox does.
func (h *hosts) SaveDisk(ctx context.Context, id, snapshot string, running bool) error {
	h.mu.Lock()
	host := h.running[id]
	h.mu.Unlock()
	restart := host != nil && !running
	if restart {
		if err := host.Stop(ctx); err != nil {
			return err
		}
	}
	err := h.computer.SaveDisk(ctx, id, snapshot)
	if restart {
		err = errors.Join(err, h.Reboot(ctx, id))
	}
	return err
}

func (h *hosts) DropDisk(_ context.Context, snapshot string) error {
	return h.computer.DropDisk(snapshot)
}

// What is on the first machine, and must be on no other.
var secrets = map[string]string{
	".jupyter-ec2/server/token":                "TOKEN-of-the-first-machine",
	".jupyter-ec2/server/key.pem":              "KEY-of-the-certificate",
	".jupyter-ec2/jobs/install-uv/log":         "LOG-with-https://user:PASSWORD@index",
	".local/share/jupyter/runtime/kernel.json": "HMAC-of-a-kernel",
	".aws/credentials":                         "AWS-SECRET-KEY",
	".bash_history":                            "HISTORY-of-typing",
	"work/.env":                                "ENV-SECRET",
}

// onMachine runs a script on the setup's machine.
func onMachine(t *testing.T, g *engine.Guide, id, script string) string {
	t.Helper()
	link, err := g.Connect(t.Context(), id)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	defer func() { _ = link.Close() }()
	var out, errs bytes.Buffer
	exit, err := link.Run(t.Context(), script, nil, &out, &errs)
	if err != nil || exit != 0 {
		t.Fatalf("%s: exit %d, %v: %s", script, exit, err, errs.String())
	}
	return out.String()
}

// imagedSetup is a machine with secrets and a notebook on it.
func imagedSetup(t *testing.T) (*world, *engine.Guide, steps.Setup) {
	t.Helper()
	w, _, s := launchedSetup(t)
	// A minute in which EC2 may not show an image lasts a second.
	g := w.Guide(func(c *engine.Config) { c.Minute = time.Second })
	script := "set -e; umask 077\n"
	for name, text := range secrets {
		script += "mkdir -p \"$(dirname '" + name + "')\"; printf %s '" + text + "' >'" + name + "'\n"
	}
	onMachine(t, g, s.ID, script+"echo NOTEBOOK >work/notes.ipynb; mkdir -p data; echo TABLE >data/table.csv; chmod 750 data; ln -s table.csv data/link")
	t.Cleanup(func() {
		if c, err := computer(); err == nil {
			_ = c.KeepDisks(nil)
		}
	})
	return w, g, s
}

// wish leaves out what is private, and the folder data.
func wish(t *testing.T, g *engine.Guide, id string) steps.ImageWish {
	t.Helper()
	c, err := g.ImageContents(t.Context(), id)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if !c.CanLeaveOut {
		t.Skip("openssl is not installed")
	}
	w := steps.ImageWish{Name: "lab"}
	for _, e := range c.Own {
		if e.Private() || filepath.Base(e.Path) == "data" {
			w.LeaveOut = append(w.LeaveOut, e.Path)
		}
	}
	if len(w.LeaveOut) != 4 { // .aws, .bash_history, work/.env and data
		t.Errorf("left out: %q of %+v", w.LeaveOut, c.Own)
	}
	return w
}

// holds lists which of the texts are in the files below a folder.
func holds(t *testing.T, dir string, texts ...string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(content, []byte(text)) {
				found = append(found, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func secretTexts() []string {
	all := []string{"TABLE"}
	for _, text := range secrets {
		all = append(all, text)
	}
	return all
}

// savedOnce sees that there is one image with none of the secrets on it, and a
// machine that is as it was but for what is made again.
func savedOnce(t *testing.T, w *world, g *engine.Guide, s steps.Setup) {
	t.Helper()
	all, err := g.ImagesIn(t.Context(), steps.Place{Region: "us-east-1"})
	if err != nil || len(all) != 1 || !all[0].Ready() || all[0].Name != "lab" || all[0].SetupID != s.ID || all[0].Release != "24.04" {
		t.Fatalf("images: %+v, %v", all, err)
	}
	disk := filepath.Join(computerDir, "disks", all[0].Snapshots[0])
	if found := holds(t, disk, secretTexts()...); len(found) > 0 {
		t.Errorf("on the image's disk: %q", found)
	}
	if found := holds(t, disk, "NOTEBOOK"); len(found) != 1 {
		t.Error("the notebook is not on the image's disk")
	}
	back := onMachine(t, g, s.ID, "cat .aws/credentials .bash_history work/.env data/link; stat -c %a data .aws/credentials; ls .jupyter-ec2/image .jupyter-ec2/server .jupyter-ec2/jobs 2>/dev/null || :")
	for _, want := range []string{"AWS-SECRET-KEY", "HISTORY-of-typing", "ENV-SECRET", "TABLE\n750\n600\n"} {
		if !strings.Contains(back, want) {
			t.Errorf("back on the machine: %q", back)
		}
	}
	if strings.Contains(back, "left-out") || strings.Contains(back, "token") || strings.Contains(back, "instance") {
		t.Errorf("left on the machine: %q", back)
	}
	now := w.Only()
	if now.Saving != nil {
		t.Errorf("the image is still being made: %+v", now.Saving)
	}
	if _, err := os.Stat(filepath.Join(w.Dir, "tokens", s.ID+".image")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its key is still there: %v", err)
	}
}
