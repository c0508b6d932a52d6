package ec2simtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

// fakeHosts notes what it is told. hold, where it is set, keeps launches
// until it is closed or their context ends.
type fakeHosts struct {
	mu    sync.Mutex
	calls []string
	specs []ec2sim.HostSpec
	fail  error // of launches
	hold  chan struct{}
	began chan struct{}
}

func (h *fakeHosts) note(call string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, call)
	if call == "launch" {
		return h.fail
	}
	return nil
}

func (h *fakeHosts) Launch(ctx context.Context, s ec2sim.HostSpec) (ec2sim.Host, error) {
	if h.began != nil {
		h.began <- struct{}{}
	}
	if h.hold != nil {
		select {
		case <-h.hold:
		case <-ctx.Done():
			_ = h.note("cut short")
			return ec2sim.Host{}, ctx.Err()
		}
	}
	h.mu.Lock()
	h.specs = append(h.specs, s)
	h.mu.Unlock()
	ip := "127.0.0." + strconv.Itoa(s.Index)
	return ec2sim.Host{PublicIP: ip, PrivateIP: ip, SSHPort: 2200 + s.Index, HostKeys: []string{exampleKey}}, h.note("launch")
}
func (h *fakeHosts) Reboot(context.Context, string) error    { return h.note("reboot") }
func (h *fakeHosts) Stop(context.Context, string) error      { return h.note("stop") }
func (h *fakeHosts) Terminate(context.Context, string) error { return h.note("terminate") }

func (h *fakeHosts) want(t *testing.T, calls ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.calls, calls) {
		t.Errorf("hosts were told %v, want %v", h.calls, calls)
	}
}

func TestHosts(t *testing.T) {
	h := &fakeHosts{}
	c := open(t, ec2sim.Options{Hosts: h})
	cl, ctx := ec2Client(c, "us-east-1"), t.Context()
	must[*ec2.ImportKeyPairOutput](t)(cl.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: awssdk.String("k"), PublicKeyMaterial: []byte(exampleKey)}))
	in := runInput(t, cl, "x")
	in.KeyName, in.UserData = awssdk.String("k"), awssdk.String("IyEvYmluL3No")
	id := *launch(t, cl, in).InstanceId
	ids := []string{id}
	i := waitState(t, cl, id, types.InstanceStateNameRunning)
	if *i.PublicIpAddress != "127.0.0.2" || *i.PrivateIpAddress != "127.0.0.2" || awssdk.ToString(i.PublicDnsName) != "" || port22(i) != "2202" {
		t.Errorf("running at %s, %s, port %s", *i.PublicIpAddress, *i.PrivateIpAddress, port22(i))
	}
	if s := h.specs[0]; s.InstanceID != id || !slices.Equal(s.AuthorizedKeys, []string{exampleKey}) || s.DiskGB != 12 || s.Region != "us-east-1" || string(s.UserData) != "#!/bin/sh" {
		t.Errorf("host asked for as %+v", s)
	}
	must[*ec2.RebootInstancesOutput](t)(cl.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids}))
	must[*ec2.StopInstancesOutput](t)(cl.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids}))
	if i = waitState(t, cl, id, types.InstanceStateNameStopped); port22(i) != "" {
		t.Error("a stopped instance has an SSH port")
	}
	must[*ec2.StartInstancesOutput](t)(cl.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids}))
	if i = waitState(t, cl, id, types.InstanceStateNameRunning); *i.PublicIpAddress != "127.0.0.3" {
		t.Errorf("started again at %s", *i.PublicIpAddress)
	}
	c.HostDown(id)
	if i = waitState(t, cl, id, types.InstanceStateNameStopped); *i.StateReason.Code != "Client.InstanceInitiatedShutdown" {
		t.Errorf("shut down for %s", *i.StateReason.Code)
	}
	must[*ec2.TerminateInstancesOutput](t)(cl.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids}))
	waitState(t, cl, id, types.InstanceStateNameTerminated)
	h.want(t, "launch", "reboot", "stop", "launch", "stop", "terminate")
}

func port22(i types.Instance) string {
	for _, tag := range i.Tags {
		if *tag.Key == ec2sim.SSHPortTag {
			return *tag.Value
		}
	}
	return ""
}

func TestHostThatDoesNotStart(t *testing.T) {
	h := &fakeHosts{fail: errors.New("no python3 here")}
	c := open(t, ec2sim.Options{Hosts: h})
	cl := ec2Client(c, "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	i := waitState(t, cl, id, types.InstanceStateNameTerminated)
	if *i.StateReason.Code != "Server.InternalError" || *i.StateReason.Message != "Server.InternalError: no python3 here" {
		t.Errorf("terminated for %s %s", *i.StateReason.Code, *i.StateReason.Message)
	}
	if err := c.Close(); err != nil { // and with it all that hosts are told
		t.Fatal(err)
	}
	h.want(t, "launch", "terminate")
}

// TestHostThatDoesNotStartAgain: an instance with files on it stays.
func TestHostThatDoesNotStartAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud.json")
	first := open(t, ec2sim.Options{Hosts: &fakeHosts{}, StatePath: path})
	cl := ec2Client(first, "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId // the last that is saved

	h := &fakeHosts{fail: errors.New("address in use")}
	c := open(t, ec2sim.Options{Hosts: h, StatePath: path})
	cl = ec2Client(c, "us-east-1")
	must[*ec2.StartInstancesOutput](t)(cl.StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{id}}))
	if i := waitState(t, cl, id, types.InstanceStateNameStopped); *i.StateReason.Message != "Server.InternalError: address in use" {
		t.Errorf("stopped for %s", *i.StateReason.Message)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	h.want(t, "launch")
}

func TestTerminatingALaunch(t *testing.T) {
	h := &fakeHosts{hold: make(chan struct{}), began: make(chan struct{}, 1)}
	cl := ec2Client(open(t, ec2sim.Options{Hosts: h}), "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	<-h.began
	waitState(t, cl, id, types.InstanceStateNamePending)
	_, err := cl.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}})
	wantCode(t, "stopping a pending one", err, "IncorrectInstanceState")
	must[*ec2.TerminateInstancesOutput](t)(cl.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))
	waitState(t, cl, id, types.InstanceStateNameTerminated)
	h.want(t, "cut short", "terminate")
}

func TestStateIsKept(t *testing.T) {
	path, h := filepath.Join(t.TempDir(), "cloud.json"), &fakeHosts{}
	o := ec2sim.Options{StatePath: path, Hosts: h}
	c := open(t, o)
	cl := ec2Client(c, "us-east-1")
	must[*ec2.CreateKeyPairOutput](t)(cl.CreateKeyPair(t.Context(), &ec2.CreateKeyPairInput{KeyName: awssdk.String("k")}))
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	first := *waitState(t, cl, id, types.InstanceStateNameRunning).PublicIpAddress
	if info := must[os.FileInfo](t)(os.Stat(path)); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("state file has mode %v", info.Mode())
	}

	// As after kill -9: another cloud reads what the first one saved.
	for name, end := range map[string]func() error{"killed": func() error { return nil }, "closed": c.Close} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		cl = ec2Client(open(t, o), "us-east-1")
		i := waitState(t, cl, id, types.InstanceStateNameStopped)
		if len(i.Tags) != 2 || i.PublicIpAddress != nil {
			t.Errorf("%s: kept as %+v", name, i)
		}
		must[*ec2.DescribeKeyPairsOutput](t)(cl.DescribeKeyPairs(t.Context(), &ec2.DescribeKeyPairsInput{KeyNames: []string{"k"}}))
		if again := launch(t, cl, runInput(t, cl, "x")); *again.InstanceId != id {
			t.Errorf("%s: the token launched %s", name, *again.InstanceId)
		}
		must[*ec2.StartInstancesOutput](t)(cl.StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{id}}))
		if now := *waitState(t, cl, id, types.InstanceStateNameRunning).PublicIpAddress; now == first {
			t.Errorf("%s: started again at the same address", name)
		}
		must[*ec2.StopInstancesOutput](t)(cl.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}}))
		waitState(t, cl, id, types.InstanceStateNameStopped)
	}
	left := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(path)))
	if len(left) != 1 {
		t.Errorf("%d files beside the state", len(left)-1)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ec2sim.New(o); err == nil {
		t.Error("a broken state file was read")
	}
}

func TestClose(t *testing.T) {
	h := &fakeHosts{}
	c := open(t, ec2sim.Options{Hosts: h})
	cl := ec2Client(c, "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	waitState(t, cl, id, types.InstanceStateNameRunning)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	h.want(t, "launch", "stop")
	_, err := describe(t.Context(), cl, id)
	wantCode(t, "asking a closed cloud", err, "Unavailable")
	if i := c.Instances(); len(i) != 1 || i[0].State != "stopped" || i[0].Name != "demo" || i[0].SSHPort != 0 {
		t.Errorf("listed as %+v", i)
	}
}
