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

// SetType makes a stopped instance one of another type, and returns once EC2
// shows it so. One that is not stopped is an *Error with the code
// IncorrectInstanceState. EC2 looks for quota and capacity at the next start.
func (r *Regional) SetType(ctx context.Context, id, instanceType string) error {
	doing := "make the instance " + id + " a " + instanceType
	err := r.change(ctx, doing, &ec2.ModifyInstanceAttributeInput{
		InstanceId: sdk.String(id), InstanceType: &types.AttributeValue{Value: sdk.String(instanceType)},
	}, func() (bool, error) {
		i, err := r.look(ctx, id)
		return i.Type == instanceType, err
	})
	return r.failType(ctx, doing, instanceType, err)
}

// change changes an attribute of an instance until EC2 shows it changed.
func (r *Regional) change(ctx context.Context, doing string, in *ec2.ModifyInstanceAttributeInput, changed func() (bool, error)) error {
	return r.eventually(ctx, codeNoEffect, func() error {
		if _, err := r.ec2.ModifyInstanceAttribute(ctx, in); err != nil {
			return err
		}
		if done, err := changed(); err != nil || done {
			return err
		}
		return r.own(codeNoEffect, doing, "nothing changed")
	})
}

// StopsOnShutdown reports whether a shutdown from within stops the instance,
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

// SetStopsOnShutdown has a shutdown from within stop the instance, and returns
// once EC2 says that it will.
func (r *Regional) SetStopsOnShutdown(ctx context.Context, id string) error {
	doing := "make a shutdown stop the instance " + id
	err := r.change(ctx, doing, &ec2.ModifyInstanceAttributeInput{
		InstanceId: sdk.String(id), InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: sdk.String(string(types.ShutdownBehaviorStop))},
	}, func() (bool, error) { return r.StopsOnShutdown(ctx, id) })
	return r.fail(ctx, doing, err)
}
