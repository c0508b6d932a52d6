package contract

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

const never = "i-0123456789abcdef0" // an instance that never was

// running is a machine of setup s1 that runs.
func (c *cloud) running(ctx context.Context) (aws.Instance, error) {
	i, err := c.launched(ctx)
	if err != nil {
		return i, err
	}
	return c.WaitState(ctx, i.ID, "running", nil)
}

// until does something to a machine and waits for what comes of it.
func (c *cloud) until(ctx context.Context, do func(context.Context, string) error, id string, state aws.State) (aws.Instance, error) {
	if err := do(ctx, id); err != nil {
		return aws.Instance{}, err
	}
	return c.WaitState(ctx, id, state, nil)
}

// briefly does something for a short time, and once more for a longer one while
// the cloud is too slow to answer at all: the error that is wanted tells of its
// answer.
func briefly(ctx context.Context, do func(context.Context) error) error {
	for limit := 3 * time.Second; ; limit *= 2 {
		short, cancel := context.WithTimeout(ctx, limit)
		err := do(short)
		cancel()
		var e *aws.Error
		if !errors.As(err, &e) || e.Code != "Timeout" || limit > await.Wait/4 {
			return err
		}
	}
}

func instancePromises() []promise {
	return slices.Concat(lookPromises(), lifePromises(), endPromises(), waitPromises(), consolePromises())
}

func lookPromises() []promise {
	return []promise{
		{"Instance", "describe a machine that runs", func(ctx context.Context, c *cloud) error {
			made, err := c.running(ctx)
			i, err2 := c.Instance(ctx, made.ID)
			return errors.Join(err, err2, same("state", i.State, "running"), that(strings.Count(i.PublicIP, ".") == 3, "public address %q", i.PublicIP),
				same("public name", i.PublicDNS, "ec2-"+strings.ReplaceAll(i.PublicIP, ".", "-")+".compute-1.amazonaws.com"),
				that(strings.Count(i.PrivateIP, ".") == 3, "private address %q", i.PrivateIP), same("disks", len(i.VolumeIDs), 1),
				same("tags", i.Tags, mine()), same("key", i.KeyName, "mine"), same("groups", len(i.GroupIDs), 1))
		}},
		{"Instance", "repeat the launch's token", func(ctx context.Context, c *cloud) error {
			made, err := c.launched(ctx)
			i, err2 := c.Instance(ctx, made.ID)
			return errors.Join(err, err2, same("token", i.ClientToken, "jupyter-ec2-s1-1"))
		}},
		{"Instance", "name machines by EC2's rule in other regions", func(ctx context.Context, c *cloud) error {
			r := c.away()
			image, err := r.Image(ctx, "24.04", "amd64")
			made, err2 := r.Launch(ctx, aws.LaunchSpec{ClientToken: "t", Image: image, Type: "t3.micro", DiskGB: 8})
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			i, err := r.WaitState(ctx, made.ID, "running", nil)
			return errors.Join(err, same("public name", i.PublicDNS, "ec2-"+strings.ReplaceAll(i.PublicIP, ".", "-")+".eu-central-1.compute.amazonaws.com"))
		}},
		{"Instance", "not find one that never was", func(ctx context.Context, c *cloud) error {
			_, err := c.Instance(ctx, never)
			return explained(err, "failed", "It no longer exists", "InvalidInstanceID.NotFound")
		}},
		{"Instance", "refuse an ID that can be none", func(ctx context.Context, c *cloud) error {
			_, err := c.Instance(ctx, "jupyter")
			return refused(err, "InvalidInstanceID.Malformed")
		}},
		{"Find", "find those with all the tags", func(ctx context.Context, c *cloud) error {
			first, err := c.running(ctx)
			other, err2 := c.launchSpec(ctx)
			other.ClientToken, other.Tags = "s2", map[string]string{aws.TagSetup: "s2"}
			_, err3 := c.Launch(ctx, other)
			found, err4 := c.Find(ctx, map[string]string{aws.TagSetup: "s1", aws.TagName: "demo"})
			return errors.Join(err, err2, err3, err4, same("machines", found, []aws.Instance{first}))
		}},
		{"Find", "find one that is stopped", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, i.ID, "stopped")
			found, err3 := c.Find(ctx, mine())
			return errors.Join(err, err2, err3, that(len(found) == 1 && found[0].ID == i.ID, "%+v", found))
		}},
		{"Find", "leave out what is terminated", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Terminate, i.ID, "terminated")
			found, err3 := c.Find(ctx, mine())
			return errors.Join(err, err2, err3, same("machines", len(found), 0))
		}},
	}
}

func lifePromises() []promise {
	return []promise{
		{"Stop", "keep the disk and the private address, and give the public one back", func(ctx context.Context, c *cloud) error {
			before, err := c.running(ctx)
			i, err2 := c.until(ctx, c.Stop, before.ID, "stopped")
			return errors.Join(err, err2, same("public address", i.PublicIP+i.PublicDNS, ""), same("private address", i.PrivateIP, before.PrivateIP),
				same("disks", i.VolumeIDs, before.VolumeIDs), that(strings.HasPrefix(i.StateReason, "Client.UserInitiatedShutdown"), "reason %q", i.StateReason))
		}},
		{"Stop", "do nothing to one that is stopped", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, i.ID, "stopped")
			return errors.Join(err, err2, c.Stop(ctx, i.ID))
		}},
		{"Stop", "refuse one that is terminated", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Terminate, i.ID, "terminated")
			err3 := c.Stop(ctx, i.ID)
			return errors.Join(err, err2, explained(err3, "failed", "The machine is not in the state needed", "IncorrectInstanceState"))
		}},
		{"Stop", "not find one that never was", func(ctx context.Context, c *cloud) error {
			return refused(c.Stop(ctx, never), "InvalidInstanceID.NotFound")
		}},
		{"Start", "run it again at a new public address", func(ctx context.Context, c *cloud) error {
			before, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, before.ID, "stopped")
			i, err3 := c.until(ctx, c.Start, before.ID, "running")
			return errors.Join(err, err2, err3, that(i.PublicIP != "" && i.PublicIP != before.PublicIP, "%q after %q", i.PublicIP, before.PublicIP),
				that(i.PublicDNS != before.PublicDNS && i.PublicDNS != "", "%q after %q", i.PublicDNS, before.PublicDNS),
				same("private address", i.PrivateIP, before.PrivateIP), same("disks", i.VolumeIDs, before.VolumeIDs), same("reason", i.StateReason, ""))
		}},
		{"Start", "count the launch from the last start", func(ctx context.Context, c *cloud) error {
			before, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, before.ID, "stopped")
			// EC2 tells times in whole seconds.
			for time.Since(before.Launched) < 1100*time.Millisecond {
				_, err := c.Instance(ctx, before.ID)
				if err := errors.Join(err, smithytime.SleepWithContext(ctx, 50*time.Millisecond)); err != nil {
					return err
				}
			}
			i, err3 := c.until(ctx, c.Start, before.ID, "running")
			return errors.Join(err, err2, err3, that(i.Launched.After(before.Launched), "%s after %s", i.Launched, before.Launched))
		}},
		{"Start", "do nothing to one that runs", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			return errors.Join(err, c.Start(ctx, i.ID))
		}},
		{"Start", "refuse one that is terminated", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Terminate, i.ID, "terminated")
			return errors.Join(err, err2, refused(c.Start(ctx, i.ID), "IncorrectInstanceState"))
		}},
		{"Start", "not find one that never was", func(ctx context.Context, c *cloud) error {
			return refused(c.Start(ctx, never), "InvalidInstanceID.NotFound")
		}},
	}
}

func endPromises() []promise {
	return []promise{
		{"Terminate", "end it with its disk and its addresses", func(ctx context.Context, c *cloud) error {
			before, err := c.running(ctx)
			i, err2 := c.until(ctx, c.Terminate, before.ID, "terminated")
			out, err3 := c.raw.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
			return errors.Join(err, err2, err3, same("addresses", i.PublicIP+i.PublicDNS+i.PrivateIP, ""), same("disks", len(out.Volumes), 0),
				that(strings.HasPrefix(i.StateReason, "Client.UserInitiatedShutdown"), "reason %q", i.StateReason))
		}},
		{"Terminate", "end one that is stopped", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Stop, i.ID, "stopped")
			_, err3 := c.until(ctx, c.Terminate, i.ID, "terminated")
			return errors.Join(err, err2, err3)
		}},
		{"Terminate", "do nothing to one that is terminated", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.until(ctx, c.Terminate, i.ID, "terminated")
			return errors.Join(err, err2, c.Terminate(ctx, i.ID))
		}},
		{"Terminate", "succeed for one that never was", func(ctx context.Context, c *cloud) error { return c.Terminate(ctx, never) }},
	}
}

func waitPromises() []promise {
	return []promise{
		{"Bring", "end one that was launched just now", func(ctx context.Context, c *cloud) error {
			i, err := c.launched(ctx)
			i, err2 := c.Bring(ctx, i.ID, "terminated", nil)
			return errors.Join(err, err2, same("state", i.State, "terminated"))
		}},
		{"Bring", "stop one that runs, and start it again", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			i, err2 := c.Bring(ctx, i.ID, "stopped", nil)
			again, err3 := c.Bring(ctx, i.ID, "running", nil)
			return errors.Join(err, err2, err3, same("states", []aws.State{i.State, again.State}, []aws.State{aws.StateStopped, aws.StateRunning}))
		}},
		{"Known", "leave out one that never was", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			known, err2 := c.Known(ctx, i.ID, never)
			return errors.Join(err, err2, that(len(known) == 1 && known[0].ID == i.ID, "%v", known))
		}},
		{"Known", "list one that is terminated", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			_, err2 := c.Bring(ctx, i.ID, "terminated", nil)
			known, err3 := c.Known(ctx, i.ID)
			return errors.Join(err, err2, err3, that(len(known) == 1 && known[0].State == "terminated", "%v", known))
		}},
		{"WaitState", "tell each look on the way", func(ctx context.Context, c *cloud) error {
			i, err := c.launched(ctx)
			var seen []aws.State
			got, err2 := c.WaitState(ctx, i.ID, "running", func(i aws.Instance) { seen = append(seen, i.State) })
			return errors.Join(err, err2, that(len(seen) > 0 && seen[len(seen)-1] == "running" && got.State == "running", "%v", seen))
		}},
		{"WaitState", "see a machine pending first", func(ctx context.Context, c *cloud) error {
			i, err := c.launched(ctx)
			var seen []aws.State
			_, err2 := c.WaitState(ctx, i.ID, "running", func(i aws.Instance) { seen = append(seen, i.State) })
			return errors.Join(err, err2, that(len(seen) > 1 && seen[0] == "pending", "%v", seen))
		}},
		{"WaitState", "give up on one that ends instead", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			err2 := c.Terminate(ctx, i.ID)
			_, err3 := c.WaitState(ctx, i.ID, "running", nil)
			return errors.Join(err, err2, explained(err3, "failed", "The machine is not in the state needed", "StateFailed"))
		}},
		{"WaitState", "take one that never was as terminated", func(ctx context.Context, c *cloud) error {
			i, err := c.WaitState(ctx, never, "terminated", nil)
			return errors.Join(err, same("state", i.State, "terminated"))
		}},
		{"WaitState", "end with its time", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			if err != nil {
				return err
			}
			return refused(briefly(ctx, func(ctx context.Context) error {
				_, err := c.WaitState(ctx, i.ID, "stopped", nil)
				return err
			}), "StateFailed")
		}},
	}
}

func consolePromises() []promise {
	return []promise{
		{"ConsoleHostKeys", "be none while none are printed", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			keys, err2 := c.ConsoleHostKeys(ctx, i.ID)
			return errors.Join(err, err2, same("keys", len(keys), 0))
		}},
		{"ConsoleHostKeys", "be the keys that the first boot printed", func(ctx context.Context, c *cloud) error {
			i, err := c.running(ctx)
			if err != nil {
				return err
			}
			// moto prints nothing, so this is waited out; ec2sim prints at once.
			waiting, cancel := context.WithTimeout(ctx, await.Wait/9)
			defer cancel()
			for {
				keys, err := c.ConsoleHostKeys(waiting, i.ID)
				switch {
				case waiting.Err() != nil:
					return that(false, "nothing is printed")
				case err != nil:
					return err
				case len(keys) > 0:
					return that(strings.HasPrefix(keys[0], "ssh-ed25519 AAAA"), "%v", keys)
				}
				_ = smithytime.SleepWithContext(waiting, 200*time.Millisecond) // its end is told by waiting
			}
		}},
		{"Console", "not find one that never was", func(ctx context.Context, c *cloud) error {
			_, err := c.Console(ctx, never)
			return refused(err, "InvalidInstanceID.NotFound")
		}},
		{"ConsoleHostKeys", "not find one that never was", func(ctx context.Context, c *cloud) error {
			_, err := c.ConsoleHostKeys(ctx, never)
			return refused(err, "InvalidInstanceID.NotFound")
		}},
	}
}
