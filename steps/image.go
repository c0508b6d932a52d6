package steps

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Image is a copy of a machine's disk that machines are launched from: one of
// the user's own, or one that was named by its ID.
type Image struct {
	At      Place
	ID      string // "ami-…"
	Name    string // its own name, or else EC2's
	SetupID string // of the machine that it was made of, from its tag; or empty
	Setup   string // that setup's name
	Release string // the Ubuntu release on it, or empty
	Arch    string // "amd64" or "arm64"
	State   string // EC2's word: "pending", "available", "failed"
	Reason  string // why it failed, or empty
	RootGB  int    // a machine's disk cannot be smaller
	DiskGB  int
	Created time.Time
	// Snapshots hold its disks, and cost money as long as they exist.
	Snapshots []string
	// MonthCost is the most that they cost a month, in US dollars: only blocks
	// that were written are kept. CostKnown is false when no price could be had.
	MonthCost float64
	CostKnown bool
}

// Ready reports whether machines can be launched from it.
func (i Image) Ready() bool { return i.State == "available" }

// Making reports whether EC2 is still copying the disk.
func (i Image) Making() bool { return i.State == "pending" }

// ImagesFound is what one region answered when it was asked for images.
type ImagesFound struct {
	At       Place
	Images   []Image
	Err      error // the region, or the whole account when At.Region is empty
	Silent   bool  // as in Surveyed
	Done, Of int
}

// Heard reports whether this is a region's answer.
func (f ImagesFound) Heard() bool { return f.At.Region != "" && f.Err == nil && !f.Silent }

// ImageEntry is something of the user's own on a machine, which an image of it
// would hold.
type ImageEntry struct {
	Path   string // on the machine, absolute; not safe for a terminal
	Kind   string // "credentials", "history" or "files"
	Bytes  int64
	Folder bool
}

// Private reports whether it is in no image unless its owner says so.
func (e ImageEntry) Private() bool { return e.Kind != "files" }

// ImageNamed is what a person wants to leave out, as it is on the machine.
type ImageNamed struct {
	ImageEntry
	Said    string // as it was written
	There   bool
	Allowed bool // it is no part of what the machine is reached and worked by
}

// ImageContents is what a person is shown before an image is made.
type ImageContents struct {
	Own         []ImageEntry
	Named       []ImageNamed
	Unsearched  []string // folders that were not searched for secrets to their end
	Home        string   // the login's home folder on the machine
	Free        int64    // bytes of the machine's disk
	CanLeaveOut bool     // the machine has what leaving something out takes
	DiskGB      int
	MonthCost   float64 // at most
	CostKnown   bool
}

// ImageWish is the image that is asked for.
type ImageWish struct {
	Name string
	// NoReboot copies the disk while the machine runs: files that are being
	// written then may be incomplete in the image.
	NoReboot bool
	// LeaveOut are paths of ImageContents that stay on the machine and are in no
	// image.
	LeaveOut []string
}

// Saving is an image that is being made: written down before the machine is
// touched, and gone once the machine is as it was.
type Saving struct {
	Name     string    `json:"name"`
	EC2Name  string    `json:"ec2_name"` // an account's only once: it makes the request the same one
	NoReboot bool      `json:"no_reboot,omitempty"`
	LeaveOut []string  `json:"leave_out,omitempty"`
	Boot     string    `json:"boot,omitempty"`     // the machine's, before its disk is copied
	HostKey  string    `json:"host_key,omitempty"` // the public half of the machine's, which is on the copied disk
	Asked    time.Time `json:"asked,omitzero"`     // when EC2 was asked for it
	ImageID  string    `json:"image_id,omitempty"` // once EC2 has said it
}

// ImageBegun says of a machine that an image of it was begun, and what that
// means; empty where none was.
func (s Setup) ImageBegun() string {
	if s.Saving == nil {
		return ""
	}
	return "An image, " + s.Saving.Name + ", was begun. Unless it is being made right now, the server is down and what was left out of the image is put aside on the machine"
}

// Images is what a front end needs to keep images of machines.
type Images interface {
	// Images looks for the user's own images as Survey looks for machines.
	Images(ctx context.Context, profile string, each func(ImagesFound)) error
	// ImagesIn lists the user's own images in one region, newest first.
	ImagesIn(ctx context.Context, at Place) ([]Image, error)
	// ImageContents asks a running machine what an image of it would hold, and
	// what is at the paths that are named.
	ImageContents(ctx context.Context, setupID string, named ...string) (ImageContents, error)
	// SaveImage makes an image of a running machine, and has the machine work
	// again as before, with a new token. An image that an interrupted run has
	// begun is the one that is made.
	SaveImage(ctx context.Context, setupID string, w ImageWish, emit func(Event)) (Image, error)
	// RemoveImage removes an image of the user's own and what it keeps.
	RemoveImage(ctx context.Context, i Image, emit func(Event)) error
}

var imageID = regexp.MustCompile(`^ami-[0-9a-f]{8,17}$`)

// ValidImageID reports whether a text has the form of an image's ID.
func ValidImageID(s string) bool { return imageID.MatchString(s) }

// NameForImage is why an image cannot have this name beside those, or nothing.
func NameForImage(name string, there []Image) error {
	if !ValidImageName(name) {
		return &problem.Error{
			Kind: problem.Answers, Title: "The image cannot have this name",
			Text: fmt.Sprintf("%q cannot be used: an image's name has 1 to %d lower-case letters, digits and hyphens, a letter first, and does not begin with \"ami-\".", name, MaxName),
			Next: problem.Say("Give it another name."),
		}
	}
	for _, i := range there {
		if strings.EqualFold(i.Name, name) {
			return &problem.Error{
				Kind: problem.Answers, Title: "There is an image of this name",
				Text: fmt.Sprintf("The image %s (%s) is called %s already.", i.ID, i.State, name),
				Next: problem.Say("Give the new one another name, or remove the old one first."),
			}
		}
	}
	return nil
}

// ValidImageName reports whether an image may have that name. One that looks
// like an ID would be taken for it.
func ValidImageName(s string) bool { return ValidName(s) && !strings.HasPrefix(s, "ami-") }
