package engine_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
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

func TestAnImageHoldsNoSecret(t *testing.T) {
	w, g, s := imagedSetup(t)
	before := onMachine(t, g, s.ID, "cat .jupyter-ec2/server/token")
	if before != secrets[".jupyter-ec2/server/token"] {
		t.Fatalf("the token is %q", before)
	}
	var heard said
	made, err := g.SaveImage(t.Context(), s.ID, wish(t, g, s.ID), heard.emit)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if e := heard.last(); e.Kind != steps.Finished || e.Step != steps.StepImage || !made.Ready() {
		t.Errorf("it ends with %+v; %+v", e, made)
	}
	for _, e := range heard.events {
		for _, text := range secretTexts() {
			if strings.Contains(e.Text, text) {
				t.Errorf("an event tells %q", text)
			}
		}
	}
	if !slices.ContainsFunc(heard.events, func(e steps.Event) bool { return strings.HasPrefix(e.Text, "The machine made a new host key") }) {
		t.Error("the machine kept its host key")
	}
	savedOnce(t, w, g, s)

	// The same name again is refused, and changes nothing.
	if _, err := g.SaveImage(t.Context(), s.ID, steps.ImageWish{Name: "lab"}, silent); title(err) != "There is an image of this name" {
		t.Errorf("again: %v", err)
	}
	savedOnce(t, w, g, s)
}

// A machine that is launched from an image has its disk, and nothing of the
// first machine's but what was agreed to.
func TestLaunchFromAnImage(t *testing.T) {
	w, g, s := imagedSetup(t)
	made, err := g.SaveImage(t.Context(), s.ID, wish(t, g, s.ID), silent)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	a := enginetest.Answers()
	a.Name, a.Image = "second", made.ID
	review, err := g.Review(t.Context(), a)
	if err != nil || len(review.Problems) > 0 || !strings.Contains(review.Creates[0], "image lab ("+made.ID+")") || len(review.Warnings) > 0 && strings.Contains(strings.Join(review.Warnings, " "), "image") {
		t.Errorf("review: %+v, %v", review, err)
	}
	installs := func(lines []string) bool {
		all := strings.Join(lines, "\n")
		return strings.Contains(all, "pip install") || !strings.Contains(all, "jupyter notebook --version")
	}
	if installs(review.Commands) || !strings.Contains(strings.Join(review.Creates, "\n"), "which finds what is in the image") {
		t.Errorf("what is in the image is installed by hand: %q; %q", review.Commands, review.Creates)
	}
	second, err := g.Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, _ = g.Work(ctx, second.ID, func(e steps.Event) {
		if e.Step == steps.StepConnect && e.Kind == steps.Finished {
			cancel()
		}
	})
	cancel()
	if said := onMachine(t, g, second.ID, "cat work/notes.ipynb; pwd; ls -a"); !strings.Contains(said, "NOTEBOOK") || strings.Contains(said, s.Resources.InstanceID) {
		t.Errorf("on the second machine: %q", said)
	}
	now, err := g.Setups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if installs(steps.Manual(steps.StepInstall, now[1].Answers, &now[1])) || !installs(steps.Manual(steps.StepInstall, now[0].Answers, &now[0])) {
		t.Error("the install by hand is the other machine's")
	}
	i, err := w.Region().Instance(t.Context(), now[1].Resources.InstanceID)
	if err != nil || i.ImageID != made.ID {
		t.Errorf("launched from %s, %v", i.ImageID, err)
	}
	if found := holds(t, filepath.Join(computerDir, i.ID), secretTexts()...); len(found) > 0 {
		t.Errorf("on the second machine's disk: %q", found)
	}
	removed := made
	var heard said
	if err := g.RemoveImage(t.Context(), removed, heard.emit); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	for _, e := range heard.events {
		if e.Kind == steps.ByHand && !strings.Contains(e.Text, " --region "+made.At.Region+" ") {
			t.Errorf("by hand in another region: %s", e.Text)
		}
	}
	if review, err = g.Review(t.Context(), a); err != nil || len(review.Problems) == 0 {
		t.Errorf("review of an image that is gone: %+v, %v", review.Problems, err)
	}
	if left, _ := os.ReadDir(filepath.Join(computerDir, "disks")); len(left) != 0 {
		t.Errorf("disks are left: %v", left)
	}
	if err := g.RemoveImage(t.Context(), removed, silent); title(err) != "There is no such image of yours" {
		t.Errorf("again: %v", err)
	}
}

// Wherever the program is killed, the next run makes one image and no second
// one, and the machine is put back.
func TestAnImageThatIsCutOffIsFinished(t *testing.T) {
	for name, at := range map[string]func(*world, context.CancelFunc, steps.Event){
		"before the machine is cleaned": func(_ *world, kill context.CancelFunc, e steps.Event) {
			if strings.HasPrefix(e.Text, "Stopping the server") {
				kill()
			}
		},
		"before EC2 is asked": func(w *world, kill context.CancelFunc, _ steps.Event) {
			w.SetRequestFault(func(action string, _ *http.Request) *ec2sim.Fault {
				if action != "ec2:CreateImage" {
					return nil
				}
				kill()
				return &ec2sim.Fault{Reset: true}
			})
		},
		"before EC2's answer": func(w *world, kill context.CancelFunc, _ steps.Event) {
			w.SetRequestFault(func(action string, _ *http.Request) *ec2sim.Fault {
				if action != "ec2:CreateImage" {
					return nil
				}
				kill()
				return &ec2sim.Fault{Reset: true, After: true}
			})
		},
		"while the disk is copied": func(_ *world, kill context.CancelFunc, e steps.Event) {
			if strings.HasPrefix(e.Text, "It went down") {
				kill()
			}
		},
		"after it is put back": func(_ *world, kill context.CancelFunc, e steps.Event) {
			if strings.HasPrefix(e.Text, "What was left out") {
				kill()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, g, s := imagedSetup(t)
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			want := wish(t, g, s.ID)
			var heard said
			_, err := g.SaveImage(ctx, s.ID, want, func(e steps.Event) {
				heard.emit(e)
				at(w, kill, e)
			})
			if err == nil {
				t.Fatal("it was not cut off")
			}
			w.SetRequestFault(nil)
			p := steps.Explain(err)
			if left := w.Only().Saving != nil; left != strings.Contains(p.Text, "put aside on the machine") || p.Kind != problem.Interrupted {
				t.Errorf("the machine is put back: %v; it says %s %s", !left, p.Text, p.Next)
			}
			if told := steps.Explain(heard.last().Err); told.Text != p.Text || told.Next.String() != p.Next.String() {
				t.Errorf("a person is told %s %s, and not %s %s", told.Text, told.Next, p.Text, p.Next)
			}
			costs := strings.Contains(p.Text, "costs money until it is removed")
			if asked := len(w.called("ec2:CreateImage")) > 0; asked != costs {
				t.Errorf("EC2 was asked: %v; it says %s", asked, p.Text)
			}
			again := w.Guide(func(c *engine.Config) { c.Minute = time.Second })
			// What is private is out of sight meanwhile, and asked for as before.
			_, err = again.SaveImage(t.Context(), s.ID, want, silent)
			if done := title(err) == "There is an image of this name"; err != nil && (!done || name != "after it is put back") {
				t.Fatalf("%+v", steps.Explain(err))
			}
			savedOnce(t, w, again, s)
		})
	}
}

func silent(steps.Event) {}

// An image that EC2 refuses leaves the machine as it was.
func TestARefusedImageChangesNothing(t *testing.T) {
	w, g, s := imagedSetup(t)
	want := wish(t, g, s.ID)
	w.SetFault(func(action string) *ec2sim.Fault {
		if action == "ec2:CreateImage" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	})
	if _, err := g.SaveImage(t.Context(), s.ID, want, silent); title(err) != "Not permitted: ec2:CreateImage" {
		t.Errorf("%v", err)
	}
	w.SetFault(nil)
	if said := onMachine(t, g, s.ID, "cat .aws/credentials data/link"); said != "AWS-SECRET-KEYTABLE\n" {
		t.Errorf("on the machine: %q", said)
	}
	if now := w.Only(); now.Saving != nil {
		t.Errorf("%+v", now.Saving)
	}
}

// Without a restart the connection stays, and the disk is copied as well.
func TestAnImageWithoutARestart(t *testing.T) {
	w, g, s := imagedSetup(t)
	want := wish(t, g, s.ID)
	want.NoReboot = true
	var heard said
	if _, err := g.SaveImage(t.Context(), s.ID, want, heard.emit); err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	savedOnce(t, w, g, s)
	if slices.ContainsFunc(heard.events, func(e steps.Event) bool { return strings.HasPrefix(e.Text, "It went down") }) {
		t.Error("the machine went down")
	}
	if form := w.called("ec2:CreateImage")[0]; form.Get("NoReboot") != "true" {
		t.Errorf("asked: %v", form)
	}
}

// An image outlives its machine: a sweep tells it, and removes it only where it
// is named.
func TestSweepKeepsImages(t *testing.T) {
	w, g, s := imagedSetup(t)
	made, err := g.SaveImage(t.Context(), s.ID, wish(t, g, s.ID), silent)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	left := func() (all []steps.Leftover) {
		t.Helper()
		if err := w.Guide().Sweep(t.Context(), "", func(s steps.Swept) { all = append(all, s.Leftovers...) }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := left(); len(all) != 0 {
		t.Errorf("of a living setup: %+v", all)
	}
	if err := g.Remove(t.Context(), s.ID, silent); err != nil {
		t.Fatal(err)
	}
	all := left()
	if len(all) != 1 || all[0].Kind != "image" || all[0].ID != made.ID || !all[0].Kept || !all[0].CostKnown || all[0].MonthCost != 0.05*8 {
		t.Fatalf("left: %+v", all)
	}
	// A removal that was killed in between leaves a snapshot.
	if err := w.Region().DeregisterImage(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if all = left(); len(all) != 1 || all[0].Kind != "snapshot" || all[0].Kept {
		t.Fatalf("left: %+v", all)
	}
	if err := w.Guide().Clear(t.Context(), all, silent); err != nil {
		t.Fatal(err)
	}
	if all = left(); len(all) != 0 {
		t.Errorf("left: %+v", all)
	}
}

// An image that does not fit says so before anything is created.
func TestAnImageThatDoesNotFit(t *testing.T) {
	w, g, s := imagedSetup(t)
	made, err := g.SaveImage(t.Context(), s.ID, wish(t, g, s.ID), silent)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	for want, change := range map[string]func(*steps.Answers){
		"The image is for another processor": func(a *steps.Answers) { a.Type = "t4g.micro" },
		"There is no such image":             func(a *steps.Answers) { a.Image = "ami-0123456789abcdef0" },
	} {
		a := enginetest.Answers()
		a.Name, a.Image = "second", made.ID
		change(&a)
		v, err := g.Review(t.Context(), a)
		if err != nil || len(v.Problems) == 0 || v.Problems[0].Title != want {
			t.Errorf("%s: %+v, %v", want, v.Problems, err)
		}
	}
	// Somebody else's is taken, and named as such.
	ubuntu, err := w.Region().Image(t.Context(), "24.04", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	a := enginetest.Answers()
	a.Name, a.Image = "second", ubuntu.ID
	v, err := g.Review(t.Context(), a)
	if err != nil || len(v.Problems) != 0 || !strings.Contains(strings.Join(v.Warnings, " "), "public one of the account 099720109477") {
		t.Errorf("review: %+v, %v", v, err)
	}
	var e *aws.Error
	if _, err := w.Region().ImageByID(t.Context(), "ami-0123456789abcdef0"); !errors.As(err, &e) || e.Code != "NoSuchImage" {
		t.Errorf("%v", err)
	}
}

// Another computer, or an earlier ledger, may have made images of the machine:
// none of them is taken for the one that is asked for.
func TestAnImageOfAnotherLedgerIsNotTakenForThisOne(t *testing.T) {
	w, g, s := imagedSetup(t)
	older, err := w.Region().CreateImage(t.Context(), aws.ImageSpec{
		InstanceID: s.Resources.InstanceID, Name: "jupyter-ec2-" + s.ID + "-1", NoReboot: true,
		Tags: map[string]string{aws.TagSetup: s.ID, aws.TagImage: "older"},
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := g.SaveImage(t.Context(), s.ID, steps.ImageWish{Name: "lab", NoReboot: true}, silent)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if made.ID == older || made.Name != "lab" {
		t.Errorf("the image is %s (%s), and %s is the older one", made.ID, made.Name, older)
	}
}

// An image that another program is making is not removed under its hands.
func TestAnImageThatIsBeingMadeIsNotRemoved(t *testing.T) {
	w, g, s := imagedSetup(t)
	var during, refused error
	_, err := g.SaveImage(t.Context(), s.ID, wish(t, g, s.ID), func(e steps.Event) {
		if e.Kind == steps.Failed || refused != nil || !strings.HasPrefix(e.Text, "The machine made a new host key") {
			return
		}
		other := w.Guide()
		var all []steps.Image
		if all, during = other.ImagesIn(t.Context(), steps.Place{Region: "us-east-1"}); during == nil && len(all) == 1 {
			refused = other.RemoveImage(t.Context(), all[0], silent)
		}
	})
	if err != nil || during != nil || title(refused) != "Another jupyter-ec2 is working on this setup" {
		t.Errorf("saved: %v; listed: %v; removed: %v", err, during, refused)
	}
	savedOnce(t, w, g, s)
}

// What an image that was begun left out is in no list of the machine that is
// asked for meanwhile, and no other image has it.
func TestAnotherImageAfterOneThatWasBegunLeavesOutTheSame(t *testing.T) {
	_, g, s := imagedSetup(t)
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	_, err := g.SaveImage(ctx, s.ID, wish(t, g, s.ID), func(e steps.Event) {
		if strings.HasPrefix(e.Text, "Asking EC2") {
			kill()
		}
	})
	if err == nil {
		t.Fatal("it was not cut off")
	}
	made, err := g.SaveImage(t.Context(), s.ID, steps.ImageWish{Name: "other", NoReboot: true}, silent)
	if err != nil {
		t.Fatalf("%+v", steps.Explain(err))
	}
	if found := holds(t, filepath.Join(computerDir, "disks", made.Snapshots[0]), secretTexts()...); len(found) > 0 {
		t.Errorf("on the image's disk: %q", found)
	}
}
