package cli

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

// set has a run find these files of settings.
func (r *run) set(t *testing.T, user, project string) *run {
	t.Helper()
	home := t.TempDir()
	r.places = settings.Places{User: filepath.Join(home, settings.UserFile), Dir: filepath.Join(home, "p"), Home: home, Trusted: filepath.Join(home, "projects.json")}
	if err := os.Mkdir(r.places.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if user != "" {
		write(t, r.places.User, user)
	}
	if project != "" {
		write(t, filepath.Join(r.places.Dir, settings.ProjectFile), project)
	}
	return r
}

// A new machine starts from flags, then from what is set, then from the last
// machine's answers where a person sees them, then from what is built in. A plan
// and a setup that is there know all their answers: of what is set nothing counts.
func TestUpStartsFromWhatIsSet(t *testing.T) {
	last := steps.Answers{Region: "us-east-1", Release: "22.04", Type: "m7i.large", DiskGB: 40, Mode: steps.ModeHTTP, Installer: steps.InstallerPip, Key: steps.KeyAnswer{Source: steps.KeyMadeHere}}
	here := steps.Setup{ID: "id", Answers: steps.Answers{
		Name: "here", Region: "us-east-1", Release: "24.04", Type: "t3.micro", DiskGB: 9, Mode: steps.ModeSSH, Installer: steps.InstallerUV,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Tags: map[string]string{"old": "x"},
	}}
	plan := filepath.Join(t.TempDir(), "plan.json")
	write(t, plan, `{"name":"a","region":"us-east-1","image":"22.04","type":"t2.micro","disk_gb":20,"key":{"source":"create"},"mode":"http","installer":"pip"}`)
	const user = "type = \"of.file\"\ndisk = 11\nmode = \"gateway\"\nregion = \"us-east-1\"\nidle-stop = \"2h\"\n[tags]\nteam = \"lab\"\n"
	for what, c := range map[string]struct {
		args    []string
		user    string
		project string
		env     map[string]string
		asked   bool
		want    steps.Answers // of those that are compared
	}{
		"the file": {[]string{"--yes"}, user, "", nil, false, steps.Answers{
			Region: "us-east-1", Type: "of.file", DiskGB: 11, Mode: steps.ModeGateway, Installer: steps.InstallerUV, IdleStop: steps.Limit(120 * 60e9), Tags: map[string]string{"team": "lab"},
		}},
		"the last machine where nothing is set": {nil, "disk = 11\n", "", nil, true, steps.Answers{
			Region: "us-east-1", Type: "m7i.large", DiskGB: 11, Mode: steps.ModeHTTP, Installer: steps.InstallerPip,
		}},
		"all of it": {[]string{"--disk", "14", "--tag", "run=7"}, user, "type = \"of.project\"\ndisk = 12\nmode = \"ssh\"\n", map[string]string{"JUPYTER_EC2_TYPE": "of.env", settings.TagsVariable: "team=own"}, true, steps.Answers{
			Region: "us-east-1", Type: "of.env", DiskGB: 14, Mode: steps.ModeSSH, Installer: steps.InstallerPip, IdleStop: steps.Limit(120 * 60e9), Tags: map[string]string{"team": "own", "run": "7"},
		}},
		"a plan": {[]string{"--yes", "--plan", plan, "--disk", "30"}, user, "", map[string]string{"JUPYTER_EC2_TYPE": "of.env"}, false, steps.Answers{
			Region: "us-east-1", Type: "t2.micro", DiskGB: 30, Mode: steps.ModeHTTP, Installer: steps.InstallerPip,
		}},
		"a setup that is there": {[]string{"--yes", "--name", "here", "--tag", "new=y"}, user, "type = \"of.project\"\n", map[string]string{"JUPYTER_EC2_DISK": "50"}, false, steps.Answers{
			Region: "us-east-1", Type: "t3.micro", DiskGB: 9, Mode: steps.ModeSSH, Installer: steps.InstallerUV, Tags: map[string]string{"old": "x", "new": "y"},
		}},
	} {
		r := &run{engine: made(stepstest.Has{Last: last, Setups: []steps.Setup{here}}, opens(nil)), in: "y\n", terminal: c.asked, env: c.env}
		r.set(t, c.user, c.project).do(t.Context(), append([]string{"up", "--no-tunnel"}, c.args...)...)
		if begun(r.engine) == nil {
			t.Errorf("%s: nothing was begun: %s", what, r.err.String())
			continue
		}
		got := *begun(r.engine)
		if got.Region != c.want.Region || got.Type != c.want.Type || got.DiskGB != c.want.DiskGB || got.Mode != c.want.Mode ||
			got.Installer != c.want.Installer || got.IdleStop != c.want.IdleStop || !maps.Equal(got.Tags, c.want.Tags) {
			t.Errorf("%s: begun with\n%+v, want\n%+v", what, got, c.want)
		}
	}
}

// The profile that is set is the program's own; the AWS tools' variables count
// before a file, and in the sandbox there is one account only.
func TestTheProfileThatIsSet(t *testing.T) {
	for _, c := range []struct {
		user, want string
		env        map[string]string
		args       []string
	}{
		{"profile = \"work\"\n", "work", nil, nil},
		{"profile = \"work\"\n", "mine", map[string]string{"AWS_PROFILE": "mine"}, nil},
		{"profile = \"work\"\n", "own", map[string]string{"AWS_PROFILE": "mine", "JUPYTER_EC2_PROFILE": "own"}, nil},
		{"profile = \"work\"\n", "flag", map[string]string{"JUPYTER_EC2_PROFILE": "own"}, []string{"--profile", "flag"}},
		{"", "mine", map[string]string{"AWS_PROFILE": "mine"}, nil},
		{"profile = \"work\"\n", "other", map[string]string{"JUPYTER_EC2_PROFILE": "own"}, []string{"--sandbox"}},
	} {
		r := &run{engine: made(stepstest.Has{}, opens(nil)), env: c.env}
		r.sandbox = made(stepstest.Has{Sandbox: true}, opens(nil))
		r.set(t, c.user, "").do(t.Context(), append([]string{"up", "--yes", "--no-tunnel"}, c.args...)...)
		e := r.engine
		if len(c.args) == 1 {
			e = r.sandbox
		}
		if begun(e) == nil || begun(e).Profile != c.want {
			t.Errorf("%+v: begun with %+v: %s", c, begun(e), r.err.String())
		}
	}
}

// Where nobody sees the review, a project's file has to be agreed to.
func TestUpWithAProjectsFileUnseen(t *testing.T) {
	const project = "type = \"p5.48xlarge\"\ndisk = 16000\n"
	up := func(r *run, args ...string) int {
		r.engine, r.err = made(stepstest.Has{}, opens(nil)), screen{}
		return r.do(t.Context(), append([]string{"up", "--no-tunnel"}, args...)...)
	}
	r := (&run{}).set(t, "", project)
	if code := up(r, "--yes"); code != exitUsage || begun(r.engine) != nil || !strings.Contains(r.err.String(), "sets type, disk") || !strings.Contains(r.err.String(), "config trust") {
		t.Errorf("exit %d, begun %v: %s", code, begun(r.engine), r.err.String())
	}
	if code := up(r, "--yes", "--type", "t3.micro", "--disk", "8"); code != exitDone || begun(r.engine).Type != "t3.micro" {
		t.Errorf("all by flags: exit %d: %s", code, r.err.String())
	}
	if code := up(r, "--dry-run"); code != exitDone {
		t.Errorf("nothing is created: exit %d: %s", code, r.err.String())
	}
	r.terminal, r.in = true, "y\n"
	if code := up(r); code != exitDone || begun(r.engine).Type != "p5.48xlarge" || !strings.Contains(strings.Join(strings.Fields(r.err.String()), " "), "Set from "+settings.ProjectFile+": type, disk.") {
		t.Errorf("seen: exit %d: %s", code, r.err.String())
	}
	if code := up(r, "--yes"); code != exitUsage {
		t.Errorf("a yes to one machine counted for others: exit %d", code)
	}
	if code := up(r, "--json"); code != exitUsage || begun(r.engine) != nil {
		t.Errorf("a review for a script: exit %d", code)
	}
	r.captured = true
	if code := up(r); code != exitUsage || begun(r.engine) != nil || !strings.Contains(r.err.String(), "You have not agreed") {
		t.Errorf("a review that goes into a pipe: exit %d: %s", code, r.err.String())
	}
	r.terminal = false
	if code := r.do(t.Context(), "config", "trust"); code != exitDone {
		t.Fatalf("exit %d: %s", code, r.err.String())
	}
	if code := up(r, "--yes"); code != exitDone || begun(r.engine).DiskGB != 16000 {
		t.Errorf("agreed to: exit %d: %s", code, r.err.String())
	}
	write(t, filepath.Join(r.places.Dir, settings.ProjectFile), "disk = 15000\n")
	if code := up(r, "--yes"); code != exitUsage {
		t.Errorf("changed since: exit %d", code)
	}
}

// A bad file stops what makes new machines, and nothing that looks after those
// that are there.
func TestABadFile(t *testing.T) {
	lab := steps.Setup{ID: "id", Answers: steps.Answers{Name: "lab"}, Resources: steps.Resources{InstanceID: "i-1"}, State: steps.StateRunning}
	for _, c := range []struct {
		args []string
		want int
		says string
	}{
		{[]string{"up", "--yes"}, exitUsage, "A setting cannot be used"},
		{[]string{"ls"}, exitDone, "Ignored: "},
		{[]string{"stop", "lab"}, exitDone, "Ignored: "},
		{[]string{"rm", "lab", "--yes"}, exitDone, "Ignored: "},
		{[]string{"config", "get", "--all"}, exitDone, "Ignored: "},
		{[]string{"config", "set", "disk", "9"}, exitDone, ""},
	} {
		r := (&run{engine: made(stepstest.Has{Setups: []steps.Setup{lab}}, opens(nil))}).set(t, "\ndisk = 4\n", "")
		code := r.do(t.Context(), c.args...)
		named := strings.Contains(strings.Join(strings.Fields(r.err.String()), ""), r.places.User+":2:disk:adiskof4GB")
		if code != c.want || !strings.Contains(r.err.String(), c.says) || named != (c.says != "") {
			t.Errorf("%v: exit %d: %s", c.args, code, r.err.String())
		}
	}
}

// The wizard's launch is stopped too, by a problem in its review, until the file
// is put right.
func TestTheWizardStartsFromWhatIsSet(t *testing.T) {
	p := &Program{Getenv: func(string) string { return "" }, Places: (&run{}).set(t, "profile = \"work\"\ndisk = 4\n", "type = \"t\"\n").places}
	start := p.wizardStart(false)
	if start.Answers.Type != "t" || start.Answers.Profile != "work" || start.Fault == nil || steps.Explain(start.Fault).Kind != problem.Answers {
		t.Errorf("%+v", start)
	}
	write(t, p.Places.User, "disk = 40\n")
	if start = p.wizardStart(false); start.Answers.DiskGB != 40 || start.Fault != nil {
		t.Errorf("put right: %+v", start)
	}
}
