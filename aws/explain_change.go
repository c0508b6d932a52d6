package aws

import (
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// changeWords are for changes of a machine or a disk that are not possible as
// things are.
func (e *Error) changeWords() (words, bool) {
	switch {
	case e.Code == "IncorrectInstanceState" && e.Type != "": // only a change of type names one
		return words{
			problem.Failed, "The machine must be stopped first",
			e.said("A machine's type can be changed only while it is stopped."),
			problem.Say("Stop it, wait until it is stopped, then change its type again."),
		}, true
	case strings.HasPrefix(e.Code, "InvalidParameter") && strings.Contains(e.Message, "rchitecture"):
		return words{
			problem.Answers, "The type has another processor",
			e.said(e.kind() + " does not run what is on the disk: Intel and AMD processors are one architecture, ARM (Graviton) another."),
			problem.Act(problem.ChooseType.Of("a type whose processor has the same architecture")).Say(", then retry."),
		}, true
	case e.Code == "InvalidInstanceAttributeValue":
		return words{
			problem.Answers, "Not available in " + e.here(),
			e.said("The machine cannot become a " + strings.TrimPrefix(e.kind(), "this ") + " in " + e.here() + "."),
			problem.Do(problem.ChooseType).Say(", then retry."),
		}, true
	case e.Code == "VolumeInUse":
		return words{
			problem.Failed, "A machine still uses this disk",
			e.said("It was not possible to " + e.Doing + "."),
			problem.Say("Remove the machine, or detach the volume in the EC2 console if the machine is to stay. Then retry."),
		}, true
	case e.Code == "OperationNotPermitted":
		return words{
			problem.Refused, "The machine is protected against this",
			e.said("It was not possible to " + e.Doing + ": somebody switched on its stop or termination protection."),
			problem.Say("Switch the protection off in the EC2 console if nobody needs it, then retry."),
		}, true
	}
	return words{}, false
}
