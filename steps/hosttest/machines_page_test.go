//go:build linux

package hosttest

import (
	"regexp"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/ui/tuitest"
)

// The list of machines over a booted machine: how it is, its log as it comes,
// and its stop by a key. The next run of the program finds it stopped.
func TestMachinesPage(t *testing.T) {
	p := newPerson(t, screenSize{80, 24})
	p.change = append(p.change, func(c *engine.Config) { c.LocalPort = p.port })
	o := p.open(answers(steps.ModeSSH, steps.InstallerUV), nil)
	if err := o.Close(); err != nil { // its port is free for the screen
		t.Fatal(err)
	}
	id := o.Setup.Resources.InstanceID

	r := p.start("")
	r.See(`▸ 1 +jupyter +● running(?s:.*)Stops +in (59|60) min|▸ 1 +jupyter +● running(?s:.*)Stops +in 1 h`)
	r.See(`Load +CPU .* of \d+ · memory(?s:.*)Kernels +none`)
	r.See(`Server log of jupyter following ─+ [1-9]\d* lines`)
	r.Press("o")
	url := regexp.MustCompile(`http://localhost:\d+/`).FindString(r.See(`http://localhost:\d+/(?s:.*)✓ tunnel up`))
	if answersAt(t, url+"api/contents/seen-on-the-screen") {
		t.Errorf("%q answers without the token", url)
	}
	r.See(`Server log of jupyter following(?s:.*)seen-on-the-screen`)
	r.Press("l")
	r.See(`━ Server log of jupyter following ━(?s:.*)seen-on-the-screen`)
	r.Press("\x1b")
	r.See(`Your setups`)
	r.Press("s")
	r.See(`Stop jupyter\?(?s:.*)▸ +Stop the machine`)
	r.Press(tuitest.Enter)
	p.await(id, aws.StateStopped)
	r.See(`▸ 1 +jupyter +○ stopped`)
	r.Press("q")
	r.ends()

	r = p.start("")
	r.See(`▸ 1 +jupyter +○ stopped(?s:.*)regions checked|regions checked(?s:.*)▸ 1 +jupyter +○ stopped`)
	r.is("12-stopped", `▸ 1 +jupyter +○ stopped`)
	r.Press("q")
	if left := r.ends(); len(left.Left) != 1 || left.Left[0].State != steps.StateStopped {
		t.Errorf("left with %+v", left)
	}
}
