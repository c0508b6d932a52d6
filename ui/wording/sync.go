package wording

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// ProjectQuestion is what a person is told before a project is brought that
// takes a yes, a paragraph each.
func ProjectQuestion(q steps.ProjectQuestion) []string {
	if q.There {
		return []string{
			fmt.Sprintf("The machine of %s has a folder ~/%s already, which was not made for this project.", q.Name, q.Folder),
			fmt.Sprintf("If you continue, it and %s become one: what only one of them has, the other gets; where both have a file with different content, both versions are kept.", q.Dir),
		}
	}
	lines := []string{fmt.Sprintf("The project %s is large: %s.", q.Dir, q.Size.Words())}
	if parts := q.Size.PartWords(); parts != "" {
		lines = append(lines, "Most of it: "+parts+".")
	}
	return append(lines, "All of it is copied to ~/"+q.Folder+" on the machine. What is not needed there can be named in the project's .jupyter-ec2-ignore, in the form of a .gitignore.")
}

// Sync is how a project's two folders are, in a few words: "in sync", "12 files
// to go, 40 s", "1 conflict", "not in sync: The host does not answer". It is empty where there is nothing to tell.
func Sync(s *steps.SyncState, now time.Time) string {
	switch {
	case s == nil:
		return ""
	case s.Busy() && s.Phase == steps.SyncBrings:
		return s.ToGo()
	case s.Busy():
		return "checking"
	case s.Trouble != "" && !s.Watched && s.Phase == steps.SyncPaused:
		return "paused; not in sync: " + s.Trouble
	case s.Trouble != "":
		return "not in sync: " + s.Trouble
	case s.Phase == steps.SyncNever || s.Alike.IsZero():
		return "not in sync yet"
	}
	var all []string
	if n := len(s.Conflicts); n > 0 {
		all = append(all, Counted(n, "conflict"))
	}
	if n := s.Apart(); n > 0 {
		all = append(all, Counted(n, "file")+" not in sync")
	}
	if len(all) == 0 {
		all = append(all, "in sync")
	}
	text := strings.Join(all, ", ")
	switch {
	case s.Phase == steps.SyncPaused:
		return "paused; " + text + " " + ago(*s, now)
	case !s.Watched:
		return text + " " + ago(*s, now)
	}
	return text
}

// ago is when a pass ended last.
func ago(s steps.SyncState, now time.Time) string {
	if since := now.Sub(s.Alike); since >= time.Minute {
		return Span(since) + " ago"
	}
	return "just now"
}

// Synced is what came of a pass, in a line: "14 changes, 12 files copied".
func Synced(s steps.Synced) string {
	if s.Done == 0 {
		return "Both folders are alike; nothing had to be changed"
	}
	text := Counted(s.Done, "change")
	if s.Files > 0 {
		text += ", " + Counted(s.Files, "file") + " copied"
	}
	return text
}

// SyncUnknown names what is left as it is, a line for each reason.
func SyncUnknown(all []steps.SyncUnknown) []string {
	const most = 5
	by := map[string][]string{}
	for _, u := range all {
		by[u.Words()] = append(by[u.Words()], u.Path)
	}
	var lines []string
	for why, paths := range by {
		slices.Sort(paths)
		text := strings.Join(paths[:min(most, len(paths))], ", ")
		if left := len(paths) - most; left > 0 {
			text += fmt.Sprintf(" and %d more", left)
		}
		lines = append(lines, text+": "+why)
	}
	slices.Sort(lines)
	return lines
}
