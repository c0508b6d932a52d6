package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

func (p *Program) syncStatusCommand(sandbox *bool) *cobra.Command {
	cmd, r := commandSpec{
		use: "status NAME", short: "Show how a project's two folders are", least: 1, most: 1, want: oneName,
		long: `Shows which two folders are kept alike, how they were when they were last compared, and what is not alike: the versions that were kept because both sides had changed a file, what could not be copied, and what is left as it is. It works offline.

With --json, a line of kind "sync" and a last one of kind "done".`,
		example: `jupyter-ec2 sync status jupyter
jupyter-ec2 sync status jupyter --json`,
		run: func(ctx context.Context, r *request) error { return r.syncStatus(ctx) },
	}.command(p, sandbox)
	r.quiet = true
	return cmd
}

func (p *Program) syncPauseCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "pause NAME", short: "Leave a project's two folders as they are for a while", least: 1, most: 1, want: oneName,
		long: `Has no program keep the project's two folders alike until "sync resume", and returns once none has them. "sync NAME" is refused meanwhile; "stop" brings nothing back from the machine then; "rm" still does.

With --json, a last line of kind "done".`,
		example: `jupyter-ec2 sync pause jupyter`,
		run: func(ctx context.Context, r *request) error {
			return r.syncPause(ctx, true, "The project of %s is paused. %s")
		},
	}.command(p, sandbox)
	return cmd
}

func (p *Program) syncResumeCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "resume NAME", short: "Keep a project's two folders alike again", least: 1, most: 1, want: oneName,
		long: `Ends a pause: programs that keep the project's two folders alike continue.

With --json, a last line of kind "done".`,
		example: `jupyter-ec2 sync resume jupyter`,
		run: func(ctx context.Context, r *request) error {
			return r.syncPause(ctx, false, "The project of %s is no longer paused. %s")
		},
	}.command(p, sandbox)
	return cmd
}

func (p *Program) syncDiffCommand(sandbox *bool) *cobra.Command {
	cmd, _ := commandSpec{
		use: "diff NAME", short: "Show what differs between a project's two folders", least: 1, most: 1, want: oneName,
		long: `Compares both folders and shows what "sync NAME" would do, a line each. No file is changed.

With --json, a line of kind "change" each, one of kind "unknown" for what is left as it is, and "done" at the end.`,
		example: `jupyter-ec2 sync diff jupyter`,
		run:     func(ctx context.Context, r *request) error { return r.syncDiff(ctx) },
	}.command(p, sandbox)
	return cmd
}

func (p *Program) syncLsCommand(sandbox *bool) *cobra.Command {
	cmd, r := commandSpec{
		use: "ls NAME", aliases: []string{"list"}, short: "List what is kept alike", least: 1, most: 1, want: oneName,
		long: `Lists the files, folders and links that both folders had when they were last alike. It works offline.

With --json, a line of kind "item" each, and "done" at the end.`,
		example: `jupyter-ec2 sync ls jupyter`,
		run:     func(ctx context.Context, r *request) error { return r.syncLs(ctx) },
	}.command(p, sandbox)
	r.quiet = true
	return cmd
}

// project takes a setup that has a project.
func (r *request) project(ctx context.Context) (*taken, error) {
	t, err := r.take(ctx, r.args[0])
	if err == nil && t.setup.Project == nil {
		err = steps.NoProject(t.setup)
	}
	return t, err
}

func (r *request) syncStatus(ctx context.Context) error {
	t, err := r.project(ctx)
	if err != nil {
		return err
	}
	s, state := t.setup, steps.SyncState{}
	if s.Sync != nil {
		state = *s.Sync
	}
	r.object(r.syncJSON(s, state))
	if !r.asJSON {
		if err := r.paper().facts(r.syncFacts(s, state).all); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	r.done(s, "")
	return nil
}

func (r *request) syncFacts(s steps.Setup, state steps.SyncState) *facts {
	f := &facts{}
	f.add("Here", "%s", s.Project.Dir)
	f.add("Machine", "~/%s on %s", s.Project.Folder, s.Answers.Name)
	tone := syncTone(state)
	f.mark(tone, tone.mark(), "State", "%s", wording.Sync(&state, r.Now()))
	switch {
	case state.Watched:
	case s.State == steps.StateStopped || s.State == steps.StateStopping:
		f.add("Kept", "by no program, as the machine is %s; start it: %s", s.State, asCommand("start", s))
	case state.Phase != steps.SyncPaused:
		f.add("Kept", "by no program now, so what has changed since is not known; to keep it in sync: %s", asCommand("sync --watch", s))
	}
	listed := func(title string, lines []string) {
		for i, line := range lines {
			if i > 0 {
				title = ""
			}
			f.add(title, "%s", line)
		}
	}
	listed("Conflicts", state.Conflicts)
	if len(state.Conflicts) > 0 {
		f.add("", "To end a conflict, delete or rename its kept version, on either side.")
	}
	var failed []string
	for _, one := range state.Failed {
		failed = append(failed, one.Path+": "+one.Why)
	}
	listed("Failed", failed)
	listed("Not kept", wording.SyncUnknown(state.Unknown))
	return f
}

// syncTone is what a project's state means.
func syncTone(s steps.SyncState) tone {
	switch {
	case len(s.Conflicts) > 0 || s.Apart() > 0 || s.Trouble != "":
		return warning
	case s.Watched && s.Phase == steps.SyncRests:
		return good
	}
	return ordinary
}

func (r *request) syncPause(ctx context.Context, paused bool, says string) error {
	t, err := r.project(ctx)
	if err != nil {
		return err
	}
	if err := t.engine.PauseSync(ctx, t.setup.ID, paused); err != nil {
		return err
	}
	next := "Continue: " + t.asCommand("sync resume")
	switch kept := t.setup.Sync; {
	case paused:
	case kept != nil && kept.Kept:
		next = "The program that keeps it brings it up to date."
	default:
		next = "Bring it up to date: " + t.asCommand("sync")
	}
	r.done(t.setup, says, t.setup.Answers.Name, next)
	return nil
}

// jsonChange is what a pass would do, kind "change".
type jsonChange struct {
	Kind string `json:"kind"`
	steps.SyncChange
}

// jsonUnknown is what is left as it is, kind "unknown".
type jsonUnknown struct {
	Kind string `json:"kind"`
	steps.SyncUnknown
}

func (r *request) syncDiff(ctx context.Context) error {
	t, err := r.reach(ctx, r.args[0])
	if err != nil {
		return err
	}
	var all []steps.SyncChange
	var unknown []steps.SyncUnknown
	err = t.syncing(func(emit func(steps.Event)) (err error) {
		all, unknown, err = t.engine.SyncDiff(ctx, t.setup.ID, emit)
		return err
	})
	if err != nil {
		return err
	}
	var rows [][]cell
	for _, c := range all {
		r.object(jsonChange{"change", c})
		where, what, size := "machine", c.Do, ""
		if c.Here {
			where = "here"
		}
		if c.Do == "copy" {
			size = wording.Bytes(c.Bytes)
		}
		if c.Aside != "" {
			what += ", and keep the machine's as " + c.Aside
		}
		rows = append(rows, []cell{{text: where}, {text: c.Path}, {text: dash(size)}, {text: what}})
	}
	for _, u := range unknown {
		r.object(jsonUnknown{"unknown", u})
	}
	if len(rows) > 0 && !r.asJSON {
		columns := []column{{title: "CHANGES"}, {title: "PATH"}, {title: "SIZE", give: 2}, {title: "BY", give: 1}}
		if err := r.paper().table(columns, rows); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	r.tellLeft(nil, unknown)
	text := wording.Counted(len(all), "difference")
	if len(all) == 0 {
		text = "Both folders are alike"
	}
	r.done(t.setup, "%s.", text)
	return nil
}

// jsonItem is something that is kept alike, kind "item".
type jsonItem struct {
	Kind string `json:"kind"`
	Path string `json:"path"`
	Is   string `json:"is"` // "file", "folder" or "link"
	Size int64  `json:"size,omitempty"`
}

func (r *request) syncLs(ctx context.Context) error {
	t, err := r.project(ctx)
	if err != nil {
		return err
	}
	all, err := t.engine.SyncFiles(ctx, t.setup.ID)
	if err != nil {
		return err
	}
	var rows [][]cell
	for _, f := range all {
		r.object(jsonItem{"item", f.Path, f.Kind, f.Bytes})
		size := "-"
		if f.Kind == "file" {
			size = wording.Bytes(f.Bytes)
		}
		rows = append(rows, []cell{{text: f.Path}, {text: f.Kind}, {text: size}})
	}
	if len(rows) > 0 && !r.asJSON {
		if err := r.paper().table([]column{{title: "PATH"}, {title: "IS", give: 2}, {title: "SIZE", give: 1}}, rows); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	r.done(t.setup, "%s.", alikeCount(len(all)))
	return nil
}

// alikeCount says how much is kept alike.
func alikeCount(n int) string {
	if n == 0 {
		return "Nothing was alike yet"
	}
	return wording.Counted(n, "path") + " alike"
}
