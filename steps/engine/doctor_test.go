package engine_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestDoctorOfAnAccountAlone(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.MFA = true })
	checks := w.doctor(w.Guide(), "")
	want := []string{"credentials", "region", "type", "permissions", "quota", "network", "address"}
	if len(checks) != len(want) {
		t.Errorf("checks %v, want %v", checks, want)
	}
	for _, id := range want {
		if checks[id].State != steps.CheckOK {
			t.Errorf("%+v", checks[id])
		}
	}
	for action, calls := range w.Calls() {
		for _, form := range calls {
			if !strings.Contains(action, ":Describe") && !strings.Contains(action, ":Get") && !strings.Contains(action, ":List") && form.Get("DryRun") != "true" {
				t.Errorf("%s: the doctor changes nothing", action)
			}
		}
	}
}

// Root is warned of, and so is a user without MFA.
func TestDoctorWarnsOfRootAndOfNoMFA(t *testing.T) {
	for user, text := range map[string]string{"root": "root user", "sandbox": "MFA is off"} {
		w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.User = user })
		if c := w.doctor(w.Guide(), "")["credentials"]; c.State != steps.CheckWarn || !strings.Contains(c.Text, text) {
			t.Errorf("%s: %+v", user, c)
		}
	}
}

func TestDoctorWithoutCredentials(t *testing.T) {
	w := connected(t)
	w.Open = func(ctx context.Context, o aws.Options) (engine.Cloud, error) {
		o.Profile, o.Endpoint = "", &aws.Endpoint{URL: "http://ec2.test", HTTP: w.Cloud.HTTPClient()}
		return engine.OpenAWS(ctx, o)
	}
	checks := w.doctor(w.Guide(), w.Only().ID)
	if c := checks["credentials"]; c.State != steps.CheckBad || !strings.Contains(c.Text, "No AWS credentials") {
		t.Errorf("%+v", c)
	}
	for id, c := range checks {
		// The key file is on this computer, and its address everybody is told.
		free := id == "key" || id == "address"
		if free && c.State != steps.CheckOK || !free && id != "credentials" && c.State != steps.CheckSkipped {
			t.Errorf("%s: %+v", id, c)
		}
	}
}

func TestDoctorFindsWhatIsWrongInTheCloud(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world)
		id     string
		text   string
	}{
		"a permission that is denied": {func(w *world) {
			w.SetFault(func(action string) *ec2sim.Fault {
				if action == "ec2:RunInstances" {
					return &ec2sim.Fault{Code: "UnauthorizedOperation"}
				}
				return nil
			})
		}, "permissions", "ec2:RunInstances"},
		"no route to the internet": {func(w *world) {
			w.rewrite(func(_ *http.Request, answer []byte) []byte {
				return bytes.ReplaceAll(answer, []byte(">igw-"), []byte(">nat-"))
			})
		}, "network", "internet gateway"},
		"a region that is off": {func(w *world) {
			w.rewrite(func(_ *http.Request, answer []byte) []byte {
				return bytes.ReplaceAll(answer, []byte("opt-in-not-required"), []byte("not-opted-in"))
			})
		}, "region", "us-east-1"},
		"no default network": {func(w *world) {
			w.rewrite(func(r *http.Request, answer []byte) []byte {
				return bytes.ReplaceAll(answer, []byte("<isDefault>true"), []byte("<isDefault>false"))
			})
		}, "network", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.NoDefaultVPC = name == "no default network" })
			c.change(w)
			got := w.doctor(w.Guide(), "")[c.id]
			if got.State != steps.CheckBad || !strings.Contains(got.Text, c.text) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A machine that runs is in the quota; one that is to be launched must fit.
func TestDoctorCountsTheQuota(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.StandardVCPUs = 1 })
	a := enginetest.Answers()
	a.Type = "t3.micro"
	s, err := w.Guide().Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	c := w.doctor(w.Guide(), s.ID)["quota"]
	if c.State != steps.CheckBad || !strings.Contains(c.Text, "of 1 vCPUs") || !strings.Contains(c.Next.String(), "L-1216C47A") {
		t.Errorf("%+v", c)
	}
	// Nothing was launched for it yet, which is no riddle either.
	if c := w.doctor(w.Guide(), s.ID)["instance"]; c.State != steps.CheckBad || !strings.Contains(c.Text, "No machine has been launched") {
		t.Errorf("%+v", c)
	}
}

func TestDoctorStartsAStoppedMachine(t *testing.T) {
	w := connected(t)
	s := w.Only()
	if _, err := w.Region().Bring(t.Context(), s.Resources.InstanceID, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), s.Resources.InstanceID, aws.StateStopped, nil); err != nil {
		t.Fatal(err)
	}
	checks := w.doctor(w.Guide(), s.ID)
	w.expect(checks, map[string]steps.CheckState{
		"instance": steps.CheckBad, "shutdown": steps.CheckOK, "group": steps.CheckOK, "key": steps.CheckOK,
		"hostkey": steps.CheckSkipped, "ssh": steps.CheckSkipped, "server": steps.CheckSkipped, "proof": steps.CheckSkipped,
	})
	if checks["instance"].Fix == "" || !strings.Contains(checks["instance"].Text, "is stopped") {
		t.Errorf("%+v", checks["instance"])
	}
	// Repairs on the machine do not start it: that is offered on its own.
	err := w.Guide().FixCheck(t.Context(), s.ID, "server", func(steps.Event) {})
	if p := steps.Explain(err); p.Title != "The machine is stopped" {
		t.Errorf("%+v", p)
	}
	if err := w.Guide().FixCheck(t.Context(), s.ID, "instance", func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	w.expect(w.doctor(w.Guide(), s.ID), map[string]steps.CheckState{"instance": steps.CheckOK, "ssh": steps.CheckOK, "host": steps.CheckOK})
	w.oneOfEach()
	if err := w.Guide().FixCheck(t.Context(), s.ID, "instance", func(steps.Event) {}); err == nil {
		t.Error("a running machine was started")
	}
}

func TestDoctorTellsAMachineThatIsGone(t *testing.T) {
	w := connected(t)
	s := w.Only()
	if err := w.Region().Terminate(t.Context(), s.Resources.InstanceID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), s.Resources.InstanceID, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	if c := w.doctor(w.Guide(), s.ID)["instance"]; c.State != steps.CheckBad || !strings.Contains(c.Text, "gone") || c.Fix != "" {
		t.Errorf("%+v", c)
	}
	if err := w.Guide().FixCheck(t.Context(), s.ID, "instance", func(steps.Event) {}); err == nil {
		t.Error("a machine that is gone was started")
	}
	if n := len(w.Cloud.Instances()); n != 1 {
		t.Errorf("%d instances: the doctor launches none", n)
	}
}

// A remedy that cannot be applied leaves the ledger as it is: it is checked
// without the setup's lock.
func TestNoRemedyForAMachineThatIsGone(t *testing.T) {
	w, g, s := launchedSetup(t)
	if err := w.Region().Terminate(t.Context(), s.Resources.InstanceID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), s.Resources.InstanceID, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	if err := g.FixCheck(t.Context(), s.ID, "server", func(steps.Event) {}); title(err) != "The machine is gone" {
		t.Errorf("got %v", err)
	}
	all, err := g.Setups(t.Context())
	if err != nil || all[0].Resources != s.Resources || len(all[0].Done) != len(s.Done) {
		t.Errorf("the ledger has %+v, %v; it had %+v", all, err, s)
	}
}

func TestDoctorMovesTheRuleToANewAddress(t *testing.T) {
	w := connected(t)
	s := w.Only()
	before, err := w.Region().GroupRules(t.Context(), s.Resources.GroupID)
	if err != nil {
		t.Fatal(err)
	}
	w.SetAddress("198.51.100.9")
	c := w.doctor(w.Guide(), s.ID)["group"]
	if c.State != steps.CheckBad || c.Fix == "" || !strings.Contains(c.Text, "198.51.100.9") || !strings.Contains(c.Text, before[0].CIDR) {
		t.Fatalf("%+v", c)
	}
	if err := w.Guide().FixCheck(t.Context(), s.ID, "group", func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if c := w.doctor(w.Guide(), s.ID)["group"]; c.State != steps.CheckOK {
		t.Errorf("%+v", c)
	}
	after, err := w.Region().GroupRules(t.Context(), s.Resources.GroupID)
	if err != nil || len(after) != 1 || after[0].CIDR != "198.51.100.9/32" {
		t.Errorf("rules %v (%v): the rule is moved, not added", after, err)
	}
}

func TestDoctorMendsTheKeyFile(t *testing.T) {
	w := connected(t)
	s := w.Only()
	if err := os.Chmod(s.Resources.KeyPath, 0o644); err != nil { //nolint:gosec // that is the fault
		t.Fatal(err)
	}
	checks := w.doctor(w.Guide(), s.ID)
	w.expect(checks, map[string]steps.CheckState{"key": steps.CheckBad, "ssh": steps.CheckSkipped})
	if checks["key"].Fix == "" || !strings.Contains(checks["key"].Text, "can read") {
		t.Errorf("%+v", checks["key"])
	}
	if err := w.Guide().FixCheck(t.Context(), s.ID, "key", func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(s.Resources.KeyPath); err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("%v, %v", info, err)
	}
	w.expect(w.doctor(w.Guide(), s.ID), map[string]steps.CheckState{"key": steps.CheckOK, "ssh": steps.CheckOK})
}

func TestDoctorKnowsTheKeyOfAnotherPair(t *testing.T) {
	w := connected(t)
	path := w.Only().Resources.KeyPath
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c := w.doctor(w.Guide(), w.Only().ID)["key"]
	if c.State != steps.CheckBad || !strings.Contains(c.Text, "no file") {
		t.Errorf("%+v", c)
	}
	other, err := remote.Generate("another")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteKeyFile(path, other.Private); err != nil {
		t.Fatal(err)
	}
	checks := w.doctor(w.Guide(), w.Only().ID)
	w.expect(checks, map[string]steps.CheckState{"key": steps.CheckBad, "hostkey": steps.CheckOK, "ssh": steps.CheckBad, "host": steps.CheckSkipped})
	if !strings.Contains(checks["key"].Text, "is not the private half") || !strings.Contains(checks["ssh"].Text, "does not accept the key") {
		t.Errorf("%+v\n%+v", checks["key"], checks["ssh"])
	}
}

func TestDoctorStopsAtAnotherHostKey(t *testing.T) {
	w := connected(t)
	s := w.Only()
	other, err := remote.Generate("another")
	if err != nil {
		t.Fatal(err)
	}
	line := s.Resources.InstanceID + " " + other.Public + "\n"
	if err := os.WriteFile(filepath.Join(w.Dir, "known_hosts"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	checks := w.doctor(w.Guide(), s.ID)
	w.expect(checks, map[string]steps.CheckState{"hostkey": steps.CheckBad, "ssh": steps.CheckSkipped})
	// Where the console tells nothing, the login finds it out.
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:GetConsoleOutput" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	})
	checks = w.doctor(w.Guide(), s.ID)
	w.expect(checks, map[string]steps.CheckState{"hostkey": steps.CheckOK, "ssh": steps.CheckBad})
	if !strings.Contains(checks["ssh"].Text, "has changed") {
		t.Errorf("%+v", checks["ssh"])
	}
	// And nobody is asked to accept an unknown one: the asker here would fail.
	if err := os.Remove(filepath.Join(w.Dir, "known_hosts")); err != nil {
		t.Fatal(err)
	}
	w.expect(w.doctor(w.Guide(), s.ID), map[string]steps.CheckState{"hostkey": steps.CheckBad, "ssh": steps.CheckSkipped})
}

func TestDoctorSetsTheShutdownBehaviour(t *testing.T) {
	w := connected(t)
	s := w.Only()
	w.call("us-east-1", map[string]string{
		"Action": "ModifyInstanceAttribute", "InstanceId": s.Resources.InstanceID, "InstanceInitiatedShutdownBehavior.Value": "terminate",
	})
	if c := w.doctor(w.Guide(), s.ID)["shutdown"]; c.State != steps.CheckBad || c.Fix == "" {
		t.Fatalf("%+v", c)
	}
	if err := w.Guide().FixCheck(t.Context(), s.ID, "shutdown", func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if c := w.doctor(w.Guide(), s.ID)["shutdown"]; c.State != steps.CheckOK {
		t.Errorf("%+v", c)
	}
}

// Without Jupyter on it, the machine is told to lack just that.
func TestDoctorOfAMachineWithoutJupyter(t *testing.T) {
	w := connected(t)
	checks := w.doctor(w.Guide(), w.Only().ID)
	w.expect(checks, map[string]steps.CheckState{
		"ssh": steps.CheckOK, "host": steps.CheckOK, "install": steps.CheckBad,
		"server": steps.CheckSkipped, "path": steps.CheckSkipped, "proof": steps.CheckSkipped,
	})
	if checks["install"].Fix == "" {
		t.Errorf("%+v", checks["install"])
	}
}

func TestFixOfSomethingThatHasNone(t *testing.T) {
	w := newWorld(t, nil)
	s, err := w.Guide().Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"quota", "nonsense", "group", "shutdown", "key"} {
		err := w.Guide().FixCheck(t.Context(), s.ID, id, func(steps.Event) {})
		if p := steps.Explain(err); p.Title != "This cannot be fixed automatically" || !strings.Contains(p.Next.String(), "[doctor "+s.Answers.Name+"]") {
			t.Errorf("%s: %+v", id, p)
		}
	}
	if groups := w.called("ec2:CreateSecurityGroup"); len(groups) != 0 {
		t.Error("a group was made")
	}
}

func TestDoctorEndsWithItsContext(t *testing.T) {
	w := newWorld(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	err := w.Guide().Doctor(ctx, "", "", func(steps.Check) { stop() })
	if p := steps.Explain(err); p.Kind != problem.Interrupted {
		t.Errorf("%+v", p)
	}
}
