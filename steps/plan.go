package steps

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// SavePlan writes the answers as JSON, for jupyter-ec2 up --plan FILE.
func (g *Guide) SavePlan(w io.Writer, a Answers) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(a); err != nil {
		return fmt.Errorf("saving the plan: %w", err)
	}
	return nil
}

// ReadPlan reads what SavePlan wrote. A word it does not know is an error, so
// that a misspelt answer never falls back to a default unseen.
func ReadPlan(r io.Reader) (Answers, error) {
	b, err := io.ReadAll(io.LimitReader(r, 64<<10))
	if err != nil {
		return Answers{}, fmt.Errorf("reading the plan: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var a Answers
	if err := d.Decode(&a); err != nil {
		return Answers{}, &fault{
			kind: ProblemAnswers, title: "This is not a plan", text: "The plan cannot be read: " + err.Error() + ".",
			next: "Save one from the review page with s, or leave out --plan.", err: err,
		}
	}
	if err := a.Valid(); err != nil {
		return Answers{}, answersFault(err)
	}
	return a, nil
}

func answersFault(err error) error {
	return &fault{
		kind: ProblemAnswers, title: "An answer cannot be used", text: sentence(err.Error()),
		next: "Change this answer and continue.", err: err,
	}
}

// sentence gives a text a capital and a stop.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:] + "."
}

// Setups lists what the ledger holds, oldest first. One whose record cannot be
// used says so in Bad.
func (g *Guide) Setups(context.Context) ([]Setup, error) {
	all, err := g.ledger.all()
	for i := range all {
		all[i].Sandbox = g.cfg.Sandbox // which a bad record does not tell
	}
	return all, err
}

// Begin writes the ledger entry. The same name with answers that mean the
// same machine takes up the setup there is: that is how a run that was cut
// off goes on. Mode, installer and TLS may differ; the later steps follow. So
// may all that nothing was created for yet: another type after a refused one.
func (g *Guide) Begin(ctx context.Context, a Answers) (Setup, error) {
	if err := a.Valid(); err != nil {
		return Setup{}, answersFault(err)
	}
	// One beginning at a time, or two programs could both miss the other's name.
	unlock, err := g.ledger.waitLock(ctx, "begin")
	if err != nil {
		return Setup{}, err
	}
	defer unlock()
	all, err := g.ledger.all()
	if err != nil {
		return Setup{}, err
	}
	if i := slices.IndexFunc(all, func(s Setup) bool { return s.Answers.Name == a.Name && s.Bad == nil }); i >= 0 {
		return g.resume(ctx, &all[i], a)
	}
	// A record that cannot be used may be of a machine that runs.
	if i := slices.IndexFunc(all, func(s Setup) bool { return s.Answers.Name == a.Name }); i >= 0 {
		_, err := g.ledger.load(all[i].ID)
		return Setup{}, err
	}
	s := &Setup{ID: newID(), Answers: a, Sandbox: g.cfg.Sandbox, Created: g.cfg.Now().UTC(), Done: map[StepID]time.Time{}}
	return *s, g.ledger.create(s)
}

func beingRemoved(s *Setup) error {
	return &fault{
		kind: ProblemAnswers, title: "This setup is being removed",
		text: fmt.Sprintf("The removal of %q was started but not finished.", s.Answers.Name),
		next: fmt.Sprintf("Finish it with jupyter-ec2 rm %s, or choose another name.", s.Answers.Name),
	}
}

func (g *Guide) resume(ctx context.Context, s *Setup, a Answers) (Setup, error) {
	if s.Resources.Removing {
		return Setup{}, beingRemoved(s)
	}
	unlock, err := g.ledger.lock(s.ID)
	if err != nil {
		return Setup{}, err
	}
	defer unlock()
	// Read again under the lock: its holder may just have finished something.
	if s, err = g.ledger.load(s.ID); err != nil {
		return Setup{}, err
	}
	if what := s.otherMachine(a); what != "" {
		return Setup{}, nameTaken(a.Name, what)
	}
	if s.begun() {
		a.Key = s.Answers.Key // which has become the setup's own key pair by now
	}
	if s.Answers.Type != a.Type || s.Answers.DiskGB != a.DiskGB {
		s.Cost = Cost{}
	}
	if err := g.want(ctx, s, a); err != nil {
		return Setup{}, err
	}
	return *s, g.ledger.save(s)
}

func nameTaken(name, what string) error {
	return &fault{
		kind: ProblemAnswers, title: "The name is taken",
		text: fmt.Sprintf("There is already a setup %q, with another %s.", name, what),
		next: fmt.Sprintf("Choose another name, or remove it first with jupyter-ec2 rm %s.", name),
	}
}

// begun says that something may exist in EC2: the names are the first intent.
func (s *Setup) begun() bool { return s.Resources.GroupName != "" }

// launched says that there may be an instance.
func (s *Setup) launched() bool { return s.Resources.ClientToken != "" || s.Resources.InstanceID != "" }

// otherMachine names the first answer that would mean another machine than the
// one that there may be.
func (s *Setup) otherMachine(b Answers) string {
	a := s.Answers
	otherKey := a.Key.Source != b.Key.Source || a.Key.Path != b.Key.Path || a.Key.Fingerprint != b.Key.Fingerprint
	switch {
	case s.begun() && a.Profile != b.Profile:
		return "profile"
	case s.begun() && a.Region != b.Region:
		return "region"
	case s.launched() && a.Release != b.Release:
		return "Ubuntu release"
	case s.launched() && a.Type != b.Type:
		return "instance type"
	case s.launched() && a.DiskGB != b.DiskGB:
		return "disk size"
	case s.begun() && otherKey:
		return "key pair"
	}
	return ""
}
