package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/project"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// checkProject says why a folder of this computer cannot be brought to a machine.
func (g *Guide) checkProject(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return noProjectFolder("There is no folder "+dir+".", err)
	case err != nil:
		return noProjectFolder("The folder "+dir+" cannot be read: "+err.Error()+".", err)
	case !info.IsDir():
		return noProjectFolder(dir+" is not a folder.", nil)
	}
	for _, own := range []string{g.ownFolder(), g.sshDir()} {
		if holds(dir, own) {
			return &problem.Error{
				Kind: problem.Answers, Title: "The project has keys in it", Text: fmt.Sprintf("The folder %s holds %s, where keys are kept that must stay on this computer.", dir, own),
				Next: problem.Say("Choose a folder that has only the project's files in it."),
			}
		}
	}
	return nil
}

func noProjectFolder(text string, err error) error {
	cause := errNoFolder
	if err != nil {
		cause = fmt.Errorf("%w: %w", errNoFolder, err)
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "The project's folder cannot be used", Text: text,
		Next: problem.Say("Name another folder, or ").Do(problem.LeaveProject).Say("."), Err: cause,
	}
}

// ownFolder is where this program keeps what it knows, keys among it.
func (g *Guide) ownFolder() string {
	if above := filepath.Dir(g.cfg.Dir); filepath.Base(above) == stateName {
		return above
	}
	return g.cfg.Dir
}

// holds reports whether a folder has another one in it, or is that one.
func holds(dir, other string) bool {
	whole := func(path string) string {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		return path
	}
	in, err := filepath.Rel(whole(dir), whole(other))
	return err == nil && filepath.IsLocal(in)
}

// loginKeys are the files of the private keys that open machines: this setup's, and
// those of all others.
func (g *Guide) loginKeys(s *steps.Setup) ([]string, error) {
	all, err := g.ledger.good()
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, one := range append(all, *s) {
		for _, path := range []string{one.Resources.KeyPath, one.Answers.Key.Path} {
			if path == "" {
				continue
			}
			if path, err = expand(path); err != nil {
				return nil, err
			}
			keys = append(keys, path)
		}
	}
	return keys, nil
}

// partsMost is how many parts of a large project are named.
const partsMost = 3

// projectSize is how much a project is that can be brought.
func (g *Guide) projectSize(ctx context.Context, dir string) (steps.ProjectSize, error) {
	if err := g.checkProject(dir); err != nil {
		return steps.ProjectSize{}, err
	}
	found, err := project.Measure(ctx, dir)
	if err != nil {
		if ctx.Err() == nil {
			err = noProjectFolder("The folder "+dir+" cannot be read: "+err.Error()+".", err)
		}
		return steps.ProjectSize{}, err
	}
	size := steps.ProjectSize{Files: found.Files, Bytes: found.Bytes}
	for _, p := range found.Parts {
		// A tenth, or more, of what makes it large is worth a word.
		large := found.Bytes > steps.LargeProjectBytes && p.Bytes*10 >= found.Bytes || found.Files > steps.LargeProjectFiles && p.Files*10 >= found.Files
		if len(size.Parts) < partsMost && large {
			size.Parts = append(size.Parts, steps.ProjectPart{Path: safe.Clean(p.Path), Files: p.Files, Bytes: p.Bytes})
		}
	}
	return size, nil
}

// agreeOnProject asks the person, before anything costs money, whether a large
// project is to be brought.
func (r *run) agreeOnProject(ctx context.Context) error {
	dir := r.s.Answers.Project
	if dir == "" {
		return r.letGoOfProject(ctx)
	}
	if p := r.s.Project; p != nil && p.Dir == dir && (p.Agreed || p.Met != "") {
		return r.g.checkProject(dir)
	}
	size, err := r.g.projectSize(ctx, dir)
	if err != nil {
		return err
	}
	next := steps.Project{Dir: dir, Folder: r.s.Answers.ProjectFolder(), Agreed: size.Large()}
	if size.Large() {
		err := r.g.askProject(ctx, steps.ProjectQuestion{Name: r.s.Answers.Name, Dir: dir, Folder: next.Folder, Size: size})
		if err != nil {
			return err
		}
	}
	if err := r.letGoOfProject(ctx); err != nil {
		return err
	}
	r.s.Project = &next
	return r.save()
}

// letGoOfProject forgets a project that the person does without from now on, after a
// last pass. Both of its folders stay.
func (r *run) letGoOfProject(ctx context.Context) error {
	if r.s.Project == nil {
		return nil
	}
	let, err := r.takeProject(ctx)
	if err != nil {
		return err
	}
	defer let()
	if err := r.lastBeforeAnother(ctx); err != nil {
		return err
	}
	r.doing("%s and ~/%s on the machine are no longer kept in sync; both stay", r.s.Project.Dir, r.s.Project.Folder)
	r.s.Project = nil
	if err := r.save(); err != nil {
		return err
	}
	r.g.ledger.dropProject(r.s.ID)
	return nil
}

// askProject is an error unless the person says yes.
func (g *Guide) askProject(ctx context.Context, q steps.ProjectQuestion) error {
	yes, err := g.cfg.Ask.Project(ctx, q)
	if err == nil && !yes {
		err = steps.ErrDeclined
	}
	if told := (*problem.Error)(nil); err == nil || errors.As(err, &told) || !errors.Is(err, steps.ErrDeclined) {
		return err
	}
	return &problem.Error{
		Kind: problem.Answers, Title: "The project was not brought", Text: "You declined to bring " + q.Dir + ".",
		Next: problem.Say("Leave out what is not needed, in its .gitignore or .jupyter-ec2-ignore, and ").Do(problem.Retry).Say(", or ").Do(problem.LeaveProject).Say("."), Err: err,
	}
}

// foreignFolder exits with 3 where the home folder has something of that name
// that is no project's folder of ours and not empty.
const foreignFolder = `cd ~ && [ -n "$(ls -A -- "$JE_FOLDER" 2>/dev/null | head -n 1)" ] && [ ! -d "$JE_FOLDER/$JE_MARK" ] && exit 3
exit 0`

// bringProject makes the project's folders alike for the first time, or again.
func (r *run) bringProject(ctx context.Context) error {
	if r.s.Answers.Project == "" || r.s.Project == nil {
		return nil
	}
	unlock, err := r.g.ledger.lockProject(ctx, r.s.ID, r.g.cfg.Patience, r.waitsForProject)
	if err != nil {
		return err
	}
	defer unlock()
	if r.g.ledger.paused(r.s.ID) {
		r.doing("The project is paused: it stays as it is")
		return nil
	}
	r.byHand(steps.StepProject)
	r.doing("Making %s and ~/%s on the machine alike", r.s.Project.Dir, r.s.Project.Folder)
	var done steps.Synced
	err = r.mirrored(ctx, r.client, steps.SyncOptions{}, func(ctx context.Context, m *mirror) (err error) {
		done, err = m.pass(ctx)
		return err
	})
	if err != nil {
		return err
	}
	r.s.Project.Met = r.s.Resources.InstanceID
	r.tellSynced(done)
	return r.save()
}

// meetFolder asks about a folder that the machine has already, unless the project
// was brought there.
func (g *Guide) meetFolder(ctx context.Context, s *steps.Setup, host *remote.Client) error {
	if g.brought(s) {
		return nil
	}
	p := s.Project
	err := host.Run(ctx, remote.Command{Script: foreignFolder, Label: remote.WatchLabel, Env: map[string]string{"JE_FOLDER": p.Folder, "JE_MARK": project.Mark}})
	if exit := (*remote.ExitError)(nil); errors.As(err, &exit) && exit.Code == 3 {
		return g.askProject(ctx, steps.ProjectQuestion{Name: s.Answers.Name, Dir: p.Dir, Folder: p.Folder, There: true})
	}
	return err
}

// tellSynced says what came of a pass.
func (t *target) tellSynced(s steps.Synced) {
	switch {
	case s.Done == 0:
		t.doing("Both folders are alike")
	default:
		t.doing("Both folders are alike now: %d changes", s.Done)
	}
	if len(s.Conflicts) > 0 {
		t.doing("Changed on both sides, so both versions are kept. The machine's: %s", someNames(s.Conflicts))
	}
	if len(s.Failed) > 0 {
		t.doing("Not brought this time: %s", someNames(failedNames(s.Failed)))
	}
	if len(s.Unknown) > 0 {
		t.doing("Left as they are: %s", someNames(unknownNames(s.Unknown)))
	}
}

func failedNames(all []steps.SyncedFailed) []string {
	var names []string
	for _, f := range all {
		names = append(names, f.Path+" ("+f.Why+")")
	}
	return names
}

func unknownNames(all []steps.SyncUnknown) []string {
	var names []string
	for _, u := range all {
		names = append(names, u.Path)
	}
	return names
}

// someNames are the first of them: "a, b and 3 more".
func someNames(all []string) string {
	const most = 5
	text := strings.Join(all[:min(most, len(all))], ", ")
	if left := len(all) - most; left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}
