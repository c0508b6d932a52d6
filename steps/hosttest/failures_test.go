package hosttest

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/testhost"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func contains(text, word string) bool { return strings.Contains(text, word) }

// An old and a new Python: each gets the newest Jupyter that it can run.
func TestOtherPythons(t *testing.T) {
	t.Parallel() // its parts take turns with all other tests
	testhost.Need(t)
	for release, python := range map[string]string{"bullseye": "3.9.", "trixie": "3.13."} {
		t.Run(release, func(t *testing.T) {
			await.Allow(t, await.Long, "goes through the whole guide, and downloads what this Python alone needs")
			w := newWorld(t, testhost.Spec{Release: release, Plain: true})
			o := w.open(answers(steps.ModeSSH, steps.InstallerUV), nil)
			if !strings.Contains(o.Proof, "by Python "+python) {
				t.Errorf("the proof is %q, want Python %s", o.Proof, python)
			}
		})
	}
}

// Machines with less than EC2's images have: the guide continues without it.
func TestPoorMachines(t *testing.T) {
	t.Parallel() // its parts take turns with all other tests
	for _, c := range []struct {
		name      string
		spec      testhost.Spec
		mode      steps.Mode
		installer steps.Installer
		said      string // by the guide on its way
	}{
		{"no systemd", testhost.Spec{Plain: true}, steps.ModeGateway, steps.InstallerUV, ""},
		{"no sudo", testhost.Spec{Prepare: noSudo}, steps.ModeHTTP, steps.InstallerPip, "because sudo cannot be used on this machine"},
		{"700 MB of memory", testhost.Spec{MemoryMB: 700}, steps.ModeSSH, steps.InstallerUV, "700 MB of memory and no swap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			await.Allow(t, await.Long, "goes through the whole guide on a machine that is slow at it")
			w := newWorld(t, c.spec)
			w.open(answers(c.mode, c.installer), nil)
			if !w.saidLine(c.said) {
				t.Errorf("it was not said that %q", c.said)
			}
			for _, h := range w.machines {
				if out, err := h.Run(t.Context(), "ls /swapfile-jupyter-ec2 2>/dev/null || echo none; grep swapfile /etc/fstab || :"); err != nil || out != "none\n" {
					t.Errorf("swap that cannot be used is left behind: %s, %v", out, err)
				}
			}
		})
	}
}

const noSudo = "rm /etc/sudoers.d/90-cloud-init-users"

// Machines on which it cannot work: a plain message each.
func TestHopelessMachines(t *testing.T) {
	t.Parallel() // its parts take turns with all other tests
	offline := func(t *testing.T, h *testhost.Host) error { return h.Offline(t.Context(), true) }
	refused := func(t *testing.T, h *testhost.Host) error { return h.Refused(t.Context(), true) }
	for _, c := range []struct {
		name      string
		spec      testhost.Spec
		booted    func(*testing.T, *testhost.Host) error
		installer steps.Installer
		title     string
		said      string
		before    string // a line that must not have come
	}{
		{"300 MB of disk", testhost.Spec{DiskMB: 300}, nil, steps.InstallerUV, "The machine's disk is full", "600 MB", "Downloading"},
		{"no name server, uv", testhost.Spec{}, offline, steps.InstallerUV, "The package index cannot be found", "pypi.org", "Downloading"},
		{"no name server, apt", testhost.Spec{}, offline, steps.InstallerPip, "The package index cannot be found", "deb.debian.org", "$ pip install"},
		{"index refuses, uv", testhost.Spec{}, refused, steps.InstallerUV, "The package index cannot be reached", "pypi.org", "Downloading"},
		{"index refuses, apt", testhost.Spec{}, refused, steps.InstallerPip, "The package index cannot be reached", "deb.debian.org", "$ pip install"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.spec)
			if c.booted != nil {
				w.booted = func(h *testhost.Host) {
					if err := c.booted(t, h); err != nil {
						t.Error(err)
					}
				}
			}
			w.fails(answers(steps.ModeSSH, c.installer), c.title, c.said)
			if w.saidLine(c.before) {
				t.Errorf("%q was said before", c.before)
			}
		})
	}
}
