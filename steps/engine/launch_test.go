package engine_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// mutates lists the calls that create something; a program that dies around
// one of them is where instances are forgotten.
var mutates = []string{"ec2:ImportKeyPair", "ec2:CreateKeyPair", "ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:RunInstances"}

// A program that dies right after a call took effect, before it could write
// down the answer, continues with what there is when it is started again.
func TestDyingAroundAnyCallLeavesOneOfEach(t *testing.T) {
	for _, source := range []steps.KeySource{steps.KeyMadeHere, steps.KeyMadeByEC2} {
		for _, action := range mutates {
			if (action == "ec2:ImportKeyPair") != (source == steps.KeyMadeHere) && strings.HasSuffix(action, "KeyPair") {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", source, action), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, nil)
				a := enginetest.Answers()
				a.Key.Source = source
				dying, die := context.WithCancel(t.Context())
				died := false
				w.SetFault(func(called string) *ec2sim.Fault {
					if called != action || died {
						return nil
					}
					died = true
					die()
					return &ec2sim.Fault{After: true, Reset: true}
				})
				if err := w.until(dying, w.Guide(), a, steps.StepLaunch); err == nil || !died {
					t.Fatalf("it did not die (%v)", err)
				}
				w.SetFault(nil)
				if err := w.until(t.Context(), w.Guide(), a, steps.StepConnect); err != nil {
					t.Fatal(err)
				}
				w.oneOfEach()
			})
		}
	}
}

func (w *world) oneOfEach() {
	w.t.Helper()
	setups, err := w.Guide().Setups(w.t.Context())
	if err != nil || len(setups) != 1 {
		w.t.Fatalf("%d setups, %v", len(setups), err)
	}
	tags := map[string]string{engine.TagSetup: setups[0].ID}
	r := w.Region()
	instances, err := r.Find(w.t.Context(), tags)
	if err != nil || len(instances) != 1 || instances[0].ID != setups[0].Resources.InstanceID {
		w.t.Errorf("instances %v (%v), want one, %s", instances, err, setups[0].Resources.InstanceID)
	}
	if n := len(w.Cloud.Instances()); n != 1 {
		w.t.Errorf("%d instances were ever launched, want one", n)
	}
	groups, err := r.GroupsByTag(w.t.Context(), tags)
	if err != nil || len(groups) != 1 {
		w.t.Errorf("groups %v (%v), want one", groups, err)
	}
	pairs, err := r.KeyPairs(w.t.Context())
	if err != nil || len(pairs) != 1 {
		w.t.Errorf("key pairs %v (%v), want one", pairs, err)
	}
}

// A removal that dies at any call is finished by the next one, and then there
// is nothing left, here or in EC2.
func TestRemoveLeavesNothing(t *testing.T) {
	for _, action := range []string{"", "ec2:TerminateInstances", "ec2:DeleteSecurityGroup", "ec2:DeleteKeyPair"} {
		t.Run("dies at "+action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
				t.Fatal(err)
			}
			setups, err := w.Guide().Setups(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s := setups[0]
			if action != "" {
				dying, die := context.WithCancel(t.Context())
				w.SetFault(func(called string) *ec2sim.Fault {
					if called != action {
						return nil
					}
					die()
					return &ec2sim.Fault{After: true, Reset: true}
				})
				if err := w.Guide().Remove(dying, s.ID, func(steps.Event) {}); err == nil {
					t.Fatal("it did not die")
				}
				w.SetFault(nil)
			}
			if err := w.Guide().Remove(t.Context(), s.ID, func(steps.Event) {}); err != nil {
				t.Fatal(err)
			}
			w.nothingLeft(s)
		})
	}
}

func (w *world) nothingLeft(s steps.Setup) {
	w.t.Helper()
	tags, r := map[string]string{engine.TagSetup: s.ID}, w.Region()
	if found, err := r.Find(w.t.Context(), tags); err != nil || len(found) != 0 {
		w.t.Errorf("instances left: %v (%v)", found, err)
	}
	if groups, err := r.GroupsByTag(w.t.Context(), tags); err != nil || len(groups) != 0 {
		w.t.Errorf("groups left: %v (%v)", groups, err)
	}
	if pairs, err := r.KeyPairs(w.t.Context()); err != nil || len(pairs) != 0 {
		w.t.Errorf("key pairs left: %v (%v)", pairs, err)
	}
	err := filepath.WalkDir(w.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(path, s.ID) || strings.Contains(string(b), s.ID) || strings.Contains(string(b), s.Resources.InstanceID) {
			w.t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

// What the cloud refuses is told with its remedy, and nothing is forgotten: a
// later run with the same answers continues.
func TestRefusalsAreToldAndMended(t *testing.T) {
	for code, title := range map[string]string{
		"InsufficientInstanceCapacity": "capacity",
		"VcpuLimitExceeded":            "quota",
		"PendingVerification":          "verif",
		"UnauthorizedOperation":        "permi",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.SetFault(func(action string) *ec2sim.Fault {
				if action == "ec2:RunInstances" {
					return &ec2sim.Fault{Code: code}
				}
				return nil
			})
			err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch)
			p := steps.Explain(err)
			if p.Kind != problem.Refused || p.Next.Empty() || !strings.Contains(strings.ToLower(p.Title+p.Text), title) {
				t.Fatalf("got %+v, want a refusal about %q", p, title)
			}
			w.SetFault(nil)
			if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
				t.Fatal(err)
			}
			w.oneOfEach()
		})
	}
}

// An instance that was terminated elsewhere is replaced, not mourned.
func TestATerminatedInstanceIsReplaced(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	setups, err := w.Guide().Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	old := setups[0].Resources.InstanceID
	if err := w.Region().Terminate(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Region().WaitState(t.Context(), old, aws.StateTerminated, nil); err != nil {
		t.Fatal(err)
	}
	if seen := w.Guide().Look(t.Context(), setups); seen[0].State != steps.StateGone {
		t.Errorf("seen as %q, want gone", seen[0].State)
	}
	w.SetFault(func(string) *ec2sim.Fault { return &ec2sim.Fault{Code: "UnauthorizedOperation"} })
	if seen := w.Guide().Look(t.Context(), setups); seen[0].State != steps.StateRunning || seen[0].Unseen == "" {
		t.Errorf("not permitted to look: seen as %q (%q), want as last seen, with the reason", seen[0].State, seen[0].Unseen)
	}
	w.SetFault(nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	if seen := w.Guide().Look(t.Context(), setups); seen[0].State != steps.StateRunning || seen[0].Unseen != "" {
		t.Errorf("seen as %q (%s), want running", seen[0].State, seen[0].Unseen)
	}
	found, err := w.Region().Find(t.Context(), map[string]string{engine.TagSetup: setups[0].ID})
	if err != nil || len(found) != 1 || found[0].ID == old {
		t.Fatalf("found %v (%v), want a new instance", found, err)
	}
}

// Only this computer's address is let in, and 8888 only where the mode needs
// it; going back to ssh closes it again.
func TestTheGroupFollowsTheMode(t *testing.T) {
	w := newWorld(t, nil)
	open := map[string]bool{}
	for _, c := range []struct {
		mode steps.Mode
		want string
	}{
		{steps.ModeHTTP, "22 8888"}, {steps.ModeSSH, "22"}, {steps.ModeGateway, "22 8888"},
	} {
		w.Forget()
		a := enginetest.Answers()
		a.Mode = c.mode
		if err := w.until(t.Context(), w.Guide(), a, steps.StepLaunch); err != nil {
			t.Fatal(err)
		}
		for _, f := range w.called("ec2:AuthorizeSecurityGroupIngress") {
			for port, from := range sources(t, f) {
				if from != "127.0.0.1/32" {
					t.Errorf("%s: port %s is open to %s", c.mode, port, from)
				}
				open[port] = true
			}
		}
		if len(w.called("ec2:RevokeSecurityGroupIngress")) > 0 {
			delete(open, "8888") // only 8888 ever goes; the next mode's run shows that 22 stayed
		}
		if got := strings.Join(slices.Sorted(maps.Keys(open)), " "); got != c.want {
			t.Errorf("%s opens %s, want %s", c.mode, got, c.want)
		}
	}
}

// sources reads the ports and addresses of an AuthorizeSecurityGroupIngress.
func sources(t *testing.T, f url.Values) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i := 1; f.Has(fmt.Sprintf("IpPermissions.%d.FromPort", i)); i++ {
		at := fmt.Sprintf("IpPermissions.%d.", i)
		if f.Get(at+"FromPort") != f.Get(at+"ToPort") || f.Get(at+"IpProtocol") != "tcp" || f.Has(at+"IpRanges.2.CidrIp") || f.Has(at+"Ipv6Ranges.1.CidrIpv6") {
			t.Errorf("a rule wider than one port and one address: %v", f)
		}
		out[f.Get(at+"FromPort")] = f.Get(at + "IpRanges.1.CidrIp")
	}
	if len(out) == 0 {
		t.Errorf("no rule in %v", f)
	}
	return out
}

// What RunInstances is told decides about safety and cost.
func TestTheLaunchIsSafe(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	var f url.Values
	for _, c := range w.called("ec2:RunInstances") {
		if c.Get("DryRun") != "true" {
			f = c
		}
	}
	setups, err := w.Guide().Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"ClientToken":                                  setups[0].Resources.ClientToken,
		"MetadataOptions.HttpTokens":                   "required",
		"BlockDeviceMapping.1.Ebs.Encrypted":           "true",
		"BlockDeviceMapping.1.Ebs.DeleteOnTermination": "true",
		"BlockDeviceMapping.1.Ebs.VolumeType":          "gp3",
		"InstanceInitiatedShutdownBehavior":            "stop",
		"MaxCount":                                     "1",
		"CreditSpecification.CpuCredits":               "standard", // no surplus to pay for
	} {
		if want == "" || f.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, f.Get(key), want)
		}
	}
}
