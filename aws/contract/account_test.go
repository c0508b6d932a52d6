package contract

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

func accountPromises() []promise {
	return []promise{
		{"HomeRegion", "be the region the account was opened in", func(_ context.Context, c *cloud) error {
			return same("region", c.account.HomeRegion(), home)
		}},
		{"In", "answer one client for each region", func(_ context.Context, c *cloud) error {
			return that(c.account.In(home) == c.Regional && c.away() != c.Regional, "not one client for each region")
		}},
		{"In", "keep the regions apart", func(ctx context.Context, c *cloud) error {
			if _, err := c.ImportKeyPair(ctx, "here", edKey, nil); err != nil {
				return err
			}
			there, err := c.away().KeyPairs(ctx)
			return errors.Join(err, same("key pairs in the other region", len(there), 0))
		}},
		{"Identity", "say whose account it is", func(ctx context.Context, c *cloud) error {
			who, err := c.account.Identity(ctx)
			return errors.Join(
				err, same("account", who.Account, "123456789012"),
				that(strings.HasPrefix(who.ARN, "arn:aws:") && strings.Contains(who.ARN, ":123456789012:"), "ARN %q", who.ARN),
				that(who.UserID != "", "no user ID"), same("root", who.Root(), false))
		}},
		{"Identity", "name an IAM user as one", func(ctx context.Context, c *cloud) error {
			who, err := c.as(guarded).Identity(ctx)
			return errors.Join(err, that(strings.HasPrefix(who.ARN, "arn:aws:iam::123456789012:user/"), "ARN %q", who.ARN))
		}},
		{"Identity", "be allowed to everyone", func(ctx context.Context, c *cloud) error {
			_, err := c.as(powerless).Identity(ctx)
			return err
		}},
		{"MFA", "be off for a root user without a device", func(ctx context.Context, c *cloud) error {
			return same("MFA", c.account.MFA(ctx, root()), aws.MFAOff)
		}},
		{"MFA", "be on for a user with a device", func(ctx context.Context, c *cloud) error {
			a := c.as(guarded)
			who, err := a.Identity(ctx)
			return errors.Join(err, same("MFA", a.MFA(ctx, who), aws.MFAOn))
		}},
		{"MFA", "be unknown to a user who may not look", func(ctx context.Context, c *cloud) error {
			a := c.as(powerless)
			who, err := a.Identity(ctx)
			return errors.Join(err, same("user", a.MFA(ctx, who), aws.MFAUnknown), same("root", a.MFA(ctx, root()), aws.MFAUnknown))
		}},
		{"MFA", "be unknown for a role", func(ctx context.Context, c *cloud) error {
			role := aws.Identity{Account: "123456789012", ARN: "arn:aws:sts::123456789012:assumed-role/admin/me"}
			return same("MFA", c.account.MFA(ctx, role), aws.MFAUnknown)
		}},
		{"MyAddress", "be one IPv4 address", func(ctx context.Context, c *cloud) error {
			text, err := c.account.MyAddress(ctx)
			if err != nil {
				return err
			}
			ip, err := netip.ParseAddr(text)
			return errors.Join(err, that(ip.Is4(), "address %q", text))
		}},
		{"Regions", "list the home region first, then the enabled ones by name", func(ctx context.Context, c *cloud) error {
			list, err := c.account.Regions(ctx)
			if err != nil || len(list) < 17 { // those that every account has had since 2019
				return errors.Join(err, that(false, "%d regions", len(list)))
			}
			off := slices.IndexFunc(list, func(r aws.Region) bool { return !r.Enabled })
			if off < 0 {
				off = len(list)
			}
			return errors.Join(same("first", list[0].Name, home), that(list[0].Enabled, "the home region is off"),
				that(slices.IsSortedFunc(list[1:off], byName), "not sorted: %v", list[1:off]), untitled(list))
		}},
		{"Regions", "list those that must be opted in to as not enabled, last", func(ctx context.Context, c *cloud) error {
			list, err := c.account.Regions(ctx)
			off := slices.IndexFunc(list, func(r aws.Region) bool { return !r.Enabled })
			if err != nil || off < 0 {
				return errors.Join(err, that(off >= 0, "every region is enabled"))
			}
			bahrain := slices.IndexFunc(list, func(r aws.Region) bool { return r.Name == "me-south-1" })
			return errors.Join(that(bahrain >= off, "me-south-1 is number %d, and %d are enabled", bahrain, off),
				that(slices.IsSortedFunc(list[off:], byName), "not sorted: %v", list[off:]))
		}},
	}
}

func root() aws.Identity {
	return aws.Identity{Account: "123456789012", ARN: "arn:aws:iam::123456789012:root"}
}

func byName(a, b aws.Region) int { return strings.Compare(a.Name, b.Name) }

func untitled(list []aws.Region) error {
	n := slices.IndexFunc(list, func(r aws.Region) bool { return r.Title == "" })
	if n < 0 {
		return nil
	}
	return that(false, "%s has no title", list[n].Name)
}

// refusalPromises are about credentials that are wrong or allow nothing.
func refusalPromises() []promise {
	spec := func(id string) aws.LaunchSpec {
		return aws.LaunchSpec{ClientToken: "t", Image: aws.Image{ID: id}, Type: "t3.micro", DiskGB: 8}
	}
	return []promise{
		{"Identity", "tell an access key that nobody knows", func(ctx context.Context, c *cloud) error {
			_, err := c.as(stranger).Identity(ctx)
			return explained(err, "credentials", "AWS does not know this access key", "InvalidClientTokenId")
		}},
		{"Identity", "tell a secret that does not fit", func(ctx context.Context, c *cloud) error {
			_, err := c.as(forger).Identity(ctx)
			return explained(err, "credentials", "The secret key does not match the access key", "SignatureDoesNotMatch")
		}},
		{"KeyPairs", "tell an access key that nobody knows", func(ctx context.Context, c *cloud) error {
			_, err := c.as(stranger).In(home).KeyPairs(ctx)
			return refused(err, "InvalidClientTokenId") // EC2 says AuthFailure, which STS explains
		}},
		{"KeyPairs", "tell a secret that does not fit", func(ctx context.Context, c *cloud) error {
			_, err := c.as(forger).In(home).KeyPairs(ctx)
			return refused(err, "SignatureDoesNotMatch")
		}},
		{"KeyPairs", "tell a region that is not enabled", func(ctx context.Context, c *cloud) error {
			_, err := c.account.In("me-south-1").KeyPairs(ctx)
			return explained(err, "refused", "The region is not enabled", "RegionNotEnabled")
		}},
		{"Launch", "name the permission that lacks", func(ctx context.Context, c *cloud) error {
			image, err := c.Image(ctx, "24.04", "amd64")
			if err != nil {
				return err
			}
			_, err = c.as(powerless).In(home).Launch(ctx, spec(image.ID))
			return explained(err, "refused", "Not permitted: ec2:RunInstances", "UnauthorizedOperation")
		}},
		{"Regions", "name the permission that lacks", func(ctx context.Context, c *cloud) error {
			_, err := c.as(powerless).Regions(ctx)
			return explained(err, "refused", "Not permitted: ec2:DescribeRegions", "UnauthorizedOperation")
		}},
		{"DryRun", "say no, and what lacks, to a user who may nothing", func(ctx context.Context, c *cloud) error {
			image, err := c.Image(ctx, "24.04", "amd64")
			if err != nil {
				return err
			}
			for _, p := range c.as(powerless).In(home).DryRun(ctx, spec(image.ID)) {
				if p.Allowed || !p.Known || !strings.Contains(p.Detail, p.Action) {
					return that(false, "%+v", p)
				}
			}
			return nil
		}},
	}
}
