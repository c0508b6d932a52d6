package sshhost

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// processes lists the computer's processes, those that carry all the marks in
// their environment marked. Zombies are left out: they have ended.
func processes(marks []string) ([]process, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var all []process
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // ended meanwhile
		}
		parent, state, start, ok := parseStat(string(stat))
		if !ok || state == "Z" || state == "X" {
			continue
		}
		all = append(all, process{pid: pid, parent: parent, start: start, marked: carries(name, marks)})
	}
	return all, nil
}

// carries reports whether the process has all the marks in its environment. Of
// another user's process that is not to be seen, and it is not ours.
func carries(pid string, marks []string) bool {
	environ, err := os.ReadFile("/proc/" + pid + "/environ")
	if err != nil {
		return false
	}
	entries := bytes.Split(environ, []byte{0})
	for _, m := range marks {
		if !slices.ContainsFunc(entries, func(e []byte) bool { return string(e) == m }) {
			return false
		}
	}
	return true
}

// Started tells when a process began, in words that only compare: a process
// with the same number and the same start is the same one.
func Started(pid int) (string, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", fmt.Errorf("reading process %d: %w", pid, err)
	}
	_, state, start, ok := parseStat(string(stat))
	if !ok || state == "Z" || state == "X" {
		return "", errors.New("process " + strconv.Itoa(pid) + " has ended")
	}
	return start, nil
}
