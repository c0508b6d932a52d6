package ui

import (
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/guide"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// entry is a page, and the step it is shown for.
type entry struct {
	id   steps.StepID
	page page.Page
}

// table is all pages. A new one is its own file, and its line here.
func (m *model) table() []entry {
	return []entry{
		{machines.ID, m.machines},
		{steps.StepAccount, m.account},
		{steps.StepMachine, guide.NewMachineType(m.guide)},
		{steps.StepKey, guide.NewKeyPair(m.guide)},
		{steps.StepMode, guide.NewMode(m.guide)},
		{steps.StepReview, guide.NewReview(m.guide)},
		{steps.StepLaunch, &m.work}, // and of the steps after it
		{steps.StepOpen, &m.open},
		{steps.StepRemove, &m.remove},
	}
}

// shown is the page that is shown: the work's for those steps that have none
// of their own, and as long as nothing is open.
func (m *model) shown() page.Page {
	for _, e := range m.pages {
		if e.id == m.page && (e.id != steps.StepOpen || m.open.opened != nil) {
			return e.page
		}
	}
	return &m.work
}
