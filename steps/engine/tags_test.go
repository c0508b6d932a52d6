package engine_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// The person's tags are on everything that is created, beside ours. They are
// part of the launch: a machine that is there has no other ones.
func TestTagsAreOnEverythingThatIsCreated(t *testing.T) {
	w := newWorld(t, nil)
	g, a := w.Guide(), enginetest.Answers()
	a.Tags = map[string]string{"team": "lab", "cost center": "42"}
	review, err := g.Review(t.Context(), a)
	if err != nil || !strings.Contains(strings.Join(review.Creates, "\n"), "your tags on all of it: cost center=42, team=lab") {
		t.Fatalf("%q, %v", review.Creates, err)
	}
	dry := w.called("ec2:RunInstances")
	if len(dry) != 1 || dry[0].Get("DryRun") != "true" || !strings.Contains(dry[0].Encode(), "cost+center") {
		t.Errorf("the tags are not in what is asked beforehand: %v", dry)
	}
	if err := w.until(t.Context(), g, a, steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	all := w.call("us-east-1", map[string]string{"Action": "DescribeTags", "Filter.1.Name": "tag:team", "Filter.1.Value.1": "lab"})
	for _, kind := range []string{"instance", "volume", "network-interface", "security-group", "key-pair"} {
		if !strings.Contains(all, "<resourceType>"+kind+"</resourceType>") {
			t.Errorf("no tag on the %s: %s", kind, all)
		}
	}
	found, err := w.Region().Find(t.Context(), map[string]string{"cost center": "42"})
	if err != nil || len(found) != 1 || found[0].Tags[engine.TagSetup] != w.Only().ID || found[0].Tags[engine.TagName] != a.Name {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := g.Begin(t.Context(), a); err != nil {
		t.Errorf("the same again: %v", err)
	}
	b := a
	b.Tags = maps.Clone(a.Tags)
	b.Tags["team"] = "other"
	if _, err := g.Begin(t.Context(), b); err == nil || !strings.Contains(err.Error(), "another set of tags") {
		t.Errorf("with other tags: %v", err)
	}
	if last, ok := g.Last(t.Context()); !ok || last.Tags != nil {
		t.Errorf("another machine like it would have the tags %v", last.Tags)
	}
	b.Name, b.Tags = "other", map[string]string{"jupyter-ec2": "x"}
	if _, err := g.Begin(t.Context(), b); err == nil || !strings.Contains(err.Error(), "the program sets it") {
		t.Errorf("one of ours: %v", err)
	}
}

// What was created before a refused launch has the tags of that try, and keeps
// them: the review promises no others.
func TestTagsOfARefusedLaunchStay(t *testing.T) {
	w := newWorld(t, nil)
	w.SetRequestFault(func(action string, r *http.Request) *ec2sim.Fault {
		if action == "ec2:RunInstances" && r.Form.Get("DryRun") != "true" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation", Message: "a tag is demanded"}
		}
		return nil
	})
	g, a := w.Guide(), enginetest.Answers()
	if err := w.until(t.Context(), g, a, steps.StepLaunch); err == nil {
		t.Fatal("it was launched")
	}
	w.SetRequestFault(nil)
	b := a
	b.Tags = map[string]string{"team": "lab"}
	const want = "with another set of tags"
	review, err := g.Review(t.Context(), b)
	if err != nil || !slices.ContainsFunc(review.Problems, func(p problem.Problem) bool { return strings.Contains(p.Text, want) }) {
		t.Errorf("the review has %+v, %v", review.Problems, err)
	}
	if _, err := g.Begin(t.Context(), b); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("with other tags: %v", err)
	}
	if err := g.Remove(t.Context(), w.Only().ID, func(steps.Event) {}); err != nil {
		t.Fatal(err)
	}
	if err := w.until(t.Context(), g, b, steps.StepLaunch); err != nil {
		t.Fatal(err)
	}
	all := w.call("us-east-1", map[string]string{"Action": "DescribeTags", "Filter.1.Name": "tag:team", "Filter.1.Value.1": "lab"})
	for _, kind := range []string{"instance", "security-group", "key-pair"} {
		if !strings.Contains(all, "<resourceType>"+kind+"</resourceType>") {
			t.Errorf("no tag on the %s: %s", kind, all)
		}
	}
}
