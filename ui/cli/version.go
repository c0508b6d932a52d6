package cli

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

type versionOptions struct {
	check bool
	index string
}

func (p *Program) versionCommand(sandbox *bool) *cobra.Command {
	o := &versionOptions{}
	cmd, _ := commandSpec{
		use: "version", short: "Print the version, and whether a newer one is out",
		long: `Prints what --version prints. With --check, it asks the index of Python packages whether a newer version is out. Nothing else in this program asks for that, and nothing is sent but the program's name.

With --json, one line of kind "version".`,
		example: `jupyter-ec2 version
jupyter-ec2 version --check
# Behind a company's own index
jupyter-ec2 version --check --index https://pypi.example.com/simple/`,
		run: func(ctx context.Context, r *request) error { return r.version(ctx, o) },
	}.command(p, sandbox)
	cmd.Flags().BoolVar(&o.check, "check", false, "ask whether a newer version is out")
	cmd.Flags().StringVar(&o.index, "index", "", "ask this index of Python packages ("+usualIndex+"; "+indexVariable+" sets it permanently)")
	return cmd
}

// jsonVersion is the line of kind "version".
type jsonVersion struct {
	Kind    string `json:"kind"`
	Version string `json:"version"` // "dev" where the build has none
	System  string `json:"system"`
	Newest  string `json:"newest,omitempty"` // the newest release, where there is one and it was asked for
	Newer   *bool  `json:"newer,omitempty"`  // whether it is newer than this; absent when that is not known
}

// version prints what this is, and with --check what could be had instead.
func (r *request) version(ctx context.Context, o *versionOptions) error {
	line := jsonVersion{Kind: "version", Version: built(), System: system()}
	text := ""
	if o.check {
		var err error
		if text, err = r.compare(ctx, o.index, &line); err != nil {
			return err
		}
	}
	r.line("%s version %s", name, version())
	if text != "" {
		r.line("%s", text)
	}
	r.object(line)
	return nil
}

// compare asks for the newest release, and says how this one stands to it.
func (r *request) compare(ctx context.Context, index string, line *jsonVersion) (text string, err error) {
	u, err := r.indexURL(index)
	if err != nil {
		return "", err
	}
	found, err := newest(ctx, u)
	if errors.Is(err, errNoRelease) {
		return "No release is on " + u.Host + ".", nil
	}
	if err != nil {
		return "", unasked(u, err)
	}
	line.Newest = found.String()
	newer, known := found.newerThan(line.Version)
	if known {
		line.Newer = &newer
	}
	switch {
	case newer:
		return found.String() + " is out. Install it the way this one was installed, such as: pip install --upgrade " + name, nil
	case !known:
		return "The newest release is " + found.String() + ". This was built from source that has no version.", nil
	case line.Version == "v"+found.String():
		return "It is the newest release.", nil
	default:
		return "The newest release is " + found.String() + "; this one is newer.", nil
	}
}

// built is the version of what was built: the module's version, which is the
// tag's, else the commit, else "dev".
func built() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case !ok:
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	case len(setting(info, "vcs.revision")) >= 12:
		return "dev-" + setting(info, "vcs.revision")[:12]
	}
	return "dev"
}

func system() string { return runtime.GOOS + "/" + runtime.GOARCH }

// version says what was built, and for which system.
func version() string { return built() + " " + system() }

// dated is when the program was made as far as what it prints about itself
// tells: the time that a build asks for (SOURCE_DATE_EPOCH), or else the
// commit's, or else now.
func (p *Program) dated() time.Time {
	if seconds, err := strconv.ParseInt(p.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if t, err := time.Parse(time.RFC3339, setting(info, "vcs.time")); err == nil {
			return t.UTC()
		}
	}
	return p.Now()
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
