package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/remote/packages"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Packages brings a project's Python packages to its machine, after its files,
// and compares both sides.
func (g *Guide) Packages(ctx context.Context, setupID string, o steps.PackagesOptions, emit func(steps.Event)) (p steps.Packages, err error) {
	t, err := g.target(ctx, setupID, steps.StepProject, emit)
	if err != nil {
		return p, err
	}
	if t.s.Project == nil {
		return p, steps.NoProject(*t.s)
	}
	w := &packaging{t: t, l: &link{t: t, dialing: make(chan struct{}, 1)}}
	defer func() { _ = w.l.Close() }() // what it did is known
	p, err = w.do(ctx, o)
	return p, stoppedBy(ctx, packagesFault(t.s, err))
}

// packaging is the work on the packages of one setup's project.
type packaging struct {
	t *target
	l *link
}

// Run runs a command over the link.
func (w *packaging) Run(ctx context.Context, c remote.Command) error {
	client, err := w.l.client(ctx)
	if err != nil {
		return err
	}
	return client.Run(ctx, c)
}

// follow runs a job to its end, whatever becomes of connections.
func (w *packaging) follow(ctx context.Context, j remote.Job, out safe.Output) (int, error) {
	var err error
	if j.Over, err = w.l.client(ctx); err != nil {
		return 0, err
	}
	return remote.FollowJob(ctx, w.t.redial, j, out)
}

func (w *packaging) do(ctx context.Context, o steps.PackagesOptions) (p steps.Packages, err error) {
	s := w.t.s
	project := packages.Project{Host: w, Follow: w.follow, Systemd: true, Name: s.Answers.Name, Dir: s.Project.Folder, Without: o.Without}
	if name := s.Project.Folder; name != "" {
		project.Name = name
	}
	find := func() (packages.Needs, error) {
		return packages.Find(s.Project.Dir, packages.Options{Names: o.Names, Environ: w.t.g.cfg.Environ})
	}
	needs, err := find()
	if err != nil {
		return p, err
	}
	if o.WriteBack {
		if p.Written, err = w.writeBack(ctx, project, needs); err != nil {
			return p, err
		}
		if needs, err = find(); err != nil {
			return p, err
		}
	}
	if !o.Compare {
		if err := w.bring(ctx, project, needs, &p); err != nil {
			return p, err
		}
	}
	c, err := project.Compare(ctx, needs)
	if err != nil {
		return p, err
	}
	p.From, p.Against, p.Python, p.Differences = safe.Clean(needs.File), safe.Clean(c.Against), c.Python, c.Differences()
	for _, r := range c.Rows {
		p.Rows = append(p.Rows, steps.PackageRow(r))
	}
	for _, a := range c.Added {
		p.Added = append(p.Added, steps.PackageAdded(a))
	}
	for _, l := range needs.Left {
		p.Left = append(p.Left, steps.PackageLeft{Name: safe.Clean(l.Name), Why: safe.Clean(l.Why)})
	}
	return p, nil
}

// writeBack asks in requirements.txt for what was added on the machine.
func (w *packaging) writeBack(ctx context.Context, project packages.Project, needs packages.Needs) (int, error) {
	c, err := project.Compare(ctx, needs)
	if err != nil || len(c.Added) == 0 {
		return 0, err
	}
	w.t.doing("Adding %d to the project's requirements.txt", len(c.Added))
	return len(c.Added), needs.WriteBack(w.t.s.Project.Dir, c.Added)
}

// bring brings the project's files, unless that is paused, and then its packages.
func (w *packaging) bring(ctx context.Context, project packages.Project, needs packages.Needs, p *steps.Packages) error {
	if !w.t.g.ledger.paused(w.t.s.ID) {
		err := w.t.g.syncing(ctx, w.t.s.ID, w.t.emit, steps.SyncOptions{}, func(ctx context.Context, m *mirror) error {
			_, err := m.pass(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	w.t.doing("Bringing the project's packages into a venv of its own on the machine")
	b, err := project.Bring(ctx, needs, func(text string, partial bool) {
		w.t.output(text, partial)
		if said := jupyter.InstallSays(text); said != "" && !partial {
			w.t.doing("%s", said)
		}
	})
	p.Kernel, p.Prefers, p.Warnings = b.Kernel, b.Prefers, b.Warnings
	return err
}

// packagesFault puts what keeps packages from being brought in words, with what
// the program offers to do.
func packagesFault(s *steps.Setup, err error) error {
	var missing *packages.MissingError
	switch {
	case errors.As(err, &missing) && missing.Apart():
		p := missing.Problem()
		return &problem.Error{
			Kind: p.Kind, Title: p.Title, Text: p.Text, Err: err,
			Next: problem.Say("Change what asks for it, or ").Act(naming(problem.WithoutPackages, s, strings.Join(missing.Names(), ","))).Say("."),
		}
	case errors.Is(err, packages.ErrNotBrought):
		return &problem.Error{
			Kind: problem.Answers, Title: "The project's packages were not brought", Text: "There is no venv of the project's on the machine.",
			Next: problem.Act(on(problem.BringPackages, s)).Say("."), Err: err,
		}
	case errors.Is(err, packages.ErrNothing):
		p, _ := problem.Of(err)
		return &problem.Error{
			Kind: p.Kind, Title: p.Title, Text: p.Text, Err: err,
			Next: problem.Say("Begin with a set of them: ").Act(naming(problem.BringPackages, s, packages.Science)).Say("."),
		}
	}
	return err
}
