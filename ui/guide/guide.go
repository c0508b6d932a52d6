// Package guide has the question pages: from the account to the review of what
// will be launched. They share the answers, a [Guide], and know neither each
// other nor who shows them.
package guide

import (
	"cmp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Guide is what the question pages share: the answers given so far, and what
// comes after them.
type Guide struct {
	*page.Context
	Answers steps.Answers
	Next    func() tea.Cmd // shows the next page
	Launch  func() tea.Cmd // begins the work
	Exists  func() bool    // reports whether the machine of these answers is there already
	Fault   func() error   // why nothing can be launched, or nil; nil is never
	origins []steps.Origin // where the answers come from that nobody gave
}

// New makes a guide that starts from these answers.
func New(c *page.Context, a steps.Answers) *Guide {
	return &Guide{Context: c, Answers: withDefaults(a)}
}

// Begun says that another machine is begun: the pages show the answers it
// starts from.
type Begun struct{}

// Begin starts again from what is set and, where nothing is, from the last
// machine's answers. The pages are to be told: [Begun].
func (g *Guide) Begin(start steps.Start, last steps.Answers) {
	g.Answers = withDefaults(start.Answers.Over(last))
	g.origins = append(slices.Clip(start.Origins), steps.Origin{From: "the last machine", Answers: last})
}

// Place is where the answers point to now.
func (g *Guide) Place() steps.Place {
	return steps.Place{Profile: g.Answers.Profile, Region: g.Answers.Region}
}

// withDefaults fills in what the answers leave open.
func withDefaults(a steps.Answers) steps.Answers {
	a.Name = cmp.Or(a.Name, steps.DefaultName)
	a.Release = cmp.Or(a.Release, steps.DefaultRelease)
	a.Mode = cmp.Or(a.Mode, steps.ModeSSH)
	a.Installer = cmp.Or(a.Installer, steps.InstallerUV)
	a.UI = cmp.Or(a.UI, steps.UILab)
	a.Key.Source = cmp.Or(a.Key.Source, steps.KeyMadeHere)
	a.DiskGB = cmp.Or(a.DiskGB, steps.DefaultDiskGB)
	return a
}
