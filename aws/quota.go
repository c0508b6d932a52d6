package aws

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"
)

// family is a group of instance types that share a quota of on-demand vCPUs.
type family struct {
	code, name string
	letters    []string // what the types' names begin with, up to the first digit
}

// families are those of
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
func families() []family {
	return []family{
		{"L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", []string{"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"}},
		{"L-DB2E81BA", "Running On-Demand G and VT instances", []string{"g", "gr", "vt"}},
		{"L-417A185B", "Running On-Demand P instances", []string{"p"}},
		{"L-7295265B", "Running On-Demand X instances", []string{"x"}},
		{"L-74FC7D96", "Running On-Demand F instances", []string{"f"}},
		{"L-1945791B", "Running On-Demand Inf instances", []string{"inf"}},
		{"L-2C3B7624", "Running On-Demand Trn instances", []string{"trn"}},
		{"L-6E869C2A", "Running On-Demand DL instances", []string{"dl"}},
		{"L-F7808C92", "Running On-Demand HPC instances", []string{"hpc"}},
		{"L-43DA4232", "Running On-Demand High Memory instances", []string{"u", "u-"}},
	}
}

// familyOf is the family of a type such as "g4dn.xlarge", if it is known.
func familyOf(instanceType string) (family, bool) {
	name, _, _ := strings.Cut(instanceType, ".")
	if n := strings.IndexAny(name, "0123456789"); n >= 0 {
		name = name[:n]
	}
	all := families()
	n := slices.IndexFunc(all, func(f family) bool { return slices.Contains(f.letters, name) })
	if n < 0 {
		return family{}, false
	}
	return all[n], true
}

// Quota returns how many vCPUs of the type's family may run in the region at
// a time, and how many do. A family whose quota is not known here or at AWS
// is an *Error with the code QuotaUnknown.
func (r *Regional) Quota(ctx context.Context, kind Type) (Quota, error) {
	doing := "look up the vCPU quota of " + kind.Name
	f, ok := familyOf(kind.Name)
	if !ok {
		return Quota{}, r.failType(ctx, doing, kind.Name, r.own(codeQuotaUnknown, doing, ""))
	}
	q := Quota{Code: f.code, Name: f.name}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		var out struct{ Quota struct{ Value *float64 } }
		err := r.account.call(ctx, serviceQuotas(), r.name, "GetServiceQuota", map[string]string{"ServiceCode": "ec2", "QuotaCode": f.code}, &out)
		switch {
		case codeOf(err) == "NoSuchResourceException", err == nil && out.Quota.Value == nil:
			return r.failType(ctx, doing, kind.Name, r.own(codeQuotaUnknown, doing, ""))
		case err != nil:
			return r.failType(ctx, doing, kind.Name, err)
		}
		q.Limit = *out.Quota.Value
		return nil
	})
	both.Go(func() (err error) {
		q.Used, err = r.vcpus(ctx, f)
		return r.failType(ctx, doing, kind.Name, err)
	})
	if err := both.Wait(); err != nil {
		return Quota{}, err
	}
	return q, nil
}

// vcpus counts those of a family's on-demand instances that run or are about to.
func (r *Regional) vcpus(ctx context.Context, f family) (used float64, err error) {
	pages := ec2.NewDescribeInstancesPaginator(r.ec2, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{filter("instance-state-name", string(StatePending), string(StateRunning))},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, res := range page.Reservations {
			for _, i := range res.Instances {
				its, _ := familyOf(string(i.InstanceType))
				// Spot instances have quotas of their own.
				if its.code == f.code && i.CpuOptions != nil && i.InstanceLifecycle != types.InstanceLifecycleTypeSpot {
					used += float64(sdk.ToInt32(i.CpuOptions.CoreCount) * sdk.ToInt32(i.CpuOptions.ThreadsPerCore))
				}
			}
		}
	}
	return used, nil
}
