//go:build linux || darwin

package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// Life with two machines in the sandbox, by commands and then on the screen. A
// notebook and a gateway are made at the same time.
func TestSandboxMachines(t *testing.T) {
	h := newHome(t)
	lab := h.starts("up", "--sandbox", "--yes", "--json", "--no-tunnel", "--name", "lab", "--idle-stop", "2h")
	lab.says(`"launch"`) // so that it is the first of the list
	gate := h.starts("up", "--sandbox", "--yes", "--json", "--no-tunnel", "--name", "gate", "--mode", "gateway", "--type", "t3.small", "--idle-stop", "90m")
	lab.ends()
	gate.ends()
	for _, part := range []struct {
		name string
		does func(*home)
	}{
		{"list", (*home).lists},
		{"reach", (*home).reaches},
		{"files", (*home).copies},
		{"limits", (*home).limits},
		{"stop and start", (*home).stopsAndStarts},
		{"modes", (*home).modes},
		{"gateway", (*home).pairs},
		{"screen", (*home).screens},
	} {
		if !t.Run(part.name, func(t *testing.T) {
			part.does(&home{t, h.dir, h.env})
		}) {
			return // the next begins where this one ended
		}
	}
	h.run(0, "rm", "lab", "--yes")
	h.run(0, "rm", "gate", "--yes")
	h.empty()
}

// empty sees that nothing is left, here and in the cloud.
func (h *home) empty() {
	h.t.Helper()
	if all := h.setups(); len(all) != 0 {
		h.t.Errorf("left over: %+v", all)
	}
	var swept jsonSwept
	if h.json(&swept, "done", "sweep", "--dry-run"); swept.Found != 0 {
		h.t.Errorf("sweep still finds %d", swept.Found)
	}
	if out := h.run(0, "sandbox", "status"); strings.Contains(out, "i-") {
		h.t.Errorf("left over:\n%s", out)
	}
}

// lists looks at the machines: each says how it is and when it stops.
func (h *home) lists() {
	for called, limit := range map[string]time.Duration{"lab": 2 * time.Hour, "gate": 90 * time.Minute} {
		m := h.becomes(called, "well and idle", func(m jsonMachine) bool { return well(m) && !m.Health.Idle.IsZero() })
		if stop := m.Health.Idle.Add(limit); m.Health.StopAt.Sub(stop).Abs() > time.Second || m.Health.StopWhy != "idle" {
			h.t.Errorf("%s was idle from %v and stops at %v (%s)", called, m.Health.Idle, m.Health.StopAt, m.Health.StopWhy)
		}
		var one jsonMachine
		told := func() bool { h.json(&one, "machine", "status", called); return one.Health != nil }
		if !await.Comes(h.t.Context(), told) || one.InstanceID != m.InstanceID || one.Health.MemoryMB <= 0 || one.Health.DiskFreeMB <= 0 || one.Health.Cores <= 0 {
			h.t.Errorf("status of %s: %+v, %+v", called, one, one.Health)
		}
	}
	// Neither waits long for a machine's answer, and a minute may end between the two.
	var all []jsonMachine
	var out string
	agree := func() bool {
		all, out = h.setups(), h.run(0, "ls")
		return len(all) == 2 && !slices.ContainsFunc(all, func(m jsonMachine) bool {
			return m.Health == nil || !strings.Contains(out, "in "+wording.SpanCell(m.Health.StopAt.Sub(m.Health.At)))
		})
	}
	if !await.Comes(h.t.Context(), agree) {
		h.t.Errorf("ls --json lists %+v, and ls:\n%s", all, out)
	}
	for _, want := range []string{"lab ", "gate ", "IDLE", "t3.small", "no tunnel", "nothing"} {
		if !strings.Contains(out, want) {
			h.t.Errorf("ls does not say %q:\n%s", want, out)
		}
	}
	tells := func() bool {
		out = h.run(0, "status", "lab")
		return strings.Contains(out, "Stops") && strings.Contains(out, "Server   answers")
	}
	if !await.Comes(h.t.Context(), tells) {
		h.t.Errorf("status:\n%s", out)
	}
}

// reaches holds the tunnel and follows the log meanwhile, and runs commands.
func (h *home) reaches() {
	opened := h.starts("open", "lab", "--json")
	got := opened.ready()
	answers(h.t, got.URL)
	log := h.starts("logs", "lab", "-f", "-n", "5")
	log.says("") // the past
	if code := status(h.t, at(h.t, got.URL, "/api/contents/no-such-notebook"), true); code != http.StatusNotFound {
		h.t.Errorf("a file that is not there: %d", code)
	}
	log.says("no-such-notebook")
	log.interrupted()
	opened.interrupted()
	closed(h.t, got.URL)

	if out := h.run(0, "logs", "lab", "-n", "3"); strings.Count(out, "\n") != 3 || strings.Contains(out, tokenOf(h.t, got.URL)) {
		h.t.Errorf("the last three lines are:\n%s", out)
	}
	if out := h.run(0, "logs", "lab", "--install"); !strings.Contains(out, "jupyter") {
		h.t.Errorf("the install's log is:\n%s", out)
	}
	if out := h.run(0, "ssh", "lab", "--", "echo", "one;", "pwd"); out != "one\n"+h.disk(h.machine("lab"))+"\n" {
		h.t.Errorf("a command answered %q", out)
	}
	if out := h.run(7, "ssh", "gate", "--", "echo two; exit 7"); out != "two\n" {
		h.t.Errorf("a command that failed answered %q", out)
	}
}

// tunnels holds two at once, each on its own local port, which stays.
func (h *home) tunnels() {
	h.t.Helper()
	ports, own, urls := map[string]int{}, map[string]int{}, map[string]string{}
	for range 2 {
		held := h.starts("tunnel", "lab", "gate", "--json")
		for range 2 {
			got := held.ready()
			answers(h.t, got.URL)
			m := h.machine(got.Name)
			if was, again := own[got.Name]; again && was != m.LocalPort || m.LocalPort != got.LocalPort && got.PortNote == "" {
				h.t.Errorf("the port of %s was %d and is %d, with the tunnel at %d", got.Name, was, m.LocalPort, got.LocalPort)
			}
			ports[got.Name], own[got.Name], urls[got.Name] = got.LocalPort, m.LocalPort, got.URL
		}
		for called, port := range ports { // seen by another process
			if m := h.machine(called); m.Tunnel == nil || !*m.Tunnel || m.URL != fmt.Sprintf("http://localhost:%d/lab", port) {
				h.t.Errorf("%s has a tunnel at %d, and is listed with %q, tunnel %v", called, port, m.URL, m.Tunnel)
			}
		}
		held.interrupted()
		closed(h.t, urls["lab"])
		closed(h.t, urls["gate"])
	}
	if len(ports) != 2 || ports["lab"] == ports["gate"] {
		h.t.Errorf("the ports are %v", ports)
	}
	for called := range ports { // which another program may have taken just now
		ports[called] = h.machine(called).LocalPort
	}
	h.movedTunnel(ports)
}

// movedTunnel finds the port of one machine taken by another program: the
// tunnel is not at the other machine's port, and is listed where it is. One
// that is killed is not listed any more.
func (h *home) movedTunnel(ports map[string]int) {
	h.t.Helper()
	taken, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", ports["lab"]))
	if err == nil { // or it is taken indeed
		defer func() { _ = taken.Close() }()
	}
	held := h.starts("tunnel", "lab", "--json")
	got := held.ready()
	if got.LocalPort == ports["lab"] || got.LocalPort == ports["gate"] || got.PortNote == "" {
		h.t.Errorf("with %d taken, the tunnel is at %d (%s); %d is the other's", ports["lab"], got.LocalPort, got.PortNote, ports["gate"])
	}
	if m := h.machine("lab"); m.URL != fmt.Sprintf("http://localhost:%d/lab", got.LocalPort) || m.LocalPort != ports["lab"] {
		h.t.Errorf("the tunnel at %d is listed as %q; the machine's own port as %d", got.LocalPort, m.URL, m.LocalPort)
	}
	if err := held.cmd.Process.Kill(); err != nil {
		h.t.Fatal(err)
	}
	_ = held.cmd.Wait() // killed
	for _, called := range []string{"lab", "gate"} {
		if m := h.machine(called); m.URL != "" || m.Tunnel == nil || *m.Tunnel || m.LocalPort != ports[called] {
			h.t.Errorf("without a tunnel %s is listed with %q, tunnel %v, port %d", called, m.URL, m.Tunnel, m.LocalPort)
		}
	}
}

// copies takes a folder and a file there and back.
func (h *home) copies() {
	dir := h.t.TempDir()
	from, back := filepath.Join(dir, "from"), filepath.Join(dir, "back")
	if err := os.MkdirAll(filepath.Join(from, "deep"), 0o700); err != nil {
		h.t.Fatal(err)
	}
	content := strings.Repeat("0123456789abcdef", 1<<16)
	write(h.t, filepath.Join(from, "deep", "a file"), content)
	var done jsonDone
	if h.json(&done, "done", "cp", "-r", from, "lab:there"); done.Name != "lab" {
		h.t.Errorf("cp ended with %+v", done)
	}
	h.run(0, "cp", "-r", "lab:there", back)
	if got, err := os.ReadFile(filepath.Join(back, "deep", "a file")); err != nil || string(got) != content {
		h.t.Errorf("%d bytes came back, %v", len(got), err)
	}
	h.run(0, "cp", filepath.Join(from, "deep", "a file"), "gate:")
	if out := h.run(0, "ssh", "gate", "--", "wc -c < 'a file'"); strings.TrimSpace(out) != fmt.Sprint(len(content)) {
		h.t.Errorf("the other machine has %q bytes", out)
	}
}

// limits puts the stop off, and changes its rule.
func (h *home) limits() {
	var m jsonMachine
	h.json(&m, "machine", "extend", "lab", "3h")
	if left := m.Health.StopAt.Sub(m.Health.At); left < 3*time.Hour-time.Minute || left > 3*time.Hour+time.Minute {
		h.t.Errorf("after extend it stops in %v", left)
	}
	h.goes("idle", "gate", "45m", "--lifetime", "5h")
	m = h.becomes("gate", "well and idle", func(m jsonMachine) bool { return well(m) && !m.Health.Idle.IsZero() })
	if stop := m.Health.Idle.Add(45 * time.Minute); m.Health.StopAt.Sub(stop).Abs() > time.Second {
		h.t.Errorf("idle from %v, it stops at %v", m.Health.Idle, m.Health.StopAt)
	}
	h.run(exitUsage, "idle", "gate", "2m")
}

// stopsAndStarts changes the type in between; token and local port stay.
func (h *home) stopsAndStarts() {
	was := h.goes("open", "lab", "--no-tunnel")
	own := h.machine("lab").LocalPort // was.LocalPort is another where this one is taken just now
	h.run(0, "stop", "lab")
	if m := h.machine("lab"); m.State != "stopped" || m.URL != "" || m.Health != nil {
		h.t.Errorf("stopped: %+v", m)
	}
	for _, kind := range []string{"t3.small", "t2.micro"} {
		h.run(0, "resize", "lab", kind)
		if m := h.machine("lab"); m.State != "stopped" || m.Type != kind {
			h.t.Errorf("a %s: %+v", kind, m)
		}
	}
	got := h.goes("start", "lab")
	if tokenOf(h.t, got.URL) != tokenOf(h.t, was.URL) || got.LocalPort != own && got.PortNote == "" || got.InstanceID != was.InstanceID || !strings.Contains(got.Proof, "42") {
		h.t.Errorf("it was at %s, with the port %d for its own, and is at %s (%s)", was.URL, own, got.URL, got.Proof)
	}
	if got.Address == was.Address {
		h.t.Errorf("it has the address %s again: nothing was to be followed", got.Address)
	}
	h.run(0, "reboot", "lab")
	h.becomes("lab", "well after the reboot", well)
}

// modes changes how both are reached, at the same time; the groups follow.
func (h *home) modes() {
	h.run(exitUsage, "tunnel", "lab", "gate") // a gateway has none
	lab, gate := h.machine("lab"), h.machine("gate")
	http, ssh := h.starts("mode", "lab", "http", "--json"), h.starts("mode", "gate", "ssh", "--json")
	got := http.ready()
	http.ends()
	ssh.ends()
	answers(h.t, got.URL)
	if ports := h.ports(lab); ports != "map[22:true 8888:true]" || !strings.HasPrefix(got.URL, "https://"+got.Address) {
		h.t.Errorf("http mode: %s, open %s", got.URL, ports)
	}
	got = h.goes("mode", "lab", "ssh")
	if ports := h.ports(lab); ports != "map[22:true]" || !strings.HasPrefix(got.URL, "http://localhost:") {
		h.t.Errorf("ssh mode: %s, open %s", got.URL, ports)
	}
	h.tunnels()
	got = h.goes("mode", "gate", "gateway")
	if ports := h.ports(gate); ports != "map[22:true 8888:true]" || !strings.Contains(got.URL, "/api/kernelspecs") {
		h.t.Errorf("gateway mode: %s, open %s", got.URL, ports)
	}
}

// pairs starts a kernel in the notebook's own API, and finds its process on the
// gateway's machine.
func (h *home) pairs() {
	h.goes("gateway", "lab", "gate")
	opened := h.starts("open", "lab", "--json")
	got := opened.ready()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, at(h.t, got.PlainURL, "/api/kernels"), strings.NewReader("{}"))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+tokenOf(h.t, got.URL))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	var kernel struct{ ID string }
	if err := json.NewDecoder(res.Body).Decode(&kernel); err != nil || kernel.ID == "" {
		h.t.Fatalf("starting a kernel: %s, %v", res.Status, err)
	}
	_ = res.Body.Close()
	its := processes(h.t, "kernel-"+kernel.ID)
	if len(its) != 1 || !strings.Contains(its[0].args, h.disk(h.machine("gate"))) {
		h.t.Errorf("the kernel's processes are %v, not one of the gateway", its)
	}
	opened.interrupted()
	h.becomes("gate", "seen with the kernel", func(m jsonMachine) bool {
		return m.Health != nil && len(m.Health.Kernels) == 1 && m.Health.Kernels[0].ID == kernel.ID
	})
	h.goes("gateway", "lab", "none")
}

func tokenOf(t *testing.T, address string) string {
	t.Helper()
	_, token, ok := strings.Cut(address, "token=")
	if !ok || token == "" {
		t.Fatalf("%s has no token", address)
	}
	return token
}
