package engine_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// One machine with a real Jupyter, which takes its time to install: the doctor
// in ssh mode, the server mended, the doctor in gateway mode, and a notebook
// here with that gateway's kernels.
func TestDoctorOfARealJupyter(t *testing.T) {
	if testing.Short() {
		t.Skip("installs Jupyter from the package index")
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a loopback address for each host")
	}
	await.Turn(t)
	await.Allow(t, 2*await.Long, "installs Jupyter, and serves with it four times")
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.MFA = true })
	w.serve(steps.ModeSSH)
	w.allWell()
	w.serverMended()
	w.settingsRefused()
	w.strayEnded()
	w.imageBegun()
	w.nothingRuns()
	w.watched()
	w.serve(steps.ModeGateway)
	w.allWell()
	w.notebookThatEnds()
	w.notebookHere()
}

// serve goes through the whole guide.
func (w *world) serve(mode steps.Mode) {
	w.t.Helper()
	a := enginetest.Answers()
	a.Mode, a.IdleStop, a.Lifetime = mode, steps.Never, steps.Never
	if err := w.until(w.t.Context(), w.Guide(), a, steps.StepOpen); err != nil {
		w.t.Fatalf("%v: %+v", err, steps.Explain(err))
	}
}

// login is a connection to the machine beside the guide's.
func (w *world) login() *remote.Client {
	w.t.Helper()
	s := w.Only()
	key, err := remote.LoadKey(s.Resources.KeyPath, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	i, err := w.Region().Instance(w.t.Context(), s.Resources.InstanceID)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := remote.Dial(w.t.Context(),
		remote.Target{Addr: i.PublicIP + ":" + i.Tags[ec2sim.SSHPortTag], User: "ubuntu", InstanceID: i.ID},
		remote.Auth{Signers: []remote.Signer{key}}, remote.HostKeyCheck{Known: remote.NewHostKeys(s.KnownHosts)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// allWell says which check is not ok.
func (w *world) allWell() {
	w.t.Helper()
	for _, c := range w.doctor(w.Guide(), w.Only().ID) {
		if c.State != steps.CheckOK {
			w.t.Errorf("%+v", c)
		}
	}
}

// serverMended stops the server; the doctor finds it, and mends it.
func (w *world) serverMended() {
	t, host := w.t, w.login()
	t.Helper()
	facts, err := jupyter.Probe(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	if err := jupyter.StopServer(t.Context(), host, facts); err != nil {
		t.Fatal(err)
	}
	checks := w.doctor(w.Guide(), w.Only().ID)
	w.expect(checks, map[string]steps.CheckState{
		"install": steps.CheckOK, "server": steps.CheckBad, "path": steps.CheckSkipped, "proof": steps.CheckSkipped,
	})
	if c := checks["server"]; c.Fix == "" || !strings.Contains(c.Text, "The last lines of its log:\n") {
		t.Errorf("%+v", c)
	}
	if err := w.Guide().FixCheck(t.Context(), w.Only().ID, "server", func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	w.allWell()
}

// settingsRefused has a file of the person's keep the server from starting: the
// doctor names it, and what has to be done before the restart.
func (w *world) settingsRefused() {
	t, host := w.t, w.login()
	t.Helper()
	const file = ".jupyter/jupyter_config.py"
	if err := host.Upload(t.Context(), file, 0, strings.NewReader("c.ServerApp.password_required = True\n")); err != nil {
		t.Fatal(err)
	}
	facts, err := jupyter.Probe(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	if err := jupyter.RestartServer(t.Context(), host, facts, nil); err != nil {
		t.Fatal(err)
	}
	w.serverEnds(host, facts)
	c := w.doctor(w.Guide(), w.Only().ID)["server"]
	next := c.Next.String()
	if c.State != steps.CheckBad || c.Fix == "" || !strings.Contains(c.Text, "~/"+file) || strings.Contains(c.Text, "jupyter-ec2: ") ||
		!strings.Contains(next, "password_required") || !strings.Contains(next, "[restart-server") {
		t.Errorf("%+v", c)
	}
	if _, err := host.Output(t.Context(), "rm "+file); err != nil {
		t.Fatal(err)
	}
	if err := w.Guide().FixCheck(t.Context(), w.Only().ID, "server", func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	w.allWell()
}

// strayEnded has a second server of ours run there, which no record knows.
func (w *world) strayEnded() {
	t, host := w.t, w.login()
	t.Helper()
	const another = `cd; PATH=$PWD/.jupyter-ec2/venv/bin:$PATH
ip=$(sed -n 's/.*--ServerApp.ip=\([0-9.]*\).*/\1/p' .jupyter-ec2/server/run)
setsid jupyter notebook --no-browser --config="$PWD/.jupyter-ec2/server/config.py" --ServerApp.ip="$ip" --ServerApp.port=8890 --ServerApp.port_retries=0 </dev/null >/dev/null 2>&1 &`
	if _, err := host.Output(t.Context(), another); err != nil {
		t.Fatal(err)
	}
	w.strayComes(host, 8890)
	c := w.doctor(w.Guide(), w.Only().ID)["server"]
	if c.State != steps.CheckWarn || !strings.Contains(c.Text, "on port 8890") || c.Fix == "" {
		t.Errorf("%+v", c)
	}
	if err := w.Guide().FixCheck(t.Context(), w.Only().ID, "server", func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	w.allWell()
}

// imageBegun has an image of the machine begun and not finished: whoever opens
// the URL, and the doctor, say so, and the doctor puts the machine back.
func (w *world) imageBegun() {
	t, id := w.t, w.Only().ID
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	// A minute in which EC2 may not show an image lasts a second.
	g := w.Guide(func(c *engine.Config) { c.Minute = time.Second })
	_, err := g.SaveImage(ctx, id, steps.ImageWish{Name: "team"}, func(e steps.Event) {
		if strings.HasPrefix(e.Text, "Asking EC2") {
			kill()
		}
	})
	if err == nil {
		t.Fatal("the image was made")
	}
	if _, err := g.Reopen(t.Context(), id); title(err) != "An image of the machine was begun and not finished" || !strings.Contains(steps.Explain(err).Text, "team") {
		t.Errorf("opened: %v", err)
	}
	checks := w.doctor(g, id)
	w.expect(checks, map[string]steps.CheckState{"install": steps.CheckOK, "server": steps.CheckBad, "path": steps.CheckSkipped, "proof": steps.CheckSkipped})
	if c := checks["server"]; !strings.Contains(c.Text, "An image, team, was begun.") || c.Next.Empty() || c.Fix == "" {
		t.Errorf("%+v", c)
	}
	if err := g.FixCheck(t.Context(), id, "server", func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	w.allWell()
}

// nothingRuns has the login shell end before any command: what cannot be seen
// then is left out, and nothing is said to be missing.
func (w *world) nothingRuns() {
	t, host := w.t, w.login()
	t.Helper()
	home, err := host.Output(t.Context(), `printf %s "$HOME"`)
	if err != nil {
		t.Fatal(err)
	}
	rc := filepath.Join(home, ".bashrc")
	before, err := os.ReadFile(rc)
	if err != nil {
		t.Fatal(err)
	}
	write := func(content string) {
		if err := os.WriteFile(rc, []byte(content), 0o644); err != nil { //nolint:gosec // as it was
			t.Fatal(err)
		}
	}
	write("exit 0\n" + string(before))
	defer write(string(before))
	if out, err := host.Output(t.Context(), "echo runs"); err == nil {
		t.Logf("this computer's shell does not read ~/.bashrc for a command over SSH: %q", out)
		return
	}
	checks := w.doctor(w.Guide(), w.Only().ID)
	w.expect(checks, map[string]steps.CheckState{
		"ssh": steps.CheckOK, "host": steps.CheckBad, "install": steps.CheckSkipped, "server": steps.CheckSkipped,
		"watcher": steps.CheckSkipped, "path": steps.CheckSkipped, "proof": steps.CheckSkipped,
	})
	if c := checks["host"]; !strings.Contains(c.Text, "~/.bashrc") {
		t.Errorf("%+v", c)
	}
}

// watched has the machine watched, by a watcher that may not stop it and by one
// that may.
func (w *world) watched() {
	t, host := w.t, w.login()
	t.Helper()
	facts, err := jupyter.Probe(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	a := enginetest.Answers()
	a.IdleStop, a.Lifetime = steps.Limit(90*time.Minute), steps.Never
	if _, err := w.Guide().Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if c := w.doctor(w.Guide(), w.Only().ID)["watcher"]; c.State != steps.CheckWarn || !strings.Contains(c.Text, "after 90 minutes idle") {
		t.Errorf("asked for only: %+v", c)
	}
	if err := w.until(t.Context(), w.Guide(), a, steps.StepServe); err != nil {
		t.Fatalf("%v: %+v", err, steps.Explain(err))
	}
	for _, armed := range []bool{false, true} {
		spec := jupyter.WatchSpec{Idle: 90 * time.Minute, Armed: armed, Mode: string(a.Mode), Facts: facts}
		want, text := steps.CheckOK, "after 90 minutes idle"
		if !armed {
			spec.Unarmed, want, text = "its disk would be lost", steps.CheckWarn, "its disk would be lost"
		}
		if err := jupyter.Watch(t.Context(), host, spec); err != nil {
			t.Fatal(err)
		}
		c := w.doctor(w.Guide(), w.Only().ID)["watcher"]
		if c.State != want || !strings.Contains(c.Text, text) {
			t.Errorf("armed %v: %+v", armed, c)
		}
	}
}

// notebookThatEnds has a Jupyter here that does not stay up.
func (w *world) notebookThatEnds() {
	t, dir := w.t, w.t.TempDir()
	t.Helper()
	script := "#!/bin/sh\n[ \"$2\" = --version ] || { echo 'no, ?token='$JUPYTER_TOKEN; exit 1; }\n"
	if err := os.WriteFile(filepath.Join(dir, "jupyter"), []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	_, err := w.Guide().Notebook(t.Context(), w.Only().ID, steps.UILab, func(steps.Event) {})
	if p := steps.Explain(err); p.Title != "Jupyter on this computer ended" || !strings.Contains(p.Text, "no, ?token=[secret]") {
		t.Errorf("%+v", p)
	}
}

// notebookHere runs a cell in a notebook on this computer: the kernel is the
// gateway's. No secret is told or in an argument list, and it ends as it is
// asked to.
func (w *world) notebookHere() {
	t := w.t
	t.Helper()
	home, err := w.login().Output(t.Context(), `printf %s "$HOME"`)
	if err != nil {
		t.Fatal(err)
	}
	// The machine's venv is on this computer, and so has a Jupyter for it.
	bin := filepath.Join(home, ".jupyter-ec2/venv/bin")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("HOME", t.TempDir())
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var mu sync.Mutex
	var told []string
	n, err := w.Guide().Notebook(ctx, w.Only().ID, steps.UILab, func(e steps.Event) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, e.Text)
	})
	if err != nil {
		t.Fatalf("%v: %+v\n%s", err, steps.Explain(err), strings.Join(told, "\n"))
	}
	u, err := url.Parse(n.URL())
	if err != nil || u.Hostname() != "127.0.0.1" {
		t.Fatalf("%s: %v", u.Redacted(), err)
	}
	token := u.Query().Get("token")
	gatewayToken, err := os.ReadFile(filepath.Join(w.Dir, "tokens", w.Only().ID))
	if err != nil {
		t.Fatal(err)
	}
	cell := exec.CommandContext(t.Context(), filepath.Join(bin, "python"), "testdata/cell.py") //nolint:gosec // the machine's own
	cell.Env = append(os.Environ(), "URL=http://"+u.Host, "TOKEN="+token,
		`CELL=import os; print(os.getcwd(), os.environ.get("HOME"), "kernelgateway" in open(f"/proc/{os.getppid()}/cmdline").read())`)
	out, err := cell.CombinedOutput()
	if err != nil || string(out) != home+" "+home+" True\n" {
		t.Errorf("the cell printed %q (%v), want the gateway's folder and HOME, %s", out, err, home)
	}
	for _, secret := range []string{token, strings.TrimSpace(string(gatewayToken))} {
		if secret == "" || strings.Contains(processes(t), secret) {
			t.Error("a token is in an argument list")
		}
		mu.Lock()
		if strings.Contains(strings.Join(told, "\n"), secret) {
			t.Errorf("a token is told:\n%s", strings.Join(told, "\n"))
		}
		mu.Unlock()
	}
	leave()
	<-n.Done()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(w.Dir, "notebooks", "*")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// processes are the argument lists of all processes.
func processes(t *testing.T) string {
	t.Helper()
	lists, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(lists) == 0 {
		t.Fatalf("no processes: %v", err)
	}
	var all strings.Builder
	for _, path := range lists {
		b, _ := os.ReadFile(path) // it may have ended
		all.Write(b)
	}
	return all.String()
}

func TestNotebookThatDoesNotStart(t *testing.T) {
	w := newWorld(t, nil)
	s, err := w.Guide().Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	t.Setenv("PATH", empty)
	_, err = w.Guide().Notebook(t.Context(), s.ID, steps.UILab, func(steps.Event) {})
	if p := steps.Explain(err); p.Title != "There is no Jupyter on this computer" || !strings.Contains(p.Next.String(), "pip install notebook") {
		t.Errorf("%+v", p)
	}
	script := "#!/bin/sh\n[ \"$2\" = --version ]\n"
	if err := os.WriteFile(filepath.Join(empty, "jupyter"), []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	_, err = w.Guide().Notebook(t.Context(), s.ID, steps.UILab, func(steps.Event) {})
	if p := steps.Explain(err); p.Title != "This is not a gateway" {
		t.Errorf("%+v", p)
	}
	a := enginetest.Answers()
	a.Name, a.Mode = "gateway", steps.ModeGateway
	if s, err = w.Guide().Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	_, err = w.Guide().Notebook(t.Context(), s.ID, steps.UILab, func(steps.Event) {})
	if p := steps.Explain(err); p.Title != "The gateway's machine is not running" {
		t.Errorf("%+v", p)
	}
}
