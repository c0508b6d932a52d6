package ec2sim

import (
	"slices"
	"strings"
)

// instanceType is one instance type of the catalogue.
type instanceType struct {
	name  string
	vcpu  int
	gib   float64 // memory
	price float64 // US dollars an hour in us-east-1: example prices
	gpu   string  // "count manufacturer name MiB-each", or empty
}

// catalog is a choice of the types that AWS has, with prices about like
// theirs (November 2026).
func catalog() []instanceType {
	return []instanceType{
		{"t2.nano", 1, .5, .0058, ""},
		{"t2.micro", 1, 1, .0116, ""},
		{"t2.small", 1, 2, .023, ""},
		{"t2.medium", 2, 4, .0464, ""},
		{"t2.large", 2, 8, .0928, ""},
		{"t2.xlarge", 4, 16, .1856, ""},
		{"t2.2xlarge", 8, 32, .3712, ""},
		{"t3.nano", 2, .5, .0052, ""},
		{"t3.micro", 2, 1, .0104, ""},
		{"t3.small", 2, 2, .0208, ""},
		{"t3.medium", 2, 4, .0416, ""},
		{"t3.large", 2, 8, .0832, ""},
		{"t3.xlarge", 4, 16, .1664, ""},
		{"t3.2xlarge", 8, 32, .3328, ""},
		{"t3a.micro", 2, 1, .0094, ""},
		{"t3a.small", 2, 2, .0188, ""},
		{"t3a.medium", 2, 4, .0376, ""},
		{"t3a.large", 2, 8, .0752, ""},
		{"t4g.nano", 2, .5, .0042, ""},
		{"t4g.micro", 2, 1, .0084, ""},
		{"t4g.small", 2, 2, .0168, ""},
		{"t4g.medium", 2, 4, .0336, ""},
		{"t4g.large", 2, 8, .0672, ""},
		{"t4g.xlarge", 4, 16, .1344, ""},
		{"t4g.2xlarge", 8, 32, .2688, ""},
		{"m4.large", 2, 8, .1, ""},
		{"m5.large", 2, 8, .096, ""},
		{"m5.xlarge", 4, 16, .192, ""},
		{"m5.2xlarge", 8, 32, .384, ""},
		{"m6g.large", 2, 8, .077, ""},
		{"m6i.large", 2, 8, .096, ""},
		{"m6i.xlarge", 4, 16, .192, ""},
		{"m7g.medium", 1, 4, .0408, ""},
		{"m7g.large", 2, 8, .0816, ""},
		{"m7g.xlarge", 4, 16, .1632, ""},
		{"m7i.large", 2, 8, .1008, ""},
		{"m7i.xlarge", 4, 16, .2016, ""},
		{"m7i-flex.large", 2, 8, .09576, ""},
		{"m7i-flex.xlarge", 4, 16, .19152, ""},
		{"m7i-flex.2xlarge", 8, 32, .38304, ""},
		{"c5.large", 2, 4, .085, ""},
		{"c5.xlarge", 4, 8, .17, ""},
		{"c6i.large", 2, 4, .085, ""},
		{"c7g.large", 2, 4, .0725, ""},
		{"c7g.xlarge", 4, 8, .145, ""},
		{"c7i.large", 2, 4, .08925, ""},
		{"c7i.xlarge", 4, 8, .1785, ""},
		{"c7i-flex.large", 2, 4, .08479, ""},
		{"c7i-flex.xlarge", 4, 8, .16958, ""},
		{"r5.large", 2, 16, .126, ""},
		{"r6i.large", 2, 16, .126, ""},
		{"r7g.large", 2, 16, .1071, ""},
		{"r7i.large", 2, 16, .1323, ""},
		{"r7i.xlarge", 4, 32, .2646, ""},
		{"i4i.large", 2, 16, .172, ""},
		{"g4dn.xlarge", 4, 16, .526, "1 NVIDIA T4 16384"},
		{"g4dn.2xlarge", 8, 32, .752, "1 NVIDIA T4 16384"},
		{"g4dn.12xlarge", 48, 192, 3.912, "4 NVIDIA T4 16384"},
		{"g5.xlarge", 4, 16, 1.006, "1 NVIDIA A10G 24576"},
		{"g5.2xlarge", 8, 32, 1.212, "1 NVIDIA A10G 24576"},
		{"g5.12xlarge", 48, 192, 5.672, "4 NVIDIA A10G 24576"},
		{"g5g.xlarge", 4, 8, .42, "1 NVIDIA T4g 16384"},
		{"g6.xlarge", 4, 16, .8048, "1 NVIDIA L4 24576"},
	}
}

func (t instanceType) family() string {
	family, _, _ := strings.Cut(t.name, ".")
	return family
}

// arch is the architecture as EC2 names it.
func (t instanceType) arch() string {
	if f := t.family(); strings.HasSuffix(f, "g") && f != "g" {
		return "arm64"
	}
	return "x86_64"
}

func (t instanceType) maker() string {
	switch f := t.family(); {
	case t.arch() == "arm64":
		return "AWS"
	case strings.HasSuffix(f, "a") || f == "g5":
		return "AMD"
	}
	return "Intel"
}

// threads are how many vCPUs are one core: see
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cpu-options-supported-instances-values.html
func (t instanceType) threads() int {
	if t.arch() == "arm64" || t.family() == "t2" {
		return 1
	}
	return 2
}

func (t instanceType) nitro() bool {
	return !slices.Contains([]string{"t2", "m4"}, t.family())
}

func (t instanceType) burstable() bool { return t.name[0] == 't' }

// zones are the zones of the region that have the type. t2.micro's regions
// and us-east-1e are as at AWS; of the rest, GPUs are in two zones only.
func (t instanceType) zones(g geo) []string {
	all := g.zoneNames()
	switch {
	case t.family() == "t2" && slices.Contains([]string{
		"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
		"ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
		"il-central-1", "me-central-1", "me-south-1", "mx-central-1",
	}, g.name):
		return nil
	case t.name == "t3.micro" && g.name == "me-central-1":
		return nil
	case t.gpu != "" && g.optIn:
		return nil
	case t.gpu != "":
		return all[:2]
	case g.name == "us-east-1" && t.nitro():
		return slices.DeleteFunc(all, func(z string) bool { return z == "us-east-1e" })
	}
	return all
}

// freeTier reports whether the type is free in the account's plan.
func (c *Cloud) freeTier(t instanceType, g geo) bool {
	if c.opts.FreePlan {
		return slices.Contains([]string{"t3.micro", "t3.small", "t4g.micro", "t4g.small", "c7i-flex.large", "m7i-flex.large"}, t.name)
	}
	micro, _ := typeNamed("t2.micro")
	if len(micro.zones(g)) > 0 {
		return t.name == "t2.micro"
	}
	return t.name == "t3.micro"
}

func typeNamed(name string) (instanceType, bool) {
	all := catalog()
	n := slices.IndexFunc(all, func(t instanceType) bool { return t.name == name })
	if n < 0 {
		return instanceType{}, false
	}
	return all[n], true
}

// typeIn is the type with that name, which the region must have.
func typeIn(name, region string) (instanceType, error) {
	g, _ := geoOf(region)
	t, ok := typeNamed(name)
	switch {
	case !ok:
		return t, refuse("InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
	case len(t.zones(g)) == 0:
		return t, refuse("Unsupported", "The requested configuration is currently not supported. Please check the documentation for supported configurations.")
	}
	return t, nil
}
