package ui

import (
	"strings"
	"testing"
)

func TestTerminating(t *testing.T) {
	r := machinesRig(t)
	r.press("c").untilDone().press("x").until("all files on it are lost").press("jupyter", "enter").until("Removed.").press("enter").until("6 machines")
	if r.e.Removed()[0] != "s-1" || r.e.Tunnels()[0].Closed() != 1 {
		t.Errorf("removed %v, tunnel closed %d times", r.e.Removed(), r.e.Tunnels()[0].Closed())
	}
	// What is left of a machine that was terminated elsewhere goes the same way.
	r.press("down", "down", "down").until("its files are lost").press("x").until("Remove course?").press("course", "enter").until("Removed.")
	r.press("ctrl+s").until("jupyter-ec2-course-done.log")
	if said := r.m.remove.logs.Buf[0].String(); strings.Count(said, "Terminating") != 1 {
		t.Errorf("the log of the second removal is\n%s", said)
	}
}
