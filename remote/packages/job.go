package packages

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
)

var (
	//go:embed scripts/bring.sh
	bringScript string
	//go:embed scripts/clean.py
	cleanScript string
	//go:embed scripts/kernel.py
	kernelScript string
	//go:embed scripts/list.py
	listScript string
	//go:embed scripts/look.sh
	lookScript string
)

// Host is a machine that a project is on. [remote.Client] is one.
type Host interface {
	Run(context.Context, remote.Command) error
}

var _ Host = (*remote.Client)(nil)

// Follow starts a job on the host, or joins it where it runs, and follows it to
// its end, as [remote.FollowJob] and [remote.Client.Job] do.
type Follow func(ctx context.Context, j remote.Job, out safe.Output) (exit int, err error)

// Project is a project on a host.
type Project struct {
	Host    Host
	Follow  Follow
	Systemd bool   // what [remote.Job] says of it
	Name    string // the kernel has it too
	Dir     string // of the host; it begins in the home folder
	// Without are packages that are not brought, by their names.
	Without []string
}

// maxSlug is how long the name of a kernelspec may be.
const maxSlug = 40

// Kernel is the name of the project's kernelspec, unless another one on the host
// has it.
func (p Project) Kernel() string {
	slug := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(p.Name))
	slug = strings.Trim(slug[:min(len(slug), maxSlug)], "-")
	if slug == "" || slug == "python3" {
		return "project"
	}
	return slug
}

// id is one that no other project on the host has.
func (p Project) id() string {
	sum := sha256.Sum256([]byte(path.Clean(p.Dir)))
	return p.Kernel() + "-" + hex.EncodeToString(sum[:4])
}

// job is the work of bringing the packages.
func (p Project) job(n Needs) remote.Job {
	env := n.environment()
	env["JE_KERNEL"], env["JE_ID"], env["JE_TITLE"] = p.Kernel(), p.id(), p.Name
	return remote.Job{ID: "packages-" + p.id(), Script: p.script(n, p.Without, false), Env: env, Systemd: p.Systemd, Again: true}
}

// script is what the job runs; dry, it only finds out what cannot be had.
func (p Project) script(n Needs, without []string, dry bool) string {
	without = normals(without)
	n = n.without(without)
	needs := words(n.args)
	if len(n.lines) > 0 {
		needs += ` -r "$own/needs.txt"`
	}
	call := `"$@"` + needs
	if needs == "" {
		call = "say 'Nothing is to be installed.'"
	}
	return strings.Join([]string{
		jupyter.UVTools(),
		p.vars(n.Kind, without),
		"prefer=" + quote(n.Prefer),
		"requires=" + quote(n.Requires),
		"dry=" + map[bool]string{true: "1", false: "0"}[dry],
		"needs=" + quote(lines(n.lines)),
		"without=" + quote(lines(without)),
		"given_needs() { " + call + "; }",
		"write_programs() {",
		heredoc(`"$own/clean.py"`, cleanScript),
		heredoc(`"$own/kernel.py"`, kernelScript),
		heredoc(`"$own/list.py"`, listScript),
		"}",
		unix(bringScript),
	}, "\n")
}

// vars are what all scripts are told.
func (p Project) vars(kind Kind, without []string) string {
	what, leave := "needs", ""
	if kind == Lock {
		what = "lock"
	}
	for _, name := range without {
		leave += " --no-install-package " + quote(name)
	}
	return strings.Join([]string{
		"id=" + quote(p.id()), "dir=" + quote(path.Clean(p.Dir)), "kind=" + what, `given_without() { "$@"` + leave + "; }",
	}, "\n")
}

// heredoc writes a program to a file.
func heredoc(file, text string) string {
	return "cat >" + file + " <<'JUPYTER_EC2_PROGRAM'\n" + unix(text) + "JUPYTER_EC2_PROGRAM"
}

// unix makes an embedded program fit for the host, whatever line ends it was
// checked out with.
func unix(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// quote makes one word of a POSIX shell out of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// words are further words of a command.
func words(all []string) string {
	var b strings.Builder
	for _, w := range all {
		b.WriteString(" " + quote(w))
	}
	return b.String()
}

// lines are the lines of a file.
func lines(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, "\n") + "\n"
}

func normals(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = normal(name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Brought is what came of bringing the packages.
type Brought struct {
	Kernel string // the name of the kernelspec
	Python string // the version of the venv's
	// Prefers is the Python that was asked for, where the machine has not got it.
	Prefers  string
	Packages int
	Left     []Left
	Warnings []string // what uv warns of, such as a version that was withdrawn
}

// Bring installs what the project needs on the host, what is missing of it, and
// makes the kernel. out is told each line of the log; [jupyter.InstallSays] knows
// how far it is by some of them. What cannot be had is a *[MissingError], which
// names all of it; the rest is brought when it is in p.Without.
func (p Project) Bring(ctx context.Context, n Needs, out safe.Output) (Brought, error) {
	if n.Kind == None {
		return Brought{}, ErrNothing
	}
	var log tail
	follow := func() (exit int, joined bool, err error) {
		j := p.job(n)
		j.Joined = func() { joined = true }
		exit, err = p.Follow(ctx, j, func(text string, partial bool) {
			text = n.scrub(text)
			if !partial {
				log.add(text)
			}
			out(text, partial)
		})
		return exit, joined, err
	}
	exit, joined, err := follow()
	if joined && err == nil { // it may have brought what was needed before
		log = nil
		exit, _, err = follow()
	}
	switch {
	case err != nil:
		return Brought{}, fmt.Errorf("bring the project's packages: %w", err)
	case exit != 0:
		return Brought{}, p.explain(ctx, n, exit, log)
	}
	seen, err := p.look(ctx, n)
	if err != nil {
		return Brought{}, err
	}
	b := Brought{Kernel: seen.kernel, Python: seen.now.Python, Packages: len(seen.now.Packages), Left: n.Left, Warnings: log.warnings()}
	if n.Prefer != "" && minorOf(b.Python) != n.Prefer {
		b.Prefers = n.Prefer
	}
	return b, nil
}

// tail are the last lines of a log.
type tail []string

const maxTail = 400

func (t *tail) add(line string) {
	if *t = append(*t, line); len(*t) > maxTail {
		*t = slices.Delete(*t, 0, len(*t)-maxTail)
	}
}

// warnings are what uv warns of.
func (t tail) warnings() []string {
	var all []string
	for _, line := range t {
		if text, ok := strings.CutPrefix(line, "warning: "); ok && !slices.Contains(all, text) && len(all) < 20 {
			all = append(all, text)
		}
	}
	return all
}
