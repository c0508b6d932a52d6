package ec2sim

import (
	"slices"
	"strconv"
	"strings"
)

// geo is one commercial region.
type geo struct {
	name    string
	title   string
	zones   string // the letters of its availability zones
	optIn   bool   // disabled until opted in to
	pricing float64
}

// geos are AWS's commercial regions as of November 2026
// (docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html).
// pricing is about what a type costs there, against us-east-1.
func geos() []geo {
	return []geo{
		{"us-east-1", "US East (N. Virginia)", "abcdef", false, 1},
		{"us-east-2", "US East (Ohio)", "abc", false, 1},
		{"us-west-1", "US West (N. California)", "bc", false, 1.19},
		{"us-west-2", "US West (Oregon)", "abcd", false, 1},
		{"af-south-1", "Africa (Cape Town)", "abc", true, 1.32},
		{"ap-east-1", "Asia Pacific (Hong Kong)", "abc", true, 1.41},
		{"ap-east-2", "Asia Pacific (Taipei)", "abc", true, 1.3},
		{"ap-northeast-1", "Asia Pacific (Tokyo)", "acd", false, 1.31},
		{"ap-northeast-2", "Asia Pacific (Seoul)", "abcd", false, 1.25},
		{"ap-northeast-3", "Asia Pacific (Osaka)", "abc", false, 1.31},
		{"ap-south-1", "Asia Pacific (Mumbai)", "abc", false, 1.07},
		{"ap-south-2", "Asia Pacific (Hyderabad)", "abc", true, 1.07},
		{"ap-southeast-1", "Asia Pacific (Singapore)", "abc", false, 1.26},
		{"ap-southeast-2", "Asia Pacific (Sydney)", "abc", false, 1.26},
		{"ap-southeast-3", "Asia Pacific (Jakarta)", "abc", true, 1.26},
		{"ap-southeast-4", "Asia Pacific (Melbourne)", "abc", true, 1.26},
		{"ap-southeast-5", "Asia Pacific (Malaysia)", "abc", true, 1.2},
		{"ap-southeast-6", "Asia Pacific (New Zealand)", "abc", true, 1.32},
		{"ap-southeast-7", "Asia Pacific (Thailand)", "abc", true, 1.2},
		{"ca-central-1", "Canada (Central)", "abd", false, 1.11},
		{"ca-west-1", "Canada West (Calgary)", "abc", true, 1.11},
		{"eu-central-1", "Europe (Frankfurt)", "abc", false, 1.155},
		{"eu-central-2", "Europe (Zurich)", "abc", true, 1.27},
		{"eu-north-1", "Europe (Stockholm)", "abc", false, 1.04},
		{"eu-south-1", "Europe (Milan)", "abc", true, 1.15},
		{"eu-south-2", "Europe (Spain)", "abc", true, 1.1},
		{"eu-west-1", "Europe (Ireland)", "abc", false, 1.095},
		{"eu-west-2", "Europe (London)", "abc", false, 1.13},
		{"eu-west-3", "Europe (Paris)", "abc", false, 1.13},
		{"il-central-1", "Israel (Tel Aviv)", "abc", true, 1.2},
		{"me-central-1", "Middle East (UAE)", "abc", true, 1.2},
		{"me-south-1", "Middle East (Bahrain)", "abc", true, 1.2},
		{"mx-central-1", "Mexico (Central)", "abc", true, 1.05},
		{"sa-east-1", "South America (Sao Paulo)", "abc", false, 1.6},
	}
}

func geoOf(region string) (geo, bool) {
	all := geos()
	n := slices.IndexFunc(all, func(g geo) bool { return g.name == region })
	if n < 0 {
		return geo{}, false
	}
	return all[n], true
}

func (g geo) zoneNames() []string {
	var names []string
	for _, letter := range g.zones {
		names = append(names, g.name+string(letter))
	}
	return names
}

// zoneID is a zone's ID, the same in all accounts: "use1-az1" for us-east-1a.
func (g geo) zoneID(zone string) string {
	parts := strings.Split(g.name, "-")
	short := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c").Replace(parts[1])
	n := strings.IndexByte(g.zones, zone[len(zone)-1])
	return parts[0] + short + parts[2] + "-az" + strconv.Itoa(n+1)
}

// enabled reports whether the account can use the region.
func (c *Cloud) enabled(region string) bool {
	g, ok := geoOf(region)
	return ok && (!g.optIn || slices.Contains(c.opts.OptedIn, region))
}

func (c *Cloud) optInStatus(g geo) string {
	switch {
	case !g.optIn:
		return "opt-in-not-required"
	case c.enabled(g.name):
		return "opted-in"
	}
	return "not-opted-in"
}

type describeRegionsIn struct {
	RegionName []string
	AllRegions bool
	Filter     []filter
}

type regionInfo struct {
	Name     string `xml:"regionName"`
	Endpoint string `xml:"regionEndpoint"`
	OptIn    string `xml:"optInStatus"`
}

type describeRegionsOut struct {
	Regions []*regionInfo `xml:"regionInfo>item"`
}

func describeRegions(c *call, in *describeRegionsIn) (*describeRegionsOut, error) {
	for _, name := range in.RegionName {
		if _, ok := geoOf(name); !ok {
			return nil, refuse("InvalidParameterValue", "Invalid region provided: %s", name)
		}
	}
	var all []*regionInfo
	for _, g := range geos() {
		named := len(in.RegionName) == 0 || slices.Contains(in.RegionName, g.name)
		if named && (in.AllRegions || c.cloud.enabled(g.name)) {
			all = append(all, &regionInfo{g.name, "ec2." + g.name + ".amazonaws.com", c.cloud.optInStatus(g)})
		}
	}
	all, err := sift(all, in.Filter, func(r *regionInfo, name string) ([]string, bool) {
		switch name {
		case "region-name":
			return []string{r.Name}, true
		case "endpoint":
			return []string{r.Endpoint}, true
		case "opt-in-status":
			return []string{r.OptIn}, true
		}
		return nil, false
	}, nil)
	return &describeRegionsOut{all}, err
}

type describeZonesIn struct {
	ZoneName, ZoneId     []string
	AllAvailabilityZones bool
	Filter               []filter
}

type zoneInfo struct {
	Name   string `xml:"zoneName"`
	ID     string `xml:"zoneId"`
	Region string `xml:"regionName"`
	State  string `xml:"zoneState"`
	OptIn  string `xml:"optInStatus"`
	Type   string `xml:"zoneType"`
	Group  string `xml:"groupName"`
	Border string `xml:"networkBorderGroup"`
}

type describeZonesOut struct {
	Zones []*zoneInfo `xml:"availabilityZoneInfo>item"`
}

func describeZones(c *call, in *describeZonesIn) (*describeZonesOut, error) {
	g, _ := geoOf(c.regionName)
	for _, name := range in.ZoneName {
		if !slices.Contains(g.zoneNames(), name) {
			return nil, refuse("InvalidParameterValue", "Invalid availability zone: [%s]", name)
		}
	}
	var all []*zoneInfo
	for _, name := range g.zoneNames() {
		id := g.zoneID(name)
		if (len(in.ZoneName) == 0 || slices.Contains(in.ZoneName, name)) && (len(in.ZoneId) == 0 || slices.Contains(in.ZoneId, id)) {
			all = append(all, &zoneInfo{name, id, g.name, "available", "opt-in-not-required", "availability-zone", g.name, g.name})
		}
	}
	all, err := sift(all, in.Filter, func(z *zoneInfo, name string) ([]string, bool) {
		switch name {
		case "zone-name":
			return []string{z.Name}, true
		case "zone-id":
			return []string{z.ID}, true
		case "region-name":
			return []string{z.Region}, true
		case "state":
			return []string{z.State}, true
		case "zone-type":
			return []string{z.Type}, true
		case "opt-in-status":
			return []string{z.OptIn}, true
		}
		return nil, false
	}, nil)
	return &describeZonesOut{all}, err
}
