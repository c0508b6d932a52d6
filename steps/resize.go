package steps

import (
	"fmt"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// SameProcessor refuses a type that the disk of another one cannot start on.
func SameProcessor(now, next InstanceType) error {
	if now.Arch == next.Arch {
		return nil
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "The type has another processor",
		Text: fmt.Sprintf("%s is %s and %s is %s; the system on the disk is made for %s.", now.Name, now.Arch, next.Name, next.Arch, now.Arch),
		Next: problem.Act(problem.ChooseType.Of("a type with " + now.Arch)).Say(", or launch a new machine."),
	}
}
