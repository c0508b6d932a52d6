package engine

import (
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// A gateway lets in the machines that use it, and no address that is theirs no
// more, or means somebody else in the gateway's own network.
func TestWhoMayUseAGateway(t *testing.T) {
	g := New(Config{Dir: t.TempDir()})
	gw := &steps.Setup{ID: "gate", AccountNumber: "111111111111", Answers: steps.Answers{Mode: steps.ModeGateway, Region: "us-east-1"}}
	for _, s := range []steps.Setup{
		{ID: "near", State: steps.StateRunning, AccountNumber: "111111111111", PublicIP: "192.0.2.1", PrivateIP: "172.31.0.1", Answers: steps.Answers{Gateway: "gate", Region: "us-east-1"}},
		{ID: "stopped", State: steps.StateStopped, PrivateIP: "172.31.0.2", Answers: steps.Answers{Gateway: "gate", Region: "us-east-1"}},
		{ID: "far", State: steps.StateRunning, PublicIP: "192.0.2.3", PrivateIP: "172.31.0.3", Answers: steps.Answers{Gateway: "gate", Region: "eu-west-1"}},
		{ID: "theirs", State: steps.StateRunning, AccountNumber: "222222222222", PublicIP: "192.0.2.4", PrivateIP: "172.31.0.4", Answers: steps.Answers{Gateway: "gate", Region: "us-east-1"}},
		{ID: "gone", State: steps.StateGone, PublicIP: "192.0.2.5", PrivateIP: "172.31.0.5", Answers: steps.Answers{Gateway: "gate", Region: "us-east-1"}},
		{ID: "other", State: steps.StateRunning, PublicIP: "192.0.2.6", PrivateIP: "172.31.0.6", Answers: steps.Answers{Region: "us-east-1"}},
	} {
		if err := g.ledger.save(&s); err != nil {
			t.Fatal(err)
		}
	}
	rules, err := g.users(gw)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"192.0.2.1/32": true, "172.31.0.1/32": true, "172.31.0.2/32": true, "192.0.2.3/32": true, "192.0.2.4/32": true}
	for _, r := range rules {
		if !want[r.CIDR] || r != (aws.Rule{Port: steps.ServerPort, CIDR: r.CIDR, Ours: true}) {
			t.Errorf("it lets in %+v", r)
		}
		delete(want, r.CIDR)
	}
	if len(want) > 0 {
		t.Errorf("it does not let in %v", want)
	}
}

// Another page is in effect at once, also beside what was asked for and is not
// in effect yet; it asks nobody and leaves the server as it is.
func TestThePageIsAnotherAtOnce(t *testing.T) {
	g := testGuide(t)
	served := time.Unix(1, 0).UTC()
	a := steps.Answers{
		Name: "lab", Region: "us-east-1", Release: "24.04", Type: "t2.micro", DiskGB: 8,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeSSH, Installer: steps.InstallerUV,
	}
	next := a
	next.IdleStop = steps.Never
	s := &steps.Setup{ID: "s1", Answers: a, Next: &next, Resources: steps.Resources{InstanceID: "i-1"}, Done: map[steps.StepID]time.Time{steps.StepServe: served}}
	if err := g.ledger.save(s); err != nil {
		t.Fatal(err)
	}
	for _, ui := range []steps.UI{steps.UITree, steps.UILab} {
		got, err := g.SetUI(t.Context(), "s1", ui)
		if err != nil || got.UI() != ui || got.ServerPath() != "/"+string(ui) {
			t.Fatalf("%s: %+v, %v", ui, got, err)
		}
		kept, err := g.ledger.load("s1")
		if err != nil || kept.UI() != ui || kept.Wanted().UI != ui || kept.Wanted().IdleStop != steps.Never || kept.Answers.IdleStop != 0 || !kept.Done[steps.StepServe].Equal(served) {
			t.Errorf("%s: the ledger has %+v, %v", ui, kept, err)
		}
	}
	// JupyterLab, asked for where there was none, is believed to be there until a
	// proof has told again.
	s.NoLab = true
	if err := g.ledger.save(s); err != nil {
		t.Fatal(err)
	}
	for _, ui := range []steps.UI{steps.UITree, steps.UILab} {
		if got, err := g.SetUI(t.Context(), "s1", ui); err != nil || got.UI() != ui || got.NoLab != (ui == steps.UITree) {
			t.Errorf("%s, where there was no JupyterLab: %+v, %v", ui, got, err)
		}
	}
	if _, err := g.SetUI(t.Context(), "s1", "desktop"); steps.Explain(err).Kind != problem.Answers {
		t.Errorf("a page that is none: %v", err)
	}
	s.Answers.Mode, s.Next = steps.ModeGateway, nil
	if err := g.ledger.save(s); err != nil {
		t.Fatal(err)
	}
	if _, err := g.SetUI(t.Context(), "s1", steps.UITree); steps.Explain(err).Title != "A gateway has no page" {
		t.Errorf("a gateway's page: %v", err)
	}
}
