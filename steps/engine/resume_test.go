package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// "Choose another type" is what a refusal says: it must be possible under the
// same name, and lead to one machine.
func TestARefusedTypeCanBeChanged(t *testing.T) {
	w := newWorld(t, nil)
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:RunInstances" {
			return &ec2sim.Fault{Code: "InvalidParameterCombination", Message: "The specified instance type is not eligible for Free Tier."}
		}
		return nil
	})
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err == nil {
		t.Fatal("the launch was not refused")
	}
	w.SetFault(nil)
	other := enginetest.Answers()
	other.Type, other.DiskGB, other.Release = "t3.micro", 12, "22.04"
	if err := w.until(t.Context(), w.Guide(), other, steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	w.oneOfEach()
	setups, err := w.Guide().Setups(t.Context())
	if err != nil || setups[0].Answers.Type != "t3.micro" {
		t.Fatalf("setups %+v, %v", setups, err)
	}
	// From here on there is a machine, and the name is its.
	if _, err := w.Guide().Begin(t.Context(), enginetest.Answers()); err == nil {
		t.Fatal("another machine of the same name was begun")
	}
}

// EC2 lists a new instance only after a moment. A removal right after a launch
// that died must not forget it.
func TestRemoveWaitsForAnInstanceThatIsNotListedYet(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.Timing.Visible = 300 * time.Millisecond })
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
	setups, err := w.Guide().Setups(t.Context())
	if err != nil || setups[0].Resources.InstanceID != "" {
		t.Fatalf("setups %+v, %v", setups, err)
	}
	if err := w.Guide().Remove(t.Context(), setups[0].ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	for _, i := range w.Cloud.Instances() {
		if i.Exists() {
			t.Errorf("%s is %s, and nobody knows of it any more", i.ID, i.State)
		}
	}
}

// What the host did when the person stopped the work is not the reason.
func TestStoppingIsToldAsStopping(t *testing.T) {
	w := newWorld(t, noConsole)
	w.adopt()
	ctx, stop := context.WithCancel(t.Context())
	w.Ask = enginetest.Person{OnHostKey: func(steps.HostKeyQuestion) steps.HostKeyAnswer {
		stop()
		return steps.HostKeyReject
	}}
	err := w.until(ctx, w.Guide(), enginetest.Answers(), steps.StepOpen)
	if p := steps.Explain(err); p.Kind != problem.Interrupted {
		t.Fatalf("got %+v", p)
	}
}

// Where nobody looks, an unknown host key is waited for once, not for ever.
func TestTheQuestionTellsThatTheWaitCameToNothing(t *testing.T) {
	w := newWorld(t, noConsole)
	w.adopt()
	w.Patience = 2 * time.Second
	var asked []bool
	w.Ask = enginetest.Person{OnHostKey: func(q steps.HostKeyQuestion) steps.HostKeyAnswer {
		asked = append(asked, q.Waited)
		if q.Waited {
			return steps.HostKeyReject
		}
		return steps.HostKeyWait
	}}
	// A link is made: the steps before a login would have as little patience with
	// the SSH port.
	_, err := w.Guide().Connect(t.Context(), w.Only().ID)
	if p := steps.Explain(err); p.Title != "The host key was not accepted" {
		t.Fatalf("got %+v", p)
	}
	if len(asked) != 2 || asked[0] || !asked[1] {
		t.Errorf("asked %v", asked)
	}
}

// A group that something else uses does not hold a removal up for ever.
func TestRemoveGivesUpOnAGroupInUse(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	s := w.Only()
	// Only the group is waited for with little patience: a host may take its time.
	if _, err := w.Region().Bring(t.Context(), s.Resources.InstanceID, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	w.Patience = 2 * time.Second
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:DeleteSecurityGroup" {
			return &ec2sim.Fault{Code: "DependencyViolation"}
		}
		return nil
	})
	err := w.Guide().Remove(t.Context(), s.ID, func(steps.Event) {})
	if p := steps.Explain(err); p.Title != "Something still uses it" {
		t.Fatalf("got %+v (%v)", p, err)
	}
}

// An error may quote anybody; a terminal must not obey it.
func TestExplainIsSafeForATerminal(t *testing.T) {
	err := &aws.Error{Doing: "make it", Code: "Strange", Message: "a\x1b]0;title\x07b\x1b[31mc\u202e\nd"}
	p := steps.Explain(err)
	for _, text := range []string{p.Title, p.Text, p.Next.String(), p.Raw} {
		if strings.ContainsAny(text, "\x1b\x07\u202e") {
			t.Errorf("%q", text)
		}
	}
}

// Setups of one account are checked side by side; the account is opened once,
// or a person would be asked for several MFA codes.
func TestLookOpensAnAccountOnce(t *testing.T) {
	w := newWorld(t, nil)
	opened := make(chan struct{}, 10)
	open := w.Open
	w.Open = func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		opened <- struct{}{}
		return open(ctx, o)
	}
	var all []steps.Setup
	for _, id := range []string{"a", "b", "c", "d"} {
		all = append(all, steps.Setup{ID: id, Answers: enginetest.Answers(), Resources: steps.Resources{ClientToken: id}})
	}
	w.Guide().Look(t.Context(), all)
	if len(opened) != 1 {
		t.Errorf("the account was opened %d times", len(opened))
	}
}

// A machine that was launched a moment ago is in no list yet, and not gone.
func TestLookWaitsForANewInstance(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.Timing.Visible = 500 * time.Millisecond })
	dying, die := context.WithCancel(t.Context())
	s, err := w.Guide().Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Guide().Work(dying, s.ID, func(e steps.Event) {
		if strings.HasPrefix(e.Text, "EC2 answers") {
			die()
		}
	})
	if err == nil {
		t.Fatal("it did not die")
	}
	setups, err := w.Guide().Setups(t.Context())
	if err != nil || setups[0].Resources.InstanceID == "" {
		t.Fatalf("setups %+v, %v", setups, err)
	}
	if seen := w.Guide().Look(t.Context(), setups); seen[0].State == steps.StateGone || seen[0].Unseen != "" {
		t.Errorf("seen as %q (%s)", seen[0].State, seen[0].Unseen)
	}
}
