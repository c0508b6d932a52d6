package contract

import (
	"context"
	"errors"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// changePromises are about changes of a machine that is there.
func changePromises() []promise {
	return slices.Concat(rebootPromises(), typeChangePromises(), shutdownPromises())
}

func rebootPromises() []promise {
	return []promise{
		{"Reboot", "keep it running at its addresses", func(ctx context.Context, c *cloud) error {
			before, err := c.running(ctx)
			err2 := c.Reboot(ctx, before.ID)
			i, err3 := c.WaitState(ctx, before.ID, "running", nil)
			return errors.Join(err, err2, err3, same("machine", i, before))
		}},
		{"Reboot", "refuse one that is stopped", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, i.ID, "stopped")
			return errors.Join(err, err2, explained(c.Reboot(ctx, i.ID), "failed", "The machine is not in the state needed", "IncorrectInstanceState"))
		}},
		{"Reboot", "not find one that never was", func(ctx context.Context, c *cloud) error {
			return refused(c.Reboot(ctx, never), "InvalidInstanceID.NotFound")
		}},
	}
}

func typeChangePromises() []promise {
	// stopped tries to make a stopped t3.micro one of another type.
	stopped := func(kind string, judge func(error) error) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, i.ID, "stopped")
			if err := errors.Join(err, err2, judge(c.SetType(ctx, i.ID, kind))); err != nil {
				return err
			}
			again, err := c.Instance(ctx, i.ID)
			return errors.Join(err, same("type", again.Type, "t3.micro"))
		}
	}
	return []promise{
		{"SetType", "make it another, with its disk and its tags", func(ctx context.Context, c *cloud) error {
			before, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, before.ID, "stopped")
			err3 := c.SetType(ctx, before.ID, "m5.xlarge")
			i, err4 := c.until(ctx, c.Start, before.ID, "running")
			return errors.Join(err, err2, err3, err4, same("type", i.Type, "m5.xlarge"), same("disks", i.VolumeIDs, before.VolumeIDs),
				same("tags", i.Tags, before.Tags), same("created", i.Created, before.Created))
		}},
		{"SetType", "take the type that it is", stopped("t3.micro", func(err error) error { return err })},
		{"SetType", "refuse one that runs", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			return errors.Join(err, explained(c.SetType(ctx, i.ID, "t3.small"), "failed", "The machine must be stopped first", "IncorrectInstanceState"))
		}},
		{"SetType", "refuse a type that is none", stopped("t3.gigantic", func(err error) error {
			return explained(err, "answers", "Not available in "+home, "InvalidInstanceAttributeValue")
		})},
		{"SetType", "refuse a type with another processor", stopped("t4g.micro", func(err error) error {
			return explained(err, "answers", "The type has another processor", "InvalidParameterValue")
		})},
		{"SetType", "not find one that never was", func(ctx context.Context, c *cloud) error {
			return refused(c.SetType(ctx, never, "t3.small"), "InvalidInstanceID.NotFound")
		}},
		{"SetType", "name the permission that lacks", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			err2 := c.as(powerless).In(home).SetType(ctx, i.ID, "t3.small")
			return errors.Join(err, explained(err2, "refused", "Not permitted: ec2:ModifyInstanceAttribute", "UnauthorizedOperation"))
		}},
	}
}

func shutdownPromises() []promise {
	// terminating is a machine that a shutdown from within terminates.
	terminating := func(ctx context.Context, c *cloud) (aws.Instance, error) {
		i, err := c.running(ctx)
		_, err2 := c.raw.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
			InstanceId: &i.ID, InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: sdk.String("terminate")},
		})
		return i, errors.Join(err, err2)
	}
	return []promise{
		{"StopsOnShutdown", "be so as launched here", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			stops, err2 := c.StopsOnShutdown(ctx, i.ID)
			return errors.Join(err, err2, same("stops", stops, true))
		}},
		{"StopsOnShutdown", "not be so where it terminates", func(ctx context.Context, c *cloud) error {
			i, err := terminating(ctx, c)
			stops, err2 := c.StopsOnShutdown(ctx, i.ID)
			return errors.Join(err, err2, same("stops", stops, false))
		}},
		{"StopsOnShutdown", "not find one that never was", func(ctx context.Context, c *cloud) error {
			_, err := c.StopsOnShutdown(ctx, never)
			return refused(err, "InvalidInstanceID.NotFound")
		}},
		{"SetStopsOnShutdown", "have it stop, running or not", func(ctx context.Context, c *cloud) error {
			i, err := terminating(ctx, c)
			err2 := c.SetStopsOnShutdown(ctx, i.ID)
			stops, err3 := c.StopsOnShutdown(ctx, i.ID)
			_, err4 := c.until(ctx, c.Stop, i.ID, "stopped")
			return errors.Join(err, err2, err3, err4, same("stops", stops, true), c.SetStopsOnShutdown(ctx, i.ID))
		}},
		{"SetStopsOnShutdown", "not find one that never was", func(ctx context.Context, c *cloud) error {
			return refused(c.SetStopsOnShutdown(ctx, never), "InvalidInstanceID.NotFound")
		}},
	}
}
