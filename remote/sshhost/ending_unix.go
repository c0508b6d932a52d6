//go:build unix && !linux

package sshhost

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// processes lists the computer's processes by ps. macOS does not show the
// environment of every program to others; those are found by their parents.
func processes(marks []string) ([]process, error) {
	cmd := exec.Command("/bin/ps", "-axwwE", "-o", "pid=,ppid=,stat=,lstart=,command=")
	cmd.Env = []string{"LC_ALL=C"}
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	return parsePS(string(out), marks), nil
}

// Started tells when a process began, in words that only compare: a process
// with the same number and the same start is the same one.
func Started(pid int) (string, error) {
	cmd := exec.Command("/bin/ps", "-p", strconv.Itoa(pid), "-o", "lstart=")
	cmd.Env = []string{"LC_ALL=C"}
	out, err := cmd.Output()
	start := strings.Join(strings.Fields(string(out)), " ")
	if err != nil || start == "" {
		return "", errors.New("process " + strconv.Itoa(pid) + " has ended")
	}
	return start, nil
}
