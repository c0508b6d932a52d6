package engine

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Config is what a Guide is made of. Everything from outside comes in here.
type Config struct {
	Dir     string // state folder: setups/, keys/, tokens/, certs/, known_hosts
	Sandbox bool   // nothing is on AWS and nothing costs money
	Ask     steps.Asker
	Env     func(name string) string // the environment, as os.Getenv
	Environ []string                 // all of it, as os.Environ
	SSHDir  string                   // where a person keeps keys, ~/.ssh
	// Open opens an account; the sandbox and the tests give another one.
	Open func(ctx context.Context, o aws.Options) (Cloud, error)
	// SSHPort answers on which port an instance's SSH server listens; nil means 22.
	SSHPort func(i aws.Instance) int
	// Ended tells how the opened cloud has ended, and CloudRuns while it has not;
	// nil means that it never does.
	Ended func() CloudEnding
	// Beside is the state folder of the other world, AWS or the sandbox, whose
	// setups have local ports of their own too; empty where there is none.
	Beside string
	// LocalPort is the first local port that is given out; 0 means 8888.
	LocalPort int
	// Patience bounds each wait for the cloud or the host; 0 means 10 minutes.
	Patience time.Duration
	// Minute is how long a minute of the limits lasts; 0 means a minute.
	Minute time.Duration
	Now    func() time.Time
	// Background counts what goes on after a method has returned; nil means that
	// nobody waits for it.
	Background *sync.WaitGroup
	// Log takes lines about calls of AWS, dials, jobs, steps and machines'
	// states, without a secret; nil writes none.
	Log *slog.Logger
}
