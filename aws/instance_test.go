package aws

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func state(name, reason string) reply {
	return ok("DescribeInstances", `<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>t3.micro</instanceType>
<instanceState><name>`+name+`</name></instanceState><stateReason><code>`+reason+`</code><message>`+reason+`: words</message></stateReason>
<ipAddress>203.0.113.9</ipAddress><blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item></blockDeviceMapping>
<launchTime>2026-11-23T10:00:00.000Z</launchTime></item></instancesSet></item></reservationSet>`)
}

var notFound = ec2Error("InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist")

func TestWaitState(t *testing.T) {
	pending, running, stopping, stopped := state("pending", ""), state("running", ""), state("stopping", ""), state("stopped", "Server.InsufficientInstanceCapacity")
	for _, c := range []struct {
		name, want string
		turns      []reply
		seen       string
		code       string
	}{
		{"launched", "running", []reply{notFound, pending, pending, running}, "pending pending running", ""},
		{"started from stopped", "running", []reply{stopped, pending, running}, "stopped pending running", ""},
		{"start fails for lack of capacity", "running", []reply{pending, stopped}, "pending stopped", "InsufficientInstanceCapacity"},
		{"launch fails", "running", []reply{pending, state("terminated", "Client.InternalError")}, "pending terminated", codeStateFailed},
		{"launch fails for the disk quota", "running", []reply{state("shutting-down", "Client.VolumeLimitExceeded")}, "shutting-down", "VolumeLimitExceeded"},
		{"stopped", "stopped", []reply{running, stopping, stopped}, "running stopping stopped", ""},
		{"terminated", "terminated", []reply{running, state("shutting-down", ""), state("terminated", "")}, "running shutting-down terminated", ""},
		{"terminated and forgotten", "terminated", []reply{notFound}, "", ""},
		{"never there", "running", []reply{notFound}, "", "InvalidInstanceID.NotFound"},
		{"pending for ever", "running", []reply{pending}, "", codeStateFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := regional(t, answers{"DescribeInstances": inTurn(c.turns...)})
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				var seen []string
				i, err := r.WaitState(ctx, "i-1", c.want, func(i Instance) { seen = append(seen, i.State) })
				if codeOf(err) != c.code {
					t.Fatalf("err = %v, want code %q", err, c.code)
				}
				if c.seen != "" && strings.Join(seen, " ") != c.seen {
					t.Errorf("seen %v, want %s", seen, c.seen)
				}
				if err == nil && (i.State != c.want || i.ID != "i-1") {
					t.Errorf("%+v", i)
				}
				if err != nil {
					explained(t, err)
				}
			})
		})
	}
}

func TestWaitStateIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := regional(t, answers{"DescribeInstances": always(state("pending", ""))})
		ctx, cancel := context.WithCancel(context.Background())
		_, err := r.WaitState(ctx, "i-1", "running", func(Instance) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// An answer that is lost is asked for again by the SDK.
		r, _ := regional(t, answers{"DescribeInstances": inTurn(notFound, reply{err: errLost}, ok("DescribeInstances", "<reservationSet/>"), state("running", ""))})
		i, err := r.Instance(context.Background(), "i-1")
		if err != nil || i.PublicIP != "203.0.113.9" || !slices.Equal(i.VolumeIDs, []string{"vol-1"}) ||
			!i.Launched.Equal(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v, %v", i, err)
		}
	})
}

func TestFindPages(t *testing.T) {
	first := state("running", "")
	first.body = strings.Replace(first.body, "</reservationSet>", "</reservationSet><nextToken>2</nextToken>", 1)
	r, w := regional(t, answers{"DescribeInstances": inTurn(first, state("stopped", ""))})
	got, err := r.Find(context.Background(), map[string]string{TagSetup: "s1", TagName: "demo"})
	if err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	form := w.sent("DescribeInstances", 0)
	wantField(t, form, map[string]string{"Filter.1.Name": "tag:jupyter-ec2", "Filter.1.Value.1": "s1", "Filter.2.Name": "tag:jupyter-ec2-name", "Filter.3.Name": "instance-state-name"})
	for k, v := range form {
		if strings.HasPrefix(k, "Filter.3.Value") && v[0] == "terminated" {
			t.Error("terminated instances are asked for")
		}
	}
}

func TestStartStopTerminate(t *testing.T) {
	r, w := regional(t, answers{
		"StartInstances":     always(ok("StartInstances", "")),
		"StopInstances":      always(ec2Error("IncorrectInstanceState", "The instance 'i-1' is not in a state from which it can be stopped.")),
		"TerminateInstances": inTurn(ok("TerminateInstances", ""), notFound, ec2Error("UnauthorizedOperation", "no")),
	})
	ctx := context.Background()
	if err := r.Start(ctx, "i-1"); err != nil {
		t.Error(err)
	}
	if kind, _, _, _ := explained(t, r.Stop(ctx, "i-1")); kind != "failed" {
		t.Errorf("kind %s", kind)
	}
	for n, fails := range []bool{false, false, true} {
		if err := r.Terminate(ctx, "i-1"); (err != nil) != fails {
			t.Errorf("terminate %d: %v", n, err)
		}
	}
	wantField(t, w.sent("StartInstances", 0), map[string]string{"InstanceId.1": "i-1"})
}
