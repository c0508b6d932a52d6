package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// noAnswer is a region, or a whole account, that did not answer.
type noAnswer struct {
	at      steps.Place
	sandbox bool
	err     error
}

// jsonUnseen is a line of kind "unseen": a region that did not answer.
type jsonUnseen struct {
	Kind    string       `json:"kind"`
	Profile string       `json:"profile,omitempty"`
	Region  string       `json:"region,omitempty"` // empty: the whole account
	Problem problem.Kind `json:"problem"`
	Title   string       `json:"title"`
	Text    string       `json:"text"`
	Next    string       `json:"next"`
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// tellSilence notes the regions that did not answer. On a terminal, what
// several of an account's say is said once.
func (r *request) tellSilence(silent []noAnswer) {
	if r.asJSON {
		for _, s := range silent {
			p := steps.Explain(s.err)
			r.object(jsonUnseen{"unseen", s.at.Profile, s.at.Region, p.Kind, p.Title, p.Text, nextWords(p.Next)})
		}
		return
	}
	for _, alike := range sameWords(silent) {
		s := alike[0]
		where := cmp.Or(s.at.Region, "AWS")
		for i, other := range alike[1:] {
			where += map[bool]string{false: ", ", true: " and "}[i == len(alike)-2] + other.at.Region
		}
		if s.sandbox {
			where = "The sandbox"
		} else if s.at.Profile != "" {
			where += " (" + s.at.Profile + ")"
		}
		p := steps.Explain(s.err)
		if s.notAsked() {
			r.note("AWS was not asked: %s. %s\n  %s\n", p.Title, p.Text, nextWords(p.Next))
			continue
		}
		r.note("%s did not answer: %s. %s\n  %s\n", where, p.Title, p.Text, nextWords(p.Next))
	}
}

// sameWords puts together what is said of an account's regions in the same
// words but for the region's name, which host names hold too. The regions are
// in their order by name.
func sameWords(silent []noAnswer) (groups [][]noAnswer) {
	type said struct {
		profile string
		sandbox bool
		words   string
	}
	at := map[said]int{}
	for _, s := range slices.SortedStableFunc(slices.Values(silent), func(a, b noAnswer) int { return cmp.Compare(a.at.Region, b.at.Region) }) {
		p := steps.Explain(s.err)
		words := p.Title + "\n" + p.Text + "\n" + nextWords(p.Next)
		if s.at.Region != "" {
			words = strings.ReplaceAll(words, s.at.Region, "REGION")
		}
		key := said{s.at.Profile, s.sandbox, words}
		i, again := at[key]
		if !again {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// askOne asks one machine how it is.
func askOne(ctx context.Context, engine steps.Engine, id string) (*steps.Health, error) {
	link, err := engine.Connect(ctx, id)
	if err != nil {
		return nil, err
	}
	h, err := link.Health(ctx)
	_ = link.Close() // what it said is here
	if err != nil {
		return nil, err
	}
	return &h, nil
}
