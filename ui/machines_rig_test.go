package ui

import (
	"slices"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/machines"
)

// machinesRig is a rig at the list of seven machines, at rest.
func machinesRig(t *testing.T, change ...func(*stepstest.Engine)) *rig {
	t.Helper()
	e := stepstest.New()
	stepstest.SevenMachines(e)
	for _, c := range change {
		c(e)
	}
	return toMachines(newRig(t, e))
}

func (r *rig) untilAsked(what string) *rig {
	r.t.Helper()
	r.untilTrue("the engine is asked to "+what, func() bool { return slices.Contains(r.e.Asked(), what) })
	return r
}

// untilDone waits until nothing is being done with any machine.
func (r *rig) untilDone() *rig {
	r.t.Helper()
	r.untilTrue("all operations have ended", func() bool { return r.m.machines.Busy() == nil })
	return r
}

// machine is a machine of the list.
func (r *rig) machine(id string) *machines.Member { return r.m.machines.Find(id) }

// busy reports whether something is being done with a machine.
func (r *rig) busy(id string) bool {
	doing, _ := r.machine(id).Doing()
	return doing != ""
}
