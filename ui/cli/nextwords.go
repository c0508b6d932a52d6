package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// nextWords words what to do now for a person at a command line.
func nextWords(n problem.Next) string { return n.In(actionWords) }

// actionWords words an action as what is typed.
func actionWords(a problem.Action) string {
	switch a.Verb {
	case problem.Retry:
		return "run the same command again"
	case problem.ChooseProfile:
		return wording.Choice(a) + " with --profile"
	case problem.ChooseSubnet:
		return wording.Choice(a) + " with --subnet"
	case problem.LeaveSubnet:
		return "add --subnet= to use the default network"
	case problem.LeaveProject:
		return "add --project= to do without a project"
	case problem.SavePlan:
		return "save one from the review page with s"
	case problem.LeavePlan:
		return "leave out --plan"
	case problem.SignIn:
		return "run: " + a.Command
	case problem.UseSandbox:
		return "try --sandbox"
	case problem.UseAWS:
		return "use AWS: leave out --sandbox"
	case problem.StopSandbox:
		return "end it with \"" + name + " sandbox stop\""
	case problem.RunSandbox:
		return "run \"" + name + " sandbox run\" to see why"
	case problem.CopyFolder:
		return "copy it with everything in it by adding --recursive (-r)"
	case problem.ReportBug:
		return "run the same command with --debug and report it with that log"
	default:
		return cmp.Or(wording.Choice(a), machineWords(a))
	}
}

// machineWords words what is done with machines.
func machineWords(a problem.Action) string {
	up := name + " up"
	if a.Name != "" {
		up += " --name " + a.Name
	}
	up += inSandbox(steps.Setup{Sandbox: a.Sandbox})
	of := func(command string, args ...string) string { return commandOn(command, a, args...) }
	switch a.Verb {
	case problem.Continue:
		return "run " + up
	case problem.Launch:
		return "launch " + cmp.Or(a.What, "it") + " with " + up
	case problem.RestartServer:
		return "restart it with " + up
	case problem.Start:
		return "start it with " + of("start")
	case problem.Stop:
		return "stop it with " + of("stop")
	case problem.Remove:
		return "remove " + cmp.Or(a.What, "it") + " with " + of("rm")
	case problem.Open:
		return "run " + of("open")
	case problem.Resize:
		return "give the machine " + cmp.Or(a.What, "another type") + " with " + of("resize", "TYPE")
	case problem.ChangeMode:
		return "change its mode with " + of("mode", cmp.Or(a.What, "MODE"))
	case problem.OwnKernels:
		return "give the notebook its own kernels back with " + of("gateway", "none")
	case problem.Doctor:
		return "check again with " + of("doctor")
	case problem.Fix:
		return "run " + of("doctor", "--fix")
	case problem.BringProject:
		return "bring a folder with " + up + " --project DIR"
	case problem.Sync:
		return "sync it with " + of("sync")
	case problem.SyncDeletions:
		return "delete it on the other side too with " + of("sync", "--deletions")
	case problem.ResumeSync:
		return "continue with " + of("sync resume")
	case problem.Discard:
		return "run " + of("rm", "--discard")
	case problem.CopyFiles:
		a.Name = cmp.Or(a.Name, "NAME") + ":PATH"
		return "copy it with " + commandOn("cp", a, "FOLDER")
	case problem.BringPackages:
		if a.What != "" {
			return "bring them with " + of("sync packages", "--packages", a.What)
		}
		return "bring them with " + of("sync packages")
	case problem.WithoutPackages:
		return "bring the others with " + of("sync packages", "--without", cmp.Or(a.What, "NAMES"))
	case problem.List:
		return "list them with " + list([]bool{a.Sandbox})
	case problem.Adopt:
		return "adopt it with " + of("adopt")
	case problem.Sweep:
		return "check again with " + name + " sweep" + inSandbox(steps.Setup{Sandbox: a.Sandbox})
	default:
		return ""
	}
}

// onSetup is an action on this setup, for [commandOn].
func onSetup(s steps.Setup) problem.Action {
	return problem.Action{Name: s.Answers.Name, Sandbox: s.Sandbox}
}

// commandOn is a command on an action's machine as a person types it, with its
// flag last. The doctor alone does without a machine.
func commandOn(command string, a problem.Action, args ...string) string {
	of := a.Name
	if a.Verb != problem.Doctor {
		of = cmp.Or(of, "NAME")
	}
	words := slices.DeleteFunc(append([]string{name, command, of}, args...), func(word string) bool { return word == "" })
	return strings.Join(words, " ") + inSandbox(steps.Setup{Sandbox: a.Sandbox})
}
