package engine

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
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
