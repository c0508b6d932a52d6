package ec2sim

import (
	"slices"
	"strconv"
	"time"
)

// volume is an EBS volume, attached to the instance that holds it.
type volume struct {
	ID, Device, Kind, Snapshot string
	Size                       int // GiB
	Encrypted                  bool
	DeleteOnTermination        bool
	Created                    time.Time
}

func (r *region) volumeByID(id string) (*volume, error) {
	for _, i := range r.Instances {
		if v := find(i.Volumes, func(v *volume) bool { return v.ID == id }); v != nil {
			return v, nil
		}
	}
	return nil, refuse("InvalidVolume.NotFound", "The volume '%s' does not exist.", id)
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
		if _, err := c.region.volumeByID(id); err != nil {
			return nil, err
		}
	}
	var all []*volumeInfo
	for _, i := range c.region.Instances {
		for _, v := range i.Volumes {
			if len(in.VolumeId) > 0 && !slices.Contains(in.VolumeId, v.ID) {
				continue
			}
			info := &volumeInfo{
				v.ID, v.Size, v.Snapshot, i.Zone, "in-use", wireTime(v.Created), v.Kind, v.Encrypted,
				[]attachment{{v.ID, i.ID, v.Device, "attached", wireTime(v.Created), v.DeleteOnTermination}},
				wireTags(c.region.Tags[v.ID]),
			}
			if i.State == stateTerminated {
				info.Status, info.Attachments = "available", nil
			}
			all = append(all, info)
		}
	}
	all, err := sift(all, in.Filter, volumeAttribute, func(v *volumeInfo) map[string]string { return c.region.Tags[v.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeVolumesOut{}
	out.Volumes, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
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
