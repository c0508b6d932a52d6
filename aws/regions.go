package aws

import (
	"cmp"
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Regions lists every region of the account's partition: the home region
// first, then those that are enabled, by name, then the others.
func (a *Account) Regions(ctx context.Context) ([]Region, error) {
	in := &ec2.DescribeRegionsInput{AllRegions: sdk.Bool(true)}
	out, err := a.In(a.cfg.Region).ec2.DescribeRegions(ctx, in)
	if first := firstRegion(a.cfg.Region); err != nil && first != a.cfg.Region && codeOf(err) == "AuthFailure" {
		// A home region that is not enabled knows nobody.
		out, err = a.In(first).ec2.DescribeRegions(ctx, in)
	}
	if err != nil {
		return nil, a.fail(ctx, "list the regions", a.cfg.Region, err)
	}
	list := make([]Region, 0, len(out.Regions))
	for _, r := range out.Regions {
		name := sdk.ToString(r.RegionName)
		list = append(list, Region{
			Name:    name,
			Title:   regionTitle(name),
			Enabled: sdk.ToString(r.OptInStatus) != "not-opted-in",
		})
	}
	rank := func(r Region) int {
		switch {
		case r.Name == a.cfg.Region:
			return 0
		case r.Enabled:
			return 1
		}
		return 2
	}
	slices.SortFunc(list, func(x, y Region) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x.Name, y.Name))
	})
	return list, nil
}

// regionTitle returns a region's name for people, or nothing. EC2 does not
// tell it; these are from the SDK's partitions.json.
func regionTitle(name string) string {
	switch name {
	case "af-south-1":
		return "Africa (Cape Town)"
	case "ap-east-1":
		return "Asia Pacific (Hong Kong)"
	case "ap-east-2":
		return "Asia Pacific (Taipei)"
	case "ap-northeast-1":
		return "Asia Pacific (Tokyo)"
	case "ap-northeast-2":
		return "Asia Pacific (Seoul)"
	case "ap-northeast-3":
		return "Asia Pacific (Osaka)"
	case "ap-south-1":
		return "Asia Pacific (Mumbai)"
	case "ap-south-2":
		return "Asia Pacific (Hyderabad)"
	case "ap-southeast-1":
		return "Asia Pacific (Singapore)"
	case "ap-southeast-2":
		return "Asia Pacific (Sydney)"
	case "ap-southeast-3":
		return "Asia Pacific (Jakarta)"
	case "ap-southeast-4":
		return "Asia Pacific (Melbourne)"
	case "ap-southeast-5":
		return "Asia Pacific (Malaysia)"
	case "ap-southeast-6":
		return "Asia Pacific (New Zealand)"
	case "ap-southeast-7":
		return "Asia Pacific (Thailand)"
	case "ca-central-1":
		return "Canada (Central)"
	case "ca-west-1":
		return "Canada West (Calgary)"
	case "eu-central-1":
		return "Europe (Frankfurt)"
	case "eu-central-2":
		return "Europe (Zurich)"
	case "eu-north-1":
		return "Europe (Stockholm)"
	case "eu-south-1":
		return "Europe (Milan)"
	case "eu-south-2":
		return "Europe (Spain)"
	case "eu-west-1":
		return "Europe (Ireland)"
	case "eu-west-2":
		return "Europe (London)"
	case "eu-west-3":
		return "Europe (Paris)"
	case "il-central-1":
		return "Israel (Tel Aviv)"
	case "me-central-1":
		return "Middle East (UAE)"
	case "me-south-1":
		return "Middle East (Bahrain)"
	case "mx-central-1":
		return "Mexico (Central)"
	case "sa-east-1":
		return "South America (Sao Paulo)"
	case "us-east-1":
		return "US East (N. Virginia)"
	case "us-east-2":
		return "US East (Ohio)"
	case "us-west-1":
		return "US West (N. California)"
	case "us-west-2":
		return "US West (Oregon)"
	case "cn-north-1":
		return "China (Beijing)"
	case "cn-northwest-1":
		return "China (Ningxia)"
	case "eusc-de-east-1":
		return "AWS European Sovereign Cloud (Germany)"
	case "us-gov-east-1":
		return "AWS GovCloud (US-East)"
	case "us-gov-west-1":
		return "AWS GovCloud (US-West)"
	}
	return ""
}

// HasDefaultRegions reports whether the account of a region is one of AWS's
// commercial partition, whose accounts have DefaultRegions.
func HasDefaultRegions(home string) bool {
	for _, other := range []string{"cn-", "us-gov-", "eusc-"} {
		if strings.HasPrefix(home, other) {
			return false
		}
	}
	return true
}

// DefaultRegions are those that are enabled in every account of the commercial
// partition, from the column "enabled by default" of
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html.
func DefaultRegions() []string {
	return []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
		"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
		"us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
}
