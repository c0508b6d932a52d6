//go:build linux

package hosttest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// moment is where a program is killed: an event of a step with that text, or a
// line of the debug log with that value.
type moment struct {
	step  steps.StepID // empty means a line of the log
	says  string       // of the event or the line
	value string       // of one of the line's attributes
}

// untilTheKeyIsOwn are the moments between the launch and the end of what is
// done about the host key, in their order: at each the program may die.
var untilTheKeyIsOwn = []moment{
	{step: steps.StepLaunch, says: "Launching "},               // the token is written down, nothing is asked
	{step: steps.StepLaunch, says: "EC2 answers: "},            // the ID is not
	{step: steps.StepLaunch, says: "Its host key was made"},    // but not pinned
	{step: steps.StepLaunch, says: "Waiting for the SSH"},      // pinned
	{step: steps.StepConnect, says: "logged in as "},           // the first login is over
	{says: "host key change", value: "made"},                   // by the machine, which has the old one
	{says: "host key change", value: "pinned"},                 // beside the old one
	{says: "host key change", value: "placed"},                 // the machine has the new one
	{says: "host key change", value: "proved"},                 // and shows it
	{step: steps.StepInstall, says: "The machine made a new "}, // pinned alone, and not written down
}

// What the program that is killed is told by.
const (
	killedAt   = "JUPYTER_EC2_TEST_KILLED_AT" // the moment's number
	killedDir  = "JUPYTER_EC2_TEST_KILLED_DIR"
	killedFrom = "JUPYTER_EC2_TEST_KILLED_CLOUD"
	killedPort = "JUPYTER_EC2_TEST_KILLED_PORT"
)

// die is kill -9.
func die() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }

// deadly is a debug log that is the program's end at a moment.
type deadly struct {
	slog.Handler
	at moment
}

func (d deadly) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if d.at.step == "" && r.Message == d.at.says && a.Value.String() == d.at.value {
			die()
		}
		return true
	})
	return nil
}

func (d deadly) Enabled(context.Context, slog.Level) bool { return true }
func (d deadly) WithAttrs([]slog.Attr) slog.Handler       { return d }
func (d deadly) WithGroup(string) slog.Handler            { return d }

// TestKilled is the program of the test below.
func TestKilled(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(killedAt))
	if err != nil {
		t.Skip("it is run by TestKilledBeforeTheKeyIsItsOwn")
	}
	at := untilTheKeyIsOwn[n]
	w := enginetest.Before(t, func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		o.Profile, o.Endpoint = "", &aws.Endpoint{URL: os.Getenv(killedFrom), AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}
		return engine.OpenAWS(ctx, o)
	})
	w.Dir = os.Getenv(killedDir)
	g := w.Guide(func(c *engine.Config) {
		c.Log = slog.New(deadly{slog.DiscardHandler, at})
		c.LocalPort, _ = strconv.Atoi(os.Getenv(killedPort))
	})
	s, err := g.Begin(t.Context(), answers(steps.ModeSSH, steps.InstallerUV))
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Work(t.Context(), s.ID, func(e steps.Event) {
		t.Log(e.Step, e.Kind, e.Text)
		if e.Step == at.step && strings.Contains(e.Text, at.says) {
			die()
		}
	})
	t.Fatalf("it lived: %+v", steps.Explain(err))
}

// A program that is killed at any moment between the launch and the machine's
// own host key leaves a machine that the next one checks as strictly, and
// finishes: the same machine, with a key that nobody else knows.
func TestKilledBeforeTheKeyIsItsOwn(t *testing.T) {
	await.Allow(t, await.Long, "installs, and starts the program eleven times")
	b := newBooted(t)
	cloud := httptest.NewServer(b.Cloud)
	defer cloud.Close()
	for n, at := range untilTheKeyIsOwn {
		program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$", "-test.v")
		program.Env = append(os.Environ(), killedAt+"="+strconv.Itoa(n), killedDir+"="+b.Dir, killedFrom+"="+cloud.URL, killedPort+"="+strconv.Itoa(b.port))
		var said bytes.Buffer
		program.Stdout, program.Stderr = &said, &said
		var exit *exec.ExitError
		err := program.Run()
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("at %+v: %v\n%s", at, err, said.String())
		}
		t.Logf("killed at %+v", at)
	}
	o := b.open(answers(steps.ModeSSH, steps.InstallerUV), nil)
	b.ownKey(o)
	if n := len(b.Cloud.Instances()); n != 1 || o.Setup.Resources.HostKey != "" {
		t.Errorf("%d machines, and %+v", n, o.Setup.Resources)
	}
	if name := b.machineSays("cat " + installDir + "/name"); name != strings.TrimSpace(b.job) {
		t.Errorf("the install is the run %q, and not %q of the boot", name, b.job)
	}
}
