package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/project"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// shortSum tells texts apart in the names of files.
func shortSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// mirror is a setup's project that this program has open. Its holder has the
// project's lock.
type mirror struct {
	g     *Guide
	s     *steps.Setup
	notes *notes
	back  bool // nothing is brought to the machine
	*project.Project
}

// openProject opens a project over a connection to its machine.
func (g *Guide) openProject(ctx context.Context, s *steps.Setup, host *remote.Client, n *notes, o steps.SyncOptions) (*mirror, error) {
	m := &mirror{g: g, s: s, notes: n, back: o.Back}
	if err := g.checkProject(s.Project.Dir); err != nil {
		return nil, err
	}
	if err := g.meetFolder(ctx, s, host); err != nil {
		return nil, err
	}
	n.checks()
	if !n.state.Last.IsZero() { // it runs again
		n.change(false, func(s *steps.SyncState) { s.Last = time.Time{} })
	}
	keys, err := g.loginKeys(s)
	if err != nil {
		return nil, err
	}
	m.Project, err = project.Open(ctx, project.Config{
		Dir: s.Project.Dir, Host: host, HostDir: s.Project.Folder, Name: s.Answers.Name, State: g.ledger.baseFile(s), Keys: keys, Emptied: o.Deletions, Back: o.Back,
		Tell: func(p project.Progress) { n.copied(p.Files, p.OfAll, p.Bytes, p.Of) },
	})
	if err != nil {
		return nil, projectFault(s, err)
	}
	return m, nil
}

// passTries is how often what is left to the next pass is done at once.
const passTries = 3

// pass makes both folders alike.
func (m *mirror) pass(ctx context.Context) (steps.Synced, error) {
	var all steps.Synced
	for range passTries {
		m.notes.checks()
		r, err := m.Pass(ctx)
		if err != nil {
			return all, projectFault(m.s, err)
		}
		add(&all, r)
		// The version that was kept of a conflict is the machine's until it is brought.
		if len(r.Conflicts) == 0 && !slices.ContainsFunc(r.Failures, project.Failure.Changed) {
			break
		}
	}
	m.notes.rest(all, !m.back, func(path string) bool {
		_, err := os.Lstat(filepath.Join(m.s.Project.Dir, filepath.FromSlash(path)))
		return err == nil
	})
	return all, nil
}

// add adds what one more pass came to: what it could not do is what is left.
func add(all *steps.Synced, r project.Result) {
	all.Done += r.Done
	all.Files += r.Files
	for _, name := range r.Conflicts {
		all.Conflicts = append(all.Conflicts, safe.Clean(name))
	}
	all.Failed, all.Unknown = nil, nil
	for _, f := range r.Failures {
		why := safe.Text(f.Err.Error())
		if f.Changed() {
			why = "it is being changed"
		}
		all.Failed = append(all.Failed, steps.SyncedFailed{Path: safe.Clean(f.Path), Here: f.Side == project.Here, Alone: f.Alone, Why: why})
	}
	for _, path := range slices.Sorted(maps.Keys(r.Unknown)) {
		why, there := r.There[path]
		all.Unknown = append(all.Unknown, steps.SyncUnknown{Path: safe.Clean(path), Why: safe.Clean(r.Unknown[path]), There: there, Here: there && why == ""})
	}
}

// projectFault puts what keeps a whole project from being kept alike in words.
func projectFault(s *steps.Setup, err error) error {
	var emptied *project.EmptiedError
	var exit *remote.ExitError
	switch {
	case errors.As(err, &emptied):
		where, other := "on this computer", "on the machine"
		if emptied.Side == project.There {
			where, other = other, where
		}
		return &problem.Error{
			Kind: problem.Answers, Title: "Most of the project is gone " + where,
			Text: fmt.Sprintf("What was in the project's folder %s when both were last alike is gone. A disk that is not mounted looks the same, so nothing was deleted %s.", where, other),
			Next: problem.Say("Bring it back there. If it was meant to be deleted, ").Act(on(problem.SyncDeletions, s)).Say("."), Err: err,
		}
	case errors.Is(err, project.ErrMoved):
		return &problem.Error{
			Kind: problem.Answers, Title: "The project's folder has been replaced",
			Text: "It was moved, or replaced, on one of the sides since both were opened, so nothing was changed on either.",
			Next: problem.Say("Put it back, and ").Do(problem.Retry).Say("."), Err: err,
		}
	case errors.As(err, &exit) && exit.Code == 127:
		return &problem.Error{
			Kind: problem.Server, Title: "The machine has no Python", Text: "A project is kept alike by a script on the machine, which needs python3.",
			Next: problem.Say("Install python3 there, and ").Do(problem.Retry).Say("."), Err: err,
		}
	case errors.Is(err, fs.ErrExist):
		return &problem.Error{
			Kind: problem.Answers, Title: "Something else has the project folder's name", Text: fmt.Sprintf("On the machine, ~/%s is not a folder.", s.Project.Folder),
			Next: problem.Say("Give it another name there, and ").Do(problem.Retry).Say("."), Err: err,
		}
	}
	return err
}

// syncing runs do with a setup's project within reach, whose lock it holds.
func (g *Guide) syncing(ctx context.Context, setupID string, emit func(steps.Event), o steps.SyncOptions, do func(context.Context, *mirror) error) error {
	t, err := g.target(ctx, setupID, steps.StepProject, emit)
	if err != nil {
		return err
	}
	if t.s.Project == nil {
		return steps.NoProject(*t.s)
	}
	unlock, err := g.ledger.lockProject(ctx, setupID, g.cfg.Patience, t.waitsForProject)
	if err != nil {
		return err
	}
	defer unlock()
	client, err := t.reach(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // what it did is known
	return t.mirrored(ctx, client, o, do)
}

// waitsForProject says why nothing happens.
func (t *target) waitsForProject() {
	t.doing("Another program is syncing this project; waiting for it")
}

// mirrored opens the setup's project, of which the caller has the lock.
func (t *target) mirrored(ctx context.Context, client *remote.Client, o steps.SyncOptions, do func(context.Context, *mirror) error) (err error) {
	n := t.g.newNotes(t.s.ID, t.progress())
	defer func() {
		if err != nil {
			n.troubled(err)
		}
	}()
	m, err := t.g.openProject(ctx, t.s, client, n, o)
	if err != nil {
		return err
	}
	defer func() {
		if closed := m.Close(); err == nil {
			err = closed
		}
	}()
	return do(ctx, m)
}

// reach logs in to the setup's machine, which has to run.
func (t *target) reach(ctx context.Context) (*remote.Client, error) {
	if t.s.Resources.InstanceID == "" {
		return nil, unfinished(t.s)
	}
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	return t.redial(ctx)
}

// progress tells how far a project's files are, in a line that is written again
// and again.
func (t *target) progress() func(steps.SyncState) {
	shown := false
	return func(s steps.SyncState) {
		switch {
		case s.Phase == steps.SyncBrings:
			t.output(s.ToGo()+" ("+steps.BytesOf(s.Bytes, s.Of)+")", true)
			shown = true
		case shown:
			t.output("", true)
			shown = false
		}
	}
}

// Sync makes the two folders of a setup's project alike, once.
func (g *Guide) Sync(ctx context.Context, setupID string, o steps.SyncOptions, emit func(steps.Event)) (done steps.Synced, err error) {
	if err := g.unpaused(setupID); err != nil {
		return done, err
	}
	err = g.syncing(ctx, setupID, emit, o, func(ctx context.Context, m *mirror) error {
		if err = g.unpaused(setupID); err == nil { // while it waited for the lock
			done, err = m.pass(ctx)
		}
		return err
	})
	return done, stoppedBy(ctx, err)
}

// SyncDiff tells what the next pass would do, and does nothing.
func (g *Guide) SyncDiff(ctx context.Context, setupID string, emit func(steps.Event)) (all []steps.SyncChange, unknown []steps.SyncUnknown, err error) {
	err = g.syncing(ctx, setupID, emit, steps.SyncOptions{Deletions: true}, func(ctx context.Context, m *mirror) error {
		ops, left, err := m.Differences(ctx)
		if err != nil {
			return projectFault(m.s, err)
		}
		words := map[project.Do]string{
			project.MoveAside: "aside", project.Replace: "delete", project.MakeFolder: "folder", project.PutFile: "copy",
			project.PutLink: "link", project.SetMode: "mode", project.Delete: "delete",
		}
		for _, o := range ops {
			all = append(all, steps.SyncChange{Path: safe.Clean(o.Path), Here: o.Side == project.Here, Do: words[o.Do], Bytes: o.Item.Size, Aside: safe.Clean(o.Aside)})
		}
		m.notes.phase(steps.SyncRests)
		for _, path := range slices.Sorted(maps.Keys(left)) {
			unknown = append(unknown, steps.SyncUnknown{Path: safe.Clean(path), Why: safe.Clean(left[path])})
		}
		return nil
	})
	return all, unknown, stoppedBy(ctx, err)
}

// SyncFiles lists what both folders had when they were last alike. Nobody is
// asked.
func (g *Guide) SyncFiles(_ context.Context, setupID string) ([]steps.SyncFile, error) {
	s, err := g.ledger.load(setupID)
	if err == nil && s.Project == nil {
		err = steps.NoProject(*s)
	}
	if err != nil {
		return nil, err
	}
	known, err := project.Known(g.ledger.baseFile(s))
	if err != nil {
		return nil, err
	}
	var all []steps.SyncFile
	for _, path := range slices.Sorted(maps.Keys(known)) {
		i := known[path]
		all = append(all, steps.SyncFile{Path: safe.Clean(path), Kind: string(i.Kind), Bytes: i.Size, Time: i.Time})
	}
	return all, nil
}
