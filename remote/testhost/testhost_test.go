package testhost

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// lab is closed by TestMain.
var lab Lab

func TestMain(m *testing.M) {
	code := m.Run()
	if err := lab.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// greeting is how the host's SSH server answers now, or why it does not.
func greeting(addr string) error {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	b := make([]byte, 4)
	if _, err := c.Read(b); err != nil {
		return err
	}
	if string(b) != "SSH-" {
		return fmt.Errorf("it says %q", b)
	}
	return nil
}

// start is a host of a test that has its turn.
func start(t *testing.T, s Spec) *Host {
	t.Helper()
	Need(t)
	await.Turn(t)
	await.Shared(t, "the disk that hosts begin with", func() (any, error) { return nil, lab.Ready(t.Context(), s) })
	return lab.Start(t, s)
}

func ssh(h *Host) string { return h.Public().String() + ":22" }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLife(t *testing.T) {
	await.Allow(t, await.Long, "boots four times")
	h := start(t, Spec{})
	up := func() bool { return greeting(ssh(h)) == nil }
	await.Until(t, "sshd answers", up)
	out, err := h.Run(t.Context(), "systemctl is-system-running --wait; echo kept >/var/lib/testhost/file; hostname -I")
	if err != nil || !strings.Contains(out, "running") || !strings.Contains(out, h.Private().String()) {
		t.Errorf("%s, %v", out, err)
	}
	first, keys := h.Public(), strings.Join(h.HostKeys(), "\n")

	for name, fault := range map[string]func(on bool) error{
		"link": func(on bool) error { return h.Link(t.Context(), !on) },
		"dark": func(on bool) error { return h.Dark(t.Context(), on) },
	} {
		must(t, fault(true))
		if err := greeting(ssh(h)); err == nil {
			t.Errorf("%s: the host is still reached", name)
		}
		must(t, fault(false))
		await.Until(t, name+" is over", up)
	}

	must(t, h.Reboot(t.Context()))
	await.Until(t, "sshd answers after a reboot", up)
	if h.Public() != first {
		t.Error("a reboot changed the address")
	}
	for name, down := range map[string]func(context.Context) error{"stop": h.Stop, "power cut": h.PowerOff} {
		must(t, down(t.Context()))
		if up() {
			t.Errorf("%s: the host is up", name)
		}
		before := h.Public()
		must(t, h.Start(t.Context()))
		await.Until(t, "sshd answers after a "+name, up)
		if h.Public() == before {
			t.Errorf("%s: the address is the same", name)
		}
	}
	if out, err := h.Run(t.Context(), "cat /var/lib/testhost/file"); err != nil || out != "kept\n" {
		t.Errorf("the disk was not kept: %q, %v", out, err)
	}
	if strings.Join(h.HostKeys(), "\n") != keys {
		t.Error("the host keys changed")
	}
}

// What a machine does to itself is told, what is done to it is not.
func TestDown(t *testing.T) {
	await.Allow(t, await.Long, "boots five times")
	down := make(chan struct{}, 9)
	h := start(t, Spec{Down: func() { down <- struct{}{} }, DiskMB: 300})
	up := func() bool { return greeting(ssh(h)) == nil }
	await.Until(t, "sshd answers", up)
	must(t, h.Reboot(t.Context()))
	await.Until(t, "sshd answers after a reboot", up)
	must(t, h.Stop(t.Context()))
	must(t, h.Start(t.Context()))
	must(t, h.PowerOff(t.Context()))
	must(t, h.Start(t.Context()))
	await.Until(t, "sshd answers", up)
	select {
	case <-down:
		t.Fatal("told of what a method did")
	default:
	}
	before := ssh(h)
	if out, err := h.Run(t.Context(), "su ubuntu -c 'sudo -n systemctl poweroff'"); err != nil {
		t.Logf("poweroff: %s, %v", out, err) // it may be down first
	}
	await.Receive(t, "being told of the poweroff", down)
	must(t, h.Start(t.Context()))
	await.Until(t, "sshd answers after the host powered itself off", up)
	if greeting(before) == nil {
		t.Error("the host is still reached at its last address")
	}
	must(t, h.PowerOff(t.Context()))
	if n := len(down); n > 0 {
		t.Errorf("told %d times more", n)
	}
}

func TestPlain(t *testing.T) {
	h := start(t, Spec{Plain: true, DiskMB: 300})
	await.Until(t, "sshd answers", func() bool { return greeting(ssh(h)) == nil })
	out, err := h.Run(t.Context(), "ls -d /run/systemd/system 2>/dev/null; df -Pm / | tail -1")
	if err != nil || strings.Contains(out, "systemd") || !strings.Contains(out, " 300 ") {
		t.Errorf("%s, %v", out, err)
	}
}

// A run that is killed leaves nothing on the computer.
func TestKilledRun(t *testing.T) {
	if os.Getenv("JUPYTER_EC2_TEST_KILLED") != "" {
		h := lab.Start(t, Spec{DiskMB: 100})
		fmt.Println("up", h.slot.name, h.slot.private)
		<-t.Context().Done()
		return
	}
	Need(t)
	await.Turn(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledRun$")
	cmd.Env = append(os.Environ(), "JUPYTER_EC2_TEST_KILLED=1")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var name, network string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if n, _ := fmt.Sscanf(lines.Text(), "up %s %s", &name, &network); n == 2 {
			break
		}
	}
	if len(leftovers(t, name, network)) < 5 {
		t.Fatalf("the child made too little: %q", leftovers(t, name, network))
	}
	must(t, cmd.Process.Kill())
	await.Until(t, "all is removed", func() bool { return len(leftovers(t, name, network)) == 0 })
}

// leftovers finds what there is of a slot.
func leftovers(t *testing.T, name, network string) []string {
	t.Helper()
	var left []string
	cache, err := cacheDir()
	must(t, err)
	for _, pattern := range []string{filepath.Join(cache, name), "/run/netns/" + name + "-*", "/sys/fs/cgroup/" + name + "-*", "/sys/fs/cgroup/*/" + name + "-*"} {
		found, err := filepath.Glob(pattern)
		must(t, err)
		left = append(left, found...)
	}
	for what, args := range map[string][]string{
		name + "/":                         {"cat", "/proc/mounts"},
		strings.ReplaceAll(name, "-", "_"): {"nft", "list", "tables"},
		"--machine=" + name + "-":          {"ps", "-eo", "args"},
		"unreachable " + network:           {"ip", "route"},
	} {
		out, err := run(t.Context(), args[0], args[1:]...)
		must(t, err)
		if strings.Contains(out, what) {
			left = append(left, what)
		}
	}
	return left
}
