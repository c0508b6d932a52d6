package ui

import (
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

func TestAGarbledKeyFileIsWrittenRight(t *testing.T) {
	e := newFakeEngine()
	e.keys[3].TooOpen, e.keys[3].Problem, e.keys[3].Garbled = false, "", true
	e.inspect = steps.KeyOption{Answer: steps.KeyAnswer{Source: steps.KeyFile}, Title: "~/Downloads/lab.pem", Detail: "rsa"}
	r := toKey(newRig(t, e)).press("j", "j", "j").until("ssh cannot read it as saved")
	r.press("enter").until("Write it as ssh reads it").press("enter").until("Installer")
	if len(e.protected) != 1 || r.m.guide.Answers.Key.Path != "/home/ada/Downloads/lab.pem" {
		t.Errorf("protected %v, chosen %+v", e.protected, r.m.guide.Answers.Key)
	}
}
