package jupyter

import (
	"context"
	"errors"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
)

var errSkeleton = errors.New("not built yet")

// Installer is how Jupyter gets onto a host.
type Installer string

// The installers.
const (
	UV  Installer = "uv"  // uv into a venv: the fast default
	Pip Installer = "pip" // apt and pip, as in the guide
)

// InstallJob is the work of installing Jupyter Notebook and Kernel Gateway
// into ~/.jupyter-ec2/venv. It prints what it does, repairs what an
// interrupted run left, and finds a complete install in a second or two.
func InstallJob(f Facts, i Installer) remote.Job { return remote.Job{} }

// InstallCommands is what a person would type by hand on Ubuntu of that
// release ("24.04").
func InstallCommands(i Installer, release string) []string { return nil }

// ExplainInstall puts a failed install in plain words: exit is the job's exit
// status, tail the last lines of its log. An exit of 0 is nil; otherwise the
// error is an *Error of kind "server".
func ExplainInstall(exit int, tail []string) error { return errSkeleton }

// Versions are the installed versions; an empty one could not be told.
type Versions struct{ Python, Pip, Notebook, Gateway, Server string }

// CheckVersions asks the installed programs for their versions, as the guide
// does.
func CheckVersions(ctx context.Context, h Host, f Facts) (Versions, error) {
	return Versions{}, errSkeleton
}
