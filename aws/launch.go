package aws

import (
	"context"
	"encoding/base64"
	"errors"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Launch starts one instance. The same ClientToken with the same spec answers
// the instance that is there already; with another spec it is an *Error with
// the code IdempotentParameterMismatch. An answer without the instance is asked
// for again, which the token makes safe.
func (r *Regional) Launch(ctx context.Context, s LaunchSpec) (Instance, error) {
	const doing = "launch the instance"
	if s.ClientToken == "" {
		// The SDK would make one up, and a second try a second machine.
		return Instance{}, errors.New(doing + ": no client token")
	}
	var i Instance
	err := r.eventually(ctx, codeIncomplete, func() error {
		out, err := r.ec2.RunInstances(ctx, runInput(s))
		if err != nil {
			return err
		}
		if len(out.Instances) == 0 || sdk.ToString(out.Instances[0].InstanceId) == "" {
			return r.own(codeIncomplete, doing, "EC2's answer has no instance")
		}
		i = r.instanceOf(out.Instances[0])
		return nil
	})
	return i, r.failType(ctx, doing, s.Type, err)
}

// runInput asks for a machine that cannot be read through its disk or its
// metadata service by others: encrypted root, IMDSv2 only. The disk goes with
// the machine; a shutdown from within stops it and loses nothing.
func runInput(s LaunchSpec) *ec2.RunInstancesInput {
	root := s.Image.Root
	if root == "" {
		root = rootDisk
	}
	in := &ec2.RunInstancesInput{
		ImageId:      sdk.String(s.Image.ID),
		InstanceType: types.InstanceType(s.Type),
		MinCount:     sdk.Int32(1),
		MaxCount:     sdk.Int32(1),
		BlockDeviceMappings: []types.BlockDeviceMapping{{
			DeviceName: sdk.String(root),
			Ebs: &types.EbsBlockDevice{
				VolumeSize: sdk.Int32(int32(s.DiskGB)), VolumeType: types.VolumeTypeGp3, // #nosec G115 -- a disk size
				Encrypted: sdk.Bool(true), DeleteOnTermination: sdk.Bool(true),
			},
		}},
		MetadataOptions: &types.InstanceMetadataOptionsRequest{
			HttpTokens: types.HttpTokensStateRequired, HttpEndpoint: types.InstanceMetadataEndpointStateEnabled,
		},
		InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorStop,
		TagSpecifications:                 tagSpecs(s.Tags, types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface),
	}
	if burstable(s.Type) {
		// EC2's own default for t3 and later, "unlimited", bills extra for a
		// machine that is busy for long; "standard" slows it down instead.
		in.CreditSpecification = &types.CreditSpecificationRequest{CpuCredits: sdk.String("standard")}
	}
	if s.ClientToken != "" {
		in.ClientToken = sdk.String(s.ClientToken)
	}
	if s.KeyName != "" {
		in.KeyName = sdk.String(s.KeyName)
	}
	where(in, s)
	if len(s.UserData) > 0 {
		// The SDK leaves the encoding to its caller, unlike the command line.
		in.UserData = sdk.String(base64.StdEncoding.EncodeToString(s.UserData))
	}
	return in
}

// where puts the machine into its subnet and groups. A public address is asked
// for in the network interface, beside which EC2 takes neither of them:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
func where(in *ec2.RunInstancesInput, s LaunchSpec) {
	if !s.AskAddress {
		in.SecurityGroupIds = s.GroupIDs
		if s.Subnet != "" {
			in.SubnetId = sdk.String(s.Subnet)
		}
		return
	}
	in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
		DeviceIndex: sdk.Int32(0), SubnetId: sdk.String(s.Subnet), Groups: s.GroupIDs,
		AssociatePublicIpAddress: sdk.Bool(true), DeleteOnTermination: sdk.Bool(true),
	}}
}

// burstable reports whether a type is of the T families, which have CPU credits.
func burstable(name string) bool {
	return len(name) > 1 && name[0] == 't' && name[1] >= '0' && name[1] <= '9'
}

func (r *Regional) instanceOf(i types.Instance) Instance {
	made := Instance{
		ID:          sdk.ToString(i.InstanceId),
		Type:        string(i.InstanceType),
		ImageID:     sdk.ToString(i.ImageId),
		KeyName:     sdk.ToString(i.KeyName),
		PublicDNS:   sdk.ToString(i.PublicDnsName),
		PublicIP:    sdk.ToString(i.PublicIpAddress),
		PrivateIP:   sdk.ToString(i.PrivateIpAddress),
		VPC:         sdk.ToString(i.VpcId),
		Subnet:      sdk.ToString(i.SubnetId),
		Launched:    sdk.ToTime(i.LaunchTime),
		Created:     firstStart(i),
		Region:      r.name,
		ClientToken: sdk.ToString(i.ClientToken),
		Tags:        tagMap(i.Tags),
	}
	if i.State != nil {
		made.State = State(i.State.Name)
	}
	if made.State == StateStopped {
		made.StoppedAt = stopTime(sdk.ToString(i.StateTransitionReason))
	}
	if i.StateReason != nil {
		made.StateReason = oneLine(sdk.ToString(i.StateReason.Message)) // begins with the code
		if made.StateReason == "" {
			made.StateReason = oneLine(sdk.ToString(i.StateReason.Code))
		}
		if made.StateReason == string(StatePending) {
			made.StateReason = "" // a state, which it was in, and no reason
		}
	}
	if i.Placement != nil {
		made.Zone = sdk.ToString(i.Placement.AvailabilityZone)
	}
	for _, g := range i.SecurityGroups {
		made.GroupIDs = append(made.GroupIDs, sdk.ToString(g.GroupId))
	}
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs != nil {
			made.VolumeIDs = append(made.VolumeIDs, sdk.ToString(d.Ebs.VolumeId))
		}
	}
	return made
}
