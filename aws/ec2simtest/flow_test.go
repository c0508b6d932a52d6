package ec2simtest

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

func TestLifeOfAnInstance(t *testing.T) {
	clk := newClock()
	c := open(t, ec2sim.Options{Now: clk.Now, Timing: ec2sim.Timing{
		Visible: time.Second, Pending: 2 * time.Second, Stop: 3 * time.Second, Console: 4 * time.Second, Release: 5 * time.Second, Forget: time.Minute,
	}})
	cl, ctx := ec2Client(c, "eu-west-1"), t.Context()
	who := must[*sts.GetCallerIdentityOutput](t)(sts.NewFromConfig(config(c, "us-east-1")).GetCallerIdentity(ctx, nil))
	if *who.Account != "000000000000" || *who.Arn != "arn:aws:iam::000000000000:user/sandbox" {
		t.Errorf("identity %s %s", *who.Account, *who.Arn)
	}

	must[*ec2.ImportKeyPairOutput](t)(cl.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{KeyName: awssdk.String("k"), PublicKeyMaterial: []byte(exampleKey + " me@here")}))
	g := must[*ec2.CreateSecurityGroupOutput](t)(cl.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: awssdk.String("g"), Description: awssdk.String("d")}))
	in := runInput(t, cl, "token-1")
	in.KeyName, in.SecurityGroupIds = awssdk.String("k"), []string{*g.GroupId}
	i := launch(t, cl, in)
	id := *i.InstanceId
	if i.State.Name != types.InstanceStateNamePending || i.PublicIpAddress != nil {
		t.Errorf("launched as %s with address %v, want pending without", i.State.Name, i.PublicIpAddress)
	}
	_, err := describe(ctx, cl, id)
	wantCode(t, "describing at once", err, "InvalidInstanceID.NotFound")
	if all := must[*ec2.DescribeInstancesOutput](t)(cl.DescribeInstances(ctx, nil)); len(all.Reservations) != 0 {
		t.Error("listed at once")
	}
	clk.Pass(time.Second)
	waitState(t, cl, id, types.InstanceStateNamePending)
	clk.Pass(time.Second)
	i = waitState(t, cl, id, types.InstanceStateNameRunning)
	first := awssdk.ToString(i.PublicIpAddress)
	if first == "" || !strings.HasSuffix(*i.PublicDnsName, ".eu-west-1.compute.amazonaws.com") || *i.PrivateIpAddress == "" {
		t.Errorf("running with %q %q %q", first, *i.PublicDnsName, *i.PrivateIpAddress)
	}
	if *i.KeyName != "k" || *i.ClientToken != "token-1" || *i.SecurityGroups[0].GroupId != *g.GroupId || i.MetadataOptions.HttpTokens != types.HttpTokensStateRequired ||
		*i.Placement.AvailabilityZone != "eu-west-1a" || len(i.Tags) != 2 || *i.BlockDeviceMappings[0].DeviceName != "/dev/sda1" || i.LaunchTime.IsZero() {
		t.Errorf("answered %+v", i)
	}
	vols := must[*ec2.DescribeVolumesOutput](t)(cl.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: []types.Filter{{Name: awssdk.String("attachment.instance-id"), Values: []string{id}}}}))
	if v := vols.Volumes[0]; *v.Size != 12 || v.VolumeType != types.VolumeTypeGp3 || !*v.Encrypted || len(v.Tags) != 2 {
		t.Errorf("volume %+v", v)
	}

	out := must[*ec2.GetConsoleOutputOutput](t)(cl.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id}))
	if out.Output != nil {
		t.Error("console printed at once")
	}
	clk.Pass(4 * time.Second)
	out = must[*ec2.GetConsoleOutputOutput](t)(cl.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: awssdk.Bool(true)}))
	text := must[[]byte](t)(base64.StdEncoding.DecodeString(*out.Output))
	if !strings.Contains(string(text), "-----BEGIN SSH HOST KEY KEYS-----\r\nssh-ed25519 AAAA") {
		t.Errorf("console output %q", text)
	}

	must[*ec2.StopInstancesOutput](t)(cl.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))
	_, err = cl.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
	wantCode(t, "starting while it stops", err, "IncorrectInstanceState")
	clk.Pass(3 * time.Second)
	if i = waitState(t, cl, id, types.InstanceStateNameStopped); i.PublicIpAddress != nil || *i.StateReason.Code != "Client.UserInitiatedShutdown" {
		t.Errorf("stopped with address %v and reason %v", i.PublicIpAddress, i.StateReason)
	}
	_, err = cl.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: &types.AttributeValue{Value: awssdk.String("t3.gigantic")}})
	wantCode(t, "a type that is none", err, "InvalidInstanceAttributeValue")
	must[*ec2.ModifyInstanceAttributeOutput](t)(cl.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: &types.AttributeValue{Value: awssdk.String("t3.small")}}))
	must[*ec2.StartInstancesOutput](t)(cl.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}}))
	clk.Pass(2 * time.Second)
	i = waitState(t, cl, id, types.InstanceStateNameRunning)
	if awssdk.ToString(i.PublicIpAddress) == first || i.InstanceType != types.InstanceTypeT3Small {
		t.Errorf("started again with %s as %s", first, i.InstanceType)
	}

	del := &ec2.DeleteSecurityGroupInput{GroupId: g.GroupId}
	_, err = cl.DeleteSecurityGroup(ctx, del)
	wantCode(t, "deleting a group in use", err, "DependencyViolation")
	must[*ec2.TerminateInstancesOutput](t)(cl.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))
	clk.Pass(3 * time.Second)
	waitState(t, cl, id, types.InstanceStateNameTerminated)
	_, err = cl.DeleteSecurityGroup(ctx, del)
	wantCode(t, "deleting the group just after", err, "DependencyViolation")
	clk.Pass(5 * time.Second)
	must[*ec2.DeleteSecurityGroupOutput](t)(cl.DeleteSecurityGroup(ctx, del))
	_, err = cl.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
	wantCode(t, "starting a terminated one", err, "IncorrectInstanceState")
	clk.Pass(time.Minute)
	_, err = describe(ctx, cl, id)
	wantCode(t, "describing a forgotten one", err, "InvalidInstanceID.NotFound")
}

const exampleKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBSnvVWyDO5lQIAxoDe6gI4dGoYLqCgYNWQIBaMdUhro"
