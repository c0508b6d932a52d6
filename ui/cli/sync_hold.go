package cli

import (
	"context"
	"strings"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// keepProject keeps a machine's project in sync while its tunnel is held, and tells
// what needs a person. What is returned ends it.
func (p *Program) keepProject(ctx context.Context, engine steps.Engine, s steps.Setup) (end func()) {
	if s.Project == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(steps.WithoutAsking(ctx))
	var kept sync.WaitGroup
	p.note("%s and ~/%s on %s are kept alike meanwhile.\n", s.Project.Dir, s.Project.Folder, s.Answers.Name)
	kept.Go(func() {
		told := projectTold{Program: p, known: map[string]bool{}}
		for _, name := range conflictsOf(s) {
			told.known[name] = true
		}
		if err := engine.KeepSynced(ctx, s.ID, told.tell); err != nil && ctx.Err() == nil {
			e := steps.Explain(err)
			p.note("The project is no longer kept alike: %s. %s\n  %s\n", e.Title, e.Text, nextWords(e.Next))
		}
	})
	return func() {
		cancel()
		kept.Wait()
	}
}

// projectTold tells what there is to tell of a project that is kept, once.
type projectTold struct {
	*Program
	known   map[string]bool // the conflicts that were told
	trouble string
}

func (t *projectTold) tell(s steps.SyncState) {
	if s.Trouble != t.trouble && s.Trouble != "" {
		t.note("The project is not kept alike just now: %s.\n", strings.TrimSuffix(s.Trouble, "."))
		if next := nextWords(s.Next); next != "" {
			t.note("  %s\n", next)
		}
	}
	t.trouble = s.Trouble
	for _, name := range s.Conflicts {
		if !t.known[name] {
			t.note("Changed on both sides, so both versions are kept. The machine's: %s\n", name)
		}
		t.known[name] = true
	}
}
