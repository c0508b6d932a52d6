package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// launched starts a machine of a setup beside the guide, as another computer
// would.
func launched(t testing.TB, r engine.CloudRegion, setup, name string) aws.Instance {
	t.Helper()
	ctx := t.Context()
	image, err := r.Image(ctx, "24.04", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	network, err := r.Network(ctx, aws.NetworkSpec{})
	if err != nil {
		t.Fatal(err)
	}
	i, err := r.Launch(ctx, aws.LaunchSpec{
		ClientToken: "elsewhere-" + setup, Image: image, Type: "t3.micro", Subnet: network.Subnet, DiskGB: 8,
		Tags: map[string]string{engine.TagSetup: setup, engine.TagName: name},
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// surveyed gathers a whole survey: the last that was said of each machine.
func surveyed(t testing.TB, g *engine.Guide) (map[string]steps.Machine, []steps.Surveyed) {
	t.Helper()
	machines := map[string]steps.Machine{}
	var answers []steps.Surveyed
	err := g.Survey(t.Context(), "", func(s steps.Surveyed) {
		answers = append(answers, s)
		for _, m := range s.Machines {
			machines[m.ID] = m
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return machines, answers
}

// One's own machines and those of another computer come from all regions, also
// from one that had to be opted in to; the others' have no ledger here.
func TestSurveyFindsEveryMachine(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	account, err := w.Open(t.Context(), aws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"eu-west-3", "ap-east-1"} { // the second is opted in to
		launched(t, account.In(region), "other"+region[:2], "theirs")
	}
	machines, answers := surveyed(t, w.Guide())
	if len(machines) != 3 {
		t.Fatalf("found %d machines: %+v", len(machines), machines)
	}
	for id, m := range machines {
		elsewhere := id == "othereu" || id == "otherap"
		if m.Elsewhere != elsewhere || m.State == "" || m.Account == "" || m.Resources.InstanceID == "" {
			t.Errorf("%s: %+v", id, m)
		}
		if money := m.Money(time.Now()); !money.Known || money.Hour <= 0 {
			t.Errorf("%s costs %+v", id, money)
		}
	}
	last := answers[len(answers)-1]
	if last.Done != last.Of || last.Of < 17 {
		t.Errorf("the last answer is %d of %d", last.Done, last.Of)
	}
}

// A region that does not answer hides only its own machines, and an account
// that cannot be asked says so once.
func TestSurveyWithFailures(t *testing.T) {
	w := newWorld(t, noHosts)
	account, err := w.Open(t.Context(), aws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	launched(t, account.In("us-east-1"), "one", "one")
	for _, c := range []struct {
		what     string
		fault    func(action string, r *http.Request) *ec2sim.Fault
		machines int
		failures int
	}{
		{"one region", func(action string, r *http.Request) *ec2sim.Fault {
			if action == "ec2:DescribeInstances" && regionOf(r) == "eu-west-1" {
				return &ec2sim.Fault{Code: "UnauthorizedOperation", Message: "not here"}
			}
			return nil
		}, 1, 1},
		{"the account", func(string, *http.Request) *ec2sim.Fault {
			return &ec2sim.Fault{Code: "AuthFailure", Status: 401}
		}, 0, 1},
	} {
		w.SetRequestFault(c.fault)
		machines, answers := surveyed(t, w.Guide())
		failures := 0
		for _, a := range answers {
			if a.Err != nil {
				failures++
			}
		}
		if len(machines) != c.machines || failures != c.failures {
			t.Errorf("%s fails: %d machines and %d failures", c.what, len(machines), failures)
		}
		heard := map[string]bool{}
		for _, a := range answers {
			heard["ls"] = heard["ls"] || a.Heard()
		}
		err := errors.Join(
			w.Guide().Sweep(t.Context(), "", func(a steps.Swept) { heard["sweep"] = heard["sweep"] || a.Heard() }),
			w.Guide().Images(t.Context(), "", func(a steps.ImagesFound) { heard["images"] = heard["images"] || a.Heard() }))
		for _, what := range []string{"ls", "sweep", "images"} {
			if err != nil || heard[what] != (c.machines > 0) {
				t.Errorf("%s fails: %s heard of a region: %v (%v)", c.what, what, heard[what], err)
			}
		}
		w.SetRequestFault(nil)
	}
}

// A machine that was terminated elsewhere is gone, one that was stopped is
// stopped, and the ledger remembers how long it ran.
func TestSurveyFollowsWhatHappenedElsewhere(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	setups, err := w.Guide().Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := setups[0].Resources.InstanceID
	if _, err := w.Region().Bring(t.Context(), id, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), id, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	machines, _ := surveyed(t, w.Guide())
	if m := machines[setups[0].ID]; m.State != steps.StateStopped || m.StoppedAt.IsZero() || m.RanBefore <= 0 {
		t.Errorf("a stopped machine: %+v", m)
	}
	kept, err := w.Guide().Setups(t.Context())
	if err != nil || kept[0].State != steps.StateStopped || kept[0].RanBefore <= 0 {
		t.Errorf("the ledger has %+v, %v", kept[0], err)
	}
	if err := w.Region().Terminate(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), id, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	g := w.GuideAt(func() time.Time { return time.Now().Add(time.Hour) }) // it is no newborn any more
	if machines, _ = surveyed(t, g); machines[setups[0].ID].State != steps.StateGone {
		t.Errorf("a terminated machine: %+v", machines[setups[0].ID])
	}
}

// A machine from elsewhere can be taken into the ledger, and then be stopped
// and removed like one's own.
func TestAdopt(t *testing.T) {
	w := newWorld(t, nil)
	account, err := w.Open(t.Context(), aws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	there := launched(t, account.In("eu-west-3"), "theirs1234", "jupyter")
	g := w.Guide()
	machines, _ := surveyed(t, g)
	theirs := machines["theirs1234"]
	theirs.Cost = steps.Cost{} // as in the survey's first answer
	s, err := g.Adopt(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	if machines, _ = surveyed(t, w.Guide()); machines[s.ID].Elsewhere || !machines[s.ID].Money(time.Now()).Known {
		t.Errorf("after that it is %+v", machines[s.ID])
	}
	if again, err := g.Adopt(t.Context(), theirs); err != nil || again.ID != s.ID {
		t.Errorf("adopted twice: %+v, %v", again, err)
	}
	if err := g.Stop(t.Context(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if i, err := account.In("eu-west-3").Instance(t.Context(), there.ID); err != nil || i.State != aws.StateStopped {
		t.Errorf("it is %s, %v", i.State, err)
	}
	if err := g.Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if left, err := account.In("eu-west-3").Ours(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left: %+v, %v", left, err)
	}
}

// Two hundred machines over all regions, each call a tenth of a second: the
// list is to be there in less than twice the time of its slowest region.
func BenchmarkSurvey(b *testing.B) {
	const perRegion, delay = 12, 100 * time.Millisecond
	var slow sync.Map
	cloud, err := ec2sim.New(ec2sim.Options{Fault: func(action string, _ *http.Request) *ec2sim.Fault {
		if _, on := slow.Load("on"); on {
			return &ec2sim.Fault{Delay: delay}
		}
		return nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cloud.Close() })
	open := func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		o.Profile = ""
		o.Endpoint = &aws.Endpoint{URL: "http://ec2.test", AccessKeyID: "AKIATEST", SecretAccessKey: "secret", HTTP: cloud.HTTPClient()}
		return engine.OpenAWS(ctx, o)
	}
	account, err := open(b.Context(), aws.Options{})
	if err != nil {
		b.Fatal(err)
	}
	total := 0
	for _, region := range aws.DefaultRegions() {
		for n := range perRegion {
			if total < 200 {
				launched(b, account.In(region), fmt.Sprintf("s%dx%d", total, n), "m")
				total++
			}
		}
	}
	slow.Store("on", true)
	var times, list, priced []float64
	for b.Loop() {
		g := engine.New(engine.Config{Dir: b.TempDir(), Open: open, Ask: enginetest.Person{}})
		began := time.Now()
		var there time.Duration
		machines := map[string]bool{}
		if err := g.Survey(b.Context(), "", func(s steps.Surveyed) {
			for _, m := range s.Machines {
				machines[m.ID] = true
			}
			if len(machines) == total && there == 0 {
				there = time.Since(began)
			}
		}); err != nil {
			b.Fatal(err)
		}
		if len(machines) != total {
			b.Fatalf("%d machines of %d", len(machines), total)
		}
		priced = append(priced, time.Since(began).Seconds()*1000)
		list = append(list, there.Seconds()*1000)
		times = append(times, there.Seconds()/slowest(b, account).Seconds())
	}
	for unit, all := range map[string][]float64{"×slowest": times, "ms/list": list, "ms/priced": priced} {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], unit)
	}
}

// slowest is how long the slowest region takes on its own.
func slowest(b *testing.B, account engine.Cloud) time.Duration {
	var all []time.Duration
	for _, region := range aws.DefaultRegions() {
		began := time.Now()
		if _, err := account.In(region).Ours(b.Context()); err != nil {
			b.Fatal(err)
		}
		all = append(all, time.Since(began))
	}
	return slices.Max(all)
}

// A machine that was terminated elsewhere costs nothing from then on, however
// often and however late it is looked for.
func TestAMachineThatIsGoneCostsNothingMore(t *testing.T) {
	w, _, s := launchedSetup(t)
	if err := w.Region().Terminate(t.Context(), s.Resources.InstanceID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), s.Resources.InstanceID, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	var costs []float64
	for _, later := range []time.Duration{2 * time.Hour, 50 * time.Hour} {
		now := func() time.Time { return time.Now().Add(later) }
		machines, _ := surveyed(t, w.GuideAt(now))
		m := machines[s.ID]
		if m.State != steps.StateGone {
			t.Fatalf("it is %q", m.State)
		}
		costs = append(costs, m.Money(now()).SoFar)
	}
	if d := costs[1] - costs[0]; d > 1e-6 {
		t.Errorf("two days after it was gone it costs %v more", d)
	}
}

// Two instances may carry one setup's tag: the old one that is ending, or a
// copy that somebody launched from it in the console. The ledger's own is the
// setup's machine, and another one is listed, with its cost.
func TestSurveyOfTwoWithOneTag(t *testing.T) {
	w, g, s := launchedSetup(t)
	for _, own := range []string{"shared", s.ID} {
		for n := range 2 {
			if own == s.ID && n == 1 {
				break // the setup's own is the other one
			}
			r := w.Region()
			image, err := r.Image(t.Context(), "24.04", "amd64")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Launch(t.Context(), aws.LaunchSpec{
				ClientToken: fmt.Sprint(own, n), Image: image, Type: "t3.micro", DiskGB: 8,
				Tags: map[string]string{engine.TagSetup: own, engine.TagName: "copy"},
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	machines, _ := surveyed(t, g)
	instances := map[string]bool{}
	for _, m := range machines {
		instances[m.Resources.InstanceID] = true
	}
	if m := machines[s.ID]; len(instances) != 4 || m.Resources.InstanceID != s.Resources.InstanceID || m.PublicAddr != s.PublicAddr || m.Elsewhere {
		t.Errorf("%d machines, and the setup's own is %+v", len(instances), machines[s.ID])
	}
	all, err := g.Setups(t.Context())
	if err != nil || !all[0].LaunchedAt.Equal(s.LaunchedAt) || all[0].PublicAddr != s.PublicAddr {
		t.Errorf("the ledger has %+v, %v", all[0], err)
	}
	for _, m := range machines {
		if m.Elsewhere && m.ID != "shared" {
			if _, err := g.Adopt(t.Context(), m); title(err) != "This machine cannot be adopted" {
				t.Errorf("a copy is adopted: %v", err)
			}
		}
	}
}

// A profile may lead to another account one day. What it does not find there is
// not gone: nothing is launched, removed or forgotten by that mistake.
func TestAProfileThatLeadsToAnotherAccount(t *testing.T) {
	w, _, s := launchedSetup(t)
	elsewhere := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.Account = "222222222222" })
	theirs, ours := elsewhere.Open, w.Open
	w.Open = theirs
	g := w.Guide()
	const other = "The profile leads to another account"
	machines, _ := surveyed(t, g)
	if m := machines[s.ID]; m.State != steps.StateRunning || m.Unseen != other || m.Account != "000000000000" {
		t.Errorf("in the list it is %+v", m)
	}
	if m := g.Look(t.Context(), []steps.Setup{s})[0]; m.State != steps.StateRunning || m.Unseen != other {
		t.Errorf("looked at, it is %+v", m)
	}
	if err := g.Remove(t.Context(), s.ID, func(steps.Event) {}); title(err) != other {
		t.Errorf("removed: %v", err)
	}
	if _, err := g.Work(t.Context(), s.ID, func(steps.Event) {}); title(err) != other {
		t.Errorf("worked on: %v", err)
	}
	if c := elsewhere.doctor(g, s.ID)["credentials"]; c.State != steps.CheckBad || !strings.Contains(c.Text, other) {
		t.Errorf("the doctor says %+v", c)
	}
	w.Open = ours
	if m := w.Guide().Look(t.Context(), []steps.Setup{s})[0]; m.State != steps.StateRunning || m.Unseen != "" {
		t.Errorf("with its own account again, it is %+v", m)
	}
}
