//go:build unix

package jupyter

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imageHost is a host with files of a person's.
func imageHost(t *testing.T, loopback string, files map[string]string) (*localHost, Facts) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	h := newHost(t, loopback)
	for name, content := range files {
		upload(t, h, name, content)
	}
	return h, Facts{Home: h.home, Loopback: loopback}
}

func TestImageContents(t *testing.T) {
	h, f := imageHost(t, "127.0.0.171", map[string]string{
		".aws/credentials": "x", ".ssh/id_ed25519": "x", ".ssh/known_hosts": "x", ".ssh/authorized_keys": "x", ".netrc": "x", ".bash_history": "ls",
		".ipython/profile_default/history.sqlite": "x", ".config/pip/pip.conf": "[global]\nindex-url = https://user:secret@index.example/simple\n",
		".config/uv/uv.toml": "index-url = \"https://index.example/simple\"\n", "work/deep/.env": "x", "work/a b\n\x1b[31m.ipynb": "notebook", "data.csv": "12345",
		".jupyter-ec2/server/token": "x", "venv/lib/site-packages/cert.pem": "x", ".bashrc": "x",
	})
	c, err := ImageContents(t.Context(), h, f)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, o := range c.Own {
		rel, err := filepath.Rel(h.home, o.Path)
		if err != nil {
			t.Fatal(err)
		}
		got[rel] = o.Kind
	}
	want := map[string]string{
		".aws": "credentials", ".ssh/id_ed25519": "credentials", ".netrc": "credentials", ".bash_history": "history", ".ipython/profile_default/history.sqlite": "history",
		".config/pip/pip.conf": "credentials", "work/deep/.env": "credentials", ".ipython": "files", ".config": "files", "work": "files", "data.csv": "files", "venv": "files",
		".bashrc": "files",
	}
	for path, kind := range want {
		if got[path] != kind {
			t.Errorf("%s is %q, want %q", path, got[path], kind)
		}
		delete(got, path)
	}
	if len(got) > 0 {
		t.Errorf("listed too: %v", got)
	}
	if i := slices.IndexFunc(c.Own, func(o Own) bool { return o.Path == filepath.Join(h.home, "data.csv") }); !c.CanLeaveOut || c.Free <= 0 || c.Own[i].Bytes != 5 || c.Own[i].Folder {
		t.Errorf("%+v", c)
	}
}

// What is left out comes back as it was, after a clean that was cut off
// anywhere too; in the meantime its content is nowhere on the disk.
func TestLeftOutOfAnImage(t *testing.T) {
	h, f := imageHost(t, "127.0.0.172", map[string]string{
		".aws/credentials": "SECRET-one", "data/big": strings.Repeat("SECRET-two ", 200_000), ".jupyter-ec2/server/token": "SECRET-three", "notes.ipynb": "kept",
		".jupyter-ec2/jobs/install-uv/log": "SECRET-four",
	})
	if err := os.Chmod(filepath.Join(h.home, "data/big"), 0o640); err != nil { // #nosec G302 -- to see that it stays so
		t.Fatal(err)
	}
	for range 2 { // a second image is as good as the first
		key := ImageKey()
		spec := CleanSpec{InstanceID: "i-first", LeaveOut: []string{filepath.Join(h.home, ".aws"), filepath.Join(h.home, "data")}, Key: key}
		if _, err := CleanForImage(t.Context(), h, f, spec); err != nil {
			t.Fatal(err)
		}
		seen := 0
		walk(t, h.home, func(path, text string) {
			if strings.Contains(text, "SECRET-") || strings.Contains(text, key) {
				t.Errorf("%s holds a secret", path)
			}
			seen++
		})
		if text, err := os.ReadFile(filepath.Join(h.home, "notes.ipynb")); err != nil || string(text) != "kept" || seen < 2 {
			t.Errorf("notebook: %q, %v; %d files", text, err, seen)
		}
		// On the machine itself the archive stays; a wrong key brings nothing back.
		if err := FreshFromImage(t.Context(), h, f, "i-first", ""); err != nil {
			t.Fatal(err)
		}
		if err := RestoreAfterImage(t.Context(), h, f, ImageKey()); err == nil {
			t.Fatal("another key opens the archive")
		}
		for range 2 {
			if err := RestoreAfterImage(t.Context(), h, f, key); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(filepath.Join(h.home, "data/big"))
		if err != nil || info.Mode().Perm() != 0o640 || info.Size() != 11*200_000 {
			t.Errorf("%v, %v", info, err)
		}
		if text, err := os.ReadFile(filepath.Join(h.home, ".aws/credentials")); err != nil || string(text) != "SECRET-one" {
			t.Errorf("%q, %v", text, err)
		}
		// The two programs, and which images were ended.
		if left := names(t, filepath.Join(h.home, ".jupyter-ec2/image")); left != "ended image.py image_boot.py" {
			t.Errorf("left: %v", left)
		}
	}
}

// On a machine that was made from the image, what was left out is not even
// there encrypted.
func TestAMachineFromAnImageIsFresh(t *testing.T) {
	h, f := imageHost(t, "127.0.0.173", map[string]string{".netrc": "SECRET"})
	if err := FreshFromImage(t.Context(), h, f, "i-second", ""); err != nil {
		t.Fatal(err) // one that was never made ready
	}
	if _, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", LeaveOut: []string{filepath.Join(h.home, ".netrc")}, Key: ImageKey()}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(h.home, ".jupyter-ec2/image/left-out")); err != nil {
		t.Fatal(err)
	}
	if err := FreshFromImage(t.Context(), h, f, "i-second", ""); err != nil {
		t.Fatal(err)
	}
	if left := names(t, filepath.Join(h.home, ".jupyter-ec2/image")); left != "image.py image_boot.py" {
		t.Errorf("left: %v", left)
	}
}

// What the machine is reached and worked by cannot be left out, and nothing
// outside of home folders.
func TestWhatCannotBeLeftOut(t *testing.T) {
	h, f := imageHost(t, "127.0.0.174", map[string]string{".ssh/authorized_keys": "x", ".jupyter-ec2/venv/x": "x", "work/x": "x"})
	for _, path := range []string{h.home, filepath.Join(h.home, ".ssh"), filepath.Join(h.home, ".ssh/authorized_keys"), filepath.Join(h.home, ".jupyter-ec2/venv"), "/etc/passwd", "/tmp", filepath.Join(h.home, "work/../../..")} {
		_, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", LeaveOut: []string{path}, Key: ImageKey()})
		if err == nil || !strings.Contains(err.Error(), "cannot be left out") {
			t.Errorf("%s: %v", path, err)
		}
	}
	_, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", LeaveOut: []string{filepath.Join(h.home, "work/secert")}, Key: ImageKey()})
	if err == nil || !strings.Contains(err.Error(), "there is nothing at") {
		t.Errorf("a slip: %v", err)
	}
}

// names are those in a folder, in order.
func names(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range all {
		said = append(said, e.Name())
	}
	return strings.Join(said, " ")
}

func walk(t *testing.T, dir string, each func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		each(path, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// booted runs image_boot.py in a folder that stands for the root of a machine
// with this ID and these keys of its launch; it tells authorized_keys.
func booted(t *testing.T, root, id, launchKey string) string {
	t.Helper()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	told, err := json.Marshal(map[string]any{"v1": map[string]any{"instance_id": id, "public_ssh_keys": []string{launchKey}}})
	if err != nil {
		t.Fatal(err)
	}
	put("run/cloud-init/instance-data.json", string(told))
	text := script(imageBoot)
	for _, from := range []string{`"/var/lib`, `"/run/`, `"/home/`, `"/root/`, `"/etc/`} {
		text = strings.ReplaceAll(text, from, `"`+root+from[1:])
	}
	text = strings.ReplaceAll(text, `["systemctl"`, `["true"`)
	text = strings.ReplaceAll(text, `["systemd-machine-id-setup"]`, `["true"]`)
	if out, err := exec.Command("python3", "-I", "-c", text).CombinedOutput(); err != nil { // #nosec G204 -- ours
		t.Fatalf("%v: %s", err, out)
	}
	keys, err := os.ReadFile(filepath.Join(root, "home/ubuntu/.ssh/authorized_keys"))
	if err != nil {
		t.Fatal(err)
	}
	return string(keys)
}

// Before anybody can log in to a machine that was made from an image, the first
// machine's people are let in no more; the machine itself is left alone.
func TestTheFirstBootFromAnImage(t *testing.T) {
	const first, own, both = "ssh-ed25519 AAAAfirst ubuntu@one\n", "ssh-ed25519 AAAAown jupyter\n", "ssh-ed25519 AAAAboth a\n"
	for _, c := range []struct{ name, id, keys, launch, want string }{
		{"the machine itself", "i-first", first, "ssh-ed25519 AAAAfirst ubuntu@one", first},
		{"another machine", "i-second", first + own, "ssh-ed25519 AAAAown jupyter", own},
		{"another machine, with the same key", "i-second", first + both, "ssh-ed25519 AAAAfirst another-comment", first + both},
		{"nobody knows which", "", first + own, "ssh-ed25519 AAAAown", first + own},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range map[string]string{
				"home/ubuntu/.ssh/authorized_keys": c.keys, "home/ubuntu/.jupyter-ec2/image/left-out": "x", "etc/machine-id": "abc\n",
				"etc/systemd/system/jupyter-ec2-image.service": "x", "var/lib/cloud/instances/i-first/user-data.txt": "x",
			} {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			made, err := json.Marshal(map[string]any{"instance": "i-first", "keys": map[string][]string{filepath.Join(root, "home/ubuntu/.ssh/authorized_keys"): {strings.TrimSpace(first)}}})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(root, "var/lib/jupyter-ec2-image"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, "var/lib/jupyter-ec2-image/made.json"), made, 0o600); err != nil {
				t.Fatal(err)
			}
			if keys := booted(t, root, c.id, c.launch); keys != c.want {
				t.Errorf("let in: %q, want %q", keys, c.want)
			}
			for _, name := range []string{"home/ubuntu/.jupyter-ec2/image/left-out", "var/lib/cloud/instances/i-first", "var/lib/jupyter-ec2-image", "etc/systemd/system/jupyter-ec2-image.service"} {
				_, err := os.Stat(filepath.Join(root, name))
				if gone := os.IsNotExist(err); gone != (c.id == "i-second") {
					t.Errorf("%s is gone: %t", name, gone)
				}
			}
		})
	}
}

// A machine's answer may be anything.
func FuzzImageAnswer(f *testing.F) {
	f.Add("eyJlcnJvciI6ICJubyJ9")
	f.Add("e30=\n")
	f.Add("")
	f.Fuzz(func(_ *testing.T, out string) {
		var said struct {
			Entries []struct {
				Path, Kind string
				Bytes      int64
				Folder     bool
			}
			Free int64
		}
		_ = parseImageAnswer(out, &said)
	})
}

// A machine on which there is nothing to leave out is made ready all the same.
func TestNothingIsLeftOut(t *testing.T) {
	h, f := imageHost(t, "127.0.0.173", nil)
	if _, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", Key: ImageKey()}); err != nil {
		t.Fatal(err)
	}
}
