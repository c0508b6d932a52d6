package wording

import (
	"cmp"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Choice words an action about the answers, which is the same in a command line
// and on the screen. It is empty for any other action.
func Choice(a problem.Action) string {
	switch a.Verb {
	case problem.ChooseProfile:
		return "choose " + cmp.Or(a.What, "another profile")
	case problem.ChooseRegion:
		return "choose " + cmp.Or(a.What, "another region")
	case problem.ChooseType:
		return "choose " + cmp.Or(a.What, "another type")
	case problem.ChooseDisk:
		return "choose " + cmp.Or(a.What, "another disk")
	case problem.ChooseKey:
		return "choose " + cmp.Or(a.What, "another key")
	case problem.ChooseMode:
		return "use the " + cmp.Or(a.What, "other") + " mode"
	case problem.ChooseName:
		return "choose " + cmp.Or(a.What, "another name")
	case problem.ChooseImage:
		return "choose " + cmp.Or(a.What, "another Ubuntu release")
	case problem.ChooseSubnet:
		return "choose " + cmp.Or(a.What, "another subnet")
	case problem.ChooseUV:
		return "choose the uv installer"
	default:
		return ""
	}
}
