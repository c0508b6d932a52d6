package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// ahead gives a rig a clock that a test moves.
func ahead(now *time.Time) func(*Options) {
	return func(o *Options) { o.Now = func() time.Time { return *now } }
}

// A person who only clicks gets through the questions: a click selects, a
// second one on the same line is Enter, and the keys of the bar can be clicked.
func TestTheMouseAnswersTheQuestions(t *testing.T) {
	r := toProfiles(newRig(t, stepstest.New()))
	r.click("work").click("work").until("Frankfurt")
	r.click("Tokyo").click("Tokyo").until("0.0134")
	r.click("26.04").click("t3.large")
	if shown := r.screen(); !strings.Contains(shown, "▸ Type    t3.large ") || r.m.guide.Answers.Release != "26.04" {
		t.Errorf("Ubuntu %s:\n%s", r.m.guide.Answers.Release, shown)
	}
	r.click("GB")
	if !strings.Contains(r.screen(), "▸ Disk") {
		t.Errorf("the disk has not got the keys:\n%s", r.screen())
	}
	r.wheel("26.04", 3)
	if !strings.Contains(r.screen(), "▸ Disk    8      GB") {
		t.Errorf("the wheel changed the disk:\n%s", r.screen())
	}
	r.click("enter").until("New ed25519 key").click("as in the guide: the .pem").click("enter").until("Installer")
	r.click("○ HTTP").click("apt and pip").click("Notebook, as").click("off").click("enter").until("Costs")
	want := steps.Answers{
		Name: "jupyter", Profile: "work", Region: "ap-northeast-1", Release: "26.04", Type: "t3.large", DiskGB: 8,
		Key: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, Mode: steps.ModeHTTP, Installer: steps.InstallerPip, UI: steps.UITree, NoTLS: true,
	}
	if !r.m.guide.Answers.Equal(want) {
		t.Errorf("answers %+v, want %+v", r.m.guide.Answers, want)
	}
	top := r.screen()
	if r.wheel("Costs", 2); r.screen() == top || !strings.Contains(top, "Costs") || strings.Contains(r.screen(), "Costs\n") {
		t.Errorf("the wheel does not scroll:\n%s", r.screen())
	}
	if r.click("1-4"); r.m.page != steps.StepReview {
		t.Errorf("a range of keys was pressed: %s", r.m.page)
	}
	r.click("?").until("Help: Review").wheel("Help: Review", 1).click("close")
	if r.m.help {
		t.Error("the help is still there")
	}
	r.size(140, 40).click("Machine").until("0.0134")
	if r.m.page != steps.StepMachine {
		t.Errorf("the page is %s", r.m.page)
	}
}

// What comes under the mouse between two quick clicks is not clicked: else
// clicks on the bar's first key would run through the whole guide.
func TestQuickClicksAreNotMeantForTheNextPage(t *testing.T) {
	now := stepstest.Now()
	r := toProfiles(newRig(t, stepstest.New(), ahead(&now)))
	r.click("lab").click("lab").until("Frankfurt")
	now = now.Add(time.Second)
	r.click("enter select").until("0.0134").click("enter continue")
	if r.m.page != steps.StepMachine {
		t.Errorf("a click meant for the page before led on to %s", r.m.page)
	}
	now = now.Add(time.Second)
	r.click("enter continue").until("New ed25519 key")
}

// A dialog takes the mouse; what it lies on does not.
func TestTheMouseInDialogs(t *testing.T) {
	r := toMachines(newRig(t, newFakeEngineWith(stepstest.SevenMachines))).press("s").until("Stop jupyter?")
	r.click("2")
	if u := r.m.machines.Current(); u.ID != "s-1" {
		t.Errorf("%s was selected under the dialog", u.ID)
	}
	r.click("Cancel")
	if r.m.dialog() == nil {
		t.Error("one click took the option: it was only to select it")
	}
	r.click("Cancel")
	if r.m.dialog() != nil || r.busy("s-1") {
		t.Error("Cancel did not cancel")
	}
	r.press("i").until("stop automatically").click("24 hours")
	if shown := r.screen(); !strings.Contains(shown, "▸ After") || !strings.Contains(shown, "◉ 24 hours") {
		t.Errorf("got:\n%s", shown)
	}
}

func newFakeEngineWith(change func(*stepstest.Engine)) *stepstest.Engine {
	e := stepstest.New()
	change(e)
	return e
}
