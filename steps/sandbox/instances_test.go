//go:build unix

package sandbox

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// person is someone who uses the sandbox, as the program does.
type person struct {
	t      *testing.T
	ctx    context.Context
	o      Options
	region *aws.Regional
	key    remote.KeyPair
	signer remote.Signer
}

func newPerson(t *testing.T) *person {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), await.Limit)
	t.Cleanup(cancel)
	p := &person{t: t, ctx: ctx, o: options(t)}
	var err error
	if p.key, err = remote.Generate("test"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, p.key.Private, 0o600); err != nil {
		t.Fatal(err)
	}
	if p.signer, err = remote.LoadKey(path, nil); err != nil {
		t.Fatal(err)
	}
	p.open()
	return p
}

// open opens the sandbox, starting it where it does not run.
func (p *person) open() Info {
	p.t.Helper()
	info := ensure(p.t, p.o)
	account, err := aws.Open(p.ctx, aws.Options{Region: "us-east-1", Endpoint: &aws.Endpoint{
		URL: info.URL, AccessKeyID: info.AccessKeyID, SecretAccessKey: info.SecretAccessKey,
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.region = account.In("us-east-1")
	return info
}

func (p *person) launch(name string) aws.Instance {
	p.t.Helper()
	_, errKey := p.region.ImportKeyPair(p.ctx, "key", p.key.Public, nil)
	image, errImage := p.region.Image(p.ctx, "24.04", "amd64")
	network, errNetwork := p.region.Network(p.ctx, aws.NetworkSpec{})
	if err := errors.Join(errKey, errImage, errNetwork); err != nil {
		p.t.Fatal(err)
	}
	group, err := p.region.EnsureGroup(p.ctx, aws.GroupSpec{
		Name: "group", Description: "test", VPC: network.VPC, CIDR: "203.0.113.7/32", Ports: []int{22},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	i, err := p.region.Launch(p.ctx, aws.LaunchSpec{
		ClientToken: name, Image: image, Type: "t2.micro", KeyName: "key", GroupIDs: []string{group}, DiskGB: 8,
		Tags: map[string]string{"Name": name},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.wait(i.ID, aws.StateRunning)
}

func (p *person) wait(id string, state aws.State) aws.Instance {
	p.t.Helper()
	i, err := p.region.WaitState(p.ctx, id, state, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return i
}

// connect signs in to an instance whose console showed its host keys.
func (p *person) connect(i aws.Instance) *remote.Client {
	p.t.Helper()
	var keys []string
	for len(keys) == 0 {
		var err error
		if keys, err = p.region.ConsoleHostKeys(p.ctx, i.ID); err != nil {
			p.t.Fatal(err)
		}
	}
	c, err := remote.Dial(p.ctx,
		remote.Target{
			Addr: net.JoinHostPort(i.PublicIP, i.Tags[ec2sim.SSHPortTag]), User: "ubuntu", InstanceID: i.ID,
			Timeout: await.Wait, KeepAlive: await.Wait, // how busy the computer is, is not the question
		},
		remote.Auth{Signers: []remote.Signer{p.signer}}, remote.HostKeyCheck{Expected: keys})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (p *person) output(c *remote.Client, script string) string {
	p.t.Helper()
	out, err := c.Output(p.ctx, script)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// leave starts a process that outlives its connection.
func (p *person) leave(c *remote.Client) int {
	p.t.Helper()
	pid, err := strconv.Atoi(p.output(c, "setsid nohup sleep 1000 > /dev/null 2>&1 < /dev/null & echo $!"))
	if err != nil {
		p.t.Fatal(err)
	}
	return pid
}

func TestInstance(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	one, two := p.launch("one"), p.launch("two")
	if runtime.GOOS == "linux" && one.PublicIP == two.PublicIP {
		t.Errorf("two instances at %s", one.PublicIP)
	}
	c := p.connect(one)
	if got := p.output(c, "echo $JUPYTER_EC2_SANDBOX_HOST $JUPYTER_EC2_LOOPBACK; command -v sudo || echo no sudo"); got != one.ID+" "+one.PublicIP+"\nno sudo" {
		t.Errorf("the host says %q", got)
	}
	p.output(c, "echo kept > file")
	left, others := p.leave(c), p.leave(p.connect(two))

	s, err := Status(t.Context(), p.o)
	if err != nil || len(s.Instances) != 2 || s.Instances[0] != (Instance{ID: one.ID, Name: "one", State: "running"}) {
		t.Errorf("%+v, %v", s, err)
	}

	if err := p.region.Stop(p.ctx, one.ID); err != nil {
		t.Fatal(err)
	}
	p.wait(one.ID, aws.StateStopped)
	if !gone(left) || gone(others) {
		t.Errorf("after stop its process is gone: %v, the other's: %v", gone(left), gone(others))
	}
	if err := p.region.Start(p.ctx, one.ID); err != nil {
		t.Fatal(err)
	}
	again := p.wait(one.ID, aws.StateRunning)
	if runtime.GOOS == "linux" && again.PublicIP == one.PublicIP {
		t.Errorf("the same address %s after a stop and a start", one.PublicIP)
	}
	if got := p.output(p.connect(again), "cat file"); got != "kept" {
		t.Errorf("the file reads %q", got)
	}

	hosts, err := filepath.EvalSymlinks(filepath.Join(p.o.Dir, hostsName))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{one.ID, two.ID} {
		if err := p.region.Terminate(p.ctx, id); err != nil {
			t.Fatal(err)
		}
		p.wait(id, aws.StateTerminated)
		if _, err := os.Stat(filepath.Join(hosts, id)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder of terminated %s: %v", id, err)
		}
	}
	if !gone(others) {
		t.Error("a process outlived its instance")
	}
	if err := Stop(t.Context(), p.o); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(hosts); err == nil && hosts != filepath.Join(p.o.Dir, hostsName) {
		t.Errorf("a folder outside stays: %v", entries)
	}
}

// A machine that is switched off from inside is a stopped instance, as on EC2.
// An instance is back at its address, with its files, while an image of it is
// made: another sandbox may want the address meanwhile.
func TestInstanceIsBackAfterItsImage(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	one := p.launch("one")
	c := p.connect(one)
	p.output(c, "echo kept > file")
	id, err := p.region.CreateImage(p.ctx, aws.ImageSpec{InstanceID: one.ID, Name: "image", Tags: map[string]string{aws.TagImage: "image"}})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if _, err := p.region.WaitImage(p.ctx, id, nil); err != nil {
		t.Fatal(err)
	}
	again, err := p.region.Instance(p.ctx, one.ID)
	if err != nil || again.State != aws.StateRunning || again.PublicIP != one.PublicIP || again.Tags[ec2sim.SSHPortTag] != one.Tags[ec2sim.SSHPortTag] {
		t.Fatalf("it was at %s and is %+v, %v", one.PublicIP, again, err)
	}
	if got := p.output(p.connect(again), "cat file"); got != "kept" {
		t.Errorf("the file reads %q", got)
	}
}

func TestInstanceSwitchesItselfOff(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	i := p.launch("one")
	for _, command := range []string{"poweroff", "shutdown -h +0", "shutdown -h now", "halt"} {
		c := p.connect(i)
		left := p.leave(c)
		p.output(c, "echo "+command+" > file")
		_, err := c.Output(p.ctx, command) // the machine may be down before it answers
		t.Logf("%s: %v", command, err)
		<-c.Done()
		p.wait(i.ID, aws.StateStopped)
		if !gone(left) {
			t.Errorf("%s: a process outlived its machine", command)
		}
		if err := p.region.Start(p.ctx, i.ID); err != nil {
			t.Fatal(err)
		}
		i = p.wait(i.ID, aws.StateRunning)
		if got := p.output(p.connect(i), "cat file"); got != command {
			t.Errorf("after %s the file reads %q", command, got)
		}
	}
}

// As a cloud does, the sandbox keeps what it was given when its process dies.
func TestInstanceOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"killed", "stopped"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t)
			i := p.launch("one")
			c := p.connect(i)
			p.output(c, "echo kept > file")
			left := p.leave(c)
			if end == "killed" {
				kill(t, p.open().PID, syscall.SIGKILL)
				if gone(left) {
					t.Fatal("nothing is left over; the test tests nothing")
				}
			} else if err := Stop(t.Context(), p.o); err != nil {
				t.Fatal(err)
			} else if !gone(left) {
				t.Error("Stop left a process")
			}
			p.open()
			if !gone(left) {
				t.Error("the new process left what the old one's host ran")
			}
			p.wait(i.ID, aws.StateStopped)
			if err := p.region.Start(p.ctx, i.ID); err != nil {
				t.Fatal(err)
			}
			if got := p.output(p.connect(p.wait(i.ID, aws.StateRunning)), "cat file"); got != "kept" {
				t.Errorf("the file reads %q", got)
			}
		})
	}
}

// Stop alone ends what a killed process left.
func TestStopAfterKill(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	left := p.leave(p.connect(p.launch("one")))
	kill(t, p.open().PID, syscall.SIGKILL)
	if err := Stop(t.Context(), p.o); err != nil {
		t.Fatal(err)
	}
	if !gone(left) {
		t.Error("Stop left a process")
	}
}

// A running instance is use: the process stays, whoever asks or not.
func TestRunningInstanceIsNotIdle(t *testing.T) {
	t.Parallel()
	cloud, err := ec2sim.New(ec2sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s := &service{cloud: cloud, idle: time.Minute, used: now.Add(-time.Hour)}
	if left := s.idleIn(now); left > 0 {
		t.Errorf("idle for an hour, and %v left", left)
	}
	s.active = 1
	if left := s.idleIn(now); left != time.Minute {
		t.Errorf("with a request being served %v left", left)
	}
	s.active = 0
	account, err := aws.Open(t.Context(), aws.Options{Region: "us-east-1", Endpoint: &aws.Endpoint{
		URL: "http://127.0.0.1", AccessKeyID: "a", SecretAccessKey: "b", HTTP: cloud.HTTPClient(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, ctx: t.Context(), region: account.In("us-east-1")}
	if p.key, err = remote.Generate("test"); err != nil {
		t.Fatal(err)
	}
	p.launch("one")
	if left := s.idleIn(now.Add(time.Hour)); left != time.Minute {
		t.Errorf("with a running instance %v left", left)
	}
}
