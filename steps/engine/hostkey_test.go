package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// deaf are machines that do nothing with user data.
func deaf(_ *ec2sim.Options, h *hosts) { h.deaf = true }

// withoutUserData has the setup's machine be one that was launched without: by
// an older program, or adopted.
func (w *world) withoutUserData() {
	w.t.Helper()
	s := w.Only()
	s.Resources.UserData, s.Resources.HostKey = false, ""
	if err := engine.Save(w.Guide(), s); err != nil {
		w.t.Fatal(err)
	}
	for _, name := range append(w.userDataFiles(), filepath.Join(w.Dir, "known_hosts")) {
		if err := os.Remove(name); err != nil {
			w.t.Fatal(err)
		}
	}
}

// adopt launches a machine, and has it be one that was launched elsewhere.
func (w *world) adopt() {
	w.t.Helper()
	if err := w.until(w.t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		w.t.Fatal(err)
	}
	w.withoutUserData()
}

// pinned are the keys of the one setup's machine.
func (w *world) pinned() []remote.Key {
	w.t.Helper()
	keys, err := remote.NewHostKeys(filepath.Join(w.Dir, "known_hosts")).Lookup(w.Only().Resources.InstanceID)
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// Ubuntu's images take the key they are given. Of a machine that shows another
// one, only its own console is believed, and no person.
func TestAMachineThatShowsAnotherKeyThanTheGivenOne(t *testing.T) {
	for _, c := range []struct {
		name  string
		keys  func(*ec2sim.Options, *hosts)
		title string
	}{
		{"the console shows it", func(*ec2sim.Options, *hosts) {}, ""},
		{"the console shows nothing", noConsole, "The machine does not show the key it was given"},
		{"the console shows another", otherConsole(t), "This is not the machine that was launched"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(o *ec2sim.Options, h *hosts) { deaf(o, h); c.keys(o, h) })
			w.Ask = nobody(t)
			err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect)
			if got := steps.Explain(err).Title; got != c.title {
				t.Fatalf("got %q (%v), want %q", got, err, c.title)
			}
			given := w.Only().Resources.HostKey != ""
			if given != (c.title != "") || given != (len(w.userDataFiles()) > 0) || len(w.pinned()) != 1 {
				t.Errorf("after it: %+v, %v, pinned %v", w.Only().Resources, w.userDataFiles(), w.pinned())
			}
		})
	}
}

// An image of somebody else's may not take the key it is given: then the guide's
// "yes" is left, with the reason.
func TestAForeignImageThatTakesNoKeyIsAskedAbout(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, h *hosts) { deaf(o, h); noConsole(o, h) })
	a := enginetest.Answers()
	image, err := w.Region().Image(t.Context(), a.Release, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	a.Image = image.ID
	var asked steps.HostKeyQuestion
	w.Ask = enginetest.Person{OnHostKey: func(q steps.HostKeyQuestion) steps.HostKeyAnswer { asked = q; return steps.HostKeyAccept }}
	if err := w.until(t.Context(), w.Guide(), a, steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	pinned := w.pinned()
	if len(pinned) != 1 || pinned[0].Fingerprint != asked.Fingerprint || !strings.Contains(asked.Why, "did not take") {
		t.Errorf("asked %+v, pinned %v", asked, pinned)
	}
	if c := w.doctor(w.Guide(), w.Only().ID)["hostkey"]; c.State != steps.CheckOK || strings.Contains(c.Text, "made it") {
		t.Errorf("the doctor says of a key that a person accepted: %+v", c)
	}
	if res := w.Only().Resources; res.HostKey != "" || len(w.userDataFiles()) > 0 {
		t.Errorf("%+v, %v", res, w.userDataFiles())
	}
}

// A machine that showed the given key at a login does not show another one later.
func TestAnotherKeyAfterTheFirstLoginIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.Ask = nobody(t)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	other, err := remote.Generate("")
	if err != nil {
		t.Fatal(err)
	}
	k, err := remote.ParseKey(other.Public)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.NewHostKeys(filepath.Join(w.Dir, "known_hosts")).Keep(w.Only().Resources.InstanceID, k); err != nil {
		t.Fatal(err)
	}
	err = w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect)
	if got := steps.Explain(err).Title; got != "The host's key has changed" {
		t.Errorf("got %q (%v)", got, err)
	}
}

// The console is asked beside the login: whoever got hold of the given key must
// be refused where it shows others.
func TestTheConsoleIsASecondWitness(t *testing.T) {
	w := newWorld(t, otherConsole(t))
	w.Ask = nobody(t)
	err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect)
	if got := steps.Explain(err).Title; got != "This is not the machine that was launched" {
		t.Errorf("got %q (%v)", got, err)
	}
}

// The key in the user data opens nothing once the machine has made another, and
// its file goes. Until that is written down, it is done again.
func TestTheGivenKeyIsReplaced(t *testing.T) {
	w := newWorld(t, nil)
	w.Ask = nobody(t)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	before, given := w.Only(), w.pinned()
	if err := engine.ChangeHostKey(t.Context(), w.Guide(), before.ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	made := w.pinned()
	if len(made) != 1 || slices.Equal(made, given) || w.Only().Resources.HostKey != "" || len(w.userDataFiles()) > 0 {
		t.Fatalf("pinned %v after %v; %+v, %v", made, given, w.Only().Resources, w.userDataFiles())
	}
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Errorf("the next login: %v", err)
	}
	if c := w.doctor(w.Guide(), before.ID)["hostkey"]; c.State != steps.CheckOK || !strings.Contains(c.Text, "made it") {
		t.Errorf("the doctor: %+v", c)
	}
	// Killed before the ledger heard of it.
	if err := engine.Save(w.Guide(), before); err != nil {
		t.Fatal(err)
	}
	if err := engine.ChangeHostKey(t.Context(), w.Guide(), before.ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if now := w.pinned(); !slices.Equal(now, made) || w.Only().Resources.HostKey != "" {
		t.Errorf("pinned %v after %v; %+v", now, made, w.Only().Resources)
	}
}

// killedAtItsKey is a setup whose first run was killed when the machine had made
// its own key, which was pinned, and nobody had written down that it has.
func (w *world) killedAtItsKey() steps.Setup {
	w.t.Helper()
	w.Ask = nobody(w.t)
	if err := w.until(w.t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		w.t.Fatal(err)
	}
	var killed steps.Setup
	err := engine.ChangeHostKey(w.t.Context(), w.Guide(), w.Only().ID, func(e steps.Event) {
		if strings.Contains(e.Text, "made a new host key") {
			killed = w.Only() // as it is on the disk at that moment
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if killed.ID == "" || killed.Resources.HostKey == "" || killed.Resources.HostKeyMade {
		w.t.Fatalf("it was written down before: %+v", killed.Resources)
	}
	if err := engine.Save(w.Guide(), killed); err != nil {
		w.t.Fatal(err)
	}
	return killed
}

// The console shows the first key for good: that is no alarm where the pinned one
// was made over a checked connection, and nothing was written down after it.
func TestAKillBeforeTheNewKeyIsWrittenDownIsNoAlarm(t *testing.T) {
	w := newWorld(t, nil)
	s := w.killedAtItsKey()
	made := w.pinned()
	w.expect(w.doctor(w.Guide(), s.ID), map[string]steps.CheckState{"hostkey": steps.CheckOK, "ssh": steps.CheckOK})
	if err := engine.ChangeHostKey(t.Context(), w.Guide(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if res := w.Only().Resources; !slices.Equal(w.pinned(), made) || res.HostKey != "" || res.HostKeyChanging || res.PinnedKey != made[0].Line {
		t.Errorf("pinned %v after %v; %+v", w.pinned(), made, res)
	}
}

// The key of the launch is known to whoever can read the user data: it is not
// pinned again once the machine may have another.
func TestTheGivenKeyIsNeverPinnedAgain(t *testing.T) {
	w := newWorld(t, nil)
	w.killedAtItsKey()
	if err := os.Remove(filepath.Join(w.Dir, "known_hosts")); err != nil {
		t.Fatal(err)
	}
	err := w.until(t.Context(), w.Guide(), w.Only().Answers, steps.StepConnect)
	if err == nil || len(w.pinned()) > 0 {
		t.Errorf("pinned %v; it ended with %v", w.pinned(), err)
	}
}
