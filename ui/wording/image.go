package wording

import (
	"strconv"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// ImageDetail is what is on an image, in a few words: "Ubuntu 24.04, amd64, 8 GB".
func ImageDetail(i steps.Image) string {
	var parts []string
	if i.Release != "" {
		parts = append(parts, "Ubuntu "+i.Release)
	}
	if i.Arch != "" {
		parts = append(parts, i.Arch)
	}
	return strings.Join(append(parts, strconv.Itoa(i.DiskGB)+" GB"), ", ")
}

// Day is the day of a time: "2 Nov", and with its year where that is another.
func Day(at, now time.Time) string {
	if at.IsZero() {
		return "-"
	}
	at = at.In(now.Location())
	if at.Year() != now.Year() {
		return at.Format("2 Jan 2006")
	}
	return at.Format("2 Jan")
}
