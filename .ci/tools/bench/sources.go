package main

import (
	"slices"
	"time"
)

// sources are all that is measured. Together, and with what is compiled before,
// they take less than the limit of main.
func sources() []*source {
	return []*source{
		{name: "start", pkg: "ui/cli", pattern: "^BenchmarkStart$", time: "15x", rounds: 3, within: 3 * time.Minute, needs: []string{"go", "make"}},
		{name: "list", pkg: "steps/engine", pattern: "^BenchmarkSurvey$", time: "5x", rounds: 5, within: time.Minute},
		{name: "screen", pkg: "ui/machines", pattern: "^BenchmarkMoveThrough200Machines$", time: "500x", rounds: 5, within: time.Minute},
		{name: "log", pkg: "ui/logpane", pattern: "^BenchmarkMillionLines$", time: "1x", rounds: 3, within: 2 * time.Minute},
		{name: "tunnel", pkg: "remote/sshbench", pattern: "^BenchmarkTunnel$", time: "1x", rounds: 3, within: 8 * time.Minute, needs: []string{"ssh", "/usr/sbin/sshd", "ip"}},
		{name: "cp", pkg: "remote/sshbench", pattern: "^BenchmarkCopy$", time: "1x", rounds: 3, within: 8 * time.Minute, needs: []string{"scp", "rsync", "/usr/sbin/sshd", "ip"}},
		{name: "guide", pkg: "steps/hosttest", pattern: "^BenchmarkGuide$", time: "1x", rounds: 3, within: 8 * time.Minute, needs: []string{"ssh", "systemd-nspawn"}},
	}
}

// sections are the tables, in the order of the document.
func sections() []section {
	all := []section{
		{
			"The guide", "In ssh mode: the guide's commands typed into OpenSSH, with apt and pip, by somebody who types without a pause; and `up`, with uv (its default) and with pip. Each has a machine of its own, with the same disk, and downloads everything. The first two rows are from the launch of a machine with cloud-init, where the program has the install begin at boot, to a cell that ran; EC2's own part of a launch takes no time here. The others are from a machine that has booted, without cloud-init.", "typed by hand",
			guideRows(),
		},
		{
			"The first moment", "From the program's start to its end, or to what stands on a terminal first, with 20 machines in the ledger and a cloud that takes every question and answers none. Beside it a Go program that does nothing: no other can be faster.", "nothing",
			startRows(),
		},
		{
			"The list", "200 machines in 17 regions, each call a tenth of a second: when all are there, in times of the slowest region on its own. And what a key in the list of them costs, with the drawing after it.", "",
			[]row{
				{source: "list", what: "all 200 machines, × the slowest region", ours: figure{"Survey", "×slowest"}, unit: "×", target: &target{at: 1.2}},
				{source: "list", what: "the same, in time", ours: figure{"Survey", "ms/list"}, unit: "ms"},
				{source: "screen", what: "a key, and the frame after it", ours: figure{"MoveThrough200Machines", "ns/op"}, unit: "ms", scale: 1e-6},
			},
		},
		{
			"A log of 1,000,000 lines", "A log that comes as fast as it is taken, 1,000 lines between two frames, in a pane of 200 × 60 that wraps long lines. The pane keeps the newest 100,000 lines and counts the others; bubbles' viewport is given as many, and five bursts only.", "bubbles' viewport",
			[]row{
				{source: "log", what: "lines taken a second", ours: figure{"MillionLines/pane", "lines/s"}, peer: figure{"MillionLines/viewport", "lines/s"}, unit: "/s", more: true},
				{source: "log", what: "1,000 lines and a frame", ours: figure{"MillionLines/pane", "frame-ms"}, peer: figure{"MillionLines/viewport", "frame-ms"}, unit: "ms"},
				{source: "log", what: "the same, the slowest 1 %", ours: figure{"MillionLines/pane", "p99-ms"}, peer: figure{"MillionLines/viewport", "p99-ms"}, unit: "ms"},
				{source: "log", what: "memory, with the lines", ours: figure{"MillionLines/pane", "MB"}, peer: figure{"MillionLines/viewport", "MB"}, unit: "MB"},
				{source: "log", what: "lines that are neither kept nor counted", ours: figure{"MillionLines/pane", "lost"}, target: &target{at: 0}},
			},
		},
	}
	return slices.Concat(all[:1], tunnelSections(), copySections(), all[1:])
}

func guideRows() []row {
	var rows []row
	for _, installer := range []string{"uv", "pip"} {
		rows = append(rows, row{source: "guide", what: installer + ": from the launch to a cell that ran", ours: figure{"Guide/launched_" + installer, "launch-s"}, peer: figure{"Guide/launched_hand", "launch-s"}, unit: "s"})
	}
	for _, installer := range []string{"uv", "pip"} {
		for _, phase := range [][2]string{{"install", "install-s"}, {"serve", "serve-s"}, {"prove", "prove-s"}, {"all of it", "all-s"}, {"a second time", "again-s"}} {
			rows = append(rows, row{source: "guide", what: installer + ": " + phase[0], ours: figure{"Guide/booted_" + installer, phase[1]}, peer: figure{"Guide/booted_hand", phase[1]}, unit: "s"})
		}
	}
	return rows
}

func startRows() []row {
	nothing := figure{"Start/nothing", "ms"}
	return []row{
		{source: "start", what: "`--version`", ours: figure{"Start/version", "ms"}, peer: nothing, unit: "ms", target: &target{at: 8}},
		{source: "start", what: "`up --help`", ours: figure{"Start/help", "ms"}, peer: nothing, unit: "ms"},
		{source: "start", what: "completing a name", ours: figure{"Start/completion", "ms"}, peer: nothing, unit: "ms"},
		{source: "start", what: "`ls --cached`", ours: figure{"Start/cached", "ms"}, peer: nothing, unit: "ms"},
		{source: "start", what: "`ls`: the ledger's machines", ours: figure{"Start/list", "ms"}, unit: "ms", target: &target{at: 50}},
		{source: "start", what: "the wizard's first frame, on AWS", ours: figure{"Start/wizard", "ms"}, unit: "ms", target: &target{at: 50}},
		{source: "start", what: "the same in the sandbox", ours: figure{"Start/wizard_in_the_sandbox", "ms"}, unit: "ms", target: &target{at: 50}},
		{source: "start", what: "the program's size, stripped", ours: figure{"Start/size", "MiB"}, unit: "MiB", target: &target{at: 20}},
	}
}
