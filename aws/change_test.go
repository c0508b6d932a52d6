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

func TestChanges(t *testing.T) {
	r, w := regional(t, answers{
		"RebootInstances":         done("RebootInstances"),
		"ModifyInstanceAttribute": done("ModifyInstanceAttribute"),
		"DeleteVolume":            inTurn(ok("DeleteVolume", "<return>true</return>"), ec2Error("InvalidVolume.NotFound", "The volume 'vol-1' does not exist.")),
		"DescribeInstanceAttribute": inTurn(
			ok("DescribeInstanceAttribute", `<instanceId>i-1</instanceId><instanceInitiatedShutdownBehavior><value>stop</value></instanceInitiatedShutdownBehavior>`),
			ok("DescribeInstanceAttribute", `<instanceId>i-1</instanceId><instanceInitiatedShutdownBehavior><value>terminate</value></instanceInitiatedShutdownBehavior>`),
			ok("DescribeInstanceAttribute", `<instanceId>i-1</instanceId>`),
			ok("DescribeInstanceAttribute", `<instanceId>i-1</instanceId><instanceInitiatedShutdownBehavior><value>stop</value></instanceInitiatedShutdownBehavior>`)),
		"DescribeInstances": always(ok("DescribeInstances", `<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>t3.large</instanceType></item></instancesSet></item></reservationSet>`)),
		"DescribeVolumes":   always(ok("DescribeVolumes", `<volumeSet><item><volumeId>vol-1</volumeId><status>deleting</status></item></volumeSet>`)),
	})
	ctx := context.Background()
	stops, err := r.StopsOnShutdown(ctx, "i-1")
	ends, err2 := r.StopsOnShutdown(ctx, "i-1")
	unsaid, err3 := r.StopsOnShutdown(ctx, "i-1")
	if !stops || ends || unsaid {
		t.Errorf("stops %t, then %t, then %t", stops, ends, unsaid)
	}
	err = errors.Join(err, err2, err3, r.Reboot(ctx, "i-1"), r.SetType(ctx, "i-1", "t3.large"), r.SetStopsOnShutdown(ctx, "i-1"), r.DeleteVolume(ctx, "vol-1"), r.DeleteVolume(ctx, "vol-1"))
	if err != nil {
		t.Fatal(err)
	}
	wantField(t, w.sent("DescribeInstanceAttribute", 0), map[string]string{"InstanceId": "i-1", "Attribute": "instanceInitiatedShutdownBehavior"})
	wantField(t, w.sent("RebootInstances", 0), map[string]string{"InstanceId.1": "i-1"})
	wantField(t, w.sent("ModifyInstanceAttribute", 0), map[string]string{"InstanceId": "i-1", "InstanceType.Value": "t3.large", "InstanceInitiatedShutdownBehavior.Value": ""})
	wantField(t, w.sent("ModifyInstanceAttribute", 1), map[string]string{"InstanceId": "i-1", "InstanceType.Value": "", "InstanceInitiatedShutdownBehavior.Value": "stop"})
	wantField(t, w.sent("DeleteVolume", 0), map[string]string{"VolumeId": "vol-1"})
}

func TestChangeErrorsAreExplained(t *testing.T) {
	setType := func(r *Regional) error { return r.SetType(context.Background(), "i-1", "t4g.large") }
	for _, c := range []struct {
		name          string
		do            func(*Regional) error
		action        string
		code, message string
		kind, title   string
		says          string
	}{
		{"not stopped", setType, "ModifyInstanceAttribute", "IncorrectInstanceState", "The instance 'i-1' is not in the 'stopped' state.", "failed", "The machine must be stopped first", "Stop it"},
		{"another processor", setType, "ModifyInstanceAttribute", "InvalidParameterValue", "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the specified AMI.", "answers", "The type has another processor", "same architecture"},
		{"no such type", setType, "ModifyInstanceAttribute", "InvalidInstanceAttributeValue", "Invalid value 't4g.large' for InstanceType.", "answers", "Not available in eu-central-1", "t4g.large"},
		{"not supported", setType, "ModifyInstanceAttribute", "Unsupported", "The requested configuration is currently not supported.", "answers", "Not available in eu-central-1", "t4g.large"},
		{"without ENA", setType, "ModifyInstanceAttribute", "InvalidParameterCombination", "Enhanced networking with the Elastic Network Adapter (ENA) is required", "answers", "AWS rejects one of the answers", "ENA"},
		{"not allowed", setType, "ModifyInstanceAttribute", "UnauthorizedOperation", "no", "refused", "Not permitted: ec2:ModifyInstanceAttribute", "iam-policy.json"},
		{"no setting allowed", func(r *Regional) error { return r.SetStopsOnShutdown(context.Background(), "i-1") }, "ModifyInstanceAttribute", "UnauthorizedOperation", "no", "refused", "Not permitted: ec2:ModifyInstanceAttribute", "iam-policy.json"},
		{"not running", func(r *Regional) error { return r.Reboot(context.Background(), "i-1") }, "RebootInstances", "IncorrectInstanceState", "The instance 'i-1' is not in a state from which it can be rebooted.", "failed", "The machine is not in the state needed", "reboot the instance i-1"},
		{"no reboot allowed", func(r *Regional) error { return r.Reboot(context.Background(), "i-1") }, "RebootInstances", "UnauthorizedOperation", "no", "refused", "Not permitted: ec2:RebootInstances", "iam-policy.json"},
		{"in use", func(r *Regional) error { return r.DeleteVolume(context.Background(), "vol-1") }, "DeleteVolume", "VolumeInUse", "Volume vol-1 is currently attached to i-1", "failed", "A machine still uses this disk", "attached to i-1"},
		{"no deleting allowed", func(r *Regional) error { return r.DeleteVolume(context.Background(), "vol-1") }, "DeleteVolume", "UnauthorizedOperation", "no", "refused", "Not permitted: ec2:DeleteVolume", "iam-policy.json"},
		{"protected", func(r *Regional) error { return r.Stop(context.Background(), "i-1") }, "StopInstances", "OperationNotPermitted", "The instance 'i-1' may not be stopped.", "refused", "The machine is protected against this", "protection"},
		{"not to be seen", func(r *Regional) error {
			_, err := r.StopsOnShutdown(context.Background(), "i-1")
			return err
		}, "DescribeInstanceAttribute", "UnauthorizedOperation", "no", "refused", "Not permitted: ec2:DescribeInstanceAttribute", "iam-policy.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := regional(t, answers{c.action: always(ec2Error(c.code, c.message))})
			kind, title, text, next := explained(t, c.do(r))
			if kind != c.kind || title != c.title || !strings.Contains(text+" "+next, c.says) {
				t.Errorf("%s: %s. %s %s", kind, title, text, next)
			}
		})
	}
}

func ownedAnswers() answers {
	const tags = `<tagSet><item><key>jupyter-ec2</key><value>s1</value></item></tagSet>`
	return answers{
		"DescribeInstances": always(ok("DescribeInstances", `<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>t3.micro</instanceType><instanceState><name>stopped</name></instanceState><launchTime>2026-11-20T08:00:00Z</launchTime>`+tags+`</item></instancesSet></item></reservationSet>`)),
		"DescribeVolumes": inTurn(
			ok("DescribeVolumes", `<volumeSet><item><volumeId>vol-1</volumeId><size>12</size><status>in-use</status><createTime>2026-11-20T08:00:00Z</createTime><attachmentSet><item><instanceId>i-1</instanceId></item></attachmentSet>`+tags+`</item></volumeSet><nextToken>more</nextToken>`),
			ok("DescribeVolumes", `<volumeSet><item><volumeId>vol-2</volumeId><size>8</size><status>available</status><createTime>2026-11-20T08:00:00Z</createTime>`+tags+`</item></volumeSet>`)),
		"DescribeSecurityGroups": always(ok("DescribeSecurityGroups", `<securityGroupInfo><item><groupId>sg-1</groupId><groupName>jupyter-ec2-demo</groupName>`+tags+`</item></securityGroupInfo>`)),
		"DescribeKeyPairs":       always(ok("DescribeKeyPairs", `<keySet><item><keyPairId>key-1</keyPairId><keyName>demo</keyName><createTime>2026-11-20T08:00:00Z</createTime>`+tags+`</item></keySet>`)),
		"DescribeImages":         always(ok("DescribeImages", `<imagesSet><item><imageId>ami-1</imageId><name>demo</name><imageState>available</imageState><creationDate>2026-11-20T08:00:00.000Z</creationDate><rootDeviceName>/dev/sda1</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><snapshotId>snap-1</snapshotId><volumeSize>12</volumeSize></ebs></item></blockDeviceMapping>`+tags+`</item></imagesSet>`)),
		"DescribeSnapshots":      always(ok("DescribeSnapshots", `<snapshotSet><item><snapshotId>snap-1</snapshotId><volumeSize>12</volumeSize><status>completed</status><startTime>2026-11-20T08:00:00Z</startTime>`+tags+`</item></snapshotSet>`)),
	}
}

// All questions are under way at a time: each waits here for the others.
func TestOwned(t *testing.T) { synctest.Test(t, owned) }

func owned(t *testing.T) {
	on := ownedAnswers()
	var asked sync.WaitGroup
	asked.Add(len(on))
	for action, answer := range on {
		on[action] = func(n int, q request) reply {
			if n == 0 {
				asked.Done()
				asked.Wait()
			}
			return answer(n, q)
		}
	}
	r, w := regional(t, on)
	list, err := r.Owned(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	born := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	var got []string
	for _, o := range list {
		got = append(got, strings.Join([]string{o.Kind, o.ID, o.Name, o.State, o.Type, o.UsedBy}, "|"))
		if o.Tags[TagSetup] != "s1" || !o.Created.Equal(born) && o.Kind != "security group" {
			t.Errorf("%+v", o)
		}
	}
	want := []string{"instance|i-1||stopped|t3.micro|", "volume|vol-1||in-use||i-1", "volume|vol-2||available||", "security group|sg-1|jupyter-ec2-demo|||", "key pair|key-1|demo|||", "image|ami-1|demo|available||", "snapshot|snap-1||completed||"}
	if !slices.Equal(got, want) || list[1].DiskGB != 12 {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, action := range []string{"DescribeInstances", "DescribeVolumes", "DescribeSecurityGroups", "DescribeKeyPairs", "DescribeImages", "DescribeSnapshots"} {
		tag := TagSetup
		if action == "DescribeImages" || action == "DescribeSnapshots" { // whose backups have that one too
			tag = TagImage
		}
		wantField(t, w.sent(action, 0), map[string]string{"Filter.1.Name": "tag-key", "Filter.1.Value.1": tag})
	}
	wantField(t, w.sent("DescribeInstances", 0), map[string]string{"Filter.2.Name": "instance-state-name", "Filter.2.Value.5": "shutting-down", "Filter.2.Value.6": ""})
}

// One question that fails ends all.
func TestOwnedFails(t *testing.T) {
	for _, action := range []string{"DescribeInstances", "DescribeVolumes", "DescribeSecurityGroups", "DescribeKeyPairs", "DescribeImages", "DescribeSnapshots"} {
		synctest.Test(t, func(t *testing.T) {
			on := ownedAnswers()
			on[action] = always(ec2Error("UnauthorizedOperation", "no"))
			r, _ := regional(t, on)
			list, err := r.Owned(context.Background())
			if _, title, _, _ := explained(t, err); title != "Not permitted: ec2:"+action || list != nil {
				t.Errorf("%s: %s, %v", action, title, list)
			}
		})
	}
}
