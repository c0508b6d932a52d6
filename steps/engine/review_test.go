package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The review asks EC2 whether each call of the launch is permitted, and a no
// stops the launch there.
func TestReviewAsksForPermission(t *testing.T) {
	w := newWorld(t, nil)
	v, err := w.Guide().Review(t.Context(), enginetest.Answers())
	if err != nil || len(v.Problems) != 0 || len(v.Permissions) < 3 {
		t.Fatalf("review %+v: %v", v, err)
	}
	for _, p := range v.Permissions {
		if !p.Known || !p.Allowed {
			t.Errorf("permission %+v", p)
		}
	}
	if n := len(w.Cloud.Instances()); n != 0 {
		t.Errorf("%d instances were launched", n)
	}

	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:RunInstances" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	})
	if v, err = w.Guide().Review(t.Context(), enginetest.Answers()); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(v.Problems, func(p problem.Problem) bool {
		return p.Kind == problem.Refused && strings.Contains(p.Title, "ec2:RunInstances")
	}) {
		t.Errorf("problems %+v", v.Problems)
	}
}

// What EC2 says when an organization forbids a launch expressly.
const forbidden = "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:::instance/* with an explicit deny in a service control policy. Encoded authorization failure message: AbCd"

// refuse answers a launch so, and everything else as usual.
func refuse(w *world, code, message string) {
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:RunInstances" {
			return &ec2sim.Fault{Code: code, Message: message}
		}
		return nil
	})
}

// What a policy forbids expressly no other policy allows: the review and the
// doctor, who meet it before the launch does, say whose it is.
func TestAnOrganizationsNoIsTold(t *testing.T) {
	w := newWorld(t, nil)
	refuse(w, "UnauthorizedOperation", forbidden)
	v, err := w.Guide().Review(t.Context(), enginetest.Answers())
	if err != nil || len(v.Problems) != 1 {
		t.Fatalf("problems %+v: %v", v.Problems, err)
	}
	p, check := v.Problems[0], w.doctor(w.Guide(), "")["permissions"]
	for at, told := range map[string]problem.Problem{"review": p, "doctor": {Title: check.Text, Text: check.Text, Next: check.Next}} {
		if !strings.Contains(told.Title, "Forbidden by a policy: ec2:RunInstances") || !strings.Contains(told.Text, "may not launch an instance: a policy forbids it") {
			t.Errorf("%s: %q %q", at, told.Title, told.Text)
		}
		if next := told.Next.String(); !strings.Contains(next, "only an administrator of its management account can change it") || strings.Contains(next, "iam-policy.json") {
			t.Errorf("%s: next %q", at, next)
		}
	}
	if p.Kind != problem.Refused || check.State != steps.CheckBad {
		t.Errorf("%s, %s", p.Kind, check.State)
	}
}

// What the dry run meets beside permissions has its own remedy in the doctor too.
func TestDoctorTellsWhatPreventsALaunch(t *testing.T) {
	w := newWorld(t, nil)
	refuse(w, "OptInRequired", "You are not subscribed to this service.")
	check := w.doctor(w.Guide(), "")["permissions"]
	if check.State != steps.CheckBad || !strings.Contains(check.Text, "The account is not ready for EC2") || !strings.Contains(check.Next.String(), "payment method") {
		t.Errorf("%+v", check)
	}
}

// What is created does not depend on the limits, which a person changes on the
// page of the review without asking for another one.
func TestTheLimitsAreNothingThatIsCreated(t *testing.T) {
	w := newWorld(t, nil)
	var creates [2][]string
	for i, idle := range []steps.Limit{steps.Never, steps.DefaultIdleStop} {
		a := enginetest.Answers()
		a.IdleStop = idle
		v, err := w.Guide().Review(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		creates[i] = v.Creates
	}
	if len(creates[0]) == 0 || !slices.Equal(creates[0], creates[1]) {
		t.Errorf("%q and %q", creates[0], creates[1])
	}
}

// A name that belongs to another machine is found before anything is asked for.
func TestReviewFindsATakenName(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	a := enginetest.Answers()
	if v, err := w.Guide().Review(t.Context(), a); err != nil || len(v.Problems) != 0 {
		t.Errorf("its own: problems %+v, %v", v.Problems, err)
	}
	a.DiskGB += 20
	v, err := w.Guide().Review(t.Context(), a)
	if err != nil || len(v.Problems) != 1 || v.Problems[0].Title != "The name is taken" || !strings.Contains(v.Problems[0].Text, "another disk size") {
		t.Errorf("another's: problems %+v, %v", v.Problems, err)
	}
}

// A permission that this launch does not use stops nothing.
func TestReviewLeavesOutWhatTheKeyDoesNotNeed(t *testing.T) {
	w := newWorld(t, nil)
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:CreateKeyPair" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	})
	a := enginetest.Answers()
	for source, problems := range map[steps.KeySource]int{steps.KeyMadeHere: 0, steps.KeyMadeByEC2: 1} {
		a.Key.Source = source
		if v, err := w.Guide().Review(t.Context(), a); err != nil || len(v.Problems) != problems {
			t.Errorf("%s: problems %+v, %v", source, v.Problems, err)
		}
	}
}

// gpuAnswers are for a machine with a GPU: on a disk that holds the system, and
// not a driver beside it.
func gpuAnswers() steps.Answers {
	a := enginetest.Answers()
	a.Type = "g4dn.xlarge"
	return a
}

// A quota that the machine does not fit into prevents the launch, whether the
// quota can be asked for or is only met by the DryRun.
func TestReviewChecksTheQuota(t *testing.T) {
	for name, hidden := range map[string]bool{"asked for": false, "met": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.SetFault(func(action string) *ec2sim.Fault {
				if hidden && strings.HasSuffix(action, ":GetServiceQuota") {
					return &ec2sim.Fault{Code: "AccessDeniedException"}
				}
				return nil
			})
			v, err := w.Guide().Review(t.Context(), gpuAnswers())
			if err != nil || len(v.Problems) != 1 {
				t.Fatalf("problems %+v: %v", v.Problems, err)
			}
			p := v.Problems[0]
			if p.Kind != problem.Refused || p.Title != "The vCPU quota is too small" || !strings.Contains(p.Next.String(), "L-DB2E81BA") {
				t.Errorf("%+v", p)
			}
			if !hidden && !strings.Contains(p.Text, "g4dn.xlarge takes 4 vCPUs") {
				t.Errorf("%q", p.Text)
			}
		})
	}
}

// A machine that is there already is counted in the quota: going on with it
// takes no more of it.
func TestReviewCountsItsOwnMachineOnce(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.StandardVCPUs = 1 })
	g := w.Guide()
	if err := w.until(t.Context(), g, enginetest.Answers(), steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	if v, err := g.Review(t.Context(), enginetest.Answers()); err != nil || len(v.Problems) != 0 {
		t.Errorf("problems %+v: %v", v.Problems, err)
	}
	other := enginetest.Answers()
	other.Name = "second"
	if v, err := g.Review(t.Context(), other); err != nil || len(v.Problems) != 1 {
		t.Errorf("a second one: problems %+v: %v", v.Problems, err)
	}
}

// What AWS does not let this account launch at all stands among the problems,
// not among the permissions that are not known.
func TestReviewTellsWhatPreventsTheLaunch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	for code, title := range map[string]string{
		"PendingVerification":  "AWS is still verifying your account",
		"OptInRequired":        "The account is not ready for EC2",
		"RequestLimitExceeded": "", "InternalError": "",
	} {
		w := newWorld(t, nil)
		w.SetFault(func(action string) *ec2sim.Fault {
			if action == "ec2:RunInstances" {
				return &ec2sim.Fault{Code: code}
			}
			return nil
		})
		v, err := w.Guide().Review(t.Context(), enginetest.Answers())
		var titles []string
		for _, p := range v.Problems {
			titles = append(titles, p.Title)
		}
		if err != nil || strings.Join(titles, "; ") != title {
			t.Errorf("%s: problems %q, %v; want %q", code, titles, err, title)
		}
	}
}

// A GPU needs a driver, which Ubuntu's image lacks, and room for it.
func TestReviewWarnsOfAGPUWithoutADriver(t *testing.T) {
	w := newWorld(t, func(o *ec2sim.Options, _ *hosts) { o.GPUVCPUs = 8 })
	for disk, wants := range map[int][]string{8: {"has no driver", "8 GB"}, 100: {"has no driver"}} {
		a := gpuAnswers()
		a.DiskGB = disk
		v, err := w.Guide().Review(t.Context(), a)
		if err != nil || len(v.Problems) != 0 {
			t.Fatalf("problems %+v: %v", v.Problems, err)
		}
		var about []string
		for _, warning := range v.Warnings {
			if strings.Contains(warning, "GPU") {
				about = append(about, warning)
			}
		}
		if len(about) != len(wants) {
			t.Fatalf("%d GB: %q", disk, about)
		}
		for i, want := range wants {
			if !strings.Contains(about[i], want) {
				t.Errorf("%d GB: %q, want %q", disk, about[i], want)
			}
		}
	}
}
