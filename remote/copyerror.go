package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// CopyReason says why files could not be copied.
type CopyReason string

// The reasons.
const (
	CopyNoFile       CopyReason = "no-file"       // it, or the folder it is to be in, is not there
	CopyIsFolder     CopyReason = "is-folder"     // a folder, without Recursive
	CopyFolderThere  CopyReason = "folder-there"  // a folder is where a file is to be
	CopyNoFolder     CopyReason = "no-folder"     // a file is where a folder is to be
	CopyNotRegular   CopyReason = "not-regular"   // a device, a socket, a pipe
	CopyNoPermission CopyReason = "no-permission" // the user may not read or write it
	CopyDiskFull     CopyReason = "disk-full"
	CopyIncomplete   CopyReason = "incomplete" // fewer bytes arrived than there are
	CopyShrank       CopyReason = "shrank"     // it became shorter meanwhile
	CopyBadName      CopyReason = "bad-name"   // the host gave a name that leads elsewhere
	CopyTooMuch      CopyReason = "too-much"   // the host's folder does not end
	CopyTwice        CopyReason = "twice"      // two of the sources would be one file
	CopyNoSFTP       CopyReason = "no-sftp"    // the host does not serve files
	CopyFailed       CopyReason = "failed"     // anything else
)

// CopyError is a file or folder that could not be copied.
type CopyError struct {
	Reason CopyReason
	Path   string // safe for a terminal; with CopyNoSFTP the host's address
	Host   bool   // Path is on the host
	Other  string // with CopyTwice the second file, safe for a terminal
	Text   string // what was said about it, safe for a terminal, or empty
	// More is how many further files could not be copied, and MoreNames are the
	// first of them, safe for a terminal.
	More      int
	MoreNames []string
	Err       error
}

func (e *CopyError) Error() string {
	text := e.Problem().Text
	return text
}

func (e *CopyError) Unwrap() error { return e.Err }

// Problem returns the error in plain words; the kind is Server when it is the
// host's side.
func (e *CopyError) Problem() problem.Problem {
	kind, where := problem.Failed, "on this computer"
	if e.Host {
		kind, where = problem.Server, "on the machine"
	}
	title, text, next := e.words(where)
	text = quoted(text, e.Text)
	if e.More > 0 {
		text = fmt.Sprintf("%s. Not copied either: %s", strings.TrimSuffix(text, "."), strings.Join(e.MoreNames, ", "))
		if left := e.More - len(e.MoreNames); left > 0 {
			text += fmt.Sprintf(" and %d more", left)
		}
		text += "."
	}
	return problem.Problem{Kind: kind, Title: title, Text: text, Next: next}
}

func (e *CopyError) words(where string) (title, text string, next problem.Next) {
	switch e.Reason {
	case CopyNoFile:
		next = problem.Say("Check the name, then copy again.")
		if e.Host {
			next = next.Say(" A path on the machine is relative to the home folder unless it starts with \"/\".")
		}
		return "There is no " + path.Base(filepath.ToSlash(e.Path)), "There is no " + e.Path + " " + where, next
	case CopyIsFolder:
		return "That is a folder", e.Path + " " + where + " is a folder",
			problem.Do(problem.CopyFolder).Say(", or name a file in it.")
	case CopyFolderThere:
		return "A folder is in the way", e.Path + " " + where + " is a folder, where a file should be",
			problem.Say("Choose another name, or rename that folder, then copy again.")
	case CopyNoFolder:
		return "A file is in the way", e.Path + " " + where + " is not a folder",
			problem.Say("Choose another name, or rename that file, then copy again.")
	case CopyNotRegular:
		return "That is not a file", e.Path + " " + where + " is a device, a socket or a pipe",
			problem.Say("Name a file or a folder instead.")
	case CopyNoPermission:
		return "No permission", "The user may not read or write " + e.Path + " " + where,
			problem.Say("Choose a place that belongs to the user, such as the home folder, or change the permissions, then copy again.")
	case CopyDiskFull:
		return "The disk is full", "There is no room for " + e.Path + " " + where,
			problem.Say("Remove what is not needed (look with \"df -h\" and \"du -sh *\"), or make the disk larger, then copy again. Complete files are kept.")
	case CopyIncomplete:
		return "A file arrived incomplete", "Fewer bytes of " + e.Path + " arrived " + where + " than there are",
			problem.Say("It may have changed meanwhile: copy it again.")
	case CopyShrank:
		return "A file changed meanwhile", e.Path + " " + where + " became shorter while it was copied",
			problem.Say("Wait until nothing writes to it, then copy it again.")
	case CopyBadName:
		return "The machine gave a bad name", "The machine lists a file whose name, " + e.Path + ", would lead out of the folder it is in",
			problem.Say("No file system has such names: do not trust this machine until you know why. Nothing was written there.")
	case CopyTooMuch:
		return "That folder is too large", e.Path + " " + where + " has more than a million entries, or folders more than 200 deep",
			problem.Say("Copy parts of it, or pack it with tar on the machine and copy the archive.")
	case CopyTwice:
		return "Two files have the same name", e.Path + " and " + e.Other + " would be the same file " + elsewhere(e.Host),
			problem.Say("Copy one of them under another name. Nothing was copied.")
	case CopyNoSFTP:
		return "The machine's SSH server does not serve files",
			"The SSH server at " + e.Path + " does not speak SFTP, by which files are copied",
			problem.Say("Set \"Subsystem sftp internal-sftp\" in the machine's /etc/ssh/sshd_config and restart the server: sudo systemctl restart ssh. If it is there, make sure that the login shell's startup files (.bashrc) print nothing.")
	case CopyFailed:
	}
	return "A file could not be copied", e.Path + " " + where + " could not be copied", problem.Say("Copy again; if it persists, check the file and its folder " + where + ".")
}

// elsewhere is the side that Path is not on.
func elsewhere(host bool) string {
	if host {
		return "on this computer"
	}
	return "on the machine"
}

// localError explains what this computer said about a file.
func localError(name string, err error) error {
	if err == nil || explained(err) {
		return err
	}
	e := &CopyError{Reason: CopyFailed, Path: safe.Clean(name), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Reason = CopyNoFile
	case errors.Is(err, fs.ErrPermission):
		e.Reason = CopyNoPermission
	case diskFull(err):
		e.Reason = CopyDiskFull
	default:
		e.Text = safe.Clean(err.Error())
	}
	return e
}

// hostError explains what the host said about a file.
func (t *transfer) hostError(name string, err error) error {
	if err == nil || explained(err) {
		return err
	}
	select {
	case <-t.c.done:
		return t.c.end
	default:
	}
	// What could not be sent may be told before the connection's end is.
	var sent *net.OpError
	if errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &sent) {
		return t.c.ended(io.EOF)
	}
	e := &CopyError{Reason: CopyFailed, Path: safe.Clean(name), Host: true, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Reason = CopyNoFile
	case errors.Is(err, fs.ErrPermission):
		e.Reason = CopyNoPermission
	case t.noRoom(name, err):
		e.Reason = CopyDiskFull
	default:
		e.Text = safe.Clean(err.Error())
	}
	return e
}

// explained reports whether an error needs no more words.
func explained(err error) bool {
	var of *CopyError
	return errors.As(err, &of) || reached(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// noRoom reports whether a failure is a full disk: SFTP has no code for that, and
// OpenSSH's server says no more than "Failure".
func (t *transfer) noRoom(name string, err error) bool {
	for _, said := range []string{"no space left", "disk quota exceeded"} {
		if strings.Contains(strings.ToLower(err.Error()), said) {
			return true
		}
	}
	var status *sftp.StatusError
	if !errors.As(err, &status) {
		return false
	}
	disk, err := t.sftp.StatVFS(path.Dir(name))
	return err == nil && disk.Frsize*disk.Bavail < 1<<20
}
