package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Reboot restarts the operating system of a running instance, which keeps its
// addresses. EC2 answers before it begins.
func (r *Regional) Reboot(ctx context.Context, id string) error {
	_, err := r.ec2.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{id}})
	return r.fail(ctx, "reboot the instance "+id, err)
}

// SetType makes a stopped instance one of another type. One that is not
// stopped is an *Error with the code IncorrectInstanceState. EC2 looks for
// quota and capacity at the next start.
func (r *Regional) SetType(ctx context.Context, id, instanceType string) error {
	_, err := r.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: sdk.String(id), InstanceType: &types.AttributeValue{Value: sdk.String(instanceType)},
	})
	return r.failType(ctx, "make the instance "+id+" a "+instanceType, instanceType, err)
}

// StopsOnShutdown says whether a shutdown from within stops the instance,
// rather than terminates it with its disk.
func (r *Regional) StopsOnShutdown(ctx context.Context, id string) (bool, error) {
	out, err := r.ec2.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{
		InstanceId: sdk.String(id), Attribute: types.InstanceAttributeNameInstanceInitiatedShutdownBehavior,
	})
	if err != nil {
		return false, r.fail(ctx, "ask what a shutdown does to the instance "+id, err)
	}
	does := out.InstanceInitiatedShutdownBehavior
	return does != nil && sdk.ToString(does.Value) == string(types.ShutdownBehaviorStop), nil
}

// SetStopsOnShutdown has a shutdown from within stop the instance.
func (r *Regional) SetStopsOnShutdown(ctx context.Context, id string) error {
	_, err := r.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
		InstanceId: sdk.String(id), InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: sdk.String(string(types.ShutdownBehaviorStop))},
	})
	return r.fail(ctx, "have a shutdown stop the instance "+id, err)
}
