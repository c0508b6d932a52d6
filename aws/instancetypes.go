package aws

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Types lists the region's instance types of the current generation that run
// Ubuntu on demand, by family, vCPUs and memory.
func (r *Regional) Types(ctx context.Context) ([]Type, error) {
	pages := ec2.NewDescribeInstanceTypesPaginator(r.ec2, &ec2.DescribeInstanceTypesInput{
		Filters: []types.Filter{
			filter("current-generation", "true"),
			filter("processor-info.supported-architecture", "x86_64", "arm64"),
			filter("supported-usage-class", "on-demand"),
		},
		MaxResults: sdk.Int32(100),
	})
	var list []Type
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, r.fail(ctx, "list the instance types", err)
		}
		for _, t := range page.InstanceTypes {
			list = append(list, typeOf(t))
		}
	}
	slices.SortFunc(list, func(a, b Type) int {
		fa, _, _ := strings.Cut(a.Name, ".")
		fb, _, _ := strings.Cut(b.Name, ".")
		return cmp.Or(cmp.Compare(fa, fb), cmp.Compare(a.VCPU, b.VCPU), cmp.Compare(a.MemoryMiB, b.MemoryMiB), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

// Type describes one instance type. A type that the region does not offer is
// an *Error of kind "answers".
func (r *Regional) Type(ctx context.Context, name string) (Type, error) {
	doing := "look up the instance type " + name
	out, err := r.ec2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{
		InstanceTypes: []types.InstanceType{types.InstanceType(name)},
	})
	if err != nil {
		return Type{}, r.failType(ctx, doing, name, err)
	}
	if len(out.InstanceTypes) == 0 {
		return Type{}, r.failType(ctx, doing, name, r.own(codeNoType, doing, ""))
	}
	return typeOf(out.InstanceTypes[0]), nil
}

func typeOf(t types.InstanceTypeInfo) Type {
	made := Type{
		Name:     string(t.InstanceType),
		FreeTier: sdk.ToBool(t.FreeTierEligible),
		Nitro:    t.Hypervisor == types.InstanceTypeHypervisorNitro || sdk.ToBool(t.BareMetal),
		GPU:      gpuText(t.GpuInfo),
	}
	if t.VCpuInfo != nil {
		made.VCPU = int(sdk.ToInt32(t.VCpuInfo.DefaultVCpus))
	}
	if t.MemoryInfo != nil {
		made.MemoryMiB = int(sdk.ToInt64(t.MemoryInfo.SizeInMiB))
	}
	if t.ProcessorInfo != nil {
		made.Arch = archOf(t.ProcessorInfo.SupportedArchitectures)
	}
	return made
}

func archOf(list []types.ArchitectureType) string {
	switch {
	case slices.Contains(list, types.ArchitectureTypeX8664):
		return "amd64"
	case slices.Contains(list, types.ArchitectureTypeArm64):
		return "arm64"
	}
	return ""
}

// gpuText returns "1 × NVIDIA T4", or nothing.
func gpuText(info *types.GpuInfo) string {
	if info == nil {
		return ""
	}
	var parts []string
	for _, g := range info.Gpus {
		name := strings.TrimSpace(sdk.ToString(g.Manufacturer) + " " + sdk.ToString(g.Name))
		if n := sdk.ToInt32(g.Count); n > 0 {
			name = fmt.Sprintf("%d × %s", n, name)
		} else if size := sdk.ToFloat64(g.GpuPartitionSize); size > 0 {
			name = fmt.Sprintf("%g × %s", size, name) // a part of one GPU
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}
