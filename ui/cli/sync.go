package cli

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

type syncOptions struct{ watch, deletions bool }

func (p *Program) syncCommand(sandbox *bool) *cobra.Command {
	o := &syncOptions{}
	cmd, _ := commandSpec{
		use: "sync NAME", short: "Keep a project's folder here and on the machine alike", least: 1, most: 1, want: oneName,
		long: `Makes the folder that was brought with "up --project" and the machine's alike, once, in both directions: what was changed on one side since both were last alike, the other gets; what was deleted on one side is deleted on the other. Where both sides have changed a file, yours keeps its name, and the machine's version stays beside it under a name with "conflict" in it. With --watch it continues until you end it, and a change is on the other side within a second or two.

What .gitignore and .jupyter-ec2-ignore name is left out, and so are .git, environments of Python, node_modules and the like. Where most of what both sides had is gone from one of them, nothing is deleted on the other: a disk that is not mounted looks the same. With --deletions it is.

With --json, a line of kind "synced" with what was done, with --watch one of kind "sync" whenever the state changes, and "done" at the end.`,
		example: `jupyter-ec2 sync jupyter
jupyter-ec2 sync --watch jupyter
# What it would do
jupyter-ec2 sync diff jupyter
jupyter-ec2 sync status jupyter`,
		run: func(ctx context.Context, r *request) error {
			if o.watch {
				return r.syncWatch(ctx)
			}
			return r.sync(ctx, steps.SyncOptions{Deletions: o.deletions})
		},
	}.command(p, sandbox)
	cmd.Flags().BoolVar(&o.watch, "watch", false, "continue until Ctrl-C")
	cmd.Flags().BoolVar(&o.deletions, "deletions", false, "delete on one side what is gone on the other, even where that is most of it")
	cmd.MarkFlagsMutuallyExclusive("watch", "deletions")
	cmd.AddCommand(p.syncStatusCommand(sandbox), p.syncPauseCommand(sandbox), p.syncResumeCommand(sandbox), p.syncDiffCommand(sandbox), p.syncLsCommand(sandbox), p.syncPackagesCommand(sandbox))
	return cmd
}

// jsonSynced is what a pass came to, kind "synced".
type jsonSynced struct {
	Kind      string               `json:"kind"`
	Done      int                  `json:"done"`
	Files     int                  `json:"files"`
	Conflicts []string             `json:"conflicts"`
	Failed    []steps.SyncedFailed `json:"failed"`
	Unknown   []steps.SyncUnknown  `json:"unknown"`
}

func (r *request) sync(ctx context.Context, o steps.SyncOptions) error {
	t, err := r.reach(ctx, r.args[0])
	if err != nil {
		return err
	}
	var done steps.Synced
	err = t.syncing(func(emit func(steps.Event)) (err error) {
		done, err = t.engine.Sync(ctx, t.setup.ID, o, emit)
		return err
	})
	if err != nil {
		return err
	}
	r.object(jsonSynced{"synced", done.Done, done.Files, orNone(done.Conflicts), orNone(done.Failed), orNone(done.Unknown)})
	r.tellLeft(done.Conflicts, done.Unknown)
	if len(done.Failed) > 0 {
		return notAlike(done.Failed)
	}
	r.done(t.setup, "%s.", wording.Synced(done))
	return nil
}

// syncing runs what makes folders alike, and shows how far it is on one line.
func (t *taken) syncing(do func(emit func(steps.Event)) error) error {
	line := &copyLine{request: t.request}
	defer line.clear()
	return do(func(e steps.Event) {
		switch {
		case t.asJSON:
		case e.Kind == steps.Doing || e.Kind == steps.Retrying:
			line.clear()
			t.note("%s.\n", e.Text)
		case e.Kind == steps.Output && line.drawn():
			t.note("\r\x1b[K%s", e.Text)
		}
	})
}

// tellLeft names what is not alike and needs a person.
func (r *request) tellLeft(conflicts []string, unknown []steps.SyncUnknown) {
	if r.asJSON {
		return
	}
	for _, name := range conflicts {
		r.note("Changed on both sides, so both versions are kept. The machine's: %s\n", name)
	}
	for _, line := range wording.SyncUnknown(unknown) {
		r.note("Not kept alike: %s\n", line)
	}
}

func notAlike(all []steps.SyncedFailed) error {
	var lines []string
	for _, f := range all {
		where := "on the machine"
		if f.Here {
			where = "here"
		}
		lines = append(lines, fmt.Sprintf("%s, %s: %s", f.Path, where, f.Why))
	}
	const most = 10
	if left := len(lines) - most; left > 0 {
		lines = append(lines[:most], fmt.Sprintf("and %d more", left))
	}
	return &problem.Error{
		Kind: problem.Failed, Title: "Not everything could be made alike", Text: strings.Join(lines, "\n  "),
		Next: problem.Say("Nothing was lost. See the reasons above, then ").Do(problem.Retry).Say("."),
	}
}

// jsonSync is how a project is, kind "sync".
type jsonSync struct {
	Kind    string `json:"kind"`
	Setup   string `json:"setup"`
	Name    string `json:"name"`
	Text    string `json:"text"` // in words
	Watched bool   `json:"watched"`
	Dir     string `json:"dir,omitempty"`
	Folder  string `json:"folder,omitempty"`
	steps.SyncState
}

func (r *request) syncJSON(s steps.Setup, state steps.SyncState) jsonSync {
	j := jsonSync{Kind: "sync", Setup: s.ID, Name: s.Answers.Name, Text: wording.Sync(&state, r.Now()), Watched: state.Watched, SyncState: state}
	if s.Project != nil {
		j.Dir, j.Folder = s.Project.Dir, s.Project.Folder
	}
	return j
}

func (r *request) syncWatch(ctx context.Context) error {
	t, err := r.take(ctx, r.args[0])
	if err != nil {
		return err
	}
	if t.setup.Project == nil {
		return steps.NoProject(t.setup)
	}
	if err := r.unheard(); err != nil {
		return err
	}
	r.note("Keeping %s and ~/%s on %s alike; Ctrl-C ends it.\n", t.setup.Project.Dir, t.setup.Project.Folder, t.setup.Answers.Name)
	var told *steps.SyncState // the last one but for its times
	last, known := "", map[string]bool{}
	for _, name := range conflictsOf(t.setup) {
		known[name] = true
	}
	err = t.engine.KeepSynced(ctx, t.setup.ID, func(state steps.SyncState) {
		untimed := state
		untimed.At, untimed.Alike = time.Time{}, time.Time{}
		if told == nil || !reflect.DeepEqual(*told, untimed) {
			r.object(r.syncJSON(t.setup, state))
		}
		told = &untimed
		text := wording.Sync(&state, r.Now())
		if text != last && !r.asJSON {
			r.line("%s  %s", r.Now().Format(time.TimeOnly), text)
			if next := nextWords(state.Next); next != "" {
				r.note("  %s\n", next)
			}
		}
		last = text
		for _, name := range state.Conflicts {
			if !known[name] {
				r.tellLeft([]string{name}, nil)
			}
			known[name] = true
		}
	})
	if err != nil {
		return err
	}
	r.done(t.setup, "")
	return nil
}

func conflictsOf(s steps.Setup) []string {
	if s.Sync == nil {
		return nil
	}
	return s.Sync.Conflicts
}

// orNone is a list that JSON has as one, though nothing is in it.
func orNone[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
