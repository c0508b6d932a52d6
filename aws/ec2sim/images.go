package ec2sim

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

const canonical = "099720109477" // Canonical's account

// image is one machine image of a region.
type image struct {
	ID, Name, Owner, Alias, Description string
	Release                             string // "24.04"
	Arch                                string // "x86_64" or "arm64"
	Snapshot                            string
	Root                                int // GiB of its root disk; 0 is the usual one
	Created, Deprecated                 string
	GPU                                 bool
}

// release is an Ubuntu release with two of its images' serials, older first.
type release struct {
	version, codename, disk string
	serials                 [2]string
}

// images are the region's images, found by SSM parameters and by
// DescribeImages. Their IDs are the same whenever they are asked for.
func images(region string) []*image {
	var all []*image
	for _, r := range []release{
		{"20.04", "focal", "hvm-ssd", [2]string{"20250429", "20250603"}},
		{"22.04", "jammy", "hvm-ssd", [2]string{"20261012", "20261109"}},
		{"24.04", "noble", "hvm-ssd-gp3", [2]string{"20261014", "20261111"}},
		{"26.04", "resolute", "hvm-ssd-gp3", [2]string{"20261015", "20261112"}},
	} {
		for _, arch := range []string{"amd64", "arm64"} {
			for n, serial := range r.serials {
				i := &image{
					Name:  "ubuntu/images/" + r.disk + "/ubuntu-" + r.codename + "-" + r.version + "-" + arch + "-server-" + serial,
					Owner: canonical, Alias: "amazon", Release: r.version, Arch: ec2Arch(arch),
					Description: "Canonical, Ubuntu, " + r.version + ", " + arch + " " + r.codename + " image",
				}
				// 20.04 is past standard support: only its last image is not
				// deprecated.
				i.date(serial, r.version == "20.04" && n == 0)
				all = append(all, i)
			}
		}
	}
	for _, version := range []string{"22.04", "24.04"} {
		i := &image{
			Name:  "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu " + version + ") 20261106",
			Owner: "898082745236", Alias: "amazon", Release: version, Arch: "x86_64", GPU: true,
			Description: "Supported EC2 instances: G4dn, G5, G6",
		}
		i.date("20261106", false)
		all = append(all, i)
	}
	for _, i := range all {
		sum := sha256.Sum256([]byte(region + i.Name))
		i.ID = "ami-0" + hex.EncodeToString(sum[:])[:16]
		i.Snapshot = "snap-0" + hex.EncodeToString(sum[8:])[:16]
	}
	return all
}

// date gives the image the times that go with its serial, YYYYMMDD.
func (i *image) date(serial string, deprecated bool) {
	day, err := time.Parse("20060102", serial)
	if err != nil {
		panic("a serial of the embedded images is no date: " + serial)
	}
	const form = "2006-01-02T15:04:05.000Z"
	i.Created = day.Add(7 * time.Hour).Format(form)
	i.Deprecated = day.AddDate(10, 0, 0).Format(form)
	if deprecated {
		i.Deprecated = day.AddDate(0, 1, 0).Format(form)
	}
}

func (i *image) rootGiB() int {
	switch {
	case i.Root > 0:
		return i.Root
	case i.GPU:
		return 75
	}
	return 8
}

func ec2Arch(arch string) string {
	if arch == "amd64" {
		return "x86_64"
	}
	return arch
}

// newestUbuntu is what Canonical's SSM parameter leads to, or nil.
func newestUbuntu(region, version, arch string) *image {
	var newest *image
	for _, i := range images(region) {
		if !i.GPU && i.Release == version && i.Arch == ec2Arch(arch) && (newest == nil || i.Created > newest.Created) {
			newest = i
		}
	}
	return newest
}

func imageByID(region, id string) (*image, error) {
	if !strings.HasPrefix(id, "ami-") {
		return nil, refuse("InvalidAMIID.Malformed", "Invalid id: \"%s\" (expecting \"ami-...\")", id)
	}
	i := find(images(region), func(i *image) bool { return i.ID == id })
	if i == nil {
		return nil, refuse("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	return i, nil
}

type describeImagesIn struct {
	page
	ImageId, Owner, ExecutableBy       []string
	IncludeDeprecated, IncludeDisabled bool
	Filter                             []filter
}

type imageInfo struct {
	ID          string         `xml:"imageId"`
	Location    string         `xml:"imageLocation"`
	State       string         `xml:"imageState"`
	Owner       string         `xml:"imageOwnerId"`
	Alias       string         `xml:"imageOwnerAlias,omitempty"`
	Created     string         `xml:"creationDate"`
	Deprecated  string         `xml:"deprecationTime,omitempty"`
	Public      bool           `xml:"isPublic"`
	Arch        string         `xml:"architecture"`
	Type        string         `xml:"imageType"`
	Name        string         `xml:"name"`
	Description string         `xml:"description"`
	RootName    string         `xml:"rootDeviceName"`
	RootType    string         `xml:"rootDeviceType"`
	Virtual     string         `xml:"virtualizationType"`
	Hypervisor  string         `xml:"hypervisor"`
	ENA         bool           `xml:"enaSupport"`
	BootMode    string         `xml:"bootMode"`
	Platform    string         `xml:"platformDetails"`
	Usage       string         `xml:"usageOperation"`
	Disks       []imageMapping `xml:"blockDeviceMapping>item"`
	Reason      *stateReason   `xml:"stateReason"`
	Tags        []tag          `xml:"tagSet>item"`
}

type imageMapping struct {
	Device   string `xml:"deviceName"`
	Snapshot string `xml:"ebs>snapshotId"`
	Size     int    `xml:"ebs>volumeSize"`
	Type     string `xml:"ebs>volumeType"`
	Delete   bool   `xml:"ebs>deleteOnTermination"`
	Encrypt  bool   `xml:"ebs>encrypted"`
}

func (i *image) info() *imageInfo {
	info := &imageInfo{
		ID: i.ID, Location: i.Alias + "/" + i.Name, State: "available", Owner: i.Owner, Alias: i.Alias,
		Created: i.Created, Deprecated: i.Deprecated, Public: true, Arch: i.Arch, Type: "machine",
		Name: i.Name, Description: i.Description, RootName: "/dev/sda1", RootType: "ebs",
		Virtual: "hvm", Hypervisor: "xen", ENA: true, BootMode: "uefi-preferred", Platform: "Linux/UNIX", Usage: "RunInstances",
	}
	volume := "gp2"
	if strings.Contains(i.Name, "gp3") || i.GPU {
		volume = "gp3"
	}
	info.Disks = []imageMapping{{info.RootName, i.Snapshot, i.rootGiB(), volume, true, false}}
	return info
}

type describeImagesOut struct {
	Images    []*imageInfo `xml:"imagesSet>item"`
	NextToken string       `xml:"nextToken,omitempty"`
}

func describeImages(c *call, in *describeImagesIn) (*describeImagesOut, error) {
	for _, id := range in.ImageId {
		if _, err := c.imageByID(id); err != nil {
			return nil, err
		}
	}
	now := c.now.UTC().Format(time.RFC3339)
	var all []*imageInfo
	for _, i := range images(c.regionName) {
		asked := slices.Contains(in.ImageId, i.ID)
		owned := len(in.Owner) == 0 || slices.Contains(in.Owner, i.Owner) || slices.Contains(in.Owner, i.Alias)
		current := asked || in.IncludeDeprecated || i.Deprecated > now
		if (asked || len(in.ImageId) == 0) && owned && current {
			all = append(all, i.info())
		}
	}
	for _, o := range c.region.Images {
		asked := len(in.ImageId) == 0 || slices.Contains(in.ImageId, o.ID)
		if asked && (len(in.Owner) == 0 || slices.Contains(in.Owner, o.Owner) || slices.Contains(in.Owner, "self")) {
			all = append(all, c.ownInfo(o))
		}
	}
	all, err := sift(all, in.Filter, imageAttribute, func(i *imageInfo) map[string]string { return c.region.Tags[i.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeImagesOut{}
	out.Images, out.NextToken, err = paged(c, in.page, all, 1, 1000)
	return out, err
}

func imageAttribute(i *imageInfo, name string) ([]string, bool) {
	switch name {
	case "name":
		return []string{i.Name}, true
	case "image-id":
		return []string{i.ID}, true
	case "architecture":
		return []string{i.Arch}, true
	case "owner-id":
		return []string{i.Owner}, true
	case "owner-alias":
		return []string{i.Alias}, true
	case "state":
		return []string{i.State}, true
	case "image-type":
		return []string{i.Type}, true
	case "is-public":
		return []string{strconv.FormatBool(i.Public)}, true
	case "root-device-type":
		return []string{i.RootType}, true
	case "virtualization-type":
		return []string{i.Virtual}, true
	case "description":
		return []string{i.Description}, true
	case "creation-date":
		return []string{i.Created}, true
	}
	return nil, false
}
