package ec2simtest

import (
	"path/filepath"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

// A host that powers itself off has its instance do what the launch said.
func TestHostDown(t *testing.T) {
	for behavior, want := range map[types.ShutdownBehavior]types.InstanceStateName{
		types.ShutdownBehaviorStop: types.InstanceStateNameStopped, types.ShutdownBehaviorTerminate: types.InstanceStateNameTerminated,
	} {
		t.Run(string(behavior), func(t *testing.T) {
			h := &fakeHosts{}
			c := open(t, ec2sim.Options{Hosts: h})
			cl := ec2Client(c, "us-east-1")
			in := runInput(t, cl, "x")
			in.InstanceInitiatedShutdownBehavior = behavior
			id := *launch(t, cl, in).InstanceId
			waitState(t, cl, id, types.InstanceStateNameRunning)
			c.HostDown("i-0123456789abcdef0")
			c.HostDown("")
			c.HostDown(id)
			c.HostDown(id) // also when it is said twice
			i := waitState(t, cl, id, want)
			if *i.StateReason.Code != "Client.InstanceInitiatedShutdown" || awssdk.ToString(i.StateTransitionReason) != "" {
				t.Errorf("%s for %s %q", i.State.Name, *i.StateReason.Code, awssdk.ToString(i.StateTransitionReason))
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			c.HostDown(id)
			if want == types.InstanceStateNameStopped {
				h.want(t, "launch", "stop")
			} else {
				h.want(t, "launch", "terminate")
			}
		})
	}
}

// The reason holds the time at which it was asked for, also when the stop
// takes its time, over a start, and where the program's end stops it.
func TestTimeOfAStop(t *testing.T) {
	clk, path := newClock(), filepath.Join(t.TempDir(), "cloud.json")
	o := ec2sim.Options{Now: clk.Now, Timing: ec2sim.Timing{Stop: 30 * time.Second}, StatePath: path}
	c := open(t, o)
	cl := ec2Client(c, "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	born := *waitState(t, cl, id, types.InstanceStateNameRunning).BlockDeviceMappings[0].Ebs.AttachTime
	clk.Pass(time.Hour)
	must[*ec2.StopInstancesOutput](t)(cl.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}}))
	clk.Pass(time.Minute)
	i := waitState(t, cl, id, types.InstanceStateNameStopped)
	if got := *i.StateTransitionReason; got != "User initiated (2026-11-23 11:00:00 GMT)" {
		t.Errorf("stopped: %q", got)
	}
	must[*ec2.StartInstancesOutput](t)(cl.StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{id}}))
	i = waitState(t, cl, id, types.InstanceStateNameRunning)
	if at := *i.BlockDeviceMappings[0].Ebs.AttachTime; awssdk.ToString(i.StateTransitionReason) != "" || !at.Equal(born) || !i.LaunchTime.After(born) {
		t.Errorf("started: %q, attached %s, launched %s", awssdk.ToString(i.StateTransitionReason), at, i.LaunchTime)
	}
	clk.Pass(time.Hour)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	clk.Pass(time.Hour)
	i = waitState(t, ec2Client(open(t, o), "us-east-1"), id, types.InstanceStateNameStopped)
	if got := awssdk.ToString(i.StateTransitionReason); got != "User initiated (2026-11-23 12:01:00 GMT)" {
		t.Errorf("stopped by the end: %q", got)
	}
}

func TestCPUOptions(t *testing.T) {
	cl := ec2Client(open(t, ec2sim.Options{StandardVCPUs: 100}), "us-east-1")
	for kind, want := range map[string][2]int32{"t2.micro": {1, 1}, "t2.medium": {2, 1}, "t3.micro": {1, 2}, "m5.xlarge": {2, 2}, "t4g.small": {2, 1}, "m7g.medium": {1, 1}} {
		in := runInput(t, cl, kind)
		in.InstanceType = types.InstanceType(kind)
		if kind == "t4g.small" || kind == "m7g.medium" {
			in.ImageId = awssdk.String(newestImage(t, cl, "arm64"))
		}
		i := launch(t, cl, in)
		if i.CpuOptions == nil || *i.CpuOptions.CoreCount != want[0] || *i.CpuOptions.ThreadsPerCore != want[1] {
			t.Errorf("%s: %+v, want %v", kind, i.CpuOptions, want)
		}
	}
}

func TestServiceQuotas(t *testing.T) {
	cl := servicequotas.NewFromConfig(config(open(t, ec2sim.Options{StandardVCPUs: 5, GPUVCPUs: 8}), "us-east-1"))
	for code, want := range map[string]float64{"L-1216C47A": 5, "L-DB2E81BA": 8, "L-417A185B": 0} {
		out := must[*servicequotas.GetServiceQuotaOutput](t)(cl.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: str("ec2"), QuotaCode: &code}))
		if *out.Quota.Value != want || *out.Quota.QuotaCode != code || *out.Quota.QuotaName == "" || *out.Quota.ServiceCode != "ec2" {
			t.Errorf("%s: %+v", code, out.Quota)
		}
	}
	for _, pair := range [][2]string{{"ec2", "L-00000000"}, {"vpc", "L-1216C47A"}} {
		_, err := cl.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: &pair[0], QuotaCode: &pair[1]})
		wantCode(t, pair[0]+" "+pair[1], err, "NoSuchResourceException")
	}
}

// Volumes outlive their instance where they are to, its record and the
// program's end, until they are deleted.
func TestVolumesWithoutAnInstance(t *testing.T) {
	path, ctx := filepath.Join(t.TempDir(), "cloud.json"), t.Context()
	clk := newClock()
	o := ec2sim.Options{Now: clk.Now, StatePath: path, Timing: ec2sim.Timing{Forget: time.Minute}}
	c := open(t, o)
	cl := ec2Client(c, "us-east-1")
	in := runInput(t, cl, "x")
	in.BlockDeviceMappings[0].Ebs.DeleteOnTermination = awssdk.Bool(false)
	i := launch(t, cl, in)
	left := *waitState(t, cl, *i.InstanceId, types.InstanceStateNameRunning).BlockDeviceMappings[0].Ebs.VolumeId
	_, err := cl.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &left})
	wantCode(t, "deleting one in use", err, "VolumeInUse")
	must[*ec2.TerminateInstancesOutput](t)(cl.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))
	waitState(t, cl, *i.InstanceId, types.InstanceStateNameTerminated)
	clk.Pass(time.Hour)
	_, err = describe(ctx, cl, *i.InstanceId)
	wantCode(t, "describing a forgotten one", err, "InvalidInstanceID.NotFound")

	made := must[*ec2.CreateVolumeOutput](t)(cl.CreateVolume(ctx, &ec2.CreateVolumeInput{
		AvailabilityZone: str("us-east-1b"), Size: awssdk.Int32(7), VolumeType: types.VolumeTypeGp3, ClientToken: str("t"),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeVolume, Tags: []types.Tag{{Key: str("jupyter-ec2"), Value: str("other")}}}},
	}))
	for zone, code := range map[string]string{"us-east-1z": "InvalidZone.NotFound", "us-east-1a": "InvalidParameterValue"} {
		_, err = cl.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: &zone, Size: awssdk.Int32(0)})
		wantCode(t, "a volume in "+zone+" of no size", err, code)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	cl = ec2Client(open(t, o), "us-east-1")
	out := must[*ec2.DescribeVolumesOutput](t)(cl.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: filters("tag-key", "jupyter-ec2")}))
	if len(out.Volumes) != 2 || *out.Volumes[0].VolumeId != left || *out.Volumes[1].VolumeId != *made.VolumeId {
		t.Fatalf("volumes %+v", out.Volumes)
	}
	for n, want := range []struct {
		size int32
		zone string
	}{{12, *i.Placement.AvailabilityZone}, {7, "us-east-1b"}} {
		if v := out.Volumes[n]; v.State != types.VolumeStateAvailable || len(v.Attachments) != 0 || *v.Size != want.size || *v.AvailabilityZone != want.zone {
			t.Errorf("volume %+v", v)
		}
	}
	must[*ec2.DeleteVolumeOutput](t)(cl.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &left}))
	_, err = cl.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &left})
	wantCode(t, "deleting one twice", err, "InvalidVolume.NotFound")
	tags := must[*ec2.DescribeTagsOutput](t)(cl.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: filters("resource-type", "volume")}))
	if len(tags.Tags) != 1 || *tags.Tags[0].ResourceId != *made.VolumeId {
		t.Errorf("tags %+v", tags.Tags)
	}
}

// In the free plan a stopped instance becomes nothing that one cannot launch.
func TestTypeChangeInTheFreePlan(t *testing.T) {
	cl := ec2Client(open(t, ec2sim.Options{FreePlan: true}), "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "x")).InstanceId
	waitState(t, cl, id, types.InstanceStateNameRunning)
	must[*ec2.StopInstancesOutput](t)(cl.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}}))
	waitState(t, cl, id, types.InstanceStateNameStopped)
	_, err := cl.ModifyInstanceAttribute(t.Context(), &ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: &types.AttributeValue{Value: str("m5.large")}})
	wantCode(t, "a type that is not free", err, "InvalidParameterCombination")
	must[*ec2.ModifyInstanceAttributeOutput](t)(cl.ModifyInstanceAttribute(t.Context(), &ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: &types.AttributeValue{Value: str("t3.small")}}))
}
