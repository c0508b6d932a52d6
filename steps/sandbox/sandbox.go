package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Environment variables that the process is started with.
const (
	// DirEnv names the sandbox's folder; it holds when Options.Dir is empty.
	DirEnv = "JUPYTER_EC2_SANDBOX_DIR"
	// SpeedEnv makes the cloud's delays shorter: 10 is ten times as fast. It
	// holds when Options.Speed is 0.
	SpeedEnv = "JUPYTER_EC2_SANDBOX_SPEED"
	// startEnv is the ID of the start that the process comes from.
	startEnv = "JUPYTER_EC2_SANDBOX_START"
)

// Options say which sandbox is meant and how it behaves.
type Options struct {
	// Dir is the sandbox's folder, made 0700; empty means DirEnv.
	Dir string
	// Version is the program's own, told by Info.
	Version string
	// Speed divides the cloud's delays (an instance is pending for a second or
	// two): 10 is ten times as fast. 0 means SpeedEnv, else 1.
	Speed float64
	// Idle is how long the process stays without a request and without a
	// running instance; 0 means 30 minutes.
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

// Instance is one line of State.
type Instance struct {
	ID    string
	Name  string
	State string // as EC2 says it: running
}

// State is what Status answers.
type State struct {
	Running   bool
	Info      Info
	Since     time.Time
	Instances []Instance // those that are not terminated
}

// Files in a sandbox's folder.
const (
	recordFile = "sandbox.json" // how to speak to the process, while it runs
	keysFile   = "keys.json"    // the cloud's credentials, for as long as the folder stays
	cloudFile  = "cloud.json"   // what the cloud holds
	logFile    = "sandbox.log"  // what the process says
	runLock    = "run.lock"     // held by the process while it lives
	startLock  = "start.lock"   // held by whoever starts or stops it
	startFile  = "start.id"     // of the newest start, until that is called off
	hostsName  = "hosts"        // the hosts' folders, or a link to where they are
)

// folder makes the sandbox's folder and answers its one path.
func (o Options) folder() (string, error) {
	dir := cmp.Or(o.Dir, os.Getenv(DirEnv))
	if dir == "" {
		return "", errors.New("the sandbox has no folder: Options.Dir and " + DirEnv + " are empty")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", noFolder(err)
	}
	if info, err := os.Stat(dir); err != nil {
		return "", noFolder(err)
	} else if !ours(info) {
		return "", notOurs(dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil { // #nosec G302 -- a folder
		return "", noFolder(err)
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("finding the sandbox's folder: %w", err)
	}
	return filepath.Abs(dir)
}

func noFolder(err error) error {
	return &problem.Error{
		Kind:  problem.Failed,
		Title: "The sandbox's folder cannot be made",
		Text:  "The sandbox needs a folder of its own to work in: " + err.Error() + ".",
		Next:  problem.Say("Make that place writable, or name another folder in XDG_STATE_HOME, and ").Do(problem.Retry).Say("."),
		Err:   err,
	}
}

func notOurs(dir string) error {
	return &problem.Error{
		Kind:  problem.Failed,
		Title: "The sandbox's folder is not yours",
		Text:  "The folder " + dir + " belongs to another user, so nothing in it is used.",
		Next:  problem.Say("Move it away, or give it to yourself (sudo chown -R \"$USER\" '" + dir + "'), or name another place in XDG_STATE_HOME."),
	}
}

// exists is folder for those who only look: "" when it was never made.
func (o Options) exists() (string, error) {
	dir := cmp.Or(o.Dir, os.Getenv(DirEnv))
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return o.folder()
}

// timing is the cloud's, at the speed asked for.
func (o Options) timing() (ec2sim.Timing, error) {
	speed := o.Speed
	if text := os.Getenv(SpeedEnv); speed == 0 && text != "" {
		var err error
		if speed, err = strconv.ParseFloat(text, 64); err != nil || !(speed > 0) {
			return ec2sim.Timing{}, fmt.Errorf("%s must be a number above 0, not %q", SpeedEnv, text)
		}
	}
	t := ec2sim.Believable()
	if speed > 0 {
		for _, d := range []*time.Duration{&t.Visible, &t.Pending, &t.Stop, &t.Console, &t.Release} {
			*d = time.Duration(float64(*d) / speed)
		}
	}
	return t, nil
}
