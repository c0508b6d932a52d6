package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// complete asks for all there is to say of the machines. In a terminal what is
// known stands there from the first moment on.
func (r *request) complete(ctx context.Context, g *gathering) error {
	if r.asJSON || r.paper().width == 0 {
		return g.ask(ctx)
	}
	shown := &liveRegion{p: r.Program, ctx: ctx, lines: g.lines, ending: func() {}}
	r.shown = shown
	shown.mu.Lock()
	shown.begins()
	shown.draw()
	shown.mu.Unlock()
	defer shown.close()
	return g.ask(ctx)
}

// lines are the list as it is now, and what is still asked, in at most so many
// lines.
func (g *gathering) lines(out paper, most int) []string {
	var lines []string
	if all := g.machines(); len(all) > 0 {
		var text strings.Builder
		out.w = &text
		_ = g.table(out, all) // into memory
		lines = strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	}
	lines = lines[:max(min(len(lines), most-1), 0)]
	return append(lines, out.paint(faint, g.progress()))
}

// progress says what is still asked.
func (g *gathering) progress() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	done, of, over := 0, 0, true
	for _, w := range g.worlds {
		done, of, over = done+w.done, of+w.of, over && w.over
	}
	switch {
	case over && g.asking > 0:
		return "Asking the machines: waiting for " + wording.Counted(g.asking, "answer")
	case of > 0:
		return fmt.Sprintf("Asking the regions: %d of %d answered", done, of)
	}
	return "Asking the regions …"
}
