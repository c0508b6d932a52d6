package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cli"
)

// printed is one line of a command's output with --json, of any kind.
type printed struct {
	Kind, Name, State, Text, URL, Title, Proof, Mode string
	InstanceID                                       string `json:"instance_id"`
	LocalPort                                        int    `json:"local_port"`
	Found, Removed                                   int
	Elsewhere                                        bool
	Health                                           *struct {
		At       time.Time
		Watching bool
		ServerUp bool      `json:"server_up"`
		StopAt   time.Time `json:"stop_at"`
		StopWhy  string    `json:"stop_why"`
		Unarmed  string
		MemoryMB int `json:"memory_mb"`
	}
}

// program is the commands over the world; its sandbox has nothing in it.
func (w *world) program(out, errs io.Writer) *cli.Program {
	return &cli.Program{
		In: strings.NewReader(""), Out: out, Err: errs, Getenv: func(string) string { return "" }, Now: time.Now,
		Engine: func(sandbox bool, _ steps.Asker) (steps.Engine, error) {
			return w.guide(func(c *engine.Config) {
				if sandbox {
					c.Dir, c.Sandbox = filepath.Join(w.Dir, "sandbox"), true
				}
			}), nil
		},
	}
}

// types runs a command line that has to end with an exit code, and answers
// what it printed.
func (w *world) types(code int, args ...string) string {
	w.t.Helper()
	ctx := await.Context(w.t)
	var out, errs bytes.Buffer
	if got := w.program(&out, &errs).Run(ctx, args); got != code {
		w.t.Fatalf("%s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String()
}

// printedLines runs a command with --json, which has to succeed, and answers the
// lines of a kind.
func (w *world) printedLines(kind string, args ...string) (all []printed) {
	w.t.Helper()
	for line := range strings.Lines(w.types(0, append(args, "--json")...)) {
		var l printed
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			w.t.Fatalf("%v: not JSON: %s", args, line)
		}
		if l.Kind == kind {
			all = append(all, l)
		}
	}
	return all
}

// printedLine is the only line of a kind.
func (w *world) printedLine(kind string, args ...string) printed {
	w.t.Helper()
	all := w.printedLines(kind, args...)
	if len(all) != 1 {
		w.t.Fatalf("%v answered %d lines of kind %s: %+v", args, len(all), kind, all)
	}
	return all[0]
}

// listed waits until ls says what is wanted of the machine.
func (w *world) listed(is func(printed) bool) (m printed) {
	w.t.Helper()
	w.wait("what is wanted of the machine in ls", func() bool {
		m = w.printedLine("machine", "ls")
		return is(m)
	})
	return m
}

func isWell(m printed) bool {
	return m.State == "running" && m.Health != nil && m.Health.Watching && m.Health.ServerUp
}

// The commands for one machine with systemd, from the list to its removal.
func TestCommands(t *testing.T) {
	l := newInstalled(t, answers(steps.ModeSSH, steps.InstallerUV))
	await.Allow(t, await.Long, "types every command, stops the machine and changes its mode")
	if err := l.o.Close(); err != nil { // its port is free for the commands
		t.Fatal(err)
	}
	// While the guide's cell ran, it was not idle: a look of that moment tells of
	// the lifetime alone.
	m := l.listed(func(m printed) bool { return isWell(m) && m.Health.StopWhy == "idle" })
	if m.Health.Unarmed != "" || m.Health.MemoryMB <= 0 || m.InstanceID != l.o.Setup.Resources.InstanceID {
		t.Errorf("ls: %+v, %+v", m, m.Health)
	}
	if out := l.types(0, "status", "jupyter"); !regexp.MustCompile(`Server +answers\n(?s:.*)Stops +in .*\(idle\)`).MatchString(out) {
		t.Errorf("status:\n%s", out)
	}
	l.typesOnIt()
	l.typesFiles()
	l.typesLog()
	until := l.printedLine("machine", "extend", "jupyter", "20h").Health
	if left := until.StopAt.Sub(until.At); left < 19*time.Hour {
		t.Errorf("after extend it stops in %v", left)
	}
	l.typesDoctor()
	l.typesStop()
	l.typesModes()
	l.typesSweep()

	l.types(0, "rm", "jupyter", "--yes")
	if left := l.printedLines("machine", "ls"); len(left) > 0 {
		t.Errorf("ls after rm: %+v", left)
	}
	// The account went with its last machine, and this person has no profile.
	l.types(3, "sweep", "--dry-run")
	if left, err := l.region().Owned(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left after rm: %+v, %v", left, err)
	}
}

// typesOnIt runs commands on the machine.
func (l *installed) typesOnIt() {
	l.t.Helper()
	if out := l.types(0, "ssh", "jupyter", "--", "id", "-un"); out != "ubuntu\n" {
		l.t.Errorf("id -un answered %q", out)
	}
	if out := l.types(7, "ssh", "jupyter", "--", "echo out; exit 7"); out != "out\n" {
		l.t.Errorf("a command that failed answered %q", out)
	}
}

// typesFiles copies a folder there and back.
func (l *installed) typesFiles() {
	l.t.Helper()
	from, back := filepath.Join(l.t.TempDir(), "from"), filepath.Join(l.t.TempDir(), "back")
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := os.MkdirAll(filepath.Join(from, "deep"), 0o700); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "deep", "a file"), content, 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.types(0, "cp", "-r", from, "jupyter:there")
	l.types(0, "cp", "-r", "jupyter:there", back)
	if got, err := os.ReadFile(filepath.Join(back, "deep", "a file")); err != nil || !bytes.Equal(got, content) {
		l.t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

// typesLog follows the journal over a restart of the server, until Ctrl-C.
func (l *installed) typesLog() {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	defer cancel()
	out := &await.Buffer{}
	ended := make(chan int, 1)
	go func() { ended <- l.program(out, io.Discard).Run(ctx, []string{"logs", "jupyter", "-f", "-n", "1"}) }()
	l.wait("the log's past", func() bool { return out.Has("\n") }) // the past
	l.types(0, "ssh", "jupyter", "--", "sudo systemctl restart jupyter-ec2")
	l.wait("the new server in the log", func() bool { return out.Has("is running at") })
	cancel()
	if code := <-ended; code != 0 {
		l.t.Errorf("logs -f ended with %d", code)
	}
}

// typesDoctor stops the server, which the doctor finds and mends.
func (l *installed) typesDoctor() {
	l.t.Helper()
	l.listed(isWell)
	for _, c := range l.printedLines("check", "doctor", "jupyter") {
		if c.State != "ok" && c.Title != "Credentials" { // whose MFA is off
			l.t.Errorf("%s: %s: %s", c.Title, c.State, c.Text)
		}
	}
	l.types(0, "ssh", "jupyter", "--", "sudo systemctl stop jupyter-ec2")
	bad := 0
	for _, c := range l.printedLines("check", "doctor", "jupyter", "--fix") {
		if c.State == "bad" {
			bad++
			if c.Title != "Server" {
				l.t.Errorf("%s: %s", c.Title, c.Text)
			}
		}
	}
	if bad != 1 {
		l.t.Errorf("%d checks found something", bad)
	}
	l.listed(isWell)
}

// typesStop stops and starts the machine, and reboots it.
func (l *installed) typesStop() {
	l.t.Helper()
	l.types(0, "stop", "jupyter")
	if m := l.printedLine("machine", "ls"); m.State != "stopped" || m.URL != "" {
		l.t.Errorf("stopped: %+v", m)
	}
	got := l.printedLine("ready", "start", "jupyter")
	if got.URL != l.o.URL || got.LocalPort != l.o.Setup.LocalPort || !strings.Contains(got.Proof, "answered 42") {
		l.t.Errorf("it was at %s and is at %s (%s)", l.o.Plain, got.URL, got.Proof)
	}
	l.types(0, "reboot", "jupyter")
	l.listed(isWell)
}

// typesModes changes how the server is reached, and back; the group follows.
func (l *installed) typesModes() {
	l.t.Helper()
	for _, to := range []struct {
		mode  string
		ports int
	}{{"http", 2}, {"ssh", 1}} {
		got := l.printedLine("ready", "mode", "jupyter", to.mode)
		rules, err := l.region().GroupRules(l.t.Context(), l.o.Setup.Resources.GroupID)
		if err != nil || len(rules) != to.ports || got.Mode != to.mode || !strings.Contains(got.Proof, "answered 42") {
			l.t.Errorf("%s mode: %+v, rules %+v, %v", to.mode, got, rules, err)
		}
	}
}

// typesSweep finds a group that no setup owns, and removes it alone.
func (l *installed) typesSweep() {
	l.t.Helper()
	net, err := l.region().Network(l.t.Context(), aws.NetworkSpec{})
	if err != nil {
		l.t.Fatal(err)
	}
	group, err := l.region().EnsureGroup(l.t.Context(), aws.GroupSpec{
		Name: "jupyter-ec2-lost-abcdefghij", Description: "left over", VPC: net.VPC, CIDR: "203.0.113.7/32", Ports: []int{22},
		Tags: map[string]string{aws.TagSetup: "abcdefghij", aws.TagName: "lost"},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	if out := l.types(0, "sweep", "--dry-run"); !strings.Contains(out, group) || strings.Contains(out, l.id()) {
		l.t.Errorf("sweep --dry-run:\n%s", out)
	}
	if end := l.printedLine("done", "sweep", "--yes"); end.Found != 1 || end.Removed != 1 {
		l.t.Errorf("sweep: %+v", end)
	}
	l.listed(isWell)
}
