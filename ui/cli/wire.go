package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/adrg/xdg"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/sandbox"
)

// sshPortTag is where the sandbox says on which port an instance's SSH server
// listens; see ec2sim.SSHPortTag.
const sshPortTag = "jupyter-ec2-sandbox-ssh-port"

// stateDir is a folder of the program's state: $XDG_STATE_HOME/jupyter-ec2/part.
func stateDir(part string) string { return filepath.Join(xdg.StateHome, name, part) }

// wire makes the engine of one world. Nothing is opened or started before the
// engine needs it.
func (p *Program) wire(inSandbox bool, ask steps.Asker) (steps.Engine, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "." // a person without a home still has keys by path
	}
	c := engine.Config{
		Dir: stateDir("aws"), Beside: stateDir("sandbox"), Ask: ask, Env: p.Getenv, Environ: os.Environ(), SSHDir: filepath.Join(home, ".ssh"),
		Open: engine.OpenAWS, Now: p.Now, Background: &p.background, Log: p.trace,
	}
	if inSandbox {
		c.Dir, c.Beside, c.Sandbox = c.Beside, c.Dir, true
		var opened atomic.Int64 // the sandbox's process, 0 before it is opened
		c.Open = func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
			cloud, pid, err := p.openSandbox(ctx, o)
			opened.Store(int64(pid))
			return cloud, err
		}
		c.Ended = func() engine.CloudEnding { return p.sandboxEnded(int(opened.Load())) }
		c.SSHPort = sshPort
	}
	return engine.New(c), nil
}

func (p *Program) sandboxOptions() sandbox.Options {
	return sandbox.Options{Dir: filepath.Join(stateDir("sandbox"), "cloud"), Version: version()}
}

// guardedSandbox is an error where others could have put what is not the sandbox's
// in the place of its process, or of its machines' disks.
func (p *Program) guardedSandbox() error {
	return cmp.Or(engine.Guarded(stateDir("sandbox")), engine.Guarded(p.sandboxOptions().Dir))
}

// sandboxRuns asks whether the sandbox runs, and leaves it as it is.
func (p *Program) sandboxRuns(ctx context.Context) bool {
	s, err := sandbox.Status(ctx, p.sandboxOptions())
	return err == nil && s.Running
}

// sandboxEnded tells how the sandbox of that process has ended, if it has.
func (p *Program) sandboxEnded(pid int) engine.CloudEnding {
	switch ended, died := sandbox.Ended(p.sandboxOptions(), pid); {
	case pid == 0 || !ended:
		return engine.CloudRuns
	case died:
		return engine.CloudDied
	}
	return engine.CloudStopped
}

// openSandbox opens the sandbox's only account, whatever the profile, and tells
// its process.
func (p *Program) openSandbox(ctx context.Context, o aws.Options) (cloud engine.Cloud, pid int, err error) {
	if err := p.guardedSandbox(); err != nil {
		return nil, 0, err
	}
	info, err := sandbox.Ensure(ctx, p.sandboxOptions())
	if err != nil {
		return nil, 0, err
	}
	o.Profile = ""
	o.Endpoint = &aws.Endpoint{URL: info.URL, AccessKeyID: info.AccessKeyID, SecretAccessKey: info.SecretAccessKey}
	cloud, err = engine.OpenAWS(ctx, o)
	return cloud, info.PID, err
}

func sshPort(i aws.Instance) int {
	if port, err := strconv.Atoi(i.Tags[sshPortTag]); err == nil {
		return port
	}
	return 22
}
