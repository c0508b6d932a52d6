package engine

import (
	"context"
	"encoding/json"
	"os"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// lastFile keeps the answers of the last machine once it is removed.
const lastFile = "last.json"

// Last returns the answers that a new machine starts from: those of the machine
// that was made last, also once it is removed, without what was its alone. ok is
// false where there is none.
func (g *Guide) Last(context.Context) (a steps.Answers, ok bool) {
	all, err := g.ledger.good()
	if err != nil {
		return steps.Answers{}, false
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Launched() {
			return anotherLike(&all[i]), true
		}
	}
	b, err := os.ReadFile(g.ledger.file("", lastFile))
	if err != nil || json.Unmarshal(b, &a) != nil {
		return steps.Answers{}, false
	}
	named := a
	named.Name = "any"
	return a, named.Valid() == nil
}

// anotherLike are the setup's answers for another machine like it.
func anotherLike(s *steps.Setup) steps.Answers {
	a := s.Wanted()
	a.Name, a.Gateway, a.Key.PairName, a.Tags = "", "", "", nil
	switch {
	case s.Resources.KeyFileOurs && a.Key.Source != steps.KeyMadeByEC2: // also that of an adopted machine
		a.Key = steps.KeyAnswer{Source: steps.KeyMadeHere}
	case a.Key.Source == steps.KeyMadeByEC2:
		a.Key = steps.KeyAnswer{Source: steps.KeyMadeByEC2}
	}
	return a
}

// keepLast writes down what a setup that is about to be forgotten was like, when
// it is the one that was made last. A new machine starts from it then; without
// it, from the defaults.
func (g *Guide) keepLast(s *steps.Setup) {
	all, err := g.ledger.good()
	if err != nil || !s.Launched() {
		return
	}
	for _, o := range all {
		if o.ID != s.ID && o.Launched() && o.Created.After(s.Created) {
			return
		}
	}
	if b, err := json.MarshalIndent(anotherLike(s), "", "  "); err == nil {
		_ = writePrivate(g.ledger.file("", lastFile), append(b, '\n')) // nothing depends on it
	}
}
