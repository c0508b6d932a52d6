package steps

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestProjectFolder(t *testing.T) {
	onPOSIX(t)
	for dir, want := range map[string]string{"/w/proj": "", "/w/my work": "", "proj": "absolute path", "/": "whole file system", "/w/.ssh": "begin with a dot", "/w/a\nb": "control character", "": ""} {
		a := testAnswers()
		a.Project = dir
		err := a.Valid()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", dir, err)
		}
	}
	if got := (Answers{Project: "/w/my work"}).ProjectFolder(); got != "my work" {
		t.Errorf("%q", got)
	}
	if got := (Answers{}).Over(Answers{Project: "/w/last"}); got.Project != "" {
		t.Errorf("the last machine's project is taken over: %+v", got)
	}
}

// A plan's project begins where the plan is, unless it is a whole path.
func TestPlanHasTheProject(t *testing.T) {
	onPOSIX(t)
	for in, want := range map[string]string{"/w/proj": "/w/proj", "proj": "/plans/proj", "../x": "/x"} {
		a := testAnswers()
		a.Project = in
		var b bytes.Buffer
		if err := WritePlan(&b, a); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadPlan(&b, filepath.FromSlash("/plans")); err != nil || got.Project != want {
			t.Errorf("%s: %+v, %v", in, got.Project, err)
		}
	}
}

func TestManualBringsTheProject(t *testing.T) {
	onPOSIX(t)
	a := testAnswers()
	if got := Manual(StepProject, a, nil); got != nil {
		t.Errorf("without one: %q", got)
	}
	a.Project = "/w/my proj"
	s := &Setup{PublicAddr: "host", SSHPort: 2222, Resources: Resources{KeyPath: "/k", InstanceID: "i-1"}, KnownHosts: "/kh"}
	const want = "scp -i /k -P 2222 -o HostKeyAlias=i-1 -o UserKnownHostsFile=/kh -rp '/w/my proj' ubuntu@host:"
	if got := Manual(StepProject, a, s); len(got) != 1 || got[0] != want {
		t.Errorf("%q", got)
	}
	if got := strings.Join(Commands(a, false), "\n"); !strings.Contains(got, "\nscp ") {
		t.Errorf("the review has\n%s", got)
	}
}
