package hosttest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

var _ ec2sim.DiskHosts = (*world)(nil)

// What is planted on the first machine, and is on no other.
const plantScript = `set -e
su ubuntu -c 'umask 077; cd; printf SECRET-USER >.netrc; mkdir work; echo KEPT >work/notes.txt; echo "set -o" >.bash_history'
printf SECRET-ROOT >/root/.netrc
logger SECRET-LOG; journalctl --flush --sync`

// A machine that is booted as EC2's are is kept as an image, works again as
// before, with its own files and a token and a host key that the image does not
// have, and another one is launched from the image: nothing is installed there
// and nothing of the first machine's people is on it.
func TestImageOfABootedMachine(t *testing.T) {
	await.Allow(t, await.Long, "makes a machine, an image of it, and a machine from that")
	w := newWorld(t, testhost.Spec{CloudInit: &testhost.CloudInit{}})
	o := w.open(answers(steps.ModeSSH, steps.InstallerUV), nil)
	old := token(t, o)
	must(t, o.Close())
	first := w.Only()
	h := w.machine(first.Resources.InstanceID)
	_, err := h.Run(t.Context(), plantScript)
	must(t, err)

	g := w.guide()
	contents, err := g.ImageContents(t.Context(), first.ID)
	must(t, err)
	wish := steps.ImageWish{Name: "lab"}
	for _, e := range contents.Own {
		if e.Private() {
			wish.LeaveOut = append(wish.LeaveOut, e.Path)
		}
	}
	if all := strings.Join(wish.LeaveOut, " "); !contents.CanLeaveOut || !strings.Contains(all, "/home/ubuntu/.netrc") || !strings.Contains(all, "/root/.netrc") {
		t.Fatalf("left out: %q, %+v", all, contents)
	}
	newKey := false
	made, err := g.SaveImage(t.Context(), first.ID, wish, func(e steps.Event) {
		t.Logf("%s %s", e.Kind, e.Text)
		newKey = newKey || strings.HasPrefix(e.Text, "The machine made a new host key")
	})
	if err != nil || !newKey {
		t.Fatalf("a new host key: %v, %+v", newKey, steps.Explain(err))
	}
	w.holdsNone(w.disks[made.Snapshots[0]], "SECRET-USER", "SECRET-ROOT", "SECRET-LOG", old)

	said, err := h.Run(t.Context(), "cat /home/ubuntu/.netrc /root/.netrc /home/ubuntu/.bash_history; stat -c %U:%a /home/ubuntu/.netrc; ls -A /home/ubuntu/.jupyter-ec2/image")
	must(t, err)
	if !strings.Contains(said, "SECRET-USERSECRET-ROOTset -o\nubuntu:600\n") || strings.Contains(said, "left-out") {
		t.Errorf("on the first machine afterwards: %q", said)
	}
	again, err := g.Reopen(t.Context(), first.ID)
	must(t, err)
	w.prove(again)
	if token(t, again) == old {
		t.Error("the token is the one that may be left in the disk's free blocks")
	}
	must(t, again.Close())

	a := answers(steps.ModeSSH, steps.InstallerUV)
	a.Name, a.Image = "second", made.ID
	second := w.open(a, func(e steps.Event) {
		if e.Step == steps.StepInstall && (jupyter.InstallSays(e.Text) != "" || strings.Contains(e.Text, "pip install")) {
			t.Errorf("what is in the image is installed: %s", e.Text)
		}
	})
	said, err = w.machine(second.Setup.Resources.InstanceID).Run(t.Context(), "cat /home/ubuntu/work/notes.txt; ls -A /home/ubuntu /root; cat /home/ubuntu/.ssh/authorized_keys")
	must(t, err)
	if !strings.HasPrefix(said, "KEPT\n") || strings.Contains(said, ".netrc") || strings.Contains(said, ".bash_history") || strings.Count(said, "ssh-ed25519") != 1 {
		t.Errorf("on the second machine: %q", said)
	}
}

// holdsNone sees that no file below a folder has one of the texts in it.
func (w *world) holdsNone(folder string, texts ...string) {
	w.t.Helper()
	seen := 0
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, text := range texts {
			if seen++; bytes.Contains(b, []byte(text)) {
				w.t.Errorf("%s is in %s", text, path)
			}
		}
		return err
	})
	if err != nil || seen < 100 {
		w.t.Fatalf("only %d files in the image: %v", seen/len(texts), err)
	}
}
