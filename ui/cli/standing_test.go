package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A setup whose guide has not come to its end is told as on the screen; scripts
// read a word of their own.
func TestLsOfWhatIsNotFinished(t *testing.T) {
	fresh, begun := steps.Setup{ID: "n", Answers: steps.Answers{Name: "fresh"}}, lab("begun", "aaaa", steps.ModeSSH)
	begun.Done = map[steps.StepID]time.Time{steps.StepLaunch: time.Unix(1, 0), steps.StepConnect: time.Unix(2, 0)}
	seen := steps.Surveyed{At: steps.Place{Profile: "other", Region: "eu-north-1"}, Machines: []steps.Machine{{Setup: begun}}}
	for args, want := range map[string][]string{
		"ls":        {"fresh  not launched", "begun  next: Install", "!next: Launch", "!unfinished"},
		"ls --json": {`"state":"not launched"`, `"state":"unfinished"`, "!next:"},
	} {
		r := run{engine: made(stepstest.Has{Setups: []steps.Setup{fresh, begun}, Survey: []steps.Surveyed{seen}})}
		if code := r.do(t.Context(), strings.Fields(args)...); code != 0 {
			t.Errorf("%s: exit code %d: %s", args, code, r.err.String())
		}
		has(t, args, r.out.String(), want...)
	}
}
