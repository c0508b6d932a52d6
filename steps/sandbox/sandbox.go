package sandbox

import (
	"context"
	"errors"
	"time"
)

// Environment variables that the process is started with.
const (
	// DirEnv names the sandbox's folder; it holds when Options.Dir is empty.
	DirEnv = "JUPYTER_EC2_SANDBOX_DIR"
	// SpeedEnv makes the cloud's delays shorter: 10 is ten times as fast. It
	// holds when Options.Speed is 0.
	SpeedEnv = "JUPYTER_EC2_SANDBOX_SPEED"
)

// Options say which sandbox is meant and how it behaves.
type Options struct {
	// Dir is the sandbox's folder, made 0700; empty means DirEnv.
	Dir string
	// Version is the program's own, kept in the state file.
	Version string
	// Speed divides the cloud's delays (an instance is pending for a second or
	// two): 10 is ten times as fast. 0 means SpeedEnv, else 1.
	Speed float64
	// Idle is how long the process stays without a client and without a running
	// instance; 0 means 30 minutes.
	Idle time.Duration
	// Args are this program's arguments that lead to Run; nil means "sandbox", "run".
	Args []string
	// Log takes Run's lines; nil drops them.
	Log func(line string)
}

// Info is how to speak to a running sandbox.
type Info struct {
	URL             string // http://127.0.0.1:PORT
	AccessKeyID     string
	SecretAccessKey string
	PID             int
	Version         string // of the program that runs it
}

// Instance is one line of Status.
type Instance struct {
	ID    string
	Name  string
	State string
}

// State is what Status answers.
type State struct {
	Running   bool
	Info      Info
	Since     time.Time
	Instances []Instance
}

// Ensure answers with the running sandbox, or starts one and waits until it answers.
func Ensure(ctx context.Context, o Options) (Info, error) { return Info{}, errors.New("not yet") }

// Run is the sandbox's process: it serves until ctx ends, it is told to stop,
// or it has been idle for long enough, and then ends every process of its hosts.
func Run(ctx context.Context, o Options) error { return errors.New("not yet") }

// Status says whether it runs and what it holds.
func Status(ctx context.Context, o Options) (State, error) { return State{}, errors.New("not yet") }

// Stop ends the process and its hosts; none running is success.
func Stop(ctx context.Context, o Options) error { return errors.New("not yet") }
