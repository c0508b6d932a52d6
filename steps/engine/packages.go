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
	l := &link{t: t, dialing: make(chan struct{}, 1)}
	defer func() { _ = l.Close() }() // what it did is known
	p, err = (&packaging{t: t, client: l.client}).do(ctx, o)
	return p, stoppedBy(ctx, packagesFault(t.s, err))
}

// packaging is the work on the packages of one setup's project.
type packaging struct {
	t      *target
	client func(context.Context) (*remote.Client, error) // the connection there is, or another one
}

// Run runs a command on the machine.
func (w *packaging) Run(ctx context.Context, c remote.Command) error {
	client, err := w.client(ctx)
	if err != nil {
		return err
	}
	return client.Run(ctx, c)
}

// follow runs a job to its end, whatever becomes of connections.
func (w *packaging) follow(ctx context.Context, j remote.Job, out safe.Output) (int, error) {
	var err error
	if j.Over, err = w.client(ctx); err != nil {
		return 0, err
	}
	return remote.FollowJob(ctx, w.t.redial, j, out)
}

// project is the one on the machine.
func (w *packaging) project(o steps.PackagesOptions) packages.Project {
	folder := w.t.s.Project.Folder
	return packages.Project{Host: w, Follow: w.follow, Systemd: true, Name: folder, Dir: folder, Without: o.Without}
}

// find reads what the project needs.
func (w *packaging) find(o steps.PackagesOptions) (packages.Needs, error) {
	return packages.Find(w.t.s.Project.Dir, packages.Options{Names: o.Names, Environ: w.t.g.cfg.Environ, Send: o.Send})
}

func (w *packaging) do(ctx context.Context, o steps.PackagesOptions) (p steps.Packages, err error) {
	project := w.project(o)
	needs, err := w.find(o)
	if err != nil {
		return p, err
	}
	if o.WriteBack {
		if p.Written, err = w.writeBack(ctx, project, needs); err != nil {
			return p, err
		}
		if needs, err = w.find(o); err != nil {
			return p, err
		}
	}
	if !o.Compare {
		if err := w.bringFiles(ctx); err != nil {
			return p, err
		}
		for _, name := range o.Names {
			if s, ok := packages.Starters()[name]; ok {
				w.t.doing("%s is %s: %d MB to download, %d MB on the disk", name, strings.Join(s.Names, ", "), s.Download, s.Disk)
			}
		}
		b, err := w.bring(ctx, project, needs)
		if err != nil {
			return p, err
		}
		p.Kernel, p.Prefers, p.Warnings = b.Kernel, b.Prefers, b.Warnings
	}
	c, err := project.Compare(ctx, needs)
	if err != nil {
		return p, err
	}
	p.From, p.Against, p.Python, p.Differences = safe.Clean(needs.File), safe.Clean(c.Against), c.Python, c.Differences()
	p.Unsent = needs.Unsent
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

// bringFiles brings the project's files, unless that is paused.
func (w *packaging) bringFiles(ctx context.Context) error {
	unlock, err := w.t.g.ledger.lockProject(ctx, w.t.s.ID, w.t.g.cfg.Patience, w.t.waitsForProject)
	if err != nil {
		return err
	}
	defer unlock()
	if w.t.g.ledger.paused(w.t.s.ID) {
		return nil
	}
	client, err := w.client(ctx)
	if err != nil {
		return err
	}
	return w.t.mirrored(ctx, client, steps.SyncOptions{}, func(ctx context.Context, m *mirror) error {
		_, err := m.pass(ctx)
		return err
	})
}

// bring brings the project's packages, whose files are there.
func (w *packaging) bring(ctx context.Context, project packages.Project, needs packages.Needs) (packages.Brought, error) {
	w.t.doing("Bringing the project's packages into a venv of its own on the machine")
	if len(needs.Unsent) > 0 {
		w.t.doing("The project's files refer to %s of your environment: not sent, as only what you name is", someNames(needs.Unsent))
	}
	return project.Bring(ctx, needs, func(text string, partial bool) {
		w.t.output(text, partial)
		if said := jupyter.InstallSays(text); said != "" && !partial {
			w.t.doing("%s", said)
		}
	})
}

// bringPackages brings what the project's own files ask for, or a venv in its
// folder has. What cannot be had keeps nobody from the machine: it is told.
func (r *run) bringPackages(ctx context.Context) error {
	if r.s.Answers.Project == "" || r.s.Project == nil || r.g.ledger.paused(r.s.ID) {
		return nil
	}
	w := &packaging{t: r.target, client: func(ctx context.Context) (*remote.Client, error) {
		err := r.reconnect(ctx)
		return r.client, err
	}}
	needs, err := w.find(steps.PackagesOptions{})
	if err == nil && (needs.Kind == packages.None || needs.Kind == packages.Venv && !holds(r.s.Project.Dir, needs.File)) {
		return nil
	}
	var b packages.Brought
	if err == nil {
		b, err = w.bring(ctx, w.project(steps.PackagesOptions{}), needs)
	}
	if p, ok := problem.Of(err); ok && ctx.Err() == nil && (p.Kind == problem.Server || p.Kind == problem.Answers) {
		r.retrying("The project's packages were not brought. %s: %s", p.Title, p.Text)
		return nil
	}
	if err != nil {
		return err
	}
	r.doing("The project's packages are in the kernel %s, with Python %s", b.Kernel, b.Python)
	if b.Prefers != "" {
		r.doing("The project uses Python %s, which the machine does not have", b.Prefers)
	}
	for _, l := range b.Left {
		r.retrying("Not brought: %s: %s", l.Name, l.Why)
	}
	return nil
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
