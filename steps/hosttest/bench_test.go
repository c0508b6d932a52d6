package hosttest

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// coldCaches has a machine download everything, as one on EC2 does: the other
// tests' machines share what was downloaded once.
const coldCaches = `sed -i /_CACHE_DIR=/d /etc/environment`

// BenchmarkGuide is the guide from a machine that has booted to a cell that
// ran: its commands typed into OpenSSH by somebody who types without a pause,
// and the same by the program, with either installer. Each has a machine of its
// own with the same disk, downloads everything, and then does it all a second
// time. On machines with cloud-init, as EC2's are, the launch counts too: the
// program has them begin the install when they boot. It is part of make bench.
func BenchmarkGuide(b *testing.B) {
	testhost.Need(b)
	for _, name := range []string{"booted", "launched"} {
		spec := testhost.Spec{Prepare: coldCaches}
		if name == "launched" {
			spec.CloudInit = &testhost.CloudInit{InstanceID: "i-0123456789abcdef0"}
		}
		unpack(b, spec)
		b.Run(name+" hand", func(b *testing.B) {
			for b.Loop() {
				byHand(b, spec)
			}
		})
		for _, installer := range []steps.Installer{steps.InstallerUV, steps.InstallerPip} {
			b.Run(name+" "+string(installer), func(b *testing.B) {
				for b.Loop() {
					byProgram(b, spec, installer)
				}
			})
		}
	}
}

// unpack makes what such machines begin with, which counts for none of them.
func unpack(b *testing.B, spec testhost.Spec) {
	h, err := lab.New(b.Context(), spec)
	if err != nil {
		b.Fatal(err)
	}
	if err := h.Remove(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// typist types the guide's commands.
type typist struct {
	b     *testing.B
	ssh   []string // the command that logs in
	port  int
	token string
}

func byHand(b *testing.B, spec testhost.Spec) {
	pair, err := remote.Generate("bench")
	if err != nil {
		b.Fatal(err)
	}
	key := filepath.Join(b.TempDir(), "key.pem")
	if err := remote.WriteKeyFile(key, pair.Private); err != nil {
		b.Fatal(err)
	}
	spec.AuthorizedKeys = []string{pair.Public}
	launched := time.Now()
	h := lab.Start(b, spec)
	p := &typist{b: b, port: await.Port(b), token: strings.Repeat("0f", 24), ssh: []string{
		"ssh", "-F", "/dev/null", "-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=" + key + ".hosts", "-i", key, "ubuntu@" + h.Public().String(),
	}}
	await.Until(b, "the SSH server", func() bool {
		return exec.Command(p.ssh[0], append(p.ssh[1:len(p.ssh):len(p.ssh)], "true")...).Run() == nil
	})

	began := time.Now()
	p.types(strings.Join(steps.Manual(steps.StepInstall, answers(steps.ModeSSH, steps.InstallerPip), nil), "\n"))
	installed := time.Now()
	p.types(fmt.Sprintf("JUPYTER_TOKEN=%s nohup ~/.jupyter-ec2/venv/bin/%s >server.log 2>&1 &\n%s", p.token, steps.Manual(steps.StepServe, answers(steps.ModeSSH, steps.InstallerPip), nil)[0], untilItAnswers))
	served := time.Now()
	p.proves()
	ended := time.Now()
	report(b, map[string]time.Duration{"install-s": installed.Sub(began), "serve-s": served.Sub(installed), "prove-s": ended.Sub(served), "all-s": ended.Sub(began), "launch-s": ended.Sub(launched)})

	p.types(strings.Join(steps.Manual(steps.StepInstall, answers(steps.ModeSSH, steps.InstallerPip), nil), "\n"))
	p.types(untilItAnswers)
	p.proves()
	report(b, map[string]time.Duration{"again-s": time.Since(ended)})
}

// untilItAnswers is what a person sees in the server's log.
const untilItAnswers = "until curl -s -o /dev/null http://localhost:8888/api; do sleep 0.05; done"

// types types lines into one login.
func (p *typist) types(lines string) {
	script := "bash -lec '" + strings.ReplaceAll(lines, "'", `'\''`) + "'"
	cmd := exec.CommandContext(p.b.Context(), p.ssh[0], append(p.ssh[1:len(p.ssh):len(p.ssh)], script)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		p.b.Fatalf("%v\n%s", err, out)
	}
}

// proves runs a cell through the tunnel.
func (p *typist) proves() {
	ctx, cancel := context.WithCancel(p.b.Context())
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d", p.port)
	tunnel := exec.CommandContext(ctx, p.ssh[0], append([]string{"-N", "-L", fmt.Sprintf("%d:localhost:8888", p.port)}, p.ssh[1:]...)...)
	if err := tunnel.Start(); err != nil {
		p.b.Fatal(err)
	}
	defer func() { cancel(); _ = tunnel.Wait() }() // it was killed
	await.Until(p.b, "the tunnel", func() bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api", nil)
		if err != nil {
			p.b.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		return err == nil && resp.Body.Close() == nil
	})
	proof, err := jupyter.Prove(ctx, jupyter.Endpoint{URL: url, Token: p.token}, nil)
	if err != nil || proof.Output != "42" {
		p.b.Fatalf("%+v, %v", proof, err)
	}
}

func byProgram(b *testing.B, spec testhost.Spec, installer steps.Installer) {
	testhost.Need(b)
	w := &world{t: b, port: await.Port(b), spec: spec, machines: map[string]*testhost.Host{}}
	b.Cleanup(w.report)
	w.World = enginetest.New(b, ec2sim.Options{Hosts: w})
	w.Patience = await.Long
	defer func() {
		for id := range w.machines {
			if err := w.Terminate(context.Background(), id); err != nil {
				b.Error(err)
			}
		}
	}()
	began, ended := map[steps.StepID]time.Time{}, map[steps.StepID]time.Time{}
	run := func() {
		o := w.open(answers(steps.ModeSSH, installer), func(e steps.Event) {
			if e.Kind == steps.Started {
				began[e.Step] = time.Now()
			} else if e.Kind == steps.Finished {
				ended[e.Step] = time.Now()
			}
		})
		if err := o.Close(); err != nil {
			b.Error(err)
		}
	}
	launched := time.Now()
	run()
	launch := time.Since(launched)
	took := map[string]time.Duration{"all-s": ended[steps.StepOpen].Sub(began[steps.StepConnect])}
	for id, unit := range map[steps.StepID]string{steps.StepInstall: "install-s", steps.StepServe: "serve-s", steps.StepOpen: "prove-s"} {
		took[unit] = ended[id].Sub(began[id])
	}
	again := time.Now()
	run()
	took["again-s"], took["launch-s"] = time.Since(again), launch
	report(b, took)
}

func report(b *testing.B, took map[string]time.Duration) {
	for unit, d := range took {
		b.ReportMetric(d.Seconds(), unit)
	}
}
