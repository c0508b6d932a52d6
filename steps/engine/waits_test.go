package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// slowed is a network in which some requests wait for others. An action is
// "ImportKeyPair", as EC2 has it in the form, or the last part of X-Amz-Target.
type slowed struct {
	aws.HTTPDoer
	before func(action string)
}

func (n slowed) Do(r *http.Request) (*http.Response, error) {
	action := r.Header.Get("X-Amz-Target")
	if _, after, ok := strings.Cut(action, "."); ok {
		action = after
	}
	if action == "" && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		action = form.Get("Action")
	}
	n.before(action)
	return n.HTTPDoer.Do(r)
}

// What a launch needs of AWS, and what does not need the key pair, is asked for
// before EC2 has answered about the key pair; the price is waited for by nobody.
func TestALaunchAsksAtTheSameTime(t *testing.T) {
	w := newWorld(t, nil)
	var mu sync.Mutex
	var asked []string
	has := func(actions ...string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return !slices.ContainsFunc(actions, func(a string) bool { return !slices.Contains(asked, a) })
		}
	}
	connected := make(chan struct{})
	w.Through(slowed{w.Cloud.HTTPClient(), func(action string) {
		mu.Lock()
		asked = append(asked, action)
		mu.Unlock()
		switch action {
		case "ImportKeyPair":
			if !await.Comes(t.Context(), has("CreateSecurityGroup", "DescribeInstanceTypes", "GetParameter")) {
				t.Error("the group and the image wait for the key pair")
			}
		case "DescribeRouteTables":
			if !await.Comes(t.Context(), has("DescribeSubnets")) {
				t.Error("the subnets wait for the routes")
			}
		case "GetProducts":
			select {
			case <-connected:
			case <-time.After(await.Wait):
				t.Error("the launch waits for the price")
			}
		}
	}})
	g := w.Guide()
	s, err := g.Begin(t.Context(), enginetest.Answers())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	done := false
	_, err = g.Work(ctx, s.ID, func(e steps.Event) {
		if e.Step == steps.StepConnect && e.Kind == steps.Finished {
			done = true
			close(connected)
			cancel(errStop)
		}
	})
	if !done || !has("GetProducts")() {
		t.Errorf("connected %v, asked %v: %v", done, asked, err)
	}
}

// pendingAt is DescribeInstances' answer of a machine that is pending and has
// its address.
func pendingAt(id string, addr net.Addr) string {
	host, port, _ := net.SplitHostPort(addr.String())
	return fmt.Sprintf(`<reservationSet><item><instancesSet><item><instanceId>%s</instanceId><instanceState><name>pending</name></instanceState>
<ipAddress>%s</ipAddress><tagSet><item><key>%s</key><value>%s</value></item></tagSet></item></instancesSet></item></reservationSet>`, id, host, ec2sim.SSHPortTag, port)
}

// The SSH port is tried as soon as EC2 tells the address, while it still calls
// the machine pending.
func TestThePortIsTriedWhileTheMachineIsPending(t *testing.T) {
	w := newWorld(t, nil)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var tried atomic.Bool
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tried.Store(true)
			_, _ = io.WriteString(c, "SSH-2.0-early\r\n")
			_ = c.Close()
		}
	}()
	w.SetRequestFault(func(action string, r *http.Request) *ec2sim.Fault {
		if instances := w.Cloud.Instances(); action == "ec2:DescribeInstances" && len(instances) > 0 && !tried.Load() {
			return &ec2sim.Fault{Says: pendingAt(instances[0].ID, l.Addr())}
		}
		return nil
	})
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	if !tried.Load() {
		t.Error("it was not tried")
	}
}

// Each moment of a run belongs to somebody: launching waits for AWS, and logging
// in for the machine.
func TestTheTimeOfARunIsAttributed(t *testing.T) {
	w := newWorld(t, nil)
	var ticks atomic.Int64
	m := timing.New(func() time.Time { return time.Unix(ticks.Add(1), 0) }) // a second passes between any two looks
	if err := w.until(timing.With(t.Context(), m), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	all := m.Steps()
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
		if s.Wall != s.Waited(timing.Person)+s.Waited(timing.AWS)+s.Waited(timing.Machine)+s.Ours() || s.Ours() <= 0 && s.Name == "launch" {
			t.Errorf("%+v does not add up", s)
		}
	}
	if got := strings.Join(names, " "); !strings.HasPrefix(got, "launch connect") {
		t.Fatalf("steps %s", got)
	}
	if launch := all[0]; launch.Waited(timing.AWS) == 0 {
		t.Errorf("the launch did not wait for AWS: %+v", launch)
	}
	if connect := all[1]; connect.Waited(timing.Machine) == 0 {
		t.Errorf("the login did not wait for the machine: %+v", connect)
	}
}
