package engine_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// newClock is the time of a cloud and of the computer before it, which passes as
// a test says.
func newClock() *await.Clock { return await.NewClock(time.Now().Truncate(time.Second)) }

// hiding is a world whose EC2 shows a new instance only after a while.
func hiding(t *testing.T, after time.Duration) (*world, *await.Clock) {
	c := newClock()
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.Now, o.Timing.Visible = c.Now, after })
	w.Patience = 2 * time.Second // in which EC2 has to answer once
	return w, c
}

// launchHidden runs the guide into an EC2 that does not show what it launched.
func (w *world) launchHidden(c *await.Clock) steps.Setup {
	w.t.Helper()
	err := w.until(w.t.Context(), w.GuideAt(c.Now), enginetest.Answers(), steps.StepLaunch)
	if p := steps.Explain(err); p.Title != "EC2 does not show the machine yet" || !strings.Contains(p.Next.String(), "again") {
		w.t.Fatalf("told as %+v (%v)", p, err)
	}
	return w.Only()
}

// EC2 may not show a new instance for a good while. Each run asks for the same
// launch again, and the one that sees the instance continues with it.
func TestAHiddenInstanceIsNeverLaunchedTwice(t *testing.T) {
	w, c := hiding(t, 45*time.Second)
	w.launchHidden(c)
	c.Pass(16 * time.Second)
	w.launchHidden(c)
	c.Pass(30 * time.Second)
	w.Patience = 0
	if err := w.until(t.Context(), w.GuideAt(c.Now), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	w.oneOfEach()
	tokens := map[string]bool{}
	for _, f := range w.called("ec2:RunInstances") {
		if f.Get("DryRun") != "true" {
			tokens[f.Get("ClientToken")] = true
		}
	}
	if len(tokens) != 1 {
		t.Errorf("launches were asked for with %v", tokens)
	}
}

// What EC2 does not show is not removed by forgetting it.
func TestAHiddenInstanceIsNotForgotten(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	w, c := hiding(t, 45*time.Second)
	s := w.launchHidden(c)
	for _, look := range []func(steps.Setup) steps.Setup{
		func(s steps.Setup) steps.Setup { return w.GuideAt(c.Now).Look(t.Context(), []steps.Setup{s})[0] },
		func(s steps.Setup) steps.Setup { return w.surveyedAt(c.Now, s.ID).Setup },
	} {
		c.Pass(5 * time.Second)
		if seen := look(s); seen.State == steps.StateGone {
			t.Error("it is taken for gone")
		}
	}
	if err := w.GuideAt(c.Now).Stop(t.Context(), s.ID, func(steps.Event) {}); steps.Explain(err).Title != "EC2 does not show the machine yet" {
		t.Errorf("stop: %v", err)
	}
	if err := w.GuideAt(c.Now).Remove(t.Context(), s.ID, func(steps.Event) {}); steps.Explain(err).Title != "EC2 does not show the machine yet" {
		t.Fatalf("remove: %v", err)
	}
	c.Pass(45 * time.Second)
	w.Patience = 0
	if err := w.GuideAt(c.Now).Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	for _, i := range w.Cloud.Instances() {
		if i.Exists() {
			t.Errorf("%s is %s, and nobody knows of it any more", i.ID, i.State)
		}
	}
	w.nothingLeft(s)
}

// surveyedAt is a setup's machine as a survey at that time shows it.
func (w *world) surveyedAt(now func() time.Time, id string) steps.Machine {
	w.t.Helper()
	var found steps.Machine
	if err := w.GuideAt(now).Survey(w.t.Context(), "", func(s steps.Surveyed) {
		for _, m := range s.Machines {
			if m.ID == id {
				found = m
			}
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	return found
}

// Once EC2 says terminated, or knows nothing of it after an hour, the machine is
// gone and another one may be launched.
func TestAMachineIsGoneWhenEC2SaysSoOrAfterAnHour(t *testing.T) {
	for name, c := range map[string]struct {
		forget time.Duration // until EC2 does not list it any more
		after  time.Duration // passes since the launch
		gone   bool
	}{
		"terminated a moment ago":           {time.Hour, time.Minute, true},
		"not known, launched a while ago":   {time.Second, 50 * time.Minute, false},
		"not known, launched over 1 h ago":  {time.Second, 61 * time.Minute, true},
		"terminated, launched over 1 h ago": {3 * time.Hour, 2 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := newClock()
			w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.Now, o.Timing.Forget = at.Now, c.forget })
			if err := w.until(t.Context(), w.GuideAt(at.Now), enginetest.Answers(), steps.StepLaunch); err != nil {
				t.Fatal(err)
			}
			s := w.Only()
			if err := w.Region().Terminate(t.Context(), s.Resources.InstanceID); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Region().WaitState(t.Context(), s.Resources.InstanceID, aws.StateTerminated, nil); err != nil {
				t.Fatal(err)
			}
			at.Pass(c.after)
			if seen := w.GuideAt(at.Now).Look(t.Context(), []steps.Setup{s})[0]; (seen.State == steps.StateGone) != c.gone {
				t.Errorf("Look: %q (%s), gone %v", seen.State, seen.Unseen, c.gone)
			}
			if seen := w.surveyedAt(at.Now, s.ID); (seen.State == steps.StateGone) != c.gone {
				t.Errorf("Survey: %q (%s), gone %v", seen.State, seen.Unseen, c.gone)
			}
			if !c.gone {
				return
			}
			if err := w.until(t.Context(), w.GuideAt(at.Now), enginetest.Answers(), steps.StepLaunch); err != nil {
				t.Fatal(err)
			}
			if again := w.Only(); again.Resources.InstanceID == s.Resources.InstanceID || again.Resources.ClientToken == s.Resources.ClientToken {
				t.Errorf("it is still %+v", again.Resources)
			}
		})
	}
}

// times has the first calls of an action go wrong.
func (w *world) times(n int, action string, f ec2sim.Fault) {
	w.SetRequestFault(func(called string, r *http.Request) *ec2sim.Fault {
		if called != action || r.Form.Get("DryRun") == "true" || n == 0 {
			return nil
		}
		n--
		return &f
	})
}

// Answers that are not whole are asked for again, or what they left out is
// looked up: idle half known.
func TestAPartialAnswerIsAskedForAgain(t *testing.T) {
	for _, c := range []struct {
		source steps.KeySource
		action string
		fault  ec2sim.Fault
	}{
		{steps.KeyMadeByEC2, "ec2:CreateKeyPair", ec2sim.Fault{Without: []string{"keyMaterial"}}},
		{steps.KeyMadeByEC2, "ec2:CreateKeyPair", ec2sim.Fault{Without: []string{"keyPairId"}}},
		{steps.KeyMadeByEC2, "ec2:CreateKeyPair", ec2sim.Fault{Says: "<keyMaterial>-----BEGIN</keyMaterial>"}},
		{steps.KeyMadeHere, "ec2:ImportKeyPair", ec2sim.Fault{Without: []string{"keyPairId"}}},
		{steps.KeyMadeHere, "ec2:ImportKeyPair", ec2sim.Fault{Says: "<keyName>x</keyName>"}},
		{steps.KeyMadeHere, "ec2:CreateSecurityGroup", ec2sim.Fault{Without: []string{"groupId"}}},
		{steps.KeyMadeHere, "ec2:CreateSecurityGroup", ec2sim.Fault{Says: "<return>true</return>"}},
		{steps.KeyMadeHere, "ec2:AuthorizeSecurityGroupIngress", ec2sim.Fault{Says: "<return>true</return>"}},
		{steps.KeyMadeHere, "ec2:AuthorizeSecurityGroupIngress", ec2sim.Fault{Says: "<return>false</return>"}},
		{steps.KeyMadeHere, "ec2:RunInstances", ec2sim.Fault{Without: []string{"instancesSet"}}},
		{steps.KeyMadeHere, "ec2:RunInstances", ec2sim.Fault{Without: []string{"instanceId"}}},
		{steps.KeyMadeHere, "ec2:RunInstances", ec2sim.Fault{Says: "<instancesSet/>"}},
	} {
		t.Run(strings.Join(append([]string{c.action, c.fault.Says}, c.fault.Without...), " "), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			a := enginetest.Answers()
			a.Key.Source = c.source
			w.times(1, c.action, c.fault)
			if err := w.until(t.Context(), w.Guide(), a, steps.StepConnect); err != nil {
				t.Fatal(err)
			}
			w.oneOfEach()
			rules, err := w.Region().GroupRules(t.Context(), w.Only().Resources.GroupID)
			if err != nil || len(rules) != 1 || rules[0].Port != 22 {
				t.Errorf("the group has the rules %v (%v)", rules, err)
			}
		})
	}
}

// A key pair without its private half is of no use: no empty file is left, and
// no machine is launched that nobody can enter. Once EC2 answers in full, the
// same run continues.
func TestNoMachineWithoutAKey(t *testing.T) {
	w := newWorld(t, nil)
	a := enginetest.Answers()
	a.Key.Source = steps.KeyMadeByEC2
	w.times(-1, "ec2:CreateKeyPair", ec2sim.Fault{Without: []string{"keyMaterial"}})
	err := w.until(t.Context(), w.Guide(), a, steps.StepLaunch)
	if p := steps.Explain(err); p.Title != "AWS's answer is not complete" {
		t.Fatalf("told as %+v (%v)", p, err)
	}
	if _, err := os.Lstat(w.Only().Resources.KeyPath); !os.IsNotExist(err) {
		t.Errorf("there is a key file: %v", err)
	}
	if n := len(w.Cloud.Instances()); n != 0 {
		t.Errorf("%d instances", n)
	}
	w.SetRequestFault(nil)
	// What an earlier program left behind: an empty file that it took for the key.
	if err := os.MkdirAll(filepath.Dir(w.Only().Resources.KeyPath), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.Only().Resources.KeyPath, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := w.until(t.Context(), w.Guide(), a, steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	w.oneOfEach()
}

// EC2 may say yes and do nothing. What is to be forgotten is looked for first,
// and asked for again as long as it is there.
func TestRemovalIsSeenBeforeItIsForgotten(t *testing.T) {
	for _, c := range []struct {
		action string
		fault  ec2sim.Fault
	}{
		{"ec2:TerminateInstances", ec2sim.Fault{Says: "<instancesSet/>"}},
		{"ec2:TerminateInstances", ec2sim.Fault{Code: "InvalidInstanceID.NotFound"}},
		{"ec2:DeleteSecurityGroup", ec2sim.Fault{Says: "<return>true</return>"}},
		{"ec2:DeleteSecurityGroup", ec2sim.Fault{Code: "InvalidGroup.NotFound"}},
		{"ec2:DeleteKeyPair", ec2sim.Fault{Says: "<return>true</return>"}},
		{"ec2:DeleteKeyPair", ec2sim.Fault{Code: "InvalidKeyPair.NotFound"}},
	} {
		t.Run(c.action+" "+c.fault.Code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
				t.Fatal(err)
			}
			s := w.Only()
			w.Patience = time.Second
			w.times(-1, c.action, c.fault)
			if err := w.Guide().Remove(t.Context(), s.ID, func(steps.Event) {}); err == nil {
				t.Fatal("it is said to be removed, and is not")
			} else if p := steps.Explain(err); p.Next.Empty() || p.Title == "Something went wrong" {
				t.Errorf("told as %+v", p)
			}
			w.Only()
			w.Patience = 0
			w.times(2, c.action, c.fault)
			if err := w.Guide().Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
				t.Fatal(err)
			}
			w.nothingLeft(s)
		})
	}
}

// The same holds for starting, stopping, another type, and what a shutdown does.
func TestAChangeIsSeenBeforeItIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	w := newWorld(t, nil)
	ctx, quiet := t.Context(), func(steps.Event) {}
	if err := w.until(ctx, w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	s := w.Only()
	w.times(1, "ec2:StopInstances", ec2sim.Fault{Says: "<instancesSet/>"})
	if err := w.Guide().Stop(ctx, s.ID, quiet); err != nil {
		t.Fatal(err)
	}
	w.Patience = time.Second
	w.times(-1, "ec2:ModifyInstanceAttribute", ec2sim.Fault{Says: "<return>true</return>"})
	if err := w.Guide().Resize(ctx, s.ID, "t3.micro", quiet); err == nil {
		t.Error("a type that did not change is told as changed")
	}
	if got := w.Only().Answers.Type; got != "t2.micro" {
		t.Errorf("the ledger says %s", got)
	}
	w.Patience = 0
	w.times(1, "ec2:ModifyInstanceAttribute", ec2sim.Fault{Says: "<return>true</return>"})
	if err := w.Guide().Resize(ctx, s.ID, "t3.micro", quiet); err != nil {
		t.Error(err)
	}
	w.times(1, "ec2:StartInstances", ec2sim.Fault{Says: "<instancesSet/>"})
	a := enginetest.Answers()
	a.Type = "t3.micro"
	if err := w.until(ctx, w.Guide(), a, steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	w.oneOfEach()
}

// A sweep forgets a leftover only once it is gone.
func TestASweepLooksBeforeItTells(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	w.Dir = t.TempDir() // another computer's
	var left []steps.Leftover
	if err := w.Guide().Sweep(t.Context(), "", func(s steps.Swept) { left = append(left, s.Leftovers...) }); err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	w.SetFault(func(action string) *ec2sim.Fault {
		if !slices.Contains([]string{"ec2:TerminateInstances", "ec2:DeleteSecurityGroup", "ec2:DeleteKeyPair"}, action) || n[action] > 0 {
			return nil
		}
		n[action]++
		return &ec2sim.Fault{Says: "<return>true</return>"}
	})
	if err := w.Guide().Clear(context.WithoutCancel(t.Context()), left, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	owned, err := w.Region().Owned(t.Context())
	owned = slices.DeleteFunc(owned, func(o aws.Owned) bool { return o.State == "terminated" })
	if err != nil || len(owned) > 0 {
		t.Errorf("left: %v (%v)", owned, err)
	}
}
