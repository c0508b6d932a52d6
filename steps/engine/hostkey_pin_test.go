package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// ownKey is a setup whose machine has made itself a host key, which is written
// down.
func (w *world) ownKey() steps.Setup {
	w.t.Helper()
	w.killedAtItsKey()
	if err := engine.ChangeHostKey(w.t.Context(), w.Guide(), w.Only().ID, func(steps.Event) {}); err != nil {
		w.t.Fatal(err)
	}
	return w.Only()
}

func (w *world) knownHosts() string { return filepath.Join(w.Dir, "known_hosts") }

// pinAnother puts a key that is not the machine's in the place of its own.
func (w *world) pinAnother() remote.Key {
	w.t.Helper()
	pair, err := remote.Generate("")
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := remote.ParseKey(pair.Public)
	if err == nil {
		err = remote.NewHostKeys(w.knownHosts()).Keep(w.Only().Resources.InstanceID, k)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// helps checks that a refused host key tells where it is pinned and what mends
// it, and costs nobody the machine.
func (w *world) helps(err error, want string) {
	w.t.Helper()
	p := steps.Explain(err)
	var verbs []problem.Verb
	next := p.Next.In(func(a problem.Action) string { verbs = append(verbs, a.Verb); return "…" })
	if p.Title != want || !strings.Contains(p.Text+next, w.knownHosts()) || !slices.Contains(verbs, problem.Fix) || slices.Contains(verbs, problem.Remove) {
		w.t.Errorf("%+v, %v: %s", p, verbs, next)
	}
}

// What known_hosts has lost is in the record: every way to the machine pins it
// again once the machine has shown it, and nobody is asked.
func TestALostLineIsPinnedAgain(t *testing.T) {
	for _, damage := range []string{"", "i-0 ssh-ed25519 AAAA\nnot a line of the file"} {
		w := newWorld(t, nil)
		s := w.ownKey()
		made := w.pinned()
		lose := func() {
			if err := os.WriteFile(w.knownHosts(), []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		lose()
		if c := w.doctor(w.Guide(), s.ID)["hostkey"]; c.State != steps.CheckBad || c.Fix == "" || !strings.Contains(c.Text, made[0].Fingerprint) {
			t.Errorf("the doctor: %+v", c)
		}
		for name, way := range map[string]func() error{
			"ssh": func() error {
				link, err := w.Guide().Connect(t.Context(), s.ID)
				if err == nil {
					err = link.Close()
				}
				return err
			},
			"up":     func() error { return w.until(t.Context(), w.Guide(), s.Answers, steps.StepConnect) },
			"doctor": func() error { return w.Guide().FixCheck(t.Context(), s.ID, "hostkey", func(steps.Event) {}) },
		} {
			lose()
			told := ""
			w.Ask = enginetest.Person{OnTell: func(text string) { told += text }}
			if err := way(); err != nil || !slices.Equal(w.pinned(), made) {
				t.Errorf("%s: %v; pinned %v, want %v", name, err, w.pinned(), made)
			}
			if (name != "doctor") != strings.Contains(told, w.knownHosts()) { // who agreed to the repair knows
				t.Errorf("%s tells %q", name, told)
			}
		}
		w.expect(w.doctor(w.Guide(), s.ID), map[string]steps.CheckState{"hostkey": steps.CheckOK, "ssh": steps.CheckOK})
	}
}

// Where nothing is left of the machine's own key, its console does not vouch for
// it: whoever can read the user data can show the key that stands there. A person
// who has compared the key may pin it, and nobody is asked unasked.
func TestAKeyThatNothingConfirmsIsPinnedKnowingly(t *testing.T) {
	w := newWorld(t, nil)
	s := w.ownKey()
	made := w.pinned()
	s.Resources.PinnedKey = ""
	if err := engine.Save(w.Guide(), s); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.knownHosts()); err != nil {
		t.Fatal(err)
	}
	const title = "Nothing here confirms the machine's host key"
	w.helps(w.until(t.Context(), w.Guide(), s.Answers, steps.StepConnect), title)
	_, err := w.Guide().Connect(t.Context(), s.ID)
	w.helps(err, title)
	c := w.doctor(w.Guide(), s.ID)["hostkey"]
	if c.State != steps.CheckBad || c.Fix == "" || len(w.pinned()) > 0 {
		t.Errorf("%+v, pinned %v", c, w.pinned())
	}
	w.decides(made[0], nil)
	if err := os.Remove(w.knownHosts()); err != nil {
		t.Fatal(err)
	}
	if err := w.until(t.Context(), w.Guide(), s.Answers, steps.StepConnect); err != nil || !slices.Equal(w.pinned(), made) {
		t.Errorf("what was accepted is not in the record: %v, pinned %v", err, w.pinned())
	}
}

// decides has a person say no, and then yes, to pinning what the machine shows.
func (w *world) decides(shown remote.Key, before []remote.Key) {
	w.t.Helper()
	id := w.Only().ID
	for _, answer := range []steps.HostKeyAnswer{steps.HostKeyReject, steps.HostKeyWait, steps.HostKeyAccept} {
		var asked steps.HostKeyQuestion
		w.Ask = enginetest.Person{OnHostKey: func(q steps.HostKeyQuestion) steps.HostKeyAnswer { asked = q; return answer }}
		err := w.Guide().FixCheck(w.t.Context(), id, "hostkey", func(steps.Event) {})
		if !asked.Replaces || asked.Fingerprint != shown.Fingerprint || !strings.Contains(asked.Why, "ssh-keygen -lf") {
			w.t.Errorf("asked %+v", asked)
		}
		for _, k := range before {
			if !strings.Contains(asked.Why, k.Fingerprint) {
				w.t.Errorf("%s is pinned, and the question does not tell: %s", k.Fingerprint, asked.Why)
			}
		}
		want := before
		if answer == steps.HostKeyAccept {
			want = []remote.Key{shown}
		}
		if (err == nil) != (answer == steps.HostKeyAccept) || !slices.Equal(w.pinned(), want) {
			w.t.Errorf("after %v: %v, pinned %v, want %v", answer, err, w.pinned(), want)
		}
	}
	w.Ask = nobody(w.t)
	w.expect(w.doctor(w.Guide(), id), map[string]steps.CheckState{"hostkey": steps.CheckOK, "ssh": steps.CheckOK})
}

// Another key in the machine's line is refused everywhere, and is not replaced
// without a person, though the record has the machine's: the line may be newer.
func TestAnotherPinnedKeyIsReplacedKnowingly(t *testing.T) {
	w := newWorld(t, nil)
	s := w.ownKey()
	made, other := w.pinned(), w.pinAnother()
	const title = "The host's key has changed"
	w.helps(w.until(t.Context(), w.Guide(), s.Answers, steps.StepConnect), title)
	_, err := w.Guide().Connect(t.Context(), s.ID)
	w.helps(err, title)
	if c := w.doctor(w.Guide(), s.ID)["ssh"]; c.State != steps.CheckBad || c.Fix == "" || !strings.Contains(c.Next.In(func(problem.Action) string { return "" }), w.knownHosts()) {
		t.Errorf("the doctor: %+v", c)
	}
	w.decides(made[0], []remote.Key{other})
}

// The record does not vouch for a machine that shows another key than it has.
func TestARecordThatHasAnotherKeyIsNotOverruled(t *testing.T) {
	w := newWorld(t, nil)
	s := w.ownKey()
	made, other := w.pinned(), w.pinAnother()
	s.Resources.PinnedKey = other.Line
	if err := engine.Save(w.Guide(), s); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.knownHosts()); err != nil {
		t.Fatal(err)
	}
	w.helps(w.until(t.Context(), w.Guide(), s.Answers, steps.StepConnect), "The host's key has changed")
	if len(w.pinned()) > 0 {
		t.Errorf("pinned %v", w.pinned())
	}
	w.decides(made[0], nil)
}

// The line of an adopted machine was copied from the computer that launched it:
// its console shows the first key, and that is no alarm.
func TestTheCopiedLineOfAnAdoptedMachineIsNoAlarm(t *testing.T) {
	w := newWorld(t, nil)
	s := w.ownKey()
	res := &s.Resources
	res.Adopted, res.UserData, res.HostKeyMade, res.PinnedKey = true, false, false, ""
	if err := engine.Save(w.Guide(), s); err != nil {
		t.Fatal(err)
	}
	w.expect(w.doctor(w.Guide(), s.ID), map[string]steps.CheckState{"hostkey": steps.CheckWarn, "ssh": steps.CheckOK})
	made := w.pinned()
	if err := os.Remove(w.knownHosts()); err != nil {
		t.Fatal(err)
	}
	w.helps(w.until(t.Context(), w.Guide(), s.Answers, steps.StepConnect), "This is not the machine that was launched")
	w.decides(made[0], nil)
}

// The key that an image has is known to whoever can use it: the record forgets it
// before the machine makes another, and the console vouches for none of them.
func TestTheKeyInAnImageIsNeverPinnedAgain(t *testing.T) {
	w := newWorld(t, nil)
	s := w.ownKey()
	before, during := w.pinned()[0], steps.Setup{}
	err := engine.ReplaceHostKey(t.Context(), w.Guide(), s.ID, before.Line, func(e steps.Event) {
		if strings.Contains(e.Text, "made a new host key") {
			during = w.Only() // as it is on the disk at that moment
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	made := w.pinned()
	if res := during.Resources; !res.HostKeyChanging || res.PinnedKey != "" {
		t.Errorf("a kill before it is written down leaves %+v", res)
	}
	if res := w.Only().Resources; len(made) != 1 || made[0] == before || res.HostKeyChanging || res.PinnedKey != made[0].Line {
		t.Errorf("pinned %v after %v: %+v", made, before, res)
	}
}

// A machine that keeps its host key, as one without passwordless sudo, changes
// nothing any more: its key is the pinned one, in the record too.
func TestAMachineThatKeepsItsKeyAfterAnImage(t *testing.T) {
	w := newWorld(t, nil)
	s := w.ownKey()
	before := w.pinned()
	elsewhere, err := remote.Generate("")
	if err != nil {
		t.Fatal(err)
	}
	home, err := w.login().Output(t.Context(), `printf %s "$HOME"`)
	if err != nil {
		t.Fatal(err)
	}
	shown := filepath.Join(filepath.Dir(home), "hostkey.pub") // which the host's sandbox-host-key shows
	if _, err := os.Stat(shown); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(shown, []byte(elsewhere.Public), 0o644); err != nil { //nolint:gosec // as it was
		t.Fatal(err)
	}
	said := ""
	err = engine.ReplaceHostKey(t.Context(), w.Guide(), s.ID, before[0].Line, func(e steps.Event) { said += e.Text + "\n" })
	if err != nil || !strings.Contains(said, "keeps its host key") {
		t.Fatalf("%v; it said %q", err, said)
	}
	if res := w.Only().Resources; !slices.Equal(w.pinned(), before) || res.HostKeyChanging || res.PinnedKey != before[0].Line {
		t.Errorf("pinned %v after %v: %+v", w.pinned(), before, res)
	}
	if c := w.doctor(w.Guide(), s.ID)["hostkey"]; c.State != steps.CheckOK || strings.Contains(c.Text, "not finished") {
		t.Errorf("the doctor: %+v", c)
	}
}
