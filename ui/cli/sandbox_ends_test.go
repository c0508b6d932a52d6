//go:build linux || darwin

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

// What goes wrong with a machine, and how it ends: its server dies, it stops
// itself, it is terminated elsewhere; and what is left over or was made by
// another computer.
func TestSandboxEnds(t *testing.T) {
	h := newHome(t)
	h.goes("up", "--sandbox", "--yes", "--no-tunnel", "--name", "lab")
	for _, part := range []struct {
		name string
		does func(*home)
	}{
		{"doctor", (*home).mends},
		{"idle stop", (*home).idles},
		{"terminated elsewhere", (*home).losesIt},
		{"sweep", (*home).sweeps},
		{"adopt", (*home).adopts},
	} {
		if !t.Run(part.name, func(t *testing.T) {
			part.does(&home{t, h.dir, h.env})
		}) {
			return // the next begins where this one ended
		}
	}
	h.empty()
}

// mends kills the server, and what starts it again.
func (h *home) mends() {
	checks := func(code int, args ...string) map[string]string {
		h.t.Helper()
		all := map[string]string{}
		for line := range strings.Lines(h.run(code, append([]string{"doctor", "lab", "--json"}, args...)...)) {
			var c jsonCheck
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				h.t.Fatal(err)
			}
			if c.Kind == "check" {
				all[c.Title] = string(c.State)
			}
		}
		return all
	}
	first := checks(0)
	for title, state := range first {
		if state != "ok" {
			h.t.Errorf("%s: %s", title, state)
		}
	}
	if len(first) < 15 {
		h.t.Errorf("only %d checks: %v", len(first), first)
	}
	// All that runs there but the watcher.
	disk := h.disk(h.machine("lab"))
	for _, p := range processes(h.t, disk+"/.jupyter-ec2/") {
		if !strings.Contains(p.args, "/watch/") {
			p.kill(h.t)
		}
	}
	if now := checks(0, "--fix"); now["Server"] != "bad" || now["SSH login"] != "ok" {
		h.t.Errorf("with a dead server the doctor says %v", now)
	}
	if now := checks(0); now["Server"] != "ok" || now["Proof"] != "ok" {
		h.t.Errorf("after --fix the doctor says %v", now)
	}
}

// idles lets the machine switch itself off. A person's least limit is minutes,
// so that its watcher is told seconds on the machine itself.
func (h *home) idles() {
	was := h.becomes("lab", "well", well)
	watch := filepath.Join(h.disk(was), ".jupyter-ec2", "watch")
	var config map[string]any
	b, err := os.ReadFile(filepath.Join(watch, "config.json"))
	if err == nil {
		err = json.Unmarshal(b, &config)
	}
	if err != nil || config["armed"] != true || config["idle"] != 3600.0 || config["lifetime"] != 43200.0 {
		h.t.Fatalf("the watcher's rule is %v, %v", config, err)
	}
	config["idle"], config["every"] = 1, 0.2
	if b, err = json.Marshal(config); err != nil {
		h.t.Fatal(err)
	}
	write(h.t, filepath.Join(watch, "config.json"), string(b))
	h.becomes("lab", "stopped automatically", func(m jsonMachine) bool { return m.State == "stopped" })
	if left := processes(h.t, h.disk(was)); len(left) > 0 {
		h.t.Errorf("on the stopped machine runs %v", left)
	}
	got := h.goes("start", "lab")
	if got.InstanceID != was.InstanceID || got.LocalPort != was.LocalPort && got.PortNote == "" {
		h.t.Errorf("it came back as %+v, and was %+v", got, was)
	}
	m := h.becomes("lab", "well again", well)
	if m.Health.StopAt.Sub(m.Health.At).Minutes() < 55 {
		h.t.Errorf("it stops at %v, seen at %v", m.Health.StopAt, m.Health.At)
	}
}

// losesIt terminates the machine behind the program's back.
func (h *home) losesIt() {
	m := h.machine("lab")
	region := h.region()
	if err := region.Terminate(h.t.Context(), m.InstanceID); err != nil {
		h.t.Fatal(err)
	}
	if _, err := region.WaitState(h.t.Context(), m.InstanceID, "terminated", nil); err != nil {
		h.t.Fatal(err)
	}
	h.ages(m)
	gone := h.becomes("lab", "gone", func(m jsonMachine) bool { return m.State == "gone" })
	if gone.URL != "" || gone.Health != nil {
		h.t.Errorf("a machine that is gone: %+v", gone)
	}
	left, err := region.GroupsByTag(h.t.Context(), map[string]string{aws.TagSetup: m.ID})
	if err != nil || len(left) != 1 {
		h.t.Fatalf("left over are the groups %v, %v", left, err)
	}
	h.run(0, "rm", "lab", "--yes")
	h.empty()
}

// ages makes the start of a machine one of an hour ago: in its first minute EC2
// may not list it yet, and it is not taken for gone.
func (h *home) ages(m jsonMachine) {
	h.t.Helper()
	path := filepath.Join(h.dir, "state", name, "sandbox", "setups", m.ID+".json")
	b, err := os.ReadFile(path)
	if err != nil {
		h.t.Fatal(err)
	}
	var setup map[string]any
	if err := json.Unmarshal(b, &setup); err != nil || setup["first_start"] == nil {
		h.t.Fatalf("%v, the ledger is %s", err, b)
	}
	setup["first_start"] = time.Now().Add(-time.Hour)
	if b, err = json.Marshal(setup); err != nil {
		h.t.Fatal(err)
	}
	write(h.t, path, string(b))
}

// sweeps finds what no setup owns, and removes it.
func (h *home) sweeps() {
	region, tags := h.region(), map[string]string{aws.TagSetup: "abcdefghij", aws.TagName: "lost"}
	net, err := region.Network(h.t.Context(), aws.NetworkSpec{})
	if err != nil {
		h.t.Fatal(err)
	}
	group, err := region.EnsureGroup(h.t.Context(), aws.GroupSpec{
		Name: "jupyter-ec2-lost-abcdefghij", Description: "left over", VPC: net.VPC, CIDR: "127.0.0.1/32", Ports: []int{22}, Tags: tags,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	pair, err := remote.Generate("lost")
	if err != nil {
		h.t.Fatal(err)
	}
	key, err := region.ImportKeyPair(h.t.Context(), "jupyter-ec2-lost-abcdefghij", pair.Public, tags)
	if err != nil {
		h.t.Fatal(err)
	}
	for range 2 { // looking removes nothing
		out := h.run(0, "sweep", "--dry-run")
		for _, want := range []string{group, key.ID, "lost", "security group", "key pair"} {
			if !strings.Contains(out, want) {
				h.t.Errorf("sweep --dry-run does not say %q:\n%s", want, out)
			}
		}
	}
	var swept jsonSwept
	if h.json(&swept, "done", "sweep", "--yes"); swept.Found != 2 || swept.Removed != 2 {
		h.t.Errorf("sweep ended with %+v", swept)
	}
	h.empty()
}

// adopts takes over a machine of which this computer has no ledger.
func (h *home) adopts() {
	cmd := h.up(func(e event) bool { return e.Step == "launch" && e.Kind == "finished" }, "--name", "far")
	if err := cmd.Process.Kill(); err != nil {
		h.t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	m := h.machine("far")
	setup := filepath.Join(h.dir, "state", name, "sandbox", "setups", m.ID+".json")
	if err := os.Remove(setup); err != nil {
		h.t.Fatal(err)
	}
	far := h.machine("far")
	if !far.Elsewhere || far.InstanceID != m.InstanceID || far.State != "running" {
		h.t.Errorf("another computer's machine: %+v", far)
	}
	if out := h.run(0, "ls"); !strings.Contains(out, "running, elsewhere") {
		h.t.Errorf("ls:\n%s", out)
	}
	h.run(exitUsage, "stop", "far")
	h.run(0, "adopt", "far")
	if far = h.machine("far"); far.Elsewhere || far.InstanceID != m.InstanceID {
		h.t.Errorf("adopted: %+v", far)
	}
	h.run(0, "stop", "far")
	h.becomes("far", "stopped", func(m jsonMachine) bool { return m.State == "stopped" })
	h.run(0, "rm", "far", "--yes")
}

// running is a process of this computer.
type running struct {
	pid  int
	args string
}

func (p running) kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		t.Fatalf("%s: %v", p.args, err)
	}
}

// processes are those that have a text in their arguments.
func processes(t *testing.T, text string) (all []running) {
	t.Helper()
	for line := range strings.Lines(output(t, "ps", "-A", "-ww", "-o", "pid=,args=")) {
		pid, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.Contains(args, text) {
			continue
		}
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, running{n, args})
	}
	return all
}
