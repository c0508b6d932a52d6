package guide

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/cells"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

const taskImages page.TaskName = page.Quiet + "images"

// ownRows is how many of the user's own images are shown at a time.
const ownRows = 3

// fetchImages asks for the user's own images, which are offered when they come.
// Nobody waits for them.
func (s *MachineType) fetchImages() tea.Cmd {
	place := s.Place()
	if s.Tasks.Runs(taskImages) {
		return nil
	}
	return s.Start(taskImages, func(ctx context.Context, id page.TaskID) tea.Msg {
		list, err := s.Engine.ImagesIn(ctx, place)
		return imagesListed{id, place, list, err}
	})
}

// imagesCame takes the images. Without an answer there are none to offer: what
// is launched does not depend on them.
func (s *MachineType) imagesCame(msg imagesListed) {
	if !s.Tasks.Done(taskImages, msg.id) || msg.place != s.Place() {
		return
	}
	s.images = slices.DeleteFunc(msg.list, func(i steps.Image) bool { return !i.Ready() })
	if id := s.Answers.Image; id != "" && s.ownImage() == nil {
		// Chosen elsewhere, or another's: the review says what it is.
		s.images = append(s.images, steps.Image{At: msg.place, ID: id, Name: id})
	}
}

// ownImage is the chosen one of the images, or nil.
func (s *MachineType) ownImage() *steps.Image {
	if i := slices.IndexFunc(s.images, func(i steps.Image) bool { return i.ID == s.Answers.Image }); i >= 0 && s.Answers.Image != "" {
		return &s.images[i]
	}
	return nil
}

// moveImage goes through Ubuntu's releases and the user's own images.
func (s *MachineType) moveImage(by int) {
	releases := steps.Releases()
	at := slices.IndexFunc(releases, func(r steps.Release) bool { return r.Version == s.Answers.Release })
	if i := slices.IndexFunc(s.images, func(i steps.Image) bool { return i.ID == s.Answers.Image }); i >= 0 {
		at = len(releases) + i
	}
	if at < 0 {
		s.pickRelease(steps.DefaultRelease)
		return
	}
	all := len(releases) + len(s.images)
	if at = (at + by + all) % all; at < len(releases) {
		s.pickRelease(releases[at].Version)
		return
	}
	s.pickImage(s.images[at-len(releases)])
}

func (s *MachineType) pickRelease(version string) { s.Answers.Release, s.Answers.Image = version, "" }

// pickImage chooses an image; the disk grows to the size that it needs.
func (s *MachineType) pickImage(i steps.Image) {
	s.Answers.Image = i.ID
	if steps.ReleaseFor(i.Release).Version != "" {
		s.Answers.Release = i.Release
	}
	if s.gigabytes() < i.RootGB {
		s.disk.Set(strconv.Itoa(i.RootGB))
	}
}

// imageFits says what keeps the chosen image from the type and the disk, or
// nothing.
func (s *MachineType) imageFits(instanceType string, gb int) string {
	i := s.ownImage()
	if i == nil || i.Arch == "" {
		return ""
	}
	for _, t := range s.types {
		if t.Name == instanceType && t.Arch != i.Arch {
			return fmt.Sprintf("The image %s is made for %s, and %s is %s.", page.Clean(i.Name), i.Arch, t.Name, t.Arch)
		}
	}
	if gb < i.RootGB {
		return fmt.Sprintf("The image %s needs a disk of %d GB or more.", page.Clean(i.Name), i.RootGB)
	}
	return ""
}

// ownLines are the user's own images, a line each, those around the chosen one.
func (s *MachineType) ownLines(w int) []string {
	at := max(slices.IndexFunc(s.images, func(i steps.Image) bool { return i.ID == s.Answers.Image }), 0)
	from := max(min(at-1, len(s.images)-ownRows), 0)
	var lines []string
	for n := from; n < min(from+ownRows, len(s.images)); n++ {
		head := ""
		if n == from {
			head = "Yours"
		}
		i := s.images[n]
		on := i.ID == s.Answers.Image
		style := s.Theme.Text
		if on {
			style = s.Theme.Heading
			if s.part == partImage {
				style = s.Theme.TableSelected
			}
		}
		pick := page.Radio(s.Theme, on) + style.Render(page.Clean(i.Name)) + s.Theme.Subtle.Render("  "+page.Clean(ownDetail(i, s.Now())))
		line := page.Arrow(s.Theme, s.part == partImage && on) + s.Theme.Subtle.Render(cells.Fit(head, 8)) + cells.Zone(page.ZonePick+"own:"+i.ID, pick)
		lines = append(lines, page.ZoneOf(page.ZonePart, partImage, cells.Fit(line, w)))
	}
	return lines
}

func ownDetail(i steps.Image, now time.Time) string {
	if i.Arch == "" {
		return "not one of yours in " + i.At.Region
	}
	return wording.Day(i.Created, now) + ", " + wording.ImageDetail(i)
}
