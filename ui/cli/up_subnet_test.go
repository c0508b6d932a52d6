package cli

import (
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// The subnet comes from the flag, then from what is set, then from the last
// machine; an empty flag leaves it out. In the sandbox a flag alone counts.
func TestTheSubnetOfANewMachine(t *testing.T) {
	const one, two, three = "subnet-0000000a", "subnet-0000000b", "subnet-0123456789abcdef0"
	last := steps.Answers{Region: "us-east-1", Release: "24.04", Type: "t3.micro", Subnet: three, DiskGB: 8, Mode: steps.ModeSSH, Installer: steps.InstallerUV, Key: steps.KeyAnswer{Source: steps.KeyMadeHere}}
	set := map[string]string{"JUPYTER_EC2_SUBNET": two}
	for _, c := range []struct {
		args  string
		user  string
		env   map[string]string
		asked bool
		want  string
	}{
		{"--yes", "", nil, false, ""},
		{"--yes --subnet " + three, "subnet = \"" + one + "\"\n", set, false, three},
		{"--yes", "subnet = \"" + one + "\"\n", set, false, two},
		{"--yes", "subnet = \"" + one + "\"\n", nil, false, one},
		{"", "", nil, true, three},
		{"", "subnet = \"" + one + "\"\n", nil, true, one},
		{"--subnet=", "subnet = \"" + one + "\"\n", set, true, ""},
		{"--region eu-north-1", "", nil, true, ""},
		{"--yes --sandbox", "subnet = \"" + one + "\"\n", set, false, ""},
		{"--yes --sandbox --subnet " + three, "", nil, false, three},
	} {
		r := &run{engine: made(stepstest.Has{Last: last}, opens(nil)), in: "y\n", terminal: c.asked, env: c.env}
		r.sandbox = made(stepstest.Has{Sandbox: true}, opens(nil))
		r.set(t, c.user, "").do(t.Context(), append([]string{"up", "--no-tunnel"}, strings.Fields(c.args)...)...)
		e := r.engine
		if strings.Contains(c.args, "--sandbox") {
			e = r.sandbox
		}
		if begun(e) == nil || begun(e).Subnet != c.want {
			t.Errorf("%+v: begun with %+v: %s", c, begun(e), r.err.String())
		}
	}
}

// What is no subnet's ID is told before AWS is asked, wherever it comes from.
func TestASubnetThatIsNone(t *testing.T) {
	for _, c := range []struct {
		args, user string
		env        map[string]string
	}{
		{"--subnet vpc-0123456789abcdef0", "", nil},
		{"", "subnet = \"vpc-0123456789abcdef0\"\n", nil},
		{"", "", map[string]string{"JUPYTER_EC2_SUBNET": "vpc-0123456789abcdef0"}},
	} {
		r := &run{engine: made(stepstest.Has{}, opens(nil)), env: c.env}
		code := r.set(t, c.user, "").do(t.Context(), append([]string{"up", "--yes"}, strings.Fields(c.args)...)...)
		if code != exitUsage || begun(r.engine) != nil || len(r.engine.Asked()) > 0 || !strings.Contains(strings.Join(strings.Fields(r.err.String()), " "), `subnet "vpc-0123456789abcdef0" is no subnet's ID`) {
			t.Errorf("%+v: exit %d, asked %v: %s", c, code, r.engine.Asked(), r.err.String())
		}
	}
}
