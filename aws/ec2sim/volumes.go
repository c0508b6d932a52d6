package ec2sim

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// volume is an EBS volume. Its instance's Volumes have it, or the region's
// where no instance does.
type volume struct {
	ID, Device, Kind, Snapshot string
	Zone                       string // of one that no instance has
	Size                       int    // GiB
	Encrypted                  bool
	DeleteOnTermination        bool
	Created                    time.Time
}

// volumeByID is the volume with that ID, and the instance that has it, or nil.
func (r *region) volumeByID(id string) (*volume, *instance, error) {
	is := func(v *volume) bool { return v.ID == id }
	for _, i := range r.Instances {
		if v := find(i.Volumes, is); v != nil {
			return v, i, nil
		}
	}
	if v := find(r.Volumes, is); v != nil {
		return v, nil, nil
	}
	return nil, nil, refuse("InvalidVolume.NotFound", "The volume '%s' does not exist.", id)
}

type describeVolumesIn struct {
	page
	VolumeId []string
	Filter   []filter
}

type volumeInfo struct {
	ID          string       `xml:"volumeId"`
	Size        int          `xml:"size"`
	Snapshot    string       `xml:"snapshotId"`
	Zone        string       `xml:"availabilityZone"`
	Status      string       `xml:"status"`
	Created     string       `xml:"createTime"`
	Kind        string       `xml:"volumeType"`
	Encrypted   bool         `xml:"encrypted"`
	Attachments []attachment `xml:"attachmentSet>item"`
	Tags        []tag        `xml:"tagSet>item"`
}

type attachment struct {
	Volume   string `xml:"volumeId"`
	Instance string `xml:"instanceId"`
	Device   string `xml:"device"`
	Status   string `xml:"status"`
	Time     string `xml:"attachTime"`
	Delete   bool   `xml:"deleteOnTermination"`
}

type describeVolumesOut struct {
	Volumes   []*volumeInfo `xml:"volumeSet>item"`
	NextToken string        `xml:"nextToken,omitempty"`
}

func describeVolumes(c *call, in *describeVolumesIn) (*describeVolumesOut, error) {
	for _, id := range in.VolumeId {
		if _, _, err := c.region.volumeByID(id); err != nil {
			return nil, err
		}
	}
	var all []*volumeInfo
	for _, i := range c.region.Instances {
		for _, v := range i.Volumes {
			info := c.volumeInfo(v, i.Zone, "in-use")
			info.Attachments = []attachment{{v.ID, i.ID, v.Device, "attached", wireTime(v.Created), v.DeleteOnTermination}}
			all = append(all, info)
		}
	}
	for _, v := range c.region.Volumes {
		all = append(all, c.volumeInfo(v, v.Zone, "available"))
	}
	if len(in.VolumeId) > 0 {
		all = slices.DeleteFunc(all, func(v *volumeInfo) bool { return !slices.Contains(in.VolumeId, v.ID) })
	}
	all, err := sift(all, in.Filter, volumeAttribute, func(v *volumeInfo) map[string]string { return c.region.Tags[v.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeVolumesOut{}
	out.Volumes, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}

func (c *call) volumeInfo(v *volume, zone, status string) *volumeInfo {
	return &volumeInfo{
		ID: v.ID, Size: v.Size, Snapshot: v.Snapshot, Zone: zone, Status: status, Created: wireTime(v.Created),
		Kind: v.Kind, Encrypted: v.Encrypted, Tags: wireTags(c.region.Tags[v.ID]),
	}
}

type createVolumeIn struct {
	AvailabilityZone, VolumeType, ClientToken string
	Size                                      *int
	Encrypted                                 bool
	TagSpecification                          []tagSpec
}

// createVolume makes an empty one. Its token is not heeded.
func createVolume(c *call, in *createVolumeIn) (*volumeInfo, error) {
	g, _ := geoOf(c.regionName)
	if !slices.Contains(g.zoneNames(), in.AvailabilityZone) {
		return nil, refuse("InvalidZone.NotFound", "The zone '%s' does not exist.", in.AvailabilityZone)
	}
	v := &volume{ID: newID("vol"), Kind: cmp.Or(in.VolumeType, "gp2"), Size: value(in.Size), Encrypted: in.Encrypted, Zone: in.AvailabilityZone, Created: c.now}
	if err := v.check(); err != nil {
		return nil, err
	}
	tags, err := tagsFor(in.TagSpecification, "volume")
	if err != nil {
		return nil, err
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	c.region.Volumes = append(c.region.Volumes, v)
	c.region.tag(v.ID, tags)
	return c.volumeInfo(v, v.Zone, "available"), nil
}

type deleteVolumeIn struct{ VolumeId string }

func deleteVolume(c *call, in *deleteVolumeIn) (*done, error) {
	v, i, err := c.region.volumeByID(in.VolumeId)
	if err != nil {
		return nil, err
	}
	if i != nil {
		return nil, refuse("VolumeInUse", "Volume %s is currently attached to %s", v.ID, i.ID)
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	c.region.Volumes = slices.DeleteFunc(c.region.Volumes, func(x *volume) bool { return x == v })
	delete(c.region.Tags, v.ID)
	return &done{true}, nil
}

func volumeAttribute(v *volumeInfo, name string) ([]string, bool) {
	switch name {
	case "volume-id":
		return []string{v.ID}, true
	case "status":
		return []string{v.Status}, true
	case "size":
		return []string{strconv.Itoa(v.Size)}, true
	case "volume-type":
		return []string{v.Kind}, true
	case "encrypted":
		return []string{strconv.FormatBool(v.Encrypted)}, true
	case "availability-zone":
		return []string{v.Zone}, true
	case "attachment.instance-id":
		var ids []string
		for _, a := range v.Attachments {
			ids = append(ids, a.Instance)
		}
		return ids, true
	}
	return nil, false
}
