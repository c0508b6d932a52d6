package steps

import (
	"context"
	"encoding/json"
	"os"
)

// lastFile keeps the answers of the last machine once it is removed.
const lastFile = "last.json"

// Last returns the answers that a new machine starts from: those of the machine
// that was made last, also once it is removed, without what was its alone. ok is
// false where there is none.
func (g *Guide) Last(context.Context) (a Answers, ok bool) {
	all, err := g.ledger.good()
	if err != nil {
		return Answers{}, false
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].launched() {
			return all[i].another(), true
		}
	}
	b, err := os.ReadFile(g.ledger.file("", lastFile))
	if err != nil || json.Unmarshal(b, &a) != nil {
		return Answers{}, false
	}
	named := a
	named.Name = "any"
	return a, named.Valid() == nil
}

// another are the setup's answers for another machine like it.
func (s Setup) another() Answers {
	a := s.Wanted()
	a.Name, a.Gateway, a.Key.PairName = "", "", ""
	switch {
	case s.Resources.KeyFileOurs && a.Key.Source != KeyCreate: // also that of an adopted machine
		a.Key = KeyAnswer{Source: KeyImport}
	case a.Key.Source == KeyCreate:
		a.Key = KeyAnswer{Source: KeyCreate}
	}
	return a
}

// keepLast writes down what a setup that is about to be forgotten was like, when
// it is the one that was made last. A new machine starts from it then; without
// it, from the defaults.
func (g *Guide) keepLast(s *Setup) {
	all, err := g.ledger.good()
	if err != nil || !s.launched() {
		return
	}
	for _, o := range all {
		if o.ID != s.ID && o.launched() && o.Created.After(s.Created) {
			return
		}
	}
	if b, err := json.MarshalIndent(s.another(), "", "  "); err == nil {
		_ = writePrivate(g.ledger.file("", lastFile), append(b, '\n')) // nothing depends on it
	}
}

// Over are these answers where they are given, and those of an earlier machine
// elsewhere. What belongs to the earlier one's account is left out where the
// profile is another.
func (a Answers) Over(last Answers) Answers {
	if a.Profile != "" && a.Profile != last.Profile {
		last.Region, last.Key = "", KeyAnswer{}
	}
	a.Profile, a.Region = or(a.Profile, last.Profile), or(a.Region, last.Region)
	a.Release, a.Type = or(a.Release, last.Release), or(a.Type, last.Type)
	if a.DiskGB == 0 {
		a.DiskGB = last.DiskGB
	}
	if a.Key == (KeyAnswer{}) {
		a.Key = last.Key
	}
	if a.Mode == "" {
		a.Mode, a.NoTLS = last.Mode, last.NoTLS
	}
	a.Installer = Installer(or(string(a.Installer), string(last.Installer)))
	a.IdleStop, a.Lifetime = a.IdleStop.Or(last.IdleStop), a.Lifetime.Or(last.Lifetime)
	if a.Work.Percent == 0 && len(a.Work.Ignore) == 0 {
		a.Work = last.Work
	}
	return a
}
