package ec2sim

import (
	"slices"
	"strconv"
	"strings"
)

type describeTypesIn struct {
	page
	InstanceType []string
	Filter       []filter
}

type typeInfo struct {
	Name        string   `xml:"instanceType"`
	Current     bool     `xml:"currentGeneration"`
	FreeTier    bool     `xml:"freeTierEligible"`
	Usage       []string `xml:"supportedUsageClasses>item"`
	RootDevices []string `xml:"supportedRootDeviceTypes>item"`
	Virtual     []string `xml:"supportedVirtualizationTypes>item"`
	BareMetal   bool     `xml:"bareMetal"`
	Hypervisor  string   `xml:"hypervisor"`
	Archs       []string `xml:"processorInfo>supportedArchitectures>item"`
	Maker       string   `xml:"processorInfo>manufacturer"`
	VCPUs       int      `xml:"vCpuInfo>defaultVCpus"`
	MemoryMiB   int      `xml:"memoryInfo>sizeInMiB"`
	GPU         *gpuInfo `xml:"gpuInfo"`
	Storage     bool     `xml:"instanceStorageSupported"`
	Encryption  string   `xml:"ebsInfo>encryptionSupport"`
	Burstable   bool     `xml:"burstablePerformanceSupported"`
	BootModes   []string `xml:"supportedBootModes>item"`
}

type gpuInfo struct {
	GPUs      []gpu `xml:"gpus>item"`
	MemoryMiB int   `xml:"totalGpuMemoryInMiB"`
}

type gpu struct {
	Name      string `xml:"name"`
	Maker     string `xml:"manufacturer"`
	Count     int    `xml:"count"`
	MemoryMiB int    `xml:"memoryInfo>sizeInMiB"`
}

// gpuInfoOf reads the catalogue's "count manufacturer name MiB-each".
func gpuInfoOf(text string) *gpuInfo {
	parts := strings.Fields(text)
	if len(parts) != 4 {
		return nil
	}
	count, _ := strconv.Atoi(parts[0])
	mib, _ := strconv.Atoi(parts[3])
	return &gpuInfo{[]gpu{{parts[2], parts[1], count, mib}}, count * mib}
}

func (c *Cloud) typeInfo(t instanceType, g geo) *typeInfo {
	info := &typeInfo{
		Name: t.name, Current: t.family() != "m4", FreeTier: c.freeTier(t, g),
		Usage: []string{"on-demand", "spot"}, RootDevices: []string{"ebs"}, Virtual: []string{"hvm"},
		Hypervisor: "nitro", Archs: []string{t.arch()}, Maker: t.maker(),
		VCPUs: t.vcpu, MemoryMiB: int(t.gib * 1024), GPU: gpuInfoOf(t.gpu),
		Storage: slices.Contains([]string{"i4i", "g4dn", "g5"}, t.family()), Encryption: "supported",
		Burstable: t.burstable(), BootModes: []string{"legacy-bios", "uefi"},
	}
	if !t.nitro() {
		info.Hypervisor = "xen"
	}
	if t.arch() == "arm64" {
		info.BootModes = []string{"uefi"}
	}
	if t.family() == "t2" { // its smaller sizes support 32 bits too
		info.Archs = []string{"i386", "x86_64"}
	}
	return info
}

type describeTypesOut struct {
	Types     []*typeInfo `xml:"instanceTypeSet>item"`
	NextToken string      `xml:"nextToken,omitempty"`
}

func describeTypes(c *call, in *describeTypesIn) (*describeTypesOut, error) {
	if len(in.InstanceType) > 0 && in.MaxResults != nil {
		return nil, refuse("InvalidParameterCombination", "The parameter instanceTypes cannot be used with the parameter maxResults")
	}
	g, _ := geoOf(c.regionName)
	var wrong []string
	for _, name := range in.InstanceType {
		if _, err := typeIn(name, g.name); err != nil {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) > 0 {
		return nil, refuse("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(wrong, ", "))
	}
	var all []*typeInfo
	for _, t := range catalog() {
		if len(t.zones(g)) > 0 && (len(in.InstanceType) == 0 || slices.Contains(in.InstanceType, t.name)) {
			all = append(all, c.cloud.typeInfo(t, g))
		}
	}
	all, err := sift(all, in.Filter, typeAttribute, nil)
	if err != nil {
		return nil, err
	}
	out := &describeTypesOut{}
	out.Types, out.NextToken, err = paged(c, in.page, all, 5, 100)
	return out, err
}

func typeAttribute(t *typeInfo, name string) ([]string, bool) {
	switch name {
	case "instance-type":
		return []string{t.Name}, true
	case "current-generation":
		return []string{strconv.FormatBool(t.Current)}, true
	case "free-tier-eligible":
		return []string{strconv.FormatBool(t.FreeTier)}, true
	case "processor-info.supported-architecture":
		return t.Archs, true
	case "supported-usage-class":
		return t.Usage, true
	case "supported-root-device-type":
		return t.RootDevices, true
	case "supported-virtualization-type":
		return t.Virtual, true
	case "bare-metal":
		return []string{strconv.FormatBool(t.BareMetal)}, true
	case "hypervisor":
		return []string{t.Hypervisor}, true
	case "vcpu-info.default-vcpus":
		return []string{strconv.Itoa(t.VCPUs)}, true
	case "memory-info.size-in-mib":
		return []string{strconv.Itoa(t.MemoryMiB)}, true
	case "burstable-performance-supported":
		return []string{strconv.FormatBool(t.Burstable)}, true
	}
	return nil, false
}

type describeOfferingsIn struct {
	page
	LocationType string
	Filter       []filter
}

type offering struct {
	Type         string `xml:"instanceType"`
	LocationType string `xml:"locationType"`
	Location     string `xml:"location"`
}

type describeOfferingsOut struct {
	Offerings []*offering `xml:"instanceTypeOfferingSet>item"`
	NextToken string      `xml:"nextToken,omitempty"`
}

func describeOfferings(c *call, in *describeOfferingsIn) (*describeOfferingsOut, error) {
	g, _ := geoOf(c.regionName)
	var all []*offering
	for _, t := range catalog() {
		zones := t.zones(g)
		switch {
		case len(zones) == 0:
		case in.LocationType == "" || in.LocationType == "region":
			all = append(all, &offering{t.name, "region", g.name})
		case in.LocationType == "availability-zone":
			for _, z := range zones {
				all = append(all, &offering{t.name, in.LocationType, z})
			}
		case in.LocationType == "availability-zone-id":
			for _, z := range zones {
				all = append(all, &offering{t.name, in.LocationType, g.zoneID(z)})
			}
		default:
			return nil, refuse("InvalidParameterValue", "Invalid value '%s' for locationType.", in.LocationType)
		}
	}
	all, err := sift(all, in.Filter, func(o *offering, name string) ([]string, bool) {
		switch name {
		case "instance-type":
			return []string{o.Type}, true
		case "location":
			return []string{o.Location}, true
		}
		return nil, false
	}, nil)
	if err != nil {
		return nil, err
	}
	out := &describeOfferingsOut{}
	out.Offerings, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}
