package ui

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

func TestAGarbledKeyFileIsWrittenRight(t *testing.T) {
	e := stepstest.New()
	e.Has.Keys[3].TooOpen, e.Has.Keys[3].Problem, e.Has.Keys[3].Garbled = false, "", true
	e.Has.Key = steps.KeyOption{Answer: steps.KeyAnswer{Source: steps.KeyFile}, Title: "~/Downloads/lab.pem", Detail: "rsa"}
	r := toKey(newRig(t, e)).press("j", "j", "j").until("ssh cannot read it as saved")
	r.press("enter").until("Write it as ssh reads it").press("enter").until("Installer")
	if len(e.Protected()) != 1 || r.m.guide.Answers.Key.Path != "/home/ada/Downloads/lab.pem" {
		t.Errorf("protected %v, chosen %+v", e.Protected(), r.m.guide.Answers.Key)
	}
}
