package ec2simtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

// userData is the instance's, as EC2 shows it to whoever may ask.
func userData(t *testing.T, cl *ec2.Client, id string) *string {
	t.Helper()
	out := must[*ec2.DescribeInstanceAttributeOutput](t)(cl.DescribeInstanceAttribute(t.Context(), &ec2.DescribeInstanceAttributeInput{
		InstanceId: &id, Attribute: types.InstanceAttributeNameUserData,
	}))
	if out.UserData == nil {
		t.Fatal("no user data in the answer")
	}
	return out.UserData.Value
}

func TestUserData(t *testing.T) {
	h := &fakeHosts{}
	c := open(t, ec2sim.Options{Hosts: h})
	cl, ctx := ec2Client(c, "us-east-1"), t.Context()
	most := bytes.Repeat([]byte{0x1f}, 16384)
	with := func(token string, data []byte) *ec2.RunInstancesInput {
		in := runInput(t, cl, token)
		in.UserData = awssdk.String(base64.StdEncoding.EncodeToString(data))
		return in
	}
	id := *launch(t, cl, with("x", most)).InstanceId
	if got := userData(t, cl, id); awssdk.ToString(got) != base64.StdEncoding.EncodeToString(most) {
		t.Errorf("read back as %d characters", len(awssdk.ToString(got)))
	}
	if none := userData(t, cl, *launch(t, cl, runInput(t, cl, "y")).InstanceId); none != nil {
		t.Errorf("user data %q of an instance without", *none)
	}
	if again := launch(t, cl, with("x", most)); *again.InstanceId != id {
		t.Errorf("the same launch again made %s", *again.InstanceId)
	}
	_, err := cl.RunInstances(ctx, with("x", most[1:]))
	wantCode(t, "other user data under the same token", err, "IdempotentParameterMismatch")
	_, err = cl.RunInstances(ctx, runInput(t, cl, "x"))
	wantCode(t, "no user data under the same token", err, "IdempotentParameterMismatch")

	crooked := runInput(t, cl, "z")
	crooked.UserData = awssdk.String("#!/bin/sh")
	for want, in := range map[string]*ec2.RunInstancesInput{
		"User data is limited to 16384 bytes":  with("z", append(most, 0)),
		"Invalid BASE64 encoding of user data": crooked,
	} {
		_, err := cl.RunInstances(ctx, in)
		wantCode(t, want, err, "InvalidParameterValue")
		var api smithy.APIError
		if errors.As(err, &api); !strings.Contains(api.ErrorMessage(), want) {
			t.Errorf("refused with %q, want %q", api.ErrorMessage(), want)
		}
	}

	// A machine can ask for it at each of its starts.
	waitState(t, cl, id, types.InstanceStateNameRunning)
	must[*ec2.StopInstancesOutput](t)(cl.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))
	waitState(t, cl, id, types.InstanceStateNameStopped)
	must[*ec2.StartInstancesOutput](t)(cl.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}}))
	waitState(t, cl, id, types.InstanceStateNameRunning)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	starts := 0
	for _, s := range h.specs {
		if s.InstanceID == id && bytes.Equal(s.UserData, most) {
			starts++
		}
	}
	if starts != 2 {
		t.Errorf("handed to %d of 2 starts", starts)
	}
}

// talkingHosts print something, and have another key at each start.
type talkingHosts struct {
	fakeHosts
	keys    []string
	printed string
}

func (h *talkingHosts) Launch(ctx context.Context, s ec2sim.HostSpec) (ec2sim.Host, error) {
	host, err := h.fakeHosts.Launch(ctx, s)
	host.HostKeys, h.keys = h.keys[:1], h.keys[1:]
	host.Console = func() []byte { return []byte(h.printed) }
	return host, err
}

// The console is shown late, later still without Nitro, and has what the host
// printed and the host keys of its first boot.
func TestConsole(t *testing.T) {
	for _, of := range []struct {
		kind  types.InstanceType
		delay time.Duration
	}{{types.InstanceTypeT3Micro, 4 * time.Second}, {types.InstanceTypeT2Micro, 4 * time.Minute}} {
		t.Run(string(of.kind), func(t *testing.T) {
			clk := newClock()
			const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtherOtherOtherOtherOtherOtherOtherOtherOthe"
			h := &talkingHosts{keys: []string{exampleKey, other}, printed: "first\nsecond\r\n"}
			c := open(t, ec2sim.Options{Hosts: h, Now: clk.Now, Timing: ec2sim.Timing{Console: 4 * time.Second, Xen: 4 * time.Minute}})
			cl, ctx := ec2Client(c, "us-east-1"), t.Context()
			in := runInput(t, cl, "x")
			in.InstanceType = of.kind
			id := *launch(t, cl, in).InstanceId
			waitState(t, cl, id, types.InstanceStateNameRunning)
			console := func() string {
				out := must[*ec2.GetConsoleOutputOutput](t)(cl.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id}))
				return string(must[[]byte](t)(base64.StdEncoding.DecodeString(awssdk.ToString(out.Output))))
			}
			clk.Pass(of.delay - time.Millisecond)
			if text := console(); text != "" {
				t.Errorf("printed too early: %q", text)
			}
			clk.Pass(time.Millisecond)
			text := console()
			if !strings.HasPrefix(text, "first\r\nsecond\r\n") || !strings.Contains(text, "KEYS-----\r\n"+exampleKey+"\r\n-----END") {
				t.Errorf("printed %q", text)
			}
			h.printed += "third\n"
			if text := console(); !strings.Contains(text, "second\r\nthird\r\n") {
				t.Errorf("printed since %q", text)
			}
			must[*ec2.StopInstancesOutput](t)(cl.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))
			waitState(t, cl, id, types.InstanceStateNameStopped)
			if text := console(); !strings.Contains(text, "third") {
				t.Errorf("stopped, it shows %q", text)
			}
			must[*ec2.StartInstancesOutput](t)(cl.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}}))
			waitState(t, cl, id, types.InstanceStateNameRunning)
			if text := console(); !strings.Contains(text, "third") {
				t.Errorf("just started again, it shows %q", text)
			}
			clk.Pass(of.delay)
			h.printed = strings.Repeat("much\n", 20000)
			if text := console(); len(text) > 64<<10 || !strings.Contains(text, exampleKey) || strings.Contains(text, other) {
				t.Errorf("after the second start it shows %d bytes, with the first key: %v, with the other one: %v", len(text), strings.Contains(text, exampleKey), strings.Contains(text, other))
			}
		})
	}
}
