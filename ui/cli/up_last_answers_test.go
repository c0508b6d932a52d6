package cli

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// With a person who sees the review, a new machine starts from the last one's
// answers; a script's does not depend on what was made before.
func TestUpStartsFromTheLastAnswers(t *testing.T) {
	last := steps.Answers{
		Region: "us-east-1", Release: "22.04", Type: "m7i.large", DiskGB: 40, Mode: steps.ModeHTTP, Installer: steps.InstallerPip,
		Key: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, IdleStop: steps.Never,
	}
	for _, c := range []struct {
		args     []string
		terminal bool
		captured bool
		want     string // type and disk
	}{
		{[]string{"up"}, true, false, "m7i.large"},
		{[]string{"up", "--type", "t3.micro"}, true, false, "t3.micro"},
		{[]string{"up", "--yes"}, true, false, "t3.micro"},
		{[]string{"up", "--yes"}, false, false, "t3.micro"},
		{[]string{"up", "--json"}, true, false, "t3.micro"},
		{[]string{"up"}, true, true, "t3.micro"},
	} {
		r := run{engine: made(stepstest.Has{Last: last}, opens(nil)), in: "y\n", terminal: c.terminal, captured: c.captured}
		r.do(t.Context(), append(c.args, "--no-tunnel")...)
		if begun(r.engine) == nil {
			t.Errorf("%v: nothing was begun: %s", c.args, r.err.String())
			continue
		}
		got := *begun(r.engine)
		like := got.DiskGB == 40 && got.Release == "22.04" && got.Mode == steps.ModeHTTP && got.Key.Source == steps.KeyMadeByEC2 && got.IdleStop == steps.Never
		if got.Type != c.want || like != (!c.captured && (len(c.args) == 1 || c.args[1] == "--type")) {
			t.Errorf("%v: begun with %+v", c.args, got)
		}
	}
}
