package engine

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Swap counts as room, and what is used counts only while somebody looks.
func TestDiskAndMemory(t *testing.T) {
	for name, c := range map[string]struct {
		facts  jupyter.Facts
		health steps.Health
		state  steps.CheckState
		text   string
	}{
		"room":              {jupyter.Facts{FreeDiskMB: 5000, MemoryMB: 1900}, steps.Health{}, steps.CheckOK, "4.9 GiB of disk free"},
		"no disk":           {jupyter.Facts{FreeDiskMB: 199, MemoryMB: 1900}, steps.Health{}, steps.CheckBad, "The disk is full: 199.0 MiB"},
		"little disk":       {jupyter.Facts{FreeDiskMB: 1000, MemoryMB: 1900}, steps.Health{}, steps.CheckWarn, "nearly full"},
		"no memory":         {jupyter.Facts{FreeDiskMB: 5000, MemoryMB: 950}, steps.Health{Watching: true, MemoryMB: 950, MemoryUsedMB: 940}, steps.CheckBad, "The memory is full"},
		"as last seen":      {jupyter.Facts{FreeDiskMB: 5000, MemoryMB: 950}, steps.Health{MemoryMB: 950, MemoryUsedMB: 940}, steps.CheckOK, "950.0 MiB of memory"},
		"swap helps":        {jupyter.Facts{FreeDiskMB: 5000, MemoryMB: 950, SwapMB: 2000}, steps.Health{Watching: true, MemoryMB: 950, MemoryUsedMB: 940, SwapMB: 2000, SwapUsedMB: 100}, steps.CheckOK, "100.0 MiB of it used"},
		"both are full":     {jupyter.Facts{FreeDiskMB: 5000, MemoryMB: 950, SwapMB: 2000}, steps.Health{Watching: true, MemoryMB: 950, MemoryUsedMB: 940, SwapMB: 2000, SwapUsedMB: 1990}, steps.CheckBad, "The memory is full"},
		"little memory":     {jupyter.Facts{FreeDiskMB: 5000, MemoryMB: 950}, steps.Health{Watching: true, MemoryMB: 950, MemoryUsedMB: 800}, steps.CheckWarn, "nearly full"},
		"memory is unknown": {jupyter.Facts{FreeDiskMB: 5000}, steps.Health{}, steps.CheckOK, "4.9 GiB"},
	} {
		f := roomOn(&steps.Setup{}, c.facts, c.health)
		if f.state != c.state || !strings.Contains(f.text, c.text) || (f.state != steps.CheckOK) != !f.next.Empty() {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
