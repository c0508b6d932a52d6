package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// ProjectFolder is the name of the project's folder in the machine's home folder.
func (a Answers) ProjectFolder() string {
	if a.Project == "" {
		return ""
	}
	return filepath.Base(a.Project)
}

// validProject tells what is wrong with a project's folder, as far as its name
// tells it.
func validProject(dir string) error {
	if dir == "" {
		return nil
	}
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("the project must be an absolute path: %q", dir)
	}
	switch name := filepath.Base(dir); {
	case name == string(filepath.Separator) || filepath.Dir(dir) == dir:
		return errors.New("the whole file system cannot be a project: name a folder in it")
	case strings.HasPrefix(name, "."):
		return fmt.Errorf("the project %q cannot be used: on the machine, folders whose names begin with a dot belong to programs", dir)
	case !utf8.ValidString(dir) || strings.ContainsFunc(dir, unicode.IsControl):
		return fmt.Errorf("the project %q cannot be used: there is a control character in its path", dir)
	}
	return nil
}

// Project is a folder of this computer that is kept alike with one of the
// machine, as the ledger knows it.
type Project struct {
	Dir    string `json:"dir"`    // here
	Folder string `json:"folder"` // in the machine's home folder
	// Agreed says that the person agreed to bring it although it is large.
	Agreed bool `json:"agreed,omitempty"`
	// Met says that both folders were alike once, on the machine of that ID.
	Met string `json:"met,omitempty"`
}

// Bounds from which on a person is asked before a project is brought.
const (
	LargeProjectFiles = 50_000
	LargeProjectBytes = 1_000_000_000
)

// ProjectSize is how much a project is.
type ProjectSize struct {
	Files int
	Bytes int64
	Parts []ProjectPart // what of it is large, the largest first
}

// ProjectPart is a file or a folder of a project. Its path is safe for a terminal.
type ProjectPart struct {
	Path  string
	Files int
	Bytes int64
}

// Large reports whether a person is asked before it is brought.
func (s ProjectSize) Large() bool { return s.Files > LargeProjectFiles || s.Bytes > LargeProjectBytes }

// Words say how much it is: "120 files, 3.4 MB".
func (s ProjectSize) Words() string {
	files := "1 file"
	if s.Files != 1 {
		files = fmt.Sprintf("%d files", s.Files)
	}
	return files + ", " + Bytes(s.Bytes)
}

// PartWords name what of it is large: "data (2.1 GB), runs (40,000 files)".
func (s ProjectSize) PartWords() string {
	var all []string
	for _, p := range s.Parts {
		all = append(all, p.Path+" ("+ProjectSize{Files: p.Files, Bytes: p.Bytes}.Words()+")")
	}
	return strings.Join(all, ", ")
}

// ProjectQuestion asks whether a project is to be brought to a machine.
type ProjectQuestion struct {
	Name   string // the setup's
	Dir    string // here
	Folder string // there, in the home folder
	Size   ProjectSize
	// There says that the machine has a folder of that name which was not made for
	// this project; otherwise it is asked because the project is large.
	There bool
}

// SyncOptions say how a project is made alike.
type SyncOptions struct {
	// Deletions passes deletions on where most of a side is gone, which is refused
	// otherwise: a disk that is not mounted looks the same.
	Deletions bool
	Back      bool // only what the machine has is brought, and nothing to it
}

// discards marks a context.
type discards struct{}

// Discarding is a context in which a removal may lose what a machine alone has of
// a project.
func Discarding(ctx context.Context) context.Context {
	return context.WithValue(ctx, discards{}, true)
}

// Discards reports whether it is such a context.
func Discards(ctx context.Context) bool { return ctx.Value(discards{}) != nil }

// unsynced marks a context.
type unsynced struct{}

// WithoutSync is a context in which a stop brings nothing back from a machine first.
func WithoutSync(ctx context.Context) context.Context {
	return context.WithValue(ctx, unsynced{}, true)
}

// LeavesSync reports whether it is such a context.
func LeavesSync(ctx context.Context) bool { return ctx.Value(unsynced{}) != nil }

// Synced is what came of making a project's two folders alike.
type Synced struct {
	Done      int            // files, folders and links that were changed on either side
	Files     int            // those among them that were copied
	Conflicts []string       // the names under which the machine's versions are kept
	Failed    []SyncedFailed // what could not be done
	Unknown   []SyncUnknown  // what is left as it is
}

// SyncedFailed is a path at which something could not be done.
type SyncedFailed struct {
	Path string `json:"path"`
	Here bool   `json:"here,omitempty"` // on this computer, else on the machine
	// Alone says that the machine has, or may have, a version that is not here.
	Alone bool   `json:"alone,omitempty"`
	Why   string `json:"why"`
}

// SyncUnknown is a path that is not kept alike, and why.
type SyncUnknown struct {
	Path  string `json:"path"`
	Why   string `json:"why"`
	There bool   `json:"there,omitempty"` // the machine may have something there alone
	Here  bool   `json:"here,omitempty"`  // it is so for this computer's part
}

// Words say why in plain words.
func (u SyncUnknown) Words() string {
	words := map[string]string{
		"name":   "its name cannot be used on the other side",
		"link":   "a link that leads out of the project",
		"kind":   "neither a file, a folder nor a link",
		"key":    "a private key that opens a machine: it stays on this computer",
		"closed": "it cannot be read",
		"moving": "it is being written to",
		"case":   "another name differs in upper and lower case alone",
		"mount":  "another disk is mounted there",

		"left out": "left out only by the machine's rules",
		"holds":    "it is something else on the other side, and something in it is left out",
	}
	if text, ok := words[u.Why]; ok {
		return text
	}
	return u.Why
}

// SyncPhase is what goes on with a project.
type SyncPhase string

// The phases.
const (
	SyncNever   SyncPhase = ""        // the two folders have not been alike yet
	SyncChecks  SyncPhase = "checks"  // both sides are checked
	SyncBrings  SyncPhase = "brings"  // files are copied
	SyncRests   SyncPhase = "rests"   // the last pass has ended
	SyncPaused  SyncPhase = "paused"  // the person stopped it for a while
	SyncStopped SyncPhase = "stopped" // something keeps it from going on: Trouble
)

// SyncState is how a project's two folders are. It is kept in the state folder,
// for all programs to read.
type SyncState struct {
	Phase SyncPhase `json:"phase"`
	// Watched says that a program keeps the folders alike now.
	Watched bool `json:"-"`
	// Kept says that a program is there that keeps them alike, or will when it may:
	// a pause, or another program, keeps it from that.
	Kept  bool      `json:"-"`
	At    time.Time `json:"at,omitzero"`    // when this was so
	Alike time.Time `json:"alike,omitzero"` // when a pass ended last
	// Files of OfAll, and Bytes of Of, are copied, while Phase is SyncBrings.
	Files int           `json:"files,omitempty"`
	OfAll int           `json:"of_all,omitempty"`
	Bytes int64         `json:"bytes,omitempty"`
	Of    int64         `json:"of,omitempty"`
	Left  time.Duration `json:"left,omitempty"` // how long the rest takes about; 0 where that is not known
	// As of the last pass.
	Conflicts []string       `json:"conflicts,omitempty"`
	Failed    []SyncedFailed `json:"failed,omitempty"`
	Unknown   []SyncUnknown  `json:"unknown,omitempty"`
	Trouble   string         `json:"trouble,omitempty"` // in a few words
	Next      problem.Next   `json:"-"`                 // what to do about it, for the program that keeps the folders
	// Last is when the machine had been started that was stopped right after all was
	// brought back: until it is started again, nothing changes there.
	Last time.Time `json:"last,omitzero"`
}

// Busy reports whether a pass is on its way.
func (s SyncState) Busy() bool {
	return s.Watched && (s.Phase == SyncChecks || s.Phase == SyncBrings)
}

// Apart is how many files are not alike: those that could not be copied, and those
// that the machine may have alone.
func (s SyncState) Apart() int {
	n := len(s.Failed)
	for _, u := range s.Unknown {
		if u.There {
			n++
		}
	}
	return n
}

// ToGo says what has still to be copied: "12 files to go, 40 s".
func (s SyncState) ToGo() string {
	text := "1 file to go"
	if n := s.OfAll - s.Files; n > 1 {
		text = fmt.Sprintf("%d files to go", n)
	}
	switch left := s.Left; {
	case left <= 0:
	case left < time.Minute:
		text += fmt.Sprintf(", %d s", max(int(left.Seconds()+0.5), 1))
	case left < time.Hour:
		text += fmt.Sprintf(", %d min", int(left.Minutes()+0.5))
	default:
		text += fmt.Sprintf(", %d h %02d min", int(left.Hours()), int(left.Minutes())%60)
	}
	return text
}

// SyncChange is something that the next pass would do.
type SyncChange struct {
	Path string `json:"path"`
	Here bool   `json:"here,omitempty"` // it is done on this computer, else on the machine
	// Do is "copy", "folder", "link", "mode", "delete" or "aside".
	Do    string `json:"do"`
	Bytes int64  `json:"bytes,omitempty"`
	Aside string `json:"aside,omitempty"` // the name that the machine's version gets
}

// SyncFile is something that is kept alike.
type SyncFile struct {
	Path  string    `json:"path"`
	Kind  string    `json:"kind"` // "file", "folder" or "link"
	Bytes int64     `json:"bytes,omitempty"`
	Time  time.Time `json:"time,omitzero"`
}

// NoProject is a setup without a project.
func NoProject(s Setup) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "This setup has no project", Text: fmt.Sprintf("No folder of this computer is kept alike with one of %s.", cmp.Or(s.Answers.Name, s.ID)),
		Next: problem.Act(problem.Action{Verb: problem.BringProject, Name: s.Answers.Name, Sandbox: s.Sandbox}).Say("."),
	}
}
