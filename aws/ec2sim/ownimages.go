package ec2sim

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// DiskHosts are Hosts that can keep a copy of an instance's disk, for images.
// Hosts that are none have images all the same, and nothing is on them.
type DiskHosts interface {
	Hosts
	// SaveDisk keeps a copy of the instance's files under the snapshot's ID,
	// all of it or nothing. A host that runs is stopped for it and started again at
	// the same addresses, unless running says that it is to be left alone.
	// HostSpec.Snapshot has a later first launch begin with such a copy.
	SaveDisk(ctx context.Context, instanceID, snapshotID string, running bool) error
	// DropDisk removes a copy; one that is not there is success.
	DropDisk(ctx context.Context, snapshotID string) error
}

const (
	imagePending   = "pending"
	imageAvailable = "available"
	imageFailed    = "failed"
)

// ownImage is an image that was made of an instance.
type ownImage struct {
	image
	Made          time.Time
	Instance      string
	Encrypted     bool
	State, Reason string

	op *operation // that saves the disk; nil once it is over
}

// snapshot is what an image's disk is kept as.
type snapshot struct {
	ID, Volume, Description string
	Size                    int
	Encrypted               bool
	Made                    time.Time
}

func (r *region) ownImage(id string) *ownImage {
	return find(r.Images, func(i *ownImage) bool { return i.ID == id })
}

func (r *region) snapshot(id string) *snapshot {
	return find(r.Snapshots, func(s *snapshot) bool { return s.ID == id })
}

// developImages moves images on whose disks are saved.
func (r *region) developImages(c *Cloud, now time.Time) {
	changed := false
	for _, i := range r.Images {
		if i.State != imagePending {
			continue
		}
		if i.op != nil {
			select {
			case <-i.op.done:
			default:
				continue
			}
			if i.op.err != nil {
				i.State, i.Reason, changed = imageFailed, i.op.err.Error(), true
				continue
			}
		}
		if !now.Before(i.Made.Add(c.opts.Timing.Pending)) {
			i.State, i.op, changed = imageAvailable, nil, true
		}
	}
	if changed { // the next request saves again; a failure here has nobody to hear it
		_ = c.state.save(c.opts.StatePath)
	}
}

// wakeImages fails the images whose disks a cloud that was closed was saving.
func (r *region) wakeImages() {
	for _, i := range r.Images {
		if i.State == imagePending {
			i.State, i.Reason = imageFailed, "Server.InternalError: the embedded cloud ended while the disk was copied"
		}
	}
}

type createImageIn struct {
	InstanceId, Name, Description string
	NoReboot                      bool
	TagSpecification              []tagSpec
}

type createImageOut struct {
	ID string `xml:"imageId"`
}

// goodImageName is the form of an image's name:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
var goodImageName = regexp.MustCompile(`^[A-Za-z0-9()\[\] ./\-'@_]{3,128}$`)

func createImage(c *call, in *createImageIn) (*createImageOut, error) {
	found, err := c.visible([]string{in.InstanceId})
	if err != nil {
		return nil, err
	}
	i := found[0]
	switch {
	case !goodImageName.MatchString(in.Name):
		return nil, refuse("InvalidAMIName.Malformed", "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'")
	case i.State != stateRunning && i.State != stateStopped:
		return nil, refuse("IncorrectState", "The instance '%s' is not in a state from which an image can be made: %s", i.ID, i.State)
	}
	if same := find(c.region.Images, func(o *ownImage) bool { return o.Name == in.Name }); same != nil {
		return nil, refuse("InvalidAMIName.Duplicate", "AMI name %s is already in use by AMI %s", in.Name, same.ID)
	}
	tags := map[string]map[string]string{}
	for _, kind := range []string{"image", "snapshot"} {
		if tags[kind], err = tagsFor(in.TagSpecification, kind, "image", "snapshot"); err != nil {
			return nil, err
		}
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	made := c.imageOf(i, in)
	root := i.Volumes[0]
	c.region.Snapshots = append(c.region.Snapshots, &snapshot{
		ID: made.Snapshot, Volume: root.ID, Size: root.Size, Encrypted: root.Encrypted, Made: c.now,
		Description: "Created by CreateImage(" + i.ID + ") for " + made.ID,
	})
	c.region.Images = append(c.region.Images, made)
	c.region.tag(made.ID, tags["image"])
	c.region.tag(made.Snapshot, tags["snapshot"])
	made.op = c.cloud.saveDisk(i, made.Snapshot, in.NoReboot)
	return &createImageOut{made.ID}, nil
}

// imageOf describes the image that is to be made of an instance.
func (c *call) imageOf(i *instance, in *createImageIn) *ownImage {
	owner := c.cloud.opts.Account
	made := &ownImage{Made: c.now, Instance: i.ID, State: imagePending}
	made.image = image{
		ID: newID("ami"), Name: in.Name, Owner: owner, Description: in.Description,
		Snapshot: newID("snap"), Created: c.now.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	if from, err := c.imageByID(i.Image); err == nil {
		made.Arch, made.Release, made.GPU = from.Arch, from.Release, from.GPU
	} else if kind, err := typeIn(i.Type, c.regionName); err == nil { // the image that it was made of is gone
		made.Arch = kind.arch()
	}
	made.Root, made.Encrypted = i.Volumes[0].Size, i.Volumes[0].Encrypted
	return made
}

// saveDisk has the instance's hosts keep a copy of its disk; nil where there
// are none that can. It comes after what was begun with the instance before,
// and what is begun after waits for it: it is not cut short.
func (c *Cloud) saveDisk(i *instance, snapshotID string, running bool) *operation {
	hosts, ok := c.opts.Hosts.(DiskHosts)
	if !ok {
		return nil
	}
	before := i.op
	op := &operation{kind: saveHost, cancel: func() {}, done: make(chan struct{})}
	i.op = op
	ctx, id := context.WithoutCancel(c.hosts), i.ID
	c.running.Go(func() {
		defer close(op.done)
		if before != nil {
			<-before.done
		}
		op.err = hosts.SaveDisk(ctx, id, snapshotID, running)
	})
	return op
}

// imageByID finds one of the region's own images, or of those that everybody
// has.
func (c *call) imageByID(id string) (*image, error) {
	if own := c.region.ownImage(id); own != nil {
		return &own.image, nil
	}
	return imageByID(c.regionName, id)
}

// launchable finds the image of a launch, and the size of its root disk.
func (c *call) launchable(id string) (*image, error) {
	own := c.region.ownImage(id)
	if own != nil && own.State != imageAvailable {
		return nil, refuse("InvalidAMIID.Unavailable", "The image ID '%s' is not available", id)
	}
	return c.imageByID(id)
}

func (c *call) ownInfo(o *ownImage) *imageInfo {
	info := o.info()
	info.State, info.Public, info.Alias, info.Deprecated = o.State, false, "", ""
	info.Location, info.Tags = o.Owner+"/"+o.Name, wireTags(c.region.Tags[o.ID])
	info.Disks = []imageMapping{{info.RootName, o.Snapshot, o.Root, "gp3", true, o.Encrypted}}
	if o.Reason != "" {
		info.Reason = &stateReason{"Server.InternalError", o.Reason}
	}
	return info
}

type deregisterImageIn struct{ ImageId string }

func deregisterImage(c *call, in *deregisterImageIn) (*done, error) {
	own := c.region.ownImage(in.ImageId)
	if own == nil {
		if _, err := c.imageByID(in.ImageId); err != nil {
			return nil, err
		}
		return nil, refuse("AuthFailure", "Not authorized for image:%s", in.ImageId)
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	c.region.Images = slices.DeleteFunc(c.region.Images, func(o *ownImage) bool { return o == own })
	delete(c.region.Tags, own.ID)
	return &done{true}, nil
}

type describeSnapshotsIn struct {
	page
	SnapshotId, Owner []string
	Filter            []filter
}

type snapshotInfo struct {
	ID          string `xml:"snapshotId"`
	Volume      string `xml:"volumeId"`
	State       string `xml:"status"`
	Started     string `xml:"startTime"`
	Progress    string `xml:"progress"`
	Owner       string `xml:"ownerId"`
	Size        int    `xml:"volumeSize"`
	Description string `xml:"description"`
	Encrypted   bool   `xml:"encrypted"`
	Tags        []tag  `xml:"tagSet>item"`
}

type describeSnapshotsOut struct {
	Snapshots []*snapshotInfo `xml:"snapshotSet>item"`
	NextToken string          `xml:"nextToken,omitempty"`
}

// describeSnapshots knows the account's own alone.
func describeSnapshots(c *call, in *describeSnapshotsIn) (*describeSnapshotsOut, error) {
	for _, id := range in.SnapshotId {
		if c.region.snapshot(id) == nil {
			return nil, noSnapshot(id)
		}
	}
	var all []*snapshotInfo
	owner := c.cloud.opts.Account
	for _, s := range c.region.Snapshots {
		asked := len(in.SnapshotId) == 0 || slices.Contains(in.SnapshotId, s.ID)
		if asked && (len(in.Owner) == 0 || slices.Contains(in.Owner, owner) || slices.Contains(in.Owner, "self")) {
			all = append(all, c.snapshotInfo(s))
		}
	}
	all, err := sift(all, in.Filter, snapshotAttribute, func(s *snapshotInfo) map[string]string { return c.region.Tags[s.ID] })
	if err != nil {
		return nil, err
	}
	out := &describeSnapshotsOut{}
	out.Snapshots, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}

func (c *call) snapshotInfo(s *snapshot) *snapshotInfo {
	info := &snapshotInfo{
		ID: s.ID, Volume: s.Volume, State: "completed", Progress: "100%", Started: wireTime(s.Made), Owner: c.cloud.opts.Account,
		Size: s.Size, Description: s.Description, Encrypted: s.Encrypted, Tags: wireTags(c.region.Tags[s.ID]),
	}
	if of := find(c.region.Images, func(o *ownImage) bool { return o.Snapshot == s.ID }); of != nil && of.State == imagePending {
		info.State, info.Progress = "pending", ""
	}
	return info
}

func snapshotAttribute(s *snapshotInfo, name string) ([]string, bool) {
	switch name {
	case "snapshot-id":
		return []string{s.ID}, true
	case "volume-id":
		return []string{s.Volume}, true
	case "status":
		return []string{s.State}, true
	case "owner-id":
		return []string{s.Owner}, true
	case "volume-size":
		return []string{strconv.Itoa(s.Size)}, true
	case "description":
		return []string{s.Description}, true
	}
	return nil, false
}

type deleteSnapshotIn struct{ SnapshotId string }

func deleteSnapshot(c *call, in *deleteSnapshotIn) (*done, error) {
	s := c.region.snapshot(in.SnapshotId)
	if s == nil {
		return nil, noSnapshot(in.SnapshotId)
	}
	if of := find(c.region.Images, func(o *ownImage) bool { return o.Snapshot == s.ID }); of != nil {
		return nil, refuse("InvalidSnapshot.InUse", "The snapshot %s is currently in use by %s", s.ID, of.ID)
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	if hosts, ok := c.cloud.opts.Hosts.(DiskHosts); ok {
		if err := hosts.DropDisk(context.WithoutCancel(c.cloud.hosts), s.ID); err != nil {
			return nil, errors.Join(refuse("InternalError", "The snapshot's files could not be removed"), err)
		}
	}
	c.region.Snapshots = slices.DeleteFunc(c.region.Snapshots, func(x *snapshot) bool { return x == s })
	delete(c.region.Tags, s.ID)
	return &done{true}, nil
}

func noSnapshot(id string) error {
	return refuse("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", id)
}

// Snapshots are the IDs of all snapshots of all regions, whose disks are to be
// kept.
func (c *Cloud) Snapshots() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, name := range keysOf(c.state.Regions) {
		for _, s := range c.state.Regions[name].Snapshots {
			all = append(all, s.ID)
		}
	}
	return all
}
