package aws_test

import (
	"context"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// hosts are instances' hosts of which only the host key matters.
type hosts struct{}

func (hosts) Launch(context.Context, ec2sim.HostSpec) (ec2sim.Host, error) {
	return ec2sim.Host{SSHPort: 2222, HostKeys: []string{hostKey + " root@host"}}, nil
}
func (hosts) Reboot(context.Context, string) error    { return nil }
func (hosts) Stop(context.Context, string) error      { return nil }
func (hosts) Terminate(context.Context, string) error { return nil }

func sandbox(t *testing.T, o ec2sim.Options) *aws.Account {
	t.Helper()
	o.AccessKeyID, o.SecretAccessKey = "AKIASANDBOX", "secret"
	cloud, err := ec2sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := aws.Open(t.Context(), aws.Options{Region: "eu-central-1", Endpoint: &aws.Endpoint{
		URL: "http://sandbox.test", AccessKeyID: "AKIASANDBOX", SecretAccessKey: "secret", HTTP: cloud.HTTPClient(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// must is a value without an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func none(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The guide from account to terminated, in the embedded cloud.
func TestWholeGuide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		a := sandbox(t, ec2sim.Options{MFA: true, PageSize: 7, Timing: ec2sim.Believable(), Hosts: hosts{}})
		r := a.In("eu-central-1")
		plan := questions(t, a)
		tags := plan.Tags

		public := hostKey + " me"
		k := must[aws.KeyPair](t)(r.ImportKeyPair(ctx, plan.KeyName, public, tags))
		if again := must[aws.KeyPair](t)(r.ImportKeyPair(ctx, plan.KeyName, public, tags)); again.ID != k.ID {
			t.Errorf("imported twice: %s and %s", k.ID, again.ID)
		}
		net := must[aws.Network](t)(r.Network(ctx, aws.NetworkSpec{}))
		if !net.Internet || net.VPC == "" {
			t.Errorf("network %+v", net)
		}
		gs := aws.GroupSpec{Name: "jupyter-ec2-demo", Description: "demo", VPC: net.VPC, CIDR: "203.0.113.7/32", Ports: []int{22}, Tags: tags}
		group := must[string](t)(r.EnsureGroup(ctx, gs))
		gs.Ports, gs.CIDR = []int{22, 8888}, "198.51.100.9/32"
		if again := must[string](t)(r.EnsureGroup(ctx, gs)); again != group {
			t.Errorf("groups %s and %s", group, again)
		}
		plan.GroupIDs, plan.ClientToken = []string{group}, "s1-launch"
		for _, p := range r.DryRun(ctx, plan) {
			if !p.Allowed || !p.Known {
				t.Errorf("%+v", p)
			}
		}
		first := must[aws.Instance](t)(r.Launch(ctx, plan))
		if again := must[aws.Instance](t)(r.Launch(ctx, plan)); again.ID != first.ID {
			t.Errorf("launched twice: %s and %s", first.ID, again.ID)
		}
		life(t, r, first.ID)
		removal(t, r, first.ID, group, k.ID, tags)
	})
}

// questions is what the question pages ask of the cloud.
func questions(t *testing.T, a *aws.Account) aws.LaunchSpec {
	ctx, r := t.Context(), a.In("eu-central-1")
	who := must[aws.Identity](t)(a.Identity(ctx))
	if len(who.Account) != 12 || a.MFA(ctx, who) != aws.MFAOn {
		t.Errorf("%+v, MFA %s", who, a.MFA(ctx, who))
	}
	regions := must[[]aws.Region](t)(a.Regions(ctx))
	if regions[0].Name != "eu-central-1" || len(regions) < 20 || slices.ContainsFunc(regions, func(r aws.Region) bool { return r.Title == "" }) {
		t.Errorf("regions %v", regions)
	}
	if ip := must[string](t)(a.MyAddress(ctx)); strings.Count(ip, ".") != 3 {
		t.Errorf("address %q", ip)
	}
	types := must[[]aws.Type](t)(r.Types(ctx))
	prices := must[aws.Prices](t)(r.Prices(ctx))
	if prices.GP3 <= 0 || len(types) < 8 {
		t.Errorf("%d types, gp3 %v", len(types), prices.GP3)
	}
	for _, ty := range types {
		if ty.VCPU == 0 || ty.MemoryMiB == 0 || ty.Arch == "" || prices.Hour[ty.Name] <= 0 {
			t.Errorf("%+v at %v", ty, prices.Hour[ty.Name])
		}
	}
	ty := must[aws.Type](t)(r.Type(ctx, "t3.micro"))
	img := must[aws.Image](t)(r.Image(ctx, "24.04", ty.Arch))
	if img.Source != "ssm" || !strings.HasPrefix(img.ID, "ami-") || img.Root == "" {
		t.Errorf("%+v", img)
	}
	return aws.LaunchSpec{
		Image: img, Type: ty.Name, KeyName: "jupyter-ec2-demo", DiskGB: 12,
		Tags: map[string]string{aws.TagSetup: "s1", aws.TagName: "demo", "Name": "demo"},
	}
}

// life is launch, console, stop and start.
func life(t *testing.T, r *aws.Regional, id string) {
	ctx := t.Context()
	var seen []aws.State
	i := must[aws.Instance](t)(r.WaitState(ctx, id, "running", func(i aws.Instance) { seen = append(seen, i.State) }))
	if i.PublicIP == "" || i.ClientToken != "s1-launch" || len(i.VolumeIDs) != 1 || i.Tags[aws.TagSetup] != "s1" || i.Tags[ec2sim.SSHPortTag] != "2222" {
		t.Errorf("%+v", i)
	}
	if seen[0] != "pending" {
		t.Errorf("seen %v", seen)
	}
	keys := must[[]string](t)(r.ConsoleHostKeys(ctx, id))
	for n := 0; len(keys) == 0 && n < 30; n++ { // not printed yet
		<-time.After(time.Second) // of the bubble's time
		keys = must[[]string](t)(r.ConsoleHostKeys(ctx, id))
	}
	if !slices.Equal(keys, []string{hostKey}) {
		t.Errorf("host keys %q", keys)
	}
	none(t, r.Stop(ctx, id))
	stopped := must[aws.Instance](t)(r.WaitState(ctx, id, "stopped", nil))
	none(t, r.Start(ctx, id))
	started := must[aws.Instance](t)(r.WaitState(ctx, id, "running", nil))
	if stopped.PublicIP != "" || started.PublicIP == "" || started.PublicIP == i.PublicIP {
		t.Errorf("addresses %q, %q, %q", i.PublicIP, stopped.PublicIP, started.PublicIP)
	}
}

// removal finds all by the tags alone and leaves nothing.
func removal(t *testing.T, r *aws.Regional, id, group, key string, tags map[string]string) {
	ctx, mine := t.Context(), map[string]string{aws.TagSetup: tags[aws.TagSetup]}
	if found := must[[]aws.Instance](t)(r.Find(ctx, mine)); len(found) != 1 || found[0].ID != id {
		t.Errorf("found %v", found)
	}
	if ids := must[[]string](t)(r.GroupsByTag(ctx, mine)); !slices.Equal(ids, []string{group}) {
		t.Errorf("groups %v", ids)
	}
	if ks := must[[]aws.KeyPair](t)(r.KeyPairsByTag(ctx, mine)); len(ks) != 1 || ks[0].ID != key || ks[0].PublicKey != hostKey {
		t.Errorf("keys %v", ks)
	}
	none(t, r.Terminate(ctx, id))
	must[aws.Instance](t)(r.WaitState(ctx, id, "terminated", nil))
	none(t, r.DeleteGroup(ctx, group)) // in use for a while yet
	none(t, r.DeleteKeyPair(ctx, key))
	none(t, r.DeleteGroup(ctx, group))
	none(t, r.DeleteKeyPair(ctx, key))
	left := len(must[[]aws.Instance](t)(r.Find(ctx, mine))) + len(must[[]string](t)(r.GroupsByTag(ctx, mine))) +
		len(must[[]aws.KeyPair](t)(r.KeyPairsByTag(ctx, mine)))
	if left != 0 {
		t.Errorf("%d things are left", left)
	}
}

// EC2's own key pair comes as PEM, once, and its public half is listed.
func TestCreatedKeyPair(t *testing.T) {
	r := sandbox(t, ec2sim.Options{}).In("eu-central-1")
	k, material, err := r.CreateKeyPair(t.Context(), "made", nil)
	none(t, err)
	if block, _ := pem.Decode(material); block == nil || !strings.HasSuffix(block.Type, "PRIVATE KEY") {
		t.Errorf("no PEM: %q", material[:min(40, len(material))])
	}
	listed := must[[]aws.KeyPair](t)(r.KeyPairs(t.Context()))
	if len(listed) != 1 || listed[0].ID != k.ID || !strings.HasPrefix(listed[0].PublicKey, "ssh-ed25519 ") {
		t.Errorf("listed %+v", listed)
	}
}

// Accounts that cannot launch, and what they are told.
func TestRefusingAccounts(t *testing.T) {
	for _, c := range []struct {
		name, instance, title string
		o                     ec2sim.Options
	}{
		{"free plan", "m5.large", "Not in your account's free plan", ec2sim.Options{FreePlan: true}},
		{"GPU quota", "g4dn.xlarge", "The vCPU quota is too small", ec2sim.Options{}},
		{"no default VPC", "t3.micro", "No default network in eu-central-1", ec2sim.Options{NoDefaultVPC: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sandbox(t, c.o).In("eu-central-1")
			img := must[aws.Image](t)(r.Image(t.Context(), "24.04", "amd64"))
			_, err := r.Launch(t.Context(), aws.LaunchSpec{ClientToken: "x", Image: img, Type: c.instance, DiskGB: 8})
			var e *aws.Error
			if !errors.As(err, &e) {
				t.Fatalf("not explained: %v", err)
			}
			if p := e.Problem(); p.Title != c.title || p.Kind != problem.Refused {
				t.Errorf("%s: %q from %v", p.Kind, p.Title, err)
			}
		})
	}
}
