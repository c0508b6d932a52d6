package jupyter

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

var (
	//go:embed scripts/common.sh
	commonScript string
	//go:embed scripts/uvtools.sh
	uvToolsScript string
	//go:embed scripts/uv.sh
	uvScript string
	//go:embed scripts/pip.sh
	pipScript string
	//go:embed scripts/fetch.py
	fetchScript string
)

// Installer is how Jupyter gets onto a host.
type Installer string

// The installers.
const (
	UV  Installer = "uv"  // uv into a venv: the fast default
	Pip Installer = "pip" // apt and pip, as in the guide
)

// InstallJob is the work of installing Jupyter Notebook and Kernel Gateway
// into ~/.jupyter-ec2/venv. It prints what it does, repairs what an
// interrupted run left, and finds a complete install in a second or two. The
// job is marked Again: running it again is how a repair is made.
func InstallJob(f Facts, i Installer) remote.Job {
	text := UVTools() + script(uvScript)
	if i == Pip {
		text = installTools() + script(pipScript)
	}
	return remote.Job{ID: "install-" + string(i), Script: text, Systemd: f.Systemd && f.Sudo, Again: true}
}

// installTools are the functions of all installers, for a POSIX sh.
func installTools() string {
	return strings.Join([]string{
		remote.LockScript + script(commonScript),
		`mkdir -p "$base"`,
		`cat >"$base/fetch.py" <<'JUPYTER_EC2_FETCH'`,
		script(fetchScript) + "JUPYTER_EC2_FETCH\n",
	}, "\n")
}

// UVTools begins a script, for a POSIX sh, that installs more on a host with the
// uv that Jupyter is installed with: the lock of all installs, the checks of the
// machine, uv and its settings. scripts/common.sh and scripts/uvtools.sh say what
// there is; [ExplainInstall] knows its exit codes.
func UVTools() string { return installTools() + script(uvToolsScript) }

var (
	uvSays  = regexp.MustCompile(`^(Resolved|Prepared|Installed) (\d+) packages? in `)
	pipSays = regexp.MustCompile(`^Installing collected packages: (.+)`)
)

// InstallSays is how far an install is by a line of its output, in the numbers
// that the installer itself tells; empty for a line that says nothing of it.
func InstallSays(line string) string {
	if m := uvSays.FindStringSubmatch(line); m != nil {
		switch n := packages(m[2]); m[1] {
		case "Resolved":
			if m[2] == "1" {
				return n + " is needed; downloading it if it is missing"
			}
			return n + " are needed; downloading those that are missing"
		case "Prepared":
			return n + " downloaded; installing them"
		default:
			return n + " installed"
		}
	}
	if m := pipSays.FindStringSubmatch(line); m != nil {
		return packages(strconv.Itoa(strings.Count(m[1], ",")+1)) + " downloaded; installing them"
	}
	return ""
}

func packages(n string) string {
	if n == "1" {
		return "1 package"
	}
	return n + " packages"
}

// Versions are the installed versions; an empty one could not be told.
type Versions struct{ Python, Pip, Notebook, Gateway, Server, Kernel string }

// versionsScript asks the packages' own records: the programs themselves take
// seconds to say it, and said it at the end of the install.
const versionsScript = `"$HOME/.jupyter-ec2/venv/bin/python" -I -c '
import platform
from importlib.metadata import PackageNotFoundError, version
print("python=" + platform.python_version())
for name in ("pip", "notebook", "jupyter_kernel_gateway", "jupyter_server", "ipykernel"):
    try:
        print(name + "=" + version(name))
    except PackageNotFoundError:
        pass
'`

// CheckVersions tells the versions installed in ~/.jupyter-ec2/venv. That a
// part is missing there is an *Error.
func CheckVersions(ctx context.Context, h Host) (Versions, error) {
	out, err := output(ctx, h, versionsScript)
	v := parseVersions(out)
	var exit *remote.ExitError
	switch {
	case errors.As(err, &exit) && !errors.As(err, new(*Error)):
		return Versions{}, notInstalled(err)
	case err != nil:
		return Versions{}, fmt.Errorf("asking for the installed versions: %w", err)
	}
	if missing := v.missing(); len(missing) > 0 {
		are := " are missing in ~/.jupyter-ec2/venv."
		if len(missing) == 1 {
			are = " is missing in ~/.jupyter-ec2/venv."
		}
		return v, &Error{
			Kind: problem.Server, Title: "Jupyter is not completely installed", Text: strings.Join(missing, " and ") + are,
			Next: problem.Say("Run the install again: it repairs what is missing."),
		}
	}
	return v, nil
}

// missing lists the packages that must be there and are not.
func (v Versions) missing() []string {
	var all []string
	for _, p := range []struct{ name, version string }{
		{"notebook", v.Notebook}, {"jupyter_kernel_gateway", v.Gateway}, {"ipykernel", v.Kernel},
	} {
		if p.version == "" {
			all = append(all, p.name)
		}
	}
	return all
}

func parseVersions(out string) Versions {
	var v Versions
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.TrimSpace(safe.Clean(value))
		switch key {
		case "python":
			v.Python = value
		case "pip":
			v.Pip = value
		case "notebook":
			v.Notebook = value
		case "jupyter_kernel_gateway":
			v.Gateway = value
		case "jupyter_server":
			v.Server = value
		case "ipykernel":
			v.Kernel = value
		}
	}
	return v
}
