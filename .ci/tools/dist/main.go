// Command dist makes what is published of the program: for each system a
// wheel, which carries the binary for those who have Python, and an archive
// with the manual page, the completions and the licences; for Linux the
// packages of Debian, Red Hat and Alpine; of each binary a list of what is in
// it (an SBOM); and SHA256SUMS of all of that. The same commit, with its tags,
// makes the same bytes with the same Go, wherever and whenever.
//
// The version is what the go command writes into the binary from the commit's
// tag, and what `jupyter-ec2 --version` says. All files have it from there.
//
// Usage: dist [-out DIR] OS/ARCH... (in the module's root)
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	out := flag.String("out", "dist", "write to this `folder`, in place of what an earlier run wrote there")
	texts := flag.String("texts", "", "write only the manual page, the completions and the licences, into this `folder`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *out, *texts, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, texts string, names []string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	var targets []target
	for _, n := range names {
		t, err := parseTarget(n)
		if err != nil {
			return err
		}
		targets = append(targets, t)
	}
	when, err := sourceTime(ctx, root)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "jupyter-ec2-dist-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	r := &release{root: root, work: work, when: when}
	if texts != "" {
		return r.writeTexts(ctx, texts, targets)
	}
	return r.make(ctx, out, targets)
}

// release is one run of this program.
type release struct {
	root string // of the program's module
	work string // a folder that is removed afterwards
	when time.Time
}

// make writes all there is of the targets. Until all of it is made, what an
// earlier run wrote stays.
func (r *release) make(ctx context.Context, out string, targets []target) error {
	if _, err := earlier(out); err != nil {
		return err
	}
	made := filepath.Join(r.work, "made")
	words, err := r.words(ctx)
	if err != nil {
		return err
	}
	for _, t := range targets {
		fmt.Println("dist", t)
		p, err := r.build(ctx, t)
		if err != nil {
			return err
		}
		if err := checkChangelog(r.root, p.version); err != nil {
			return err
		}
		contents, err := r.contents(ctx, p, words)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		for _, write := range []func(out string, p *product, contents []file) error{writeWheel, writeArchive, writeSBOM, r.writePackages} {
			if err := write(made, p, contents); err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
		}
	}
	if err := writeSums(made); err != nil {
		return err
	}
	return replace(out, made)
}

// sourceTime is the time that all files have: SOURCE_DATE_EPOCH, by the
// agreement of reproducible-builds.org, or else that of the commit.
func sourceTime(ctx context.Context, root string) (time.Time, error) {
	given := os.Getenv("SOURCE_DATE_EPOCH")
	if given == "" {
		cmd := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct")
		cmd.Dir = root
		b, err := cmd.Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("ask git for the commit's time: %w; without git, set SOURCE_DATE_EPOCH", err)
		}
		given = strings.TrimSpace(string(b))
	}
	seconds, err := strconv.ParseInt(given, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("the time %q is no number of seconds", cmp.Or(given, "of no commit"))
	}
	return time.Unix(seconds, 0).UTC(), nil
}
