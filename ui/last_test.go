package ui

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// A new machine starts from the answers of the last one: Enter through the
// pages leads to another one like it.
func TestTheGuideStartsFromTheLastOnesAnswers(t *testing.T) {
	e := stepstest.New()
	e.Has.Last = steps.Answers{
		Type: "t3.micro", Release: "22.04", DiskGB: 33, Mode: steps.ModeHTTP, NoTLS: true, Installer: steps.InstallerPip,
		Key: steps.KeyAnswer{Source: steps.KeyMadeByEC2}, IdleStop: steps.Never,
	}
	r := toRegions(newRig(t, e)).press("enter").until("0.0120").press("enter").until("New ed25519 key").press("enter").until("Installer").press("enter").until("an hour")
	got := r.m.guide.Answers
	if got.Type != "t3.micro" || got.Release != "22.04" || got.DiskGB != 33 || got.Mode != steps.ModeHTTP || !got.NoTLS ||
		got.Installer != steps.InstallerPip || got.Key.Source != steps.KeyMadeByEC2 || got.IdleStop != steps.Never || got.Name != "jupyter" {
		t.Errorf("the review is of %+v", got)
	}
}
