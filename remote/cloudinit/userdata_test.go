package cloudinit_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/cloudinit"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
)

func machine(t *testing.T, job remote.Job) cloudinit.Machine {
	t.Helper()
	pair, err := remote.Generate("")
	if err != nil {
		t.Fatal(err)
	}
	return cloudinit.Machine{HostKey: pair, User: "ubuntu", Job: job}
}

func document(t *testing.T, userData []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(userData))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// script is the boot's script as a YAML reader takes it out of the block.
func script(t *testing.T, document string) string {
	t.Helper()
	_, block, found := strings.Cut(document, "\nbootcmd:\n- - sh\n  - -c\n  - |\n")
	if !found {
		t.Fatalf("there is no bootcmd in\n%s", document)
	}
	var b strings.Builder
	for line := range strings.Lines(block) {
		if text, ok := strings.CutPrefix(line, "    "); ok || line == "\n" {
			b.WriteString(text)
			continue
		}
		t.Fatalf("%q is not in the block", line)
	}
	return b.String()
}

// EC2 takes 16 KB, and Linux 128 KiB as one argument of a command.
func TestUserDataOfBothInstallersFits(t *testing.T) {
	for _, i := range []jupyter.Installer{jupyter.UV, jupyter.Pip} {
		data, err := cloudinit.UserData(machine(t, jupyter.InstallJob(jupyter.Facts{Systemd: true, Sudo: true}, i)))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(script(t, document(t, data))); n > 100<<10 {
			t.Errorf("the script of %s has %d bytes", i, n)
		}
		t.Logf("%s: %d bytes", i, len(data))
	}
}

// cloud-init reads the document by PyYAML.
func TestTheDocumentIsTheYAMLItIsTakenFor(t *testing.T) {
	if err := exec.Command("python3", "-c", "import yaml").Run(); err != nil {
		t.Skip("there is no PyYAML")
	}
	m := machine(t, jupyter.InstallJob(jupyter.Facts{Systemd: true, Sudo: true}, jupyter.Pip))
	data, err := cloudinit.UserData(m)
	if err != nil {
		t.Fatal(err)
	}
	text := document(t, data)
	cmd := exec.Command("python3", "-c", `import sys, yaml
d = yaml.safe_load(sys.stdin)
assert sorted(d) == ["bootcmd", "ssh_keys"], sorted(d)
assert sorted(d["ssh_keys"]) == ["ed25519_private", "ed25519_public"], sorted(d["ssh_keys"])
(item,) = d["bootcmd"]
sh, c, script = item
assert [sh, c] == ["sh", "-c"]
sys.stdout.write("\0".join([d["ssh_keys"]["ed25519_private"], d["ssh_keys"]["ed25519_public"], script]))`)
	cmd.Stdin, cmd.Stderr = strings.NewReader(text), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join([]string{string(m.HostKey.Private), strings.TrimSpace(m.HostKey.Public), script(t, text)}, "\x00"); string(out) != want {
		t.Errorf("read as\n%s\nwant\n%s", out, want)
	}
	if !strings.HasPrefix(text, "#cloud-config\n") {
		t.Errorf("it begins with %.20q", text)
	}
}

func TestAJobWithAnEnvironmentIsRefused(t *testing.T) {
	job := remote.Job{ID: "x", Script: "true", Env: map[string]string{"TOKEN": "secret"}}
	if _, err := cloudinit.UserData(machine(t, job)); err == nil {
		t.Error("the environment would be in the user data")
	}
	if _, err := cloudinit.UserData(machine(t, remote.Job{ID: "x", Script: "echo caf\u00e9"})); err == nil {
		t.Error("a script was taken that YAML may read otherwise")
	}
	if _, err := cloudinit.UserData(machine(t, remote.Job{ID: "x", Script: "\x00"})); err == nil {
		t.Error("a script was taken that no argument can hold")
	}
	m := machine(t, remote.Job{ID: "x", Script: "true"})
	m.HostKey.Public += "\nruncmd: []"
	if _, err := cloudinit.UserData(m); err == nil {
		t.Error("a key was taken that is more than a key")
	}
}

// A host that is no instance runs the script as its user: the job is begun once,
// and the script does not wait for it.
func TestTheBootBeginsTheJobOnce(t *testing.T) {
	home := t.TempDir()
	gate := filepath.Join(home, "gate")
	if err := exec.Command("mkfifo", gate).Run(); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	job := remote.Job{ID: "boot", Script: "echo it\\'s begun\necho run >>runs\nread x <gate\necho end"}
	data, err := cloudinit.UserData(machine(t, job))
	if err != nil {
		t.Fatal(err)
	}
	boot := func() {
		t.Helper()
		cmd := exec.Command("sh", "-c", script(t, document(t, data)))
		cmd.Dir, cmd.Env = "/", []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("%v: %s", err, out)
		}
	}
	read := func(name string) string {
		b, _ := os.ReadFile(filepath.Join(home, name)) // not there yet
		return string(b)
	}
	boot()
	await.Until(t, "the job", func() bool { return read(".jupyter-ec2/jobs/boot/log") == "it's begun\n" })
	if err := os.WriteFile(gate, []byte("go\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the job's end", func() bool { return read(".jupyter-ec2/jobs/boot/status") == "0\n" })
	boot() // the second boot
	boot()
	if got := read("runs"); got != "run\n" {
		t.Errorf("runs: %q", got)
	}
	if got := read(".jupyter-ec2/jobs/boot/log"); got != "it's begun\nend\n" {
		t.Errorf("the log is %q", got)
	}
}
