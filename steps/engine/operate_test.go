package engine_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// launchedSetup is a world whose one machine has been launched and logged in to.
func launchedSetup(t *testing.T) (*world, *engine.Guide, steps.Setup) {
	t.Helper()
	w := newWorld(t, nil)
	g := w.Guide()
	if err := w.until(t.Context(), g, enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	all, err := g.Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w, g, all[0]
}

// said gathers what an operation says.
type said struct{ events []steps.Event }

func (s *said) emit(e steps.Event) { s.events = append(s.events, e) }

func (s *said) last() steps.Event { return s.events[len(s.events)-1] }

func title(err error) string {
	if err == nil {
		return ""
	}
	return steps.Explain(err).Title
}

func TestStop(t *testing.T) {
	w, g, s := launchedSetup(t)
	for range 2 { // one that is stopped is left so
		var heard said
		if err := g.Stop(t.Context(), s.ID, heard.emit); err != nil {
			t.Fatalf("%+v", steps.Explain(err))
		}
		if e := heard.last(); e.Kind != steps.Finished || e.Step != steps.StepStop {
			t.Errorf("it ends with %+v", e)
		}
	}
	i, err := w.Region().Instance(t.Context(), s.Resources.InstanceID)
	if err != nil || i.State != aws.StateStopped {
		t.Errorf("it is %s, %v", i.State, err)
	}
	if n := len(w.called("ec2:StopInstances")); n != 1 {
		t.Errorf("EC2 was asked %d times to stop it", n)
	}
	all, err := g.Setups(t.Context())
	if err != nil || all[0].State != steps.StateStopped || all[0].StoppedAt.IsZero() {
		t.Errorf("the ledger has %+v, %v", all[0], err)
	}
	if _, err := g.Reopen(t.Context(), s.ID); title(err) != "The machine is stopped" {
		t.Errorf("reopening it: %v", err)
	}
	if _, err := g.Connect(t.Context(), s.ID); title(err) != "The machine is stopped" {
		t.Errorf("connecting to it: %v", err)
	}
}

func TestStopOfAMachineThatIsGone(t *testing.T) {
	w, g, s := launchedSetup(t)
	if err := w.Region().Terminate(t.Context(), s.Resources.InstanceID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), s.Resources.InstanceID, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	if err := g.Stop(t.Context(), s.ID, func(steps.Event) {}); title(err) != "The machine is gone" {
		t.Errorf("got %v", err)
	}
}

// A reboot is over when the machine went down and is back.
func TestReboot(t *testing.T) {
	_, g, s := launchedSetup(t)
	link, err := g.Connect(t.Context(), s.ID)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	defer func() { _ = link.Close() }()
	var heard said
	if err := g.Reboot(t.Context(), s.ID, heard.emit); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	var down bool
	for _, e := range heard.events {
		down = down || strings.Contains(e.Text, "It went down")
	}
	if !down || heard.last().Kind != steps.Finished {
		t.Errorf("it said %+v", heard.events)
	}
	await.Until(t, "the end of the link, which was up before the reboot", func() bool { return link.State() != "up" })
	if _, err := link.Tail(t.Context(), steps.LogServer, 1); err != nil {
		t.Errorf("the link is not made again: %v", err)
	}
	if state := link.State(); state != "up" {
		t.Errorf("the link is %q", state)
	}
}

// A machine that goes down ends a connection before its SSH server: who is let
// in then is still in the boot that is ending.
func TestRebootIsNotOverInTheBootThatEnds(t *testing.T) {
	down := make(chan struct{})
	goDown := sync.OnceFunc(func() { close(down) })
	defer goDown()
	w := newWorld(t, func(_ *ec2sim.Options, h *hosts) { h.goesDown = down })
	g := w.Guide()
	if err := w.until(t.Context(), g, enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	seen := false
	err := g.Reboot(t.Context(), w.Only().ID, func(e steps.Event) {
		if strings.Contains(e.Text, "The boot that is ending has let in once more") {
			seen = true
			goDown()
		}
	})
	if err != nil {
		t.Errorf("%+v", steps.Explain(err))
	}
	if !seen {
		t.Error("it was over before the machine went down")
	}
}

func TestResize(t *testing.T) {
	w, g, s := launchedSetup(t)
	resize := func(to string) error {
		return g.Resize(t.Context(), s.ID, to, func(steps.Event) {})
	}
	if err := resize("t3.small"); title(err) != "The machine is running" {
		t.Errorf("a running one: %v", err)
	}
	if err := g.Stop(t.Context(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if err := resize("t4g.small"); title(err) != "The type has another processor" {
		t.Errorf("another processor: %v", err)
	}
	if err := resize("t3.nosuch"); err == nil {
		t.Error("a type that is none was taken")
	}
	if err := resize("t3.small"); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	i, err := w.Region().Instance(t.Context(), s.Resources.InstanceID)
	if err != nil || i.Type != "t3.small" || i.State != aws.StateStopped {
		t.Errorf("it is %s and %s, %v", i.Type, i.State, err)
	}
	all, err := g.Setups(t.Context())
	if err != nil || all[0].Answers.Type != "t3.small" || all[0].Cost.Type == s.Cost.Type || !all[0].Cost.Known {
		t.Errorf("the ledger has %+v, %v", all[0], err)
	}
}

// What changes the answers alone leaves the machine to the next work.
func TestChanges(t *testing.T) {
	_, g, s := launchedSetup(t)
	ctx := t.Context()
	if got, err := g.SetMode(ctx, s.ID, steps.ModeHTTP, true); err != nil || got.Answers.Mode != steps.ModeHTTP || !got.Answers.NoTLS {
		t.Errorf("%+v, %v", got.Answers, err)
	}
	if _, err := g.SetMode(ctx, s.ID, "telnet", false); steps.Explain(err).Kind != problem.Answers {
		t.Errorf("a mode that is none: %v", err)
	}
	got, err := g.SetLimits(ctx, s.ID, steps.Never, 0)
	if err != nil || got.Answers.IdleStop != steps.Never || got.Answers.Lifetime != 0 {
		t.Errorf("%+v, %v", got.Answers, err)
	}
	if _, err := g.SetLimits(ctx, s.ID, steps.Limit(time.Second), 0); steps.Explain(err).Kind != problem.Answers {
		t.Errorf("a limit of a second: %v", err)
	}
	rule := steps.WorkRule{Percent: 20, Ignore: []string{"htop", "python monitor*"}}
	if got, err := g.SetWork(ctx, s.ID, rule); err != nil || !reflect.DeepEqual(got.Answers.Work, rule) {
		t.Errorf("%+v, %v", got.Answers, err)
	}
	for _, bad := range []steps.WorkRule{{Percent: -1}, {Ignore: []string{" "}}, {Ignore: []string{"a\x1b[1m"}}, {Ignore: make([]string, 51)}} {
		if _, err := g.SetWork(ctx, s.ID, bad); steps.Explain(err).Kind != problem.Answers {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := g.UseGateway(ctx, s.ID, s.ID); title(err) != "This setup is not a Kernel Gateway" {
		t.Errorf("a gateway that is none: %v", err)
	}
	all, err := g.Setups(ctx)
	if err != nil || all[0].Answers.Mode != steps.ModeHTTP || all[0].Answers.IdleStop != steps.Never || !reflect.DeepEqual(all[0].Answers.Work, rule) {
		t.Errorf("the ledger has %+v, %v", all[0].Answers, err)
	}
}

// When this computer's address changes, the rule moves with it.
func TestTheRuleFollowsMyAddress(t *testing.T) {
	w, g, s := launchedSetup(t)
	id := s.Resources.GroupID
	w.SetAddress("198.51.100.23")
	// Any later work moves the rule: the old address is let in no more.
	if err := w.until(t.Context(), g, enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	rules, err := w.Region().GroupRules(t.Context(), id)
	if err != nil || len(rules) != 1 || rules[0] != (aws.Rule{Port: 22, CIDR: "198.51.100.23/32", Ours: true}) {
		t.Errorf("the rules are %+v, %v", rules, err)
	}
}

// A link moves the rule too, and writes nothing down: the next program, back at
// the address that the ledger knows, finds the group moved away and moves it back.
func TestTheRuleComesBackWithMe(t *testing.T) {
	w, g, s := launchedSetup(t)
	network, err := w.Region().Network(t.Context(), aws.NetworkSpec{})
	if err != nil {
		t.Fatal(err)
	}
	spec := aws.GroupSpec{
		Name: s.Resources.GroupName, VPC: network.VPC, CIDR: "198.51.100.23/32", Ports: []int{22},
		Tags: map[string]string{engine.TagSetup: s.ID},
	}
	if _, err := w.Region().EnsureGroup(t.Context(), spec); err != nil { // as a link did from there
		t.Fatal(err)
	}
	if !engine.FollowMe(t.Context(), g, s.ID) {
		t.Error("nothing was moved")
	}
	rules, err := w.Region().GroupRules(t.Context(), s.Resources.GroupID)
	if err != nil || len(rules) != 1 || rules[0] != (aws.Rule{Port: 22, CIDR: s.MyAddress + "/32", Ours: true}) {
		t.Errorf("the rules are %+v, %v", rules, err)
	}
	w.Forget()
	if engine.FollowMe(t.Context(), g, s.ID) || len(w.called("ec2:ModifySecurityGroupRules")) > 0 {
		t.Error("a rule that is right was moved")
	}
}

// The address that a machine had before it was stopped may be another's by
// then: its host key is no alarm where EC2 says that the machine has moved.
func TestALinkLeavesAnAddressThatIsAnothers(t *testing.T) {
	w, g, s := launchedSetup(t)
	other := enginetest.Answers()
	other.Name = "other"
	if err := w.until(t.Context(), g, other, steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	all, err := g.Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stale := s
	stale.PublicAddr, stale.PublicIP, stale.SSHPort = all[1].PublicAddr, all[1].PublicIP, all[1].SSHPort
	if err := engine.Save(g, stale); err != nil {
		t.Fatal(err)
	}
	var trace strings.Builder
	traced := w.Guide(func(c *engine.Config) {
		c.Log = slog.New(slog.NewTextHandler(&trace, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	link, err := traced.Connect(t.Context(), s.ID)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if err := link.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(trace.String(), "msg=redial setup="+s.ID) || strings.Count(trace.String(), "msg=dial") != 2 {
		t.Errorf("two dials, and why, are not in the debug log:\n%s", trace.String())
	}
	// Where it has not moved, another key is what it is.
	pair, err := remote.Generate("another")
	if err != nil {
		t.Fatal(err)
	}
	line := s.Resources.InstanceID + " " + pair.Public + "\n"
	if err := os.WriteFile(filepath.Join(w.Dir, "known_hosts"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	var re *remote.Error
	if _, err := g.Connect(t.Context(), s.ID); !errors.As(err, &re) || re.Reason != remote.HostKeyChanged {
		t.Errorf("a changed key: %v", err)
	}
}

// What is half removed is not worked on: that would launch a new machine.
func TestNoWorkOnASetupThatIsBeingRemoved(t *testing.T) {
	w, g, s := launchedSetup(t)
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:DeleteSecurityGroup" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation", Message: "not now"}
		}
		return nil
	})
	if err := g.Remove(t.Context(), s.ID, func(steps.Event) {}); err == nil {
		t.Fatal("it was removed")
	}
	if _, err := g.Work(t.Context(), s.ID, func(steps.Event) {}); title(err) != "This setup is being removed" {
		t.Errorf("got %v", err)
	}
	if n := len(w.called("ec2:RunInstances")); n != 1 {
		t.Errorf("%d machines were launched", n)
	}
}

// Without a tunnel nothing notices that the group lets in another address: who
// asks for the URL does.
func TestReopeningFollowsMyAddress(t *testing.T) {
	w, g, s := launchedSetup(t)
	s.Answers.Mode, s.Answers.NoTLS, s.ServerPort = steps.ModeHTTP, true, steps.ServerPort
	s.Done[steps.StepServe], s.Done[steps.StepOpen] = time.Now(), time.Now()
	if err := engine.Save(g, s); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(w.Dir, "tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir, "tokens", s.ID), []byte(strings.Repeat("0123456789ab", 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	w.SetAddress("198.51.100.23")
	o, err := g.Reopen(t.Context(), s.ID)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	rules, err := w.Region().GroupRules(t.Context(), s.Resources.GroupID)
	if err != nil || len(rules) != 2 || rules[0].CIDR != "198.51.100.23/32" || rules[1].CIDR != "198.51.100.23/32" {
		t.Errorf("the rules are %+v, %v", rules, err)
	}
}

// An address that a removed notebook had is somebody else's soon: its gateway
// does not let it in any more.
func TestAGatewayShutsOutARemovedNotebook(t *testing.T) {
	w, g, s := launchedSetup(t)
	a := enginetest.Answers()
	a.Name = "gate"
	if err := w.until(t.Context(), g, a, steps.StepConnect); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	all, err := g.Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	gate := all[1]
	gate.Answers.Mode, s.Answers.Gateway = steps.ModeGateway, gate.ID
	if err := errors.Join(engine.Save(g, gate), engine.Save(g, s)); err != nil {
		t.Fatal(err)
	}
	lets := func() bool {
		t.Helper()
		rules, err := w.Region().GroupRules(t.Context(), gate.Resources.GroupID)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(rules, aws.Rule{Port: steps.ServerPort, CIDR: s.PublicIP + "/32", Ours: true})
	}
	if !engine.FollowMe(t.Context(), g, gate.ID) || !lets() {
		t.Fatal("the gateway does not let the notebook in")
	}
	if err := g.Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if lets() {
		t.Error("the gateway still lets it in")
	}
}
