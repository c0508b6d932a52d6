package hosttest

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Each mode on a machine of its own, from launch to the URL; then the machine
// reboots, and is stopped and started, which gives it another address.
func TestGuide(t *testing.T) {
	t.Parallel() // its parts take turns with all other tests
	for _, c := range []struct {
		mode      steps.Mode
		installer steps.Installer
	}{
		{steps.ModeSSH, steps.InstallerUV},
		{steps.ModeHTTP, steps.InstallerUV},
		{steps.ModeGateway, steps.InstallerUV}, // pip: TestFirstBoot
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			w := newWorld(t, testhost.Spec{})
			await.Allow(t, await.Long, "installs, and then boots three times")
			a := answers(c.mode, c.installer)
			first := w.open(a, nil)
			id := first.Setup.Resources.InstanceID

			if err := w.machine(id).Reboot(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.prove(first)

			w.stop(id)
			if first.Tunnel != nil {
				w.wait("the tunnel to notice that it is down", func() bool { return first.Tunnel.State() != "up" })
				w.start(id)
				w.prove(first) // the tunnel finds the new address
				if err := first.Close(); err != nil {
					t.Error(err)
				}
			}
			again := w.open(a, nil)
			if again.Setup.PublicAddr == first.Setup.PublicAddr {
				t.Error("the machine has the same public address after a stop and a start")
			}
			if token(t, again) != token(t, first) || again.Setup.LocalPort != first.Setup.LocalPort {
				t.Errorf("token or port changed: %s, then %s", first.Plain, again.Plain)
			}
			if n := len(w.Cloud.Instances()); n != 1 {
				t.Errorf("%d instances", n)
			}
		})
	}
}

// prove runs a cell at the URL as it was shown.
func (w *world) prove(o *steps.Opened) {
	w.t.Helper()
	began := time.Now()
	ctx := await.Context(w.t)
	u, err := url.Parse(o.Plain)
	if err != nil {
		w.t.Fatal(err)
	}
	ep := jupyter.Endpoint{URL: u.Scheme + "://" + u.Host, Token: token(w.t, o)}
	if o.Fingerprint != "" {
		if ep.PinSHA256, err = jupyter.ParsePin(o.Fingerprint); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := jupyter.Ready(ctx, ep); err != nil {
		w.t.Fatalf("%+v", steps.Explain(err))
	}
	proof, err := jupyter.Prove(ctx, ep, func(string) {})
	if err != nil || proof.Output != "42" {
		w.t.Fatalf("%+v, %v", proof, err)
	}
	w.t.Logf("proved again in %.1f s", time.Since(began).Seconds())
}

func token(t testing.TB, o *steps.Opened) string {
	t.Helper()
	u, err := url.Parse(o.URL)
	if err != nil || u.Query().Get("token") == "" {
		t.Fatalf("no token in %q: %v", o.URL, err)
	}
	return u.Query().Get("token")
}

func (w *world) stop(id string) {
	w.t.Helper()
	if err := w.region().Stop(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
	w.await(id, aws.StateStopped)
}

func (w *world) start(id string) {
	w.t.Helper()
	if err := w.region().Start(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
	w.await(id, aws.StateRunning)
}

func (w *world) await(id string, state aws.State) {
	w.t.Helper()
	if _, err := w.region().WaitState(w.t.Context(), id, state, nil); err != nil {
		w.t.Fatal(err)
	}
}

// wait waits for something on this computer.
func (w *world) wait(what string, done func() bool) {
	w.t.Helper()
	await.Until(w.t, what, done)
}

// What only a first boot has: sshd answers before logins are permitted, and
// another process holds apt's locks. Each is let go of when the guide says
// that it waits.
func TestFirstBoot(t *testing.T) {
	w := newWorld(t, testhost.Spec{Prepare: firstBoot})
	await.Allow(t, await.Long, "installs with apt and pip, which takes several times longer than uv")
	h := make(chan *testhost.Host, 1)
	w.booted = func(up *testhost.Host) { h <- up }
	release := func(machine *testhost.Host, what string) {
		if _, err := machine.Run(t.Context(), "touch /run/"+what); err != nil {
			t.Error(err)
		}
	}
	var machine *testhost.Host
	waited := map[string]bool{}
	w.open(answers(steps.ModeSSH, steps.InstallerPip), func(e steps.Event) {
		if machine == nil && e.Step == steps.StepConnect {
			machine = <-h
		}
		for text, what := range map[string]string{
			"The host is still starting": "permitted",
			"Another apt is at work":     "apt-done",
		} {
			if strings.Contains(e.Text, text) && !waited[what] {
				waited[what] = true
				release(machine, what)
			}
		}
	})
	if !waited["permitted"] || !waited["apt-done"] {
		t.Errorf("the guide waited for %v", waited)
	}
}

const firstBoot = `
cat >/etc/systemd/system/slow-boot.service <<'END'
[Unit]
Before=systemd-user-sessions.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'until [ -e /run/permitted ] && [ -e /run/apt-held ]; do sleep 0.1; done'
[Install]
WantedBy=multi-user.target
END
cat >/usr/local/sbin/hold-apt <<'END'
import fcntl, os, time
locks = [open(p, "w") for p in ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock")]
for l in locks:
    fcntl.lockf(l, fcntl.LOCK_EX)
open("/run/apt-held", "w").close()
while not os.path.exists("/run/apt-done"):
    time.sleep(0.1)
END
cat >/etc/systemd/system/hold-apt.service <<'END'
[Service]
ExecStart=/usr/bin/python3 /usr/local/sbin/hold-apt
[Install]
WantedBy=multi-user.target
END
systemctl enable -q slow-boot hold-apt
`

// A connection that is lost during the install loses no line and shows none
// twice, also when the login shell prints text of its own.
func TestCutDuringTheInstall(t *testing.T) {
	await.Allow(t, await.Long, "installs, and loses the connection meanwhile")
	w := newWorld(t, testhost.Spec{Prepare: chattyShell})
	h := make(chan *testhost.Host, 1)
	w.booted = func(up *testhost.Host) { h <- up }
	var machine *testhost.Host
	var lines []string
	mended := false
	_, err := w.work(answers(steps.ModeSSH, steps.InstallerUV), func(e steps.Event) {
		switch {
		case e.Step != steps.StepInstall:
		case e.Kind == steps.Output && machine == nil:
			machine = <-h
			if err := machine.Dark(t.Context(), true); err != nil {
				t.Error(err)
			}
		case e.Kind == steps.Retrying && !mended:
			mended = true
			if err := machine.Dark(t.Context(), false); err != nil {
				t.Error(err)
			}
		}
		if e.Step == steps.StepInstall && e.Kind == steps.Output && !e.Partial {
			lines = append(lines, e.Text)
		}
	})
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	text := "\n" + strings.Join(lines, "\n") + "\n"
	if !mended {
		t.Error("the connection was not made again")
	}
	if strings.Contains(text, "Welcome") {
		t.Errorf("the login shell's text is among the log's:\n%s", text)
	}
	for _, once := range []string{"\nPython 3", "\nAsking ", "\n$ ~/.jupyter-ec2/bin/uv venv", "notebook jupyter_kernel_gateway ipykernel pip\n", "\nJupyter is installed.\n"} {
		if n := strings.Count(text, once); n != 1 {
			t.Errorf("%q was said %d times in\n%s", once, n, text)
		}
	}
}
