package contract

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// placePromises are about what a region offers.
func placePromises() []promise {
	return slices.Concat(typePromises(), imagePromises(), networkPromises())
}

func typePromises() []promise {
	is := func(name string, want aws.Type) func(context.Context, *cloud) error {
		return func(ctx context.Context, c *cloud) error {
			got, err := c.Type(ctx, name)
			want.Name, want.FreeTier = name, got.FreeTier // see below
			return errors.Join(err, same("type", got, want))
		}
	}
	return []promise{
		{"Type", "describe the guide's machine", is("t2.micro", aws.Type{VCPU: 1, MemoryMiB: 1024, Arch: "amd64"})},
		{"Type", "describe a machine on Nitro", is("t3.micro", aws.Type{VCPU: 2, MemoryMiB: 1024, Arch: "amd64", Nitro: true})},
		{"Type", "describe a machine with an ARM processor", is("t4g.small", aws.Type{VCPU: 2, MemoryMiB: 2048, Arch: "arm64", Nitro: true})},
		{"Type", "describe a machine with a GPU", is("g4dn.xlarge", aws.Type{VCPU: 4, MemoryMiB: 16384, Arch: "amd64", Nitro: true, GPU: "1 × NVIDIA T4"})},
		{"Type", "say which are free for a while", func(ctx context.Context, c *cloud) error {
			// Which of the two depends on the account's age.
			old, err := c.Type(ctx, "t2.micro")
			recent, err2 := c.Type(ctx, "t3.micro")
			large, err3 := c.Type(ctx, "m5.large")
			return errors.Join(err, err2, err3, that(old.FreeTier || recent.FreeTier, "none is"), same("m5.large", large.FreeTier, false))
		}},
		{"Type", "refuse one that does not exist", func(ctx context.Context, c *cloud) error {
			_, err := c.Type(ctx, "t2.gigantic")
			return explained(err, "answers", "Not available in "+home, "InvalidInstanceType")
		}},
		{"Type", "refuse one that the region has not", func(ctx context.Context, c *cloud) error {
			_, err := c.account.In("eu-north-1").Type(ctx, "t2.micro")
			return explained(err, "answers", "Not available in eu-north-1", "InvalidInstanceType", "NoType")
		}},
		{"Types", "list what runs Ubuntu on demand, of the current generation, by family and size", func(ctx context.Context, c *cloud) error {
			list, err := c.Types(ctx)
			if err != nil {
				return err
			}
			at := func(name string) int { return slices.IndexFunc(list, func(t aws.Type) bool { return t.Name == name }) }
			for _, t := range list {
				family, _, _ := strings.Cut(t.Name, ".")
				if t.VCPU == 0 || t.MemoryMiB == 0 || t.Arch == "" || slices.Contains([]string{"t1", "m3", "m4", "c4"}, family) {
					return that(false, "%+v", t)
				}
			}
			return errors.Join(that(at("t2.large") >= 0 && at("t2.large") < at("t2.xlarge") && at("t2.xlarge") < at("t3.nano"), "not in order"),
				same("a Mac's place", at("mac2.metal"), -1))
		}},
		{"Types", "list the guide's machine, which can do 32 bits too", func(ctx context.Context, c *cloud) error {
			list, err := c.Types(ctx)
			return errors.Join(err, that(slices.ContainsFunc(list, func(t aws.Type) bool { return t.Name == "t2.micro" }), "no t2.micro among %d types", len(list)))
		}},
		{"Types", "list only what the region has", func(ctx context.Context, c *cloud) error {
			list, err := c.account.In("eu-north-1").Types(ctx)
			return errors.Join(err, that(len(list) > 0, "none"), that(!slices.ContainsFunc(list, func(t aws.Type) bool { return strings.HasPrefix(t.Name, "t2.") }), "T2 is listed for eu-north-1"))
		}},
		{"Prices", "know those of a machine, its disk and its address", func(ctx context.Context, c *cloud) error {
			p, err := c.Prices(ctx, "t2.micro")
			if err != nil {
				return err
			}
			return that(p.Hour["t2.micro"] > 0.001 && p.Hour["t2.micro"] < 0.1 && p.GP3 > 0.01 && p.GP3 < 1 && p.IPv4 > 0, "%+v", p)
		}},
		{"Prices", "leave an unknown one out, without an error", func(ctx context.Context, c *cloud) error {
			p, err := c.Prices(ctx, "t2.gigantic")
			return errors.Join(err, same("prices", len(p.Hour), 0))
		}},
	}
}

func imagePromises() []promise {
	found := func(ctx context.Context, c *cloud, release, arch string) error {
		i, err := c.Image(ctx, release, arch)
		return errors.Join(err, that(strings.HasPrefix(i.ID, "ami-"), "ID %q", i.ID),
			same("root device", i.Root, "/dev/sda1"), same("release", i.Release+" "+i.Arch, release+" "+arch),
			that(strings.Contains(i.Name, "-"+release+"-"+arch+"-server-"), "name %q", i.Name))
	}
	return []promise{
		{"Image", "find every release for both architectures", func(ctx context.Context, c *cloud) error {
			var errs []error
			for _, release := range []string{"20.04", "22.04", "24.04", "26.04"} {
				errs = append(errs, found(ctx, c, release, "amd64"), found(ctx, c, release, "arm64"))
			}
			return errors.Join(errs...)
		}},
		{"Image", "be Canonical's newest", func(ctx context.Context, c *cloud) error {
			got, err := c.Image(ctx, "24.04", "amd64")
			if err != nil {
				return err
			}
			out, err := c.raw.DescribeImages(ctx, &ec2.DescribeImagesInput{Filters: where("name", "*ubuntu-noble-24.04-amd64-server-*"), Owners: []string{"099720109477"}})
			if err != nil {
				return err
			}
			newest := slices.MaxFunc(out.Images, func(a, b types.Image) int { return strings.Compare(*a.CreationDate, *b.CreationDate) })
			return errors.Join(that(len(out.Images) > 1, "only one to choose from"), same("image", got.ID, *newest.ImageId))
		}},
		{"Image", "come from Canonical's SSM parameters", func(ctx context.Context, c *cloud) error {
			i, err := c.Image(ctx, "24.04", "amd64")
			return errors.Join(err, same("source", i.Source, "ssm"))
		}},
		{"Image", "refuse a release that is none", func(ctx context.Context, c *cloud) error {
			_, err := c.Image(ctx, "18.04", "amd64")
			return refused(err, "InvalidParameterValue")
		}},
	}
}

func networkPromises() []promise {
	return []promise{
		{"Network", "be the default VPC with a way to the internet, its zone EC2's choice", func(ctx context.Context, c *cloud) error {
			n, err := c.Network(ctx, aws.NetworkSpec{})
			return errors.Join(err, that(strings.HasPrefix(n.VPC, "vpc-") && n.Internet && n.Subnet == "" && n.Zone == "", "%+v", n))
		}},
		{"Network", "be the subnet of a zone", func(ctx context.Context, c *cloud) error {
			n, err := c.Network(ctx, aws.NetworkSpec{Zone: home + "b"})
			return errors.Join(err, that(strings.HasPrefix(n.Subnet, "subnet-") && n.Internet, "%+v", n), same("zone", n.Zone, home+"b"))
		}},
		{"Network", "refuse where there is no default VPC", func(ctx context.Context, c *cloud) error {
			_, err := c.bare().In(home).Network(ctx, aws.NetworkSpec{})
			return explained(err, "refused", "No default network in "+home, "NoDefaultVPC")
		}},
		{"Network", "lead out of every region that is enabled", func(ctx context.Context, c *cloud) error {
			n, err := c.away().Network(ctx, aws.NetworkSpec{})
			return errors.Join(err, that(n.Internet, "%+v", n))
		}},
	}
}
