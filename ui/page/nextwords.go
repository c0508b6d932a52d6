package page

import (
	"cmp"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// NextWords words what to do now for a person at the screen.
func NextWords(n problem.Next) string { return n.In(actionWords) }

// actionWords words an action as what is done on the screen.
func actionWords(a problem.Action) string {
	switch a.Verb {
	case problem.Retry:
		return "try again"
	case problem.ChooseSubnet:
		return wording.Choice(a) + ": quit, and run \"jupyter-ec2 up --subnet subnet-…\""
	case problem.LeaveSubnet:
		return "use the default network: quit, and run \"jupyter-ec2 up --subnet=\""
	case problem.LeaveProject:
		return "do without a project: quit, and run \"jupyter-ec2 up --project=\""
	case problem.SavePlan:
		return "save one from the review page with s"
	case problem.LeavePlan:
		return "continue without a plan"
	case problem.SignIn:
		return "run in another terminal: " + a.Command
	case problem.UseSandbox:
		return "quit and add --sandbox"
	case problem.UseAWS:
		return "use AWS: quit and leave out --sandbox"
	case problem.StopSandbox:
		return "quit and end it with \"jupyter-ec2 sandbox stop\""
	case problem.RunSandbox:
		return "run \"jupyter-ec2 sandbox run\" in another terminal to see why"
	case problem.CopyFolder:
		return "copy it with everything in it"
	case problem.ReportBug:
		return "quit, and report it with the debug log of \"jupyter-ec2 --debug\""
	default:
		return cmp.Or(wording.Choice(a), machineWords(a))
	}
}

// machineWords words what is done with machines: by the keys of their list.
func machineWords(a problem.Action) string {
	const list = " in Your setups"
	switch a.Verb {
	case problem.Continue:
		return "press enter" + list
	case problem.Launch:
		return "launch " + cmp.Or(a.What, "it") + " with enter" + list
	case problem.RestartServer:
		return "restart it with r" + list
	case problem.Start:
		return "start it with S" + list
	case problem.Stop:
		return "stop it with s" + list
	case problem.Remove:
		return "remove " + cmp.Or(a.What, "it") + " with x" + list
	case problem.Open:
		return "press o" + list
	case problem.Resize:
		return "give the machine " + cmp.Or(a.What, "another type") + " with t" + list
	case problem.ChangeMode:
		return "change its mode with m" + list
	case problem.OwnKernels:
		return "give the notebook its own kernels back with g" + list
	case problem.Doctor:
		return "check again with D" + list
	case problem.Fix:
		return "have the doctor (D" + list + ") fix it"
	case problem.BringProject:
		return "bring a folder: quit, and run \"jupyter-ec2 up --project DIR\""
	case problem.Sync:
		return "sync it: run \"jupyter-ec2 sync NAME\" in another terminal"
	case problem.SyncDeletions:
		return "delete it on the other side too: run \"jupyter-ec2 sync --deletions NAME\" in another terminal"
	case problem.ResumeSync:
		return "continue: run \"jupyter-ec2 sync resume NAME\" in another terminal"
	case problem.Discard:
		return "press x" + list + ", and type the word discard after its name"
	case problem.CopyFiles:
		return "copy it: run \"jupyter-ec2 cp NAME:PATH .\" in another terminal"
	case problem.BringPackages:
		return "bring them: run \"jupyter-ec2 sync packages NAME\" in another terminal"
	case problem.WithoutPackages:
		return "bring the others: run \"jupyter-ec2 sync packages NAME --without " + cmp.Or(a.What, "NAMES") + "\" in another terminal"
	case problem.List:
		return "see Your setups"
	case problem.Adopt:
		return "adopt it with a" + list
	case problem.Sweep:
		return "check again with W" + list
	default:
		return ""
	}
}
