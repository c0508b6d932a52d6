package aws

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
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

// The reason of a state that EC2 calls as a state is none.
func TestAnEndWithoutAReasonIsTold(t *testing.T) {
	plain := state("terminated", "pending")
	plain.body = strings.ReplaceAll(plain.body, "pending: words", "pending")
	for says, answer := range map[string]reply{
		"it is terminated": plain,
		"it is terminated (Server.InternalError: words)": state("terminated", "Server.InternalError"),
	} {
		r, _ := regional(t, answers{"DescribeInstances": always(answer)})
		_, err := r.WaitState(t.Context(), "i-1", StateRunning, nil)
		if _, _, text, _ := explained(t, err); !strings.HasSuffix(text, ": "+says) {
			t.Errorf("%q, want %q", text, says)
		}
	}
}

func TestWaitState(t *testing.T) {
	pending, running, stopping, stopped := state("pending", ""), state("running", ""), state("stopping", ""), state("stopped", "Server.InsufficientInstanceCapacity")
	for _, c := range []struct {
		name  string
		want  State
		turns []reply
		seen  string
		code  string
	}{
		{"launched", "running", []reply{notFound, pending, pending, running}, "pending pending running", ""},
		{"started from stopped", "running", []reply{stopped, pending, running}, "stopped pending running", ""},
		{"start fails for lack of capacity", "running", []reply{pending, stopped}, "pending stopped", "InsufficientInstanceCapacity"},
		{"launch fails", "running", []reply{pending, state("terminated", "Server.InternalError")}, "pending terminated", codeStateFailed},
		{"launch fails for the disk's key", "running", []reply{pending, state("terminated", "Client.InternalError")}, "pending terminated", codeDiskKey},
		{"launch fails for the disk quota", "running", []reply{state("shutting-down", "Client.VolumeLimitExceeded")}, "shutting-down", "VolumeLimitExceeded"},
		{"stopped", "stopped", []reply{running, stopping, stopped}, "running stopping stopped", ""},
		{"terminated", "terminated", []reply{running, state("shutting-down", ""), state("terminated", "")}, "running shutting-down terminated", ""},
		{"terminated and forgotten", "terminated", []reply{notFound}, "", ""},
		{"never shown", "running", []reply{notFound}, "", codeUnshown},
		{"pending for ever", "running", []reply{pending}, "", codeStateFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := regional(t, answers{"DescribeInstances": inTurn(c.turns...)})
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				var seen []string
				i, err := r.WaitState(ctx, "i-1", c.want, func(i Instance) { seen = append(seen, string(i.State)) })
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

// eachTick answers with each reply for a tick from the first call on, and with
// the last one from there on.
func eachTick(tick time.Duration, rs ...reply) func(int, request) reply {
	var began time.Time
	return func(int, request) reply {
		if began.IsZero() {
			began = time.Now()
		}
		return rs[min(int(time.Since(began)/tick), len(rs)-1)]
	}
}

// A wait that EC2 throttles slows down, and comes to its end all the same.
func TestThrottledWaitsSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sdkTries = 3 // each look is tried so often by the SDK
		refusals := 4 * sdkTries
		turns := append(slices.Repeat([]reply{ec2Error("RequestLimitExceeded", "slow down")}, refusals), state("pending", ""), state("running", ""))
		r, w := regional(t, answers{
			"DescribeInstances": inTurn(turns...),
			"StartInstances":    always(ok("StartInstances", "<instancesSet/>")),
		})
		if i, err := r.Bring(t.Context(), "i-1", StateRunning, nil); err != nil || i.State != StateRunning {
			t.Errorf("%+v, %v", i, err)
		}
		if n := w.count("DescribeInstances"); n != refusals+2 {
			t.Errorf("%d looks, want %d", n, refusals+2)
		}
		pauses := patience{least: awsLeast, most: awsMost, began: time.Now()}
		for range 10 {
			pauses.throttled(true)
		}
		if d := pauses.pause(); pauses.slow != maxSlow || d < maxSlow/2 || d > 3*maxSlow/2 {
			t.Errorf("the pause is %v", d)
		}
		if pauses.throttled(false); pauses.pause() != awsLeast {
			t.Errorf("it stays slow: %v", pauses.pause())
		}
	})
}

// A wait that EC2 throttles for all its time says so.
func TestAlwaysThrottledWaitSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := regional(t, answers{"DescribeInstances": always(ec2Error("RequestLimitExceeded", "slow down"))})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := r.WaitState(ctx, "i-1", StateRunning, nil)
		if codeOf(err) != "RequestLimitExceeded" && codeOf(err) != codeTimeout {
			t.Errorf("err = %v", err)
		}
		explained(t, err)
	})
}

// However many machines are waited for at once, the looks at their region stay
// within what EC2 allows.
func TestManyWaitsShareOnePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{t: t, answers: answers{"DescribeInstances": always(state("pending", ""))}}
		a := open(t, w, "eu-central-1")
		a.tick, a.least, a.apart = awsMost, awsLeast, awsApart // as on AWS
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		const waits = 50
		var all sync.WaitGroup
		for range waits {
			all.Go(func() { _, _ = a.In("eu-west-1").WaitState(ctx, "i-1", StateRunning, nil) })
		}
		all.Wait()
		// The first look of each wait is at once: EC2's bucket is for that.
		if n, most := w.count("DescribeInstances"), waits+int(time.Minute/awsApart)+1; n > most || n < most/2 {
			t.Errorf("%d looks in a minute, want %d at most", n, most)
		}
	})
}

// A request that had no effect is made again, one that has is not, and what EC2
// does not show is no reason to give up.
func TestBring(t *testing.T) {
	const nothing = "<instancesSet/>"
	pending, running, stopping, stopped := state("pending", ""), state("running", ""), state("stopping", ""), state("stopped", "")
	ending, ended := state("shutting-down", ""), state("terminated", "")
	again := func(r reply) []reply { return slices.Repeat([]reply{r}, 8) }
	for _, c := range []struct {
		name  string
		want  State
		turns []reply
		asks  int
		code  string
	}{
		{"stopped at once", "stopped", []reply{running, stopping, stopped}, 1, ""},
		{"is pending, and stopped then", "stopped", []reply{pending, pending, running, stopping, stopped}, 1, ""},
		{"not stopped at first", "stopped", append(again(running), stopping, stopped), 2, ""},
		{"stopping takes long", "stopped", append(append([]reply{running}, again(stopping)...), stopped), 1, ""},
		{"never stopped", "stopped", []reply{running}, 6, codeStateFailed},
		{"starts from stopping", "running", []reply{stopping, stopping, stopped, pending, running}, 1, ""},
		{"not started at first", "running", append(again(stopped), pending, running), 2, ""},
		{"its start fails", "running", []reply{stopped, pending, state("stopped", "Server.InsufficientInstanceCapacity")}, 1, "InsufficientInstanceCapacity"},
		{"not terminated at first", "terminated", append(again(running), ending, ended), 2, ""},
		{"terminated and forgotten", "terminated", []reply{ending, notFound}, 0, ""},
		{"terminated once it is shown", "terminated", append(again(notFound), running, running, running, running, running, ending, ended), 3, ""},
		{"never shown", "terminated", []reply{notFound}, 6, codeUnshown},
		{"never shown, and not to be started", "running", []reply{notFound}, 0, codeUnshown},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := regional(t, answers{
					"DescribeInstances": eachTick(endpointMost, c.turns...), "StartInstances": always(ok("StartInstances", nothing)),
					"StopInstances": always(ok("StopInstances", nothing)), "TerminateInstances": always(ok("TerminateInstances", nothing)),
				})
				// It ends between two looks: at the time of one, either may be first.
				ctx, cancel := context.WithTimeout(context.Background(), 30*r.account.tick-r.account.tick/2)
				defer cancel()
				i, err := r.Bring(ctx, "i-1", c.want, nil)
				if codeOf(err) != c.code {
					t.Fatalf("err = %v, want code %q", err, c.code)
				}
				if err == nil && i.State != c.want {
					t.Errorf("it is %s", i.State)
				}
				if err != nil {
					explained(t, err)
				}
				if n := w.count("StartInstances") + w.count("StopInstances") + w.count("TerminateInstances"); n != c.asks {
					t.Errorf("asked %d times, want %d", n, c.asks)
				}
			})
		})
	}
}

// Nothing is said of an instance while AWS does not answer at all.
func TestWaitWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := regional(t, answers{"DescribeInstances": always(reply{err: errLost})})
		ctx, cancel := context.WithTimeout(context.Background(), r.account.tick/2)
		defer cancel()
		_, err := r.WaitState(ctx, "i-1", "stopped", nil)
		if code := codeOf(err); err == nil || code == codeUnshown || code == codeStateFailed {
			t.Errorf("err = %v", err)
		}
		explained(t, err)
	})
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
