package cli

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// printer shows the guide's work to a person or to a script. Unfinished lines
// of the host (progress bars) are left out: what replaces them is not.
type printer interface {
	review(steps.Review)
	event(steps.Event)
	ready(*steps.Opened)
	// end is the end of the run, however it went.
	end()
}

// plainPrinter prints lines that need no screen.
type plainPrinter struct {
	mu      sync.Mutex
	w       io.Writer
	paper   paper // what w is, where that is a terminal
	now     func() time.Time
	sandbox bool
	timings *timings // nil where they are not to be told
}

func (p *plainPrinter) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.times()
}

func (p *plainPrinter) line(format string, args ...any) {
	_, _ = io.WriteString(p.w, p.paper.fold(fmt.Sprintf(format, args...), 2)+"\n")
}

func (p *plainPrinter) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p.line("%s", p.paper.paint(heading, title))
	for _, l := range lines {
		p.line("  %s", l)
	}
}

// commands lists what is typed into a shell. Where a line has to be broken, it
// is broken as a shell takes it.
func (p *plainPrinter) commands(title string, lines []string) {
	broken := make([]string, len(lines))
	for i, l := range lines {
		broken[i] = p.paper.foldCommand(l)
	}
	p.list(title, broken)
}

func (p *plainPrinter) review(r steps.Review) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list("Will be created", r.Creates)
	p.commands("Commands", r.Commands)
	p.list("Costs", []string{wording.Cost(r.Cost, r.Cost.Age(p.now()), p.sandbox)})
	var denied []string
	for _, perm := range r.Permissions {
		if perm.Known && !perm.Allowed {
			denied = append(denied, perm.Action+": "+perm.Detail)
		}
	}
	p.list("Not permitted", denied)
	p.list("Auto-stop", []string{r.Answers.StopRule().Words()})
	p.list("Mind", r.Warnings)
}

func (p *plainPrinter) event(e steps.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case steps.Started:
		p.line("%s", stepTitle(e.Step))
	case steps.Doing:
		p.line("  %s", e.Text)
	case steps.ByHand:
		p.line("  by hand: %s", e.Text)
	case steps.Output:
		if !e.Partial {
			p.line("  | %s", e.Text)
		}
	case steps.Retrying:
		p.line("  trying again: %s", e.Text)
	case steps.Finished:
		p.line("  done: %s", e.Text)
	case steps.Failed:
		p.line("  failed: %s", steps.Explain(e.Err).Title)
	}
}

func (p *plainPrinter) ready(o *steps.Opened) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.about(o)
	p.times()
	p.line("%s", o.URL)
}

// about is what is known of a server beside its URL.
func (p *plainPrinter) about(o *steps.Opened) {
	p.line("")
	p.list("Proof", notEmpty(o.Proof))
	p.list("Kernels", o.Kernelspecs)
	p.commands("By hand", o.Manual)
	p.commands("For a notebook on this computer", notEmpty(o.GatewayLine))
	p.list("For VS Code, as an existing Jupyter server", notEmpty(o.VSCode))
	if o.Fingerprint != "" {
		p.list("The server's own certificate (your browser will ask), SHA-256", []string{o.Fingerprint, "for curl: " + o.CurlOption()})
	}
	p.list("Page", notEmpty(o.UINote))
	p.list("Local port", notEmpty(o.PortNote))
	p.list("Costs", []string{wording.Cost(o.Cost, o.Cost.Age(p.now()), p.sandbox)})
}

func notEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// stepTitle numbers a step as the guide does: "6/10 Launch".
func stepTitle(id steps.StepID) string {
	pages := steps.Pages()
	i := slices.IndexFunc(pages, func(p steps.Page) bool { return p.ID == id })
	if i < 0 {
		return problem.Capital(string(id)) // no page of the guide: "Remove"
	}
	return fmt.Sprintf("%d/%d %s", i+1, len(pages), pages[i].Title)
}
