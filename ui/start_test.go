package ui

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A new machine starts from what is set, and then from the last one's answers.
// The review says which is which, as long as an answer is not changed.
func TestTheGuideStartsFromWhatIsSet(t *testing.T) {
	e := stepstest.New()
	e.Has.Last = steps.Answers{Type: "t2.micro", DiskGB: 33, Mode: steps.ModeHTTP, Installer: steps.InstallerPip, IdleStop: steps.Never}
	set := steps.Answers{Type: "t3.micro", IdleStop: steps.DefaultIdleStop, Tags: map[string]string{"team": "lab"}}
	r := toRegions(newRig(t, e, func(o *Options) {
		o.Start = func() steps.Start {
			return steps.Start{Answers: set, Origins: []steps.Origin{{From: "config.toml", Answers: set}}}
		}
	})).press("enter").until("0.0120").press("enter").until("New ed25519 key").press("enter").until("Installer").press("enter").until("an hour").size(200, 60)
	got := r.m.guide.Answers
	if got.Type != "t3.micro" || got.DiskGB != 33 || got.Mode != steps.ModeHTTP || got.IdleStop != steps.DefaultIdleStop || got.Tags["team"] != "lab" {
		t.Errorf("the review is of %+v", got)
	}
	r.until("set from config.toml: type, idle stop, tags; from the last machine: disk").press("i").until("set from config.toml: type, tags; from the last machine: disk")
}

// However much a project's file sets, the review names the file, and all of it:
// what the line has no room for wraps.
func TestTheReviewNamesAProjectsFileWhole(t *testing.T) {
	project := steps.Answers{
		Type: "t3.micro", DiskGB: 33, Mode: steps.ModeHTTP, Installer: steps.InstallerPip, UI: steps.UITree,
		IdleStop: steps.DefaultIdleStop, Lifetime: steps.DefaultLifetime,
	}
	r := toRegions(newRig(t, stepstest.New(), func(o *Options) {
		o.Start = func() steps.Start {
			return steps.Start{Answers: project, Origins: []steps.Origin{{From: ".jupyter-ec2.toml", Answers: project}}}
		}
	})).press("enter").until("0.0120").press("enter").until("New ed25519 key").press("enter").until("Installer").press("enter").until("an hour")
	const whole = "set from .jupyter-ec2.toml: type, disk, mode, installer, page, idle stop, lifetime Will be created"
	if text := strings.Join(strings.Fields(r.size(80, 60).screen()), " "); !strings.Contains(text, whole) {
		t.Errorf("the file is not named whole:\n%s", r.screen())
	}
}

// A setting that cannot be used prevents the launch until it is put right, and
// nothing else.
func TestABadSettingPreventsTheLaunch(t *testing.T) {
	var right atomic.Bool
	r := toReview(newRig(t, stepstest.New(), func(o *Options) {
		o.Start = func() (s steps.Start) {
			if !right.Load() {
				s.Fault = &problem.Error{Kind: problem.Answers, Title: "A setting cannot be used", Text: "config.toml:2: no.", Next: problem.Say("Correct it."), Err: errors.New("no")}
			}
			return s
		}
	})).until("✗ A setting cannot be used").press("L").until("prevents the launch")
	r.launchedNothing()
	right.Store(true)
	if r.press("r").until("L launch"); strings.Contains(r.screen(), "cannot be used") {
		t.Errorf("still there:\n%s", r.screen())
	}
}
