//go:build linux || darwin

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps/sandbox"
)

// process is the program at work, beside the test.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines <-chan string // of its output
	seen  strings.Builder
	errs  bytes.Buffer // to be read after its end
}

// starts starts the program and leaves it running.
func (h *home) starts(args ...string) *process {
	h.t.Helper()
	return h.startsCommand(h.command(h.t.Context(), args...))
}

// startsCommand is starts of a command that is the program in the end.
func (h *home) startsCommand(cmd *exec.Cmd) *process {
	h.t.Helper()
	p := &process{t: h.t, cmd: cmd}
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	p.lines = linesOf(out)
	return p
}

// says waits for a line with that text.
func (p *process) says(text string) string {
	p.t.Helper()
	for hopeless := time.After(await.Long); ; {
		select {
		case line, more := <-p.lines:
			if !more {
				p.t.Fatalf("%v ended without %q: %v\n%s%s", p.cmd.Args, text, p.cmd.Wait(), p.seen.String(), p.errs.String())
			}
			p.seen.WriteString(line + "\n")
			if strings.Contains(line, text) {
				return line
			}
		case <-hopeless:
			p.t.Fatalf("%v did not say %q\n%s", p.cmd.Args, text, p.seen.String())
		}
	}
}

// ready waits for the line with the URL, of a program that prints JSON.
func (p *process) ready() (got jsonReady) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.says(`"kind":"ready"`)), &got); err != nil {
		p.t.Fatal(err)
	}
	return got
}

// interrupted is Ctrl-C, which ends what the program holds, as a success.
func (p *process) interrupted() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	p.ends()
}

// ends waits until the program has ended well.
func (p *process) ends() {
	p.t.Helper()
	for line := range p.lines {
		p.seen.WriteString(line + "\n")
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("%v: %v\n%s%s", p.cmd.Args, err, p.seen.String(), p.errs.String())
	}
}

// json runs a command and reads the first line of a kind into got.
func (h *home) json(got any, kind string, args ...string) {
	h.t.Helper()
	out := h.run(0, append(args, "--json")...)
	for line := range strings.Lines(out) {
		var is struct{ Kind string }
		if err := json.Unmarshal([]byte(line), &is); err != nil {
			h.t.Fatalf("%v: not JSON: %s", args, line)
		}
		if is.Kind != kind {
			continue
		}
		if err := json.Unmarshal([]byte(line), got); err != nil {
			h.t.Fatal(err)
		}
		return
	}
	h.t.Fatalf("%v says nothing of kind %s:\n%s", args, kind, out)
}

// goes runs a command that ends at a URL.
func (h *home) goes(args ...string) (got jsonReady) {
	h.t.Helper()
	h.json(&got, "ready", args...)
	return got
}

// machine is what ls says of one.
func (h *home) machine(called string) jsonMachine {
	h.t.Helper()
	for _, m := range h.setups() {
		if m.Name == called {
			return m
		}
	}
	h.t.Fatalf("ls does not list %s", called)
	return jsonMachine{}
}

// becomes waits until ls says what is wanted of a machine.
func (h *home) becomes(called, what string, is func(jsonMachine) bool) (m jsonMachine) {
	h.t.Helper()
	if !await.Comes(h.t.Context(), func() bool { m = h.machine(called); return is(m) }) {
		h.t.Fatalf("%s is not %s: %+v, health %+v", called, what, m, m.Health)
	}
	return m
}

// well is a machine that watches itself and whose server answers.
func well(m jsonMachine) bool {
	return m.State == "running" && m.Health != nil && m.Health.Watching && m.Health.ServerUp
}

// disk is the home folder of a machine.
func (h *home) disk(m jsonMachine) string {
	h.t.Helper()
	hosts, err := filepath.EvalSymlinks(filepath.Join(h.dir, "state", name, "sandbox", "cloud", "hosts"))
	if err != nil {
		h.t.Fatal(err)
	}
	return filepath.Join(hosts, m.InstanceID, "home")
}

// region speaks to the sandbox's cloud beside the program.
func (h *home) region() *aws.Regional {
	h.t.Helper()
	s, err := sandbox.Status(h.t.Context(), sandbox.Options{Dir: filepath.Join(h.dir, "state", name, "sandbox", "cloud"), Version: version()})
	if err != nil || !s.Running {
		h.t.Fatalf("the sandbox: %+v, %v", s, err)
	}
	a, err := aws.Open(h.t.Context(), aws.Options{Endpoint: &aws.Endpoint{
		URL: s.Info.URL, AccessKeyID: s.Info.AccessKeyID, SecretAccessKey: s.Info.SecretAccessKey,
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	return a.In("us-east-1")
}

// ports are those that a machine's security group lets in.
func (h *home) ports(m jsonMachine) string {
	h.t.Helper()
	region := h.region()
	groups, err := region.GroupsByTag(h.t.Context(), map[string]string{aws.TagSetup: m.ID})
	if err != nil || len(groups) != 1 {
		h.t.Fatalf("the groups of %s: %v, %v", m.Name, groups, err)
	}
	rules, err := region.GroupRules(h.t.Context(), groups[0])
	if err != nil {
		h.t.Fatal(err)
	}
	open := map[int]bool{}
	for _, r := range rules {
		open[r.Port] = true
	}
	return fmt.Sprint(open)
}

// answers sees that a notebook server is at that URL, with its token.
func answers(t *testing.T, address string) {
	t.Helper()
	if code := status(t, at(t, address, "/api/status"), true); code != http.StatusOK {
		t.Errorf("%s: %d", address, code)
	}
}

// closed sees that no tunnel leads to a notebook server any more, by the URL at
// which it was. Its local port may be another program's by now, and lead to
// another server: that one does not take the token.
func closed(t *testing.T, address string) {
	t.Helper()
	client := &http.Client{
		Timeout:       await.Wait,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Get(at(t, address, "/api/status"))
	if err != nil {
		return // nobody is there
	}
	_ = res.Body.Close()
	if res.StatusCode == http.StatusOK {
		t.Errorf("%s still answers", address)
	}
}

// output is what another program prints.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}
