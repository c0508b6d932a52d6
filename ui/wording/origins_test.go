package wording

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func TestOrigins(t *testing.T) {
	file := steps.Answers{Region: "r", Type: "a", DiskGB: 20, Mode: steps.ModeHTTP, Tags: map[string]string{"team": "lab", "run": "1"}}
	project := steps.Answers{Type: "b"}
	last := steps.Answers{Region: "x", Type: "c", Subnet: "s", Installer: steps.InstallerPip, IdleStop: steps.Never}
	from := []steps.Origin{{From: "P", Answers: project}, {From: "F", Answers: file}, {From: "the last machine", Answers: last}}
	all := steps.Answers{Region: "r", Type: "b", Subnet: "s", DiskGB: 20, Mode: steps.ModeHTTP, Installer: steps.InstallerPip, IdleStop: steps.Never, Tags: map[string]string{"team": "lab", "run": "2"}}
	for want, change := range map[string]func(*steps.Answers){
		"from P: type; from F: region, disk, mode, tags; from the last machine: subnet, installer, idle stop": func(*steps.Answers) {},
		// What was changed comes from the person, also where it is what a weaker one has.
		"from F: region, disk, mode, tags; from the last machine: subnet, installer": func(a *steps.Answers) { a.Type, a.IdleStop = "c", steps.DefaultIdleStop },
		"": func(a *steps.Answers) { *a = steps.Answers{Type: "own"} },
	} {
		a := all
		if change(&a); Origins(a, from) != want {
			t.Errorf("%q, want %q", Origins(a, from), want)
		}
	}
	if got := Origins(all, nil); got != "" {
		t.Errorf("from nowhere: %q", got)
	}
}
