package page

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

func TestEveryActionIsWordedForTheScreen(t *testing.T) {
	// What the screen cannot do is said with the command that can.
	outside := map[problem.Verb]bool{
		problem.StopSandbox: true, problem.RunSandbox: true, problem.ReportBug: true, problem.ChooseSubnet: true, problem.LeaveSubnet: true,
		problem.BringProject: true, problem.LeaveProject: true, problem.Sync: true, problem.SyncDeletions: true, problem.ResumeSync: true,
		problem.BringPackages: true, problem.WithoutPackages: true, problem.CopyFiles: true,
	}
	for _, verb := range problem.Verbs() {
		for _, a := range []problem.Action{
			{Verb: verb, Command: "aws login"},
			{Verb: verb, Name: "lab", Sandbox: true, What: "ssh", Command: "aws login"},
		} {
			text := actionWords(a)
			if text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "  ") {
				t.Errorf("%+v is worded %q", a, text)
			}
			if strings.Contains(text, "jupyter-ec2 ") && !outside[verb] {
				t.Errorf("%+v is worded %q, which is typed elsewhere", a, text)
			}
		}
	}
}
