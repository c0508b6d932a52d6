//go:build unix

package jupyter

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rootedHost is a folder that stands for the root of a machine on which
// image.py is root; its tools note what they are asked.
type rootedHost struct{ root, home string }

func newRooted(t *testing.T, files map[string]string) rootedHost {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	root := t.TempDir()
	h := rootedHost{root, filepath.Join(root, "home/ubuntu")}
	h.put(t, "home/ubuntu/.jupyter-ec2/image/image_boot.py", h.script(script(imageBoot)))
	h.put(t, "etc/systemd/system/keep", "")
	for _, tool := range []string{"systemctl", "systemd-run", "journalctl", "systemd-machine-id-setup"} {
		h.put(t, "bin/"+tool, "#!/bin/sh\necho \""+tool+" $*, $(ls '"+h.home+"/data' 2>/dev/null)\" >>'"+root+"/asked'\n")
	}
	for name, text := range files {
		h.put(t, name, text)
	}
	return h
}

func (h rootedHost) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(h.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil { // #nosec G306 -- the tools are run
		t.Fatal(err)
	}
}

func (h rootedHost) text(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (h rootedHost) has(name string) bool {
	_, err := os.Lstat(filepath.Join(h.root, name))
	return err == nil
}

// script is one with the folder in the place of the root of the computer.
func (h rootedHost) script(text string) string {
	text = strings.ReplaceAll(text, "os.geteuid() == 0", "True")
	for _, from := range []string{`"/var/l`, `"/run/`, `"/home/`, `"/root`, `"/etc/`, `"/sys/`} {
		text = strings.ReplaceAll(text, from, `"`+h.root+from[1:])
	}
	return text
}

// do runs one task of image.py, which must not fail.
func (h rootedHost) do(t *testing.T, ask imageAsk) {
	t.Helper()
	h.answer(t, ask)
}

// answer is do for what the task answers.
func (h rootedHost) answer(t *testing.T, ask imageAsk) []byte {
	t.Helper()
	in, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-I", "-c", h.script(imageProgram()), h.home) // #nosec G204 -- ours
	cmd.Env = []string{"PATH=" + filepath.Join(h.root, "bin") + ":/usr/bin:/bin", "LANG=C.UTF-8"}
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	said, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(out)))
	if err != nil || bytes.Contains(said, []byte(`"error"`)) {
		t.Fatalf("%s: %s, %v", ask.Task, said, err)
	}
	return said
}

// An idle machine does not stop itself while it is made ready, and does when
// nobody puts it back; no log of the system's tells of it in the image.
func TestAMachineIsMadeReadyForAnImage(t *testing.T) {
	logs := []string{"syslog", "auth.log", "auth.log.1", "secure", "journal/abc/system@1.journal"}
	files := map[string]string{"home/ubuntu/data/table.csv": "TABLE"}
	for _, name := range logs {
		files["var/log/"+name] = "SECRET"
	}
	h := newRooted(t, files)
	key := ImageKey()
	h.do(t, imageAsk{Task: "clean", Instance: "i-first", LeaveOut: []string{filepath.Join(h.home, "data")}, Key: key, Systemd: true})
	asked := strings.Split(h.text(t, "asked"), "\n")
	if len(asked) < 3 || !strings.HasPrefix(asked[0], "systemd-run --on-active=900 ") || asked[1] != "systemctl stop jupyter-ec2-watch.service, table.csv" {
		t.Errorf("asked: %q", asked)
	}
	if h.has("home/ubuntu/data") || !h.has("var/lib/jupyter-ec2-image/made.json") {
		t.Error("the machine is not ready")
	}
	for _, name := range logs {
		if h.has("var/log/"+name) && h.text(t, "var/log/"+name) != "" {
			t.Errorf("%s is in the image", name)
		}
	}
	h.do(t, imageAsk{Task: "restore", Key: key})
	if h.text(t, "home/ubuntu/data/table.csv") != "TABLE" || h.has("var/lib/jupyter-ec2-image") || h.has("etc/systemd/system/jupyter-ec2-image.service") {
		t.Error("the machine is not as it was")
	}
}

// A machine from an image that nobody has told whom it lets in lets in all at
// its boot; the first login of this program leaves its own key, and those that
// came with the launch.
func TestAMachineThatKnowsNoKeysAtItsBoot(t *testing.T) {
	const first, own, came = "ssh-ed25519 AAAAfirst ubuntu@one\n", "ssh-ed25519 AAAAown jupyter\n", "ssh-ed25519 AAAAcame b\n"
	const keys = "home/ubuntu/.ssh/authorized_keys"
	for _, c := range []struct{ id, login, want string }{
		{"i-second", "ssh-ed25519 AAAAown", own + came},
		{"i-second", "", first + own + came},
		{"i-first", "ssh-ed25519 AAAAown", first + own + came},
	} {
		t.Run(c.id+" "+c.login, func(t *testing.T) {
			h := newRooted(t, map[string]string{keys: first + own, "etc/machine-id": "abc", "sys/class/dmi/id/board_asset_tag": c.id + "\n"})
			h.do(t, imageAsk{Task: "clean", Instance: "i-first", Key: ImageKey(), Systemd: true})
			h.put(t, keys, first+own+came)
			boot := exec.Command("python3", "-I", filepath.Join(h.root, "var/lib/jupyter-ec2-image/boot.py")) // #nosec G204 -- ours
			boot.Env = []string{"PATH=" + filepath.Join(h.root, "bin") + ":/usr/bin:/bin"}
			if out, err := boot.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got := h.text(t, keys); got != first+own+came || !h.has("var/lib/jupyter-ec2-image/made.json") {
				t.Fatalf("after the boot: %q", got)
			}
			h.do(t, imageAsk{Task: "fresh", Instance: c.id, Login: c.login})
			if got := h.text(t, keys); got != c.want {
				t.Errorf("let in: %q, want %q", got, c.want)
			}
			if h.has("var/lib/jupyter-ec2-image") != (c.id == "i-first") {
				t.Error("what runs at each boot")
			}
		})
	}
}
