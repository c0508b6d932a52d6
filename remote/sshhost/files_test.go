//go:build unix

package sshhost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

func put(t *testing.T, c *sftp.Client, path, content string) {
	t.Helper()
	f, err := c.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(f, content)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn := w.client()
	c, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if wd, err := c.Getwd(); err != nil || wd != w.host.Home() {
		t.Errorf("begins in %q, %v", wd, err)
	}
	put(t, c, "a", "one")
	put(t, c, filepath.Join(w.host.Home(), "b"), "two")
	if err := errors.Join(c.Mkdir("d"), c.PosixRename("a", "b"), c.Chmod("b", 0o600), c.Symlink("b", "d/l")); err != nil {
		t.Fatal(err)
	}
	if err := c.Rename("b", "d"); err == nil {
		t.Error("a rename replaced a folder")
	}
	// The host's user sees what was made as its own.
	if got := output(t, conn, "cat b; echo; ls; [ -O b ] && [ -O d ] && [ -w d ] && echo own; stat -c %a b 2>/dev/null || stat -f %Lp b"); got != "one\nb\nd\nown\n600" {
		t.Errorf("the host's user sees %q", got)
	}
	infos, err := c.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range infos {
		if !strings.HasPrefix(i.Name(), ".") {
			names = append(names, i.Name())
		}
	}
	if fmt.Sprint(names) != "[b d]" {
		t.Errorf("lists %v", names)
	}
	if err := c.Remove("b"); err != nil {
		t.Error(err)
	}
	if _, err := c.Stat("b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after it was removed: %v", err)
	}
}

func TestFilesOutsideTheHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn := w.client()
	output(t, conn, "ln -s /etc link; ln -s / root; ln -s ../hostkey key")
	c, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, path := range []string{
		"/etc/passwd", "../hostkey", "link/passwd", "root/etc/passwd", "key", "/", w.host.Home() + "2",
		filepath.Join(w.host.Home(), "..", "hostkey"),
	} {
		if f, err := c.Open(path); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("open %s: %v, %v", path, f, err)
		}
		if f, err := c.OpenFile(path, os.O_WRONLY|os.O_CREATE); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("write %s: %v, %v", path, f, err)
		}
		if err := c.Chmod(path, 0o777); err == nil {
			t.Errorf("chmod %s", path)
		}
		if err := c.PosixRename(path, "here"); path != "key" && err == nil {
			t.Errorf("rename %s", path)
		}
	}
}

// openSSH is the options of OpenSSH's clients for the world's host.
func (w *world) openSSH(portFlag string) []string {
	w.t.Helper()
	dir := w.t.TempDir()
	key, known := filepath.Join(dir, "key"), filepath.Join(dir, "known_hosts")
	line := "host " + w.host.HostKeys()[0] + "\n"
	if err := errors.Join(os.WriteFile(key, w.pem, 0o600), os.WriteFile(known, []byte(line), 0o600)); err != nil {
		w.t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(w.host.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	return []string{
		"-F", "none", portFlag, port, "-i", key, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
		"-o", "UserKnownHostsFile=" + known, "-o", "HostKeyAlias=host", "-o", "StrictHostKeyChecking=yes",
		"-o", "BatchMode=yes", "-o", "LogLevel=ERROR",
	}
}

// run runs a program of OpenSSH's, which nobody here wrote.
func run(t *testing.T, stdin, name string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("this computer has no " + name)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

func TestOpenSSH(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.host.Addr().Addr().String()
	user := User + "@" + at

	out, err := run(t, "in\n", "ssh", append(w.openSSH("-p"), user, "cat; exit 9")...)
	var exit *exec.ExitError
	if out != "in\n" || !errors.As(err, &exit) || exit.ExitCode() != 9 {
		t.Errorf("ssh: %q, %v", out, err)
	}
	out, err = run(t, "echo a-$((1+1)); exit\n", "ssh", append(w.openSSH("-p"), "-tt", user)...)
	if !strings.Contains(out, "a-2") || err != nil {
		t.Errorf("ssh -tt: %q, %v", out, err)
	}
	out, err = run(t, "", "ssh", append(w.openSSH("-p"), "root@"+at, "true")...)
	if out != wrongUserText || !errors.As(err, &exit) || exit.ExitCode() != wrongUserExit {
		t.Errorf("ssh as root: %q, %v", out, err)
	}
	out, err = run(t, "", "ssh", append(w.openSSH("-p"), "nobody@"+at, "true")...)
	if !strings.Contains(out, "Permission denied (publickey)") || err == nil {
		t.Errorf("ssh as another: %q, %v", out, err)
	}

	local := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(local, bytes.Repeat([]byte("line\n"), 100000), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, "", "scp", append(w.openSSH("-P"), local, user+":copied")...); err != nil {
		t.Errorf("scp there: %q, %v", out, err)
	}
	if out, err := run(t, "", "scp", append(w.openSSH("-P"), user+":copied", local+"2")...); err != nil {
		t.Errorf("scp back: %q, %v", out, err)
	}
	back, err := os.ReadFile(local + "2")
	if err != nil || len(back) != 500000 {
		t.Errorf("%d bytes came back, %v", len(back), err)
	}
	out, err = run(t, "mkdir d\nput "+local+" d/f\nls -l d\nrename d/f d/g\nls d\n", "sftp", append(w.openSSH("-P"), "-b", "-", user)...)
	if err != nil || !strings.Contains(out, "d/g") {
		t.Errorf("sftp: %q, %v", out, err)
	}
}

func TestHostKeyIsOnItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	info, err := os.Stat(filepath.Join(w.host.dir, "hostkey"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the host key is %v, %v", info, err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(w.host.HostKeys()[0]))
	if err != nil || key.Type() != ssh.KeyAlgoED25519 {
		t.Errorf("%v, %v", key, err)
	}
	if got := output(t, w.client(), "cat ../hostkey 2>/dev/null || echo no"); Dropped() && got != "no" {
		t.Error("the host's user reads the host key")
	}
}
