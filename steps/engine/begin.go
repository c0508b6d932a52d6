package engine

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// SavePlan writes the answers as JSON, for jupyter-ec2 up --plan FILE.
func (g *Guide) SavePlan(w io.Writer, a steps.Answers) error { return steps.WritePlan(w, a) }

// Setups lists what the ledger holds, oldest first. One whose record cannot be
// used says so in Bad.
func (g *Guide) Setups(context.Context) ([]steps.Setup, error) {
	all, err := g.ledger.all()
	for i := range all {
		all[i].Sandbox = g.cfg.Sandbox // which a bad record does not tell
	}
	return all, err
}

// Begin writes the ledger entry. The same name with answers that mean the
// same machine takes up the setup there is: that is how a run that was cut
// off continues. Mode, installer and TLS may differ; the later steps follow. So
// may all that nothing was created for yet: another type after a refused one.
func (g *Guide) Begin(ctx context.Context, a steps.Answers) (steps.Setup, error) {
	if err := a.Valid(); err != nil {
		return steps.Setup{}, steps.AnswersFault(err)
	}
	// One beginning at a time, or two programs could both miss the other's name.
	unlock, err := g.ledger.waitLock(ctx, "begin")
	if err != nil {
		return steps.Setup{}, err
	}
	defer unlock()
	all, err := g.ledger.all()
	if err != nil {
		return steps.Setup{}, err
	}
	if i := slices.IndexFunc(all, func(s steps.Setup) bool { return s.Answers.Name == a.Name && s.Bad == nil }); i >= 0 {
		return g.resume(ctx, &all[i], a)
	}
	// A record that cannot be used may be of a machine that runs.
	if i := slices.IndexFunc(all, func(s steps.Setup) bool { return s.Answers.Name == a.Name }); i >= 0 {
		_, err := g.ledger.load(all[i].ID)
		return steps.Setup{}, err
	}
	s := &steps.Setup{ID: newID(), Answers: a, Sandbox: g.cfg.Sandbox, Created: g.cfg.Now().UTC(), Done: map[steps.StepID]time.Time{}}
	return *s, g.ledger.create(s)
}

func beingRemoved(s *steps.Setup) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "This setup is being removed",
		Text: fmt.Sprintf("The removal of %q was started but not finished.", s.Answers.Name),
		Next: problem.Act(naming(problem.Remove, s, "the rest")).Say(", or ").Do(problem.ChooseName).Say("."),
	}
}

func (g *Guide) resume(ctx context.Context, s *steps.Setup, a steps.Answers) (steps.Setup, error) {
	if s.Resources.Removing {
		return steps.Setup{}, beingRemoved(s)
	}
	unlock, err := g.ledger.lock(s.ID)
	if err != nil {
		return steps.Setup{}, err
	}
	defer unlock()
	// Read again under the lock: its holder may just have finished something.
	if s, err = g.ledger.load(s.ID); err != nil {
		return steps.Setup{}, err
	}
	if what := otherMachine(s, a); what != "" {
		return steps.Setup{}, nameTaken(s, what)
	}
	if s.Begun() {
		a.Key = s.Answers.Key // which has become the setup's own key pair by now
	}
	if s.Answers.Type != a.Type || s.Answers.DiskGB != a.DiskGB {
		s.Cost = steps.Cost{}
	}
	if err := g.want(ctx, s, a); err != nil {
		return steps.Setup{}, err
	}
	return *s, g.ledger.save(s)
}

func nameTaken(s *steps.Setup, what string) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "The name is taken",
		Text: fmt.Sprintf("There is already a setup %q, with another %s.", s.Answers.Name, what),
		Next: problem.Do(problem.ChooseName).Say(", or ").Act(on(problem.Remove, s)).Say(" first."),
	}
}

// otherMachine names the first answer that would mean another machine than the
// one that there may be.
func otherMachine(s *steps.Setup, b steps.Answers) string {
	a := s.Answers
	otherKey := a.Key.Source != b.Key.Source || a.Key.Path != b.Key.Path || a.Key.Fingerprint != b.Key.Fingerprint
	switch {
	case s.Begun() && a.Profile != b.Profile:
		return "profile"
	case s.Begun() && a.Region != b.Region:
		return "region"
	case s.Launched() && a.Image != b.Image:
		return "image"
	case s.Launched() && a.Image == "" && a.Release != b.Release:
		return "Ubuntu release"
	case s.Launched() && a.Type != b.Type:
		return "instance type"
	case s.Launched() && a.Subnet != b.Subnet:
		return "subnet"
	case s.Launched() && a.DiskGB != b.DiskGB:
		return "disk size"
	case s.Begun() && otherKey:
		return "key pair"
	case s.Begun() && !maps.Equal(a.Tags, b.Tags): // they are on what there is
		return "set of tags"
	}
	return ""
}
