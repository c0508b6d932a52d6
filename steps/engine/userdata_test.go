package engine_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// nobody fails the test where a person is asked about a host key.
func nobody(t *testing.T) enginetest.Person {
	return enginetest.Person{OnHostKey: func(q steps.HostKeyQuestion) steps.HostKeyAnswer {
		t.Errorf("a person was asked about a host key: %+v", q)
		return steps.HostKeyReject
	}}
}

// launched is the user data of each launch so far, as EC2 got it.
func (w *world) launched() (all [][]byte) {
	w.t.Helper()
	for _, form := range w.called("ec2:RunInstances") {
		if form.Get("DryRun") == "true" {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(form.Get("UserData"))
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// userDataFiles are the files in which user data is kept.
func (w *world) userDataFiles() []string {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.Dir, "keys", "*.userdata"))
	if err != nil {
		w.t.Fatal(err)
	}
	return names
}

func unzipped(t *testing.T, data []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The first connection is checked strictly, by a key that was made before there
// was a machine, and nobody is asked. The user data has that key in it, and no
// other secret: whoever may describe the instance's attributes reads it.
func TestTheHostKeyIsKnownBeforeTheMachine(t *testing.T) {
	w := newWorld(t, noConsole)
	w.Ask = nobody(t)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	s, sent := w.Only(), w.launched()
	if len(sent) != 1 || !s.Resources.UserData {
		t.Fatalf("%d launches of %+v", len(sent), s.Resources)
	}
	text := unzipped(t, sent[0])
	pinned, err := remote.NewHostKeys(s.KnownHosts).Lookup(s.Resources.InstanceID)
	if err != nil || len(pinned) != 1 || !strings.Contains(text, "ed25519_public: "+pinned[0].Line) {
		t.Errorf("pinned are %v, %v", pinned, err)
	}
	for _, what := range []string{"PRIVATE KEY-----\n", "-----BEGIN OPENSSH PRIVATE KEY-----"} {
		if n := strings.Count(text, what); n > 2 || n == 0 {
			t.Errorf("%d times %q in the user data", n, what)
		}
	}
	login, err := os.ReadFile(s.Resources.KeyPath)
	if err != nil {
		t.Fatal(err)
	}
	secrets := append(strings.Split(strings.TrimSpace(string(login)), "\n")[2:], "AKIATEST", w.Dir, s.Answers.Name+"-"+s.ID)
	for _, secret := range secrets {
		if !strings.Contains(secret, "PRIVATE KEY") && strings.Contains(text, secret) {
			t.Errorf("%q is in the user data", secret)
		}
	}
	files := w.userDataFiles()
	if len(files) != 1 {
		t.Fatalf("kept in %v", files)
	}
	kept, err := os.ReadFile(files[0])
	if info, statErr := os.Stat(files[0]); err != nil || statErr != nil || info.Mode().Perm() != 0o600 || !bytes.Equal(kept, sent[0]) {
		t.Errorf("kept are %d bytes of %d: %v, %v, %v", len(kept), len(sent[0]), info.Mode(), err, statErr)
	}
}

// EC2 refuses the same ClientToken with other user data: a launch of which
// nobody knows what came is asked for again as it was.
func TestTheSameLaunchHasTheSameUserData(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.Timing.Visible = 1 << 40 })
	w.Ask = nobody(t)
	dying, die := context.WithCancel(t.Context())
	w.SetFault(func(action string) *ec2sim.Fault {
		if action != "ec2:RunInstances" {
			return nil
		}
		die()
		return &ec2sim.Fault{After: true, Reset: true}
	})
	if err := w.until(dying, w.Guide(), enginetest.Answers(), steps.StepLaunch); err == nil {
		t.Fatal("it did not die")
	}
	w.SetFault(nil)
	again, stop := context.WithCancel(t.Context())
	s := w.Only()
	_, _ = w.Guide().Work(again, s.ID, func(e steps.Event) {
		if strings.HasPrefix(e.Text, "EC2 answers") {
			stop()
		}
	})
	sent := w.launched()
	if len(sent) < 2 || len(sent[0]) == 0 || !bytes.Equal(sent[0], sent[len(sent)-1]) {
		t.Errorf("%d launches, with other user data", len(sent))
	}
	if n := len(w.Cloud.Instances()); n != 1 {
		t.Errorf("%d machines", n)
	}
}

func TestARefusedLaunchLeavesNoUserData(t *testing.T) {
	w := newWorld(t, nil)
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:RunInstances" {
			return &ec2sim.Fault{Code: "InvalidParameterCombination", Message: "not for Free Tier"}
		}
		return nil
	})
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err == nil {
		t.Fatal("the launch was not refused")
	}
	if files, res := w.userDataFiles(), w.Only().Resources; len(files) > 0 || res.UserData || res.HostKey != "" {
		t.Errorf("left are %v, %+v", files, res)
	}
	w.SetFault(nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	if sent := w.launched(); len(sent) != 2 || bytes.Equal(sent[0], sent[1]) {
		t.Error("the second launch has the key of the refused one")
	}
}

// A machine that is gone leaves nothing of its key for the next one, and a
// setup that is removed none at all.
func TestUserDataGoesWithItsMachine(t *testing.T) {
	w := newWorld(t, noConsole)
	w.Ask = nobody(t)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	s := w.Only()
	if _, err := w.Region().Bring(t.Context(), s.Resources.InstanceID, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	if sent := w.launched(); len(sent) != 2 || bytes.Equal(sent[0], sent[1]) {
		t.Error("the second machine has the first one's key")
	}
	if err := w.Guide().Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if files := w.userDataFiles(); len(files) > 0 {
		t.Errorf("left are %v", files)
	}
}

// A launch that an older program asked for is asked for as that program did, and
// its machine is checked by the console.
func TestALaunchWithoutUserDataStaysOne(t *testing.T) {
	w := newWorld(t, nil)
	w.Ask = nobody(t)
	g := w.Guide()
	s, err := g.Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	s.Resources.ClientToken, s.Resources.Launches, s.LaunchAsked = "jupyter-ec2-"+s.ID+"-1", 1, s.Created
	if err := engine.Save(g, s); err != nil {
		t.Fatal(err)
	}
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	if sent := w.launched(); len(sent) != 1 || len(sent[0]) != 0 {
		t.Errorf("%d launches, the first with %d bytes of user data", len(sent), len(sent[0]))
	}
	if res := w.Only().Resources; res.UserData || res.HostKey != "" || len(w.userDataFiles()) > 0 {
		t.Errorf("%+v, %v", res, w.userDataFiles())
	}
}

// Once the machine has another key, its launch is not asked for again: the user
// data of it is gone.
func TestALaunchWhoseUserDataIsGoneIsNotAskedForAgain(t *testing.T) {
	w, c := hiding(t, 45*time.Second)
	s := w.launchHidden(c)
	s.Resources.HostKey = ""
	if err := engine.Save(w.Guide(), s); err != nil {
		t.Fatal(err)
	}
	w.Forget()
	if again := w.launchHidden(c); again.Resources.InstanceID != s.Resources.InstanceID {
		t.Errorf("%s became %s", s.Resources.InstanceID, again.Resources.InstanceID)
	}
	if sent := w.launched(); len(sent) > 0 {
		t.Errorf("%d launches", len(sent))
	}
}

// Killed at any moment from the first save to the login, the next program finds
// what there is: one machine, whose key it knows, and nobody is asked.
func TestAKilledLaunchIsResumedStrictly(t *testing.T) {
	await.Allow(t, await.Long, "launches a machine for each moment")
	moments := 0
	{
		w := newWorld(t, noConsole)
		s, err := w.Guide().Begin(t.Context(), enginetest.Answers())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		_, _ = w.Guide().Work(ctx, s.ID, func(e steps.Event) {
			if e.Step == steps.StepInstall {
				stop()
				return
			}
			moments++
		})
		stop()
	}
	if moments < 8 {
		t.Fatalf("only %d moments", moments)
	}
	for at := 1; at <= moments; at++ {
		w := newWorld(t, noConsole)
		w.Ask = nobody(t)
		// With the prices kept, nothing writes beside the steps to the folder that is copied.
		if _, err := w.Guide().Prices(t.Context(), steps.Place{Region: "us-east-1"}); err != nil {
			t.Fatal(err)
		}
		s, err := w.Guide().Begin(t.Context(), enginetest.Answers())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		dead := filepath.Join(t.TempDir(), "state") // what is on the disk when it dies
		seen, last := 0, ""
		_, _ = w.Guide().Work(ctx, s.ID, func(e steps.Event) {
			if seen++; seen == at {
				last = e.Text
				if err := os.CopyFS(dead, os.DirFS(w.Dir)); err != nil {
					t.Error(err)
				}
				stop()
			}
		})
		w.Dir = dead
		if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
			t.Errorf("killed at %q: %v", last, err)
		}
		if n := len(slices.DeleteFunc(w.Cloud.Instances(), func(i ec2sim.InstanceSummary) bool { return !i.Exists() })); n != 1 {
			t.Errorf("killed at %q: %d machines", last, n)
		}
		stop()
	}
}
