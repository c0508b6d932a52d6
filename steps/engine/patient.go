package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// patient is a long wait for a machine that comes up: it tells again and again
// what is waited for, and how long yet, and in the end what to do instead.
type patient struct {
	r           *run
	what        string
	began, told time.Time
}

// patient begins to wait for something.
func (r *run) patient(what string) *patient {
	now := r.g.cfg.Now()
	return &patient{r: r, what: what, began: now, told: now}
}

// end is when nobody waits any more.
func (p *patient) end() time.Time { return p.began.Add(p.r.g.cfg.Patience) }

// every is after how long the wait is told of again: 30 seconds of 10 minutes.
func (p *patient) every() time.Duration { return p.r.g.cfg.Patience / 20 }

// still is called with each try that failed, and why.
func (p *patient) still(why string) {
	now := p.r.g.cfg.Now()
	if now.Sub(p.told) < p.every() {
		return
	}
	p.told = now
	p.r.doing("Still waiting for %s after %s, for %s more at most. %s.", p.what,
		span(now.Sub(p.began)), span(max(p.end().Sub(now), 0)), why)
}

// span is a duration in whole seconds: 30s, 9m30s, 10m.
func span(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return text
}

// gaveUp is err with the way out, where it is one that could have passed: the
// machine runs, and does not come up.
func (p *patient) gaveUp(ctx context.Context, err error) error {
	var e *remote.Error
	if ctx.Err() != nil || !errors.As(err, &e) || !e.Again() {
		return err
	}
	s := p.r.s
	p.r.showConsole(ctx)
	was := steps.Explain(err)
	next := problem.Next{}
	if e.Reason == remote.Timeout || e.Reason == remote.Unreachable { // the way may be closed, too
		next = was.Next.Say(" ")
	}
	return &problem.Error{
		Kind: was.Kind, Title: was.Title, Err: err,
		Text: fmt.Sprintf("%s This was waited for, for %s, and EC2 says that the machine runs.", was.Text, span(p.r.g.cfg.Patience)),
		Next: next.Say("The machine may not have come up whole. ").Act(on(problem.Stop, s)).Say(", then ").Act(on(problem.Start, s)).Say(": its disk stays as it is."),
	}
}

// consoleShown is how many lines of a console are shown.
const consoleShown = 10

// showConsole tells the end of what the machine has printed on its console,
// where EC2 shows anything of it: it may say what keeps the machine.
func (r *run) showConsole(ctx context.Context) {
	text, err := r.region.Console(ctx, r.s.Resources.InstanceID)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if err != nil || lines[0] == "" {
		return
	}
	r.doing("The last lines on the machine's console:")
	out := safe.NewLines(r.output)
	for _, line := range lines[max(0, len(lines)-consoleShown):] {
		_, _ = out.Write([]byte(line + "\n")) // it never fails
	}
	_ = out.Close() // as above
}
