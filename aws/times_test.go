package aws

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestStopTime(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for reason, want := range map[string]time.Time{
		"User initiated (2026-11-27 12:00:00 GMT)":   noon,
		"User initiated (2026-11-27 12:00:00 UTC)":   noon,
		"User initiated (2026-11-27 12:00:00 EST)":   {},
		"User initiated (2026-11-27 12:00:00 GMT":    {},
		"User initiated (2026-13-27 12:00:00 GMT)":   {},
		"User initiated (2026-11-27 2:00:00 GMT)":    {},
		"User initiated (2026-11-27 12:00:00.5 GMT)": {},
		"User initiated":                      {},
		"User initiated shutdown":             {},
		"Server.SpotInstanceTermination (no)": {},
		"":                                    {},
		"()":                                  {},
		")(":                                  {},
	} {
		if got := stopTime(reason); !got.Equal(want) {
			t.Errorf("%q: %s, want %s", reason, got, want)
		}
	}
}

// A time that is found stands in the reason as it is.
func FuzzStopTime(f *testing.F) {
	f.Add("User initiated (2026-11-27 12:00:00 GMT)")
	f.Add("User initiated (0000-01-01 00:00:00.000 UTC)")
	f.Add("((2026-11-27 12:00:00 GMT)")
	f.Fuzz(func(t *testing.T, reason string) {
		got := stopTime(reason)
		if !got.IsZero() && !strings.Contains(reason, "("+got.Format("2006-01-02 15:04:05")+" ") {
			t.Errorf("%q: %s", reason, got)
		}
	})
}

func TestTimesOfAnInstance(t *testing.T) {
	const disks = `<rootDeviceName>/dev/sda1</rootDeviceName><blockDeviceMapping>
<item><deviceName>/dev/sdf</deviceName><ebs><volumeId>vol-2</volumeId><attachTime>2026-11-25T08:00:00.000Z</attachTime></ebs></item>
<item><deviceName>/dev/sda1</deviceName><ebs><volumeId>vol-1</volumeId><attachTime>2026-11-20T08:00:00.000Z</attachTime></ebs></item></blockDeviceMapping>`
	const reason = `<reason>User initiated (2026-11-27 12:00:00 GMT)</reason>`
	launched := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	first, noon := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, state, more string
		created, stopped  time.Time
	}{
		{"stopped by a user", "stopped", disks + reason, first, noon},
		{"stopped from within", "stopped", disks, first, time.Time{}},
		{"on its way there", "stopping", disks + reason, first, time.Time{}},
		{"terminated", "terminated", reason, launched, time.Time{}},
		{"without a root device", "running", "", launched, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := regional(t, answers{"DescribeInstances": always(ok("DescribeInstances",
				`<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><launchTime>2026-11-26T09:00:00.000Z</launchTime><instanceState><name>`+
					c.state+`</name></instanceState>`+c.more+`</item></instancesSet></item></reservationSet>`))})
			i, err := r.Instance(context.Background(), "i-1")
			if err != nil || !i.Created.Equal(c.created) || !i.StoppedAt.Equal(c.stopped) || !i.Launched.Equal(launched) || i.Region != "eu-central-1" {
				t.Errorf("%+v, %v", i, err)
			}
		})
	}
}
