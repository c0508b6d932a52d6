package cli

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

// hearing says who answered of those who were asked: "nothing is there" may be
// said only of them.
type hearing struct {
	region string // that alone is of interest; empty: all are
	heard  int    // regions that answered
	silent []noAnswer
	asleep bool // the sandbox alone was meant, and it does not run
}

// sandboxAsleep is said in place of "nothing".
const sandboxAsleep = "The sandbox is not running, so it was not asked. Nothing in it costs money."

// hearing begins to count the answers of worlds.
func (r *request) hearing(worlds []world, region string) *hearing {
	return &hearing{region: region, silent: r.unasked(worlds), asleep: onlySandbox(r.worlds) && len(worlds) == 0}
}

// took counts an answer, or that there was none, and reports whether it is of
// interest.
func (h *hearing) took(at steps.Place, sandbox, heard bool, err error) bool {
	if h.region != "" && at.Region != "" && at.Region != h.region {
		return false
	}
	if heard {
		h.heard++
	}
	if err != nil {
		h.silent = append(h.silent, noAnswer{at, sandbox, err})
	}
	return true
}

// rest says that what was found is not all, or nothing where everybody answered.
func (h *hearing) rest() string {
	regions, accounts := 0, 0
	for _, s := range h.silent {
		switch {
		case s.notAsked(): // which is told on a line of its own
		case s.at.Region == "":
			accounts++
		default:
			regions++
		}
	}
	var who []string
	if accounts > 0 {
		who = append(who, wording.Counted(accounts, "account"))
	}
	if regions > 0 {
		who = append(who, wording.Counted(regions, "region"))
	}
	if len(who) == 0 {
		return ""
	}
	return strings.Join(who, " and ") + " did not answer: what is there is not known."
}

// unnamed reports whether nobody was asked because there is nobody: no account,
// and no sandbox that runs.
func (h *hearing) unnamed() bool {
	return h.heard == 0 && !slices.ContainsFunc(h.silent, func(s noAnswer) bool { return !s.notAsked() }) && (h.asleep || len(h.silent) > 0)
}

// tell says who did not answer; that nobody did is an error.
func (r *request) tell(h *hearing) error {
	err := h.nobody()
	if r.asJSON || !errors.Is(err, errNotAsked) { // which says it all
		r.tellSilence(h.silent)
	}
	return err
}

// nobody is an error where not one region answered. Why each did not is told
// before.
func (h *hearing) nobody() error {
	p := problem.Problem{
		Kind: problem.Failed, Title: "Nobody answered", Text: "What is there is not known: not one region answered.",
		Next: problem.Say("Each has its reason above. Correct that, and run this again."),
	}
	switch {
	case h.heard > 0 || h.asleep:
		return nil
	case h.unnamed():
		return errNotAsked
	case len(h.silent) > 0:
		kind := steps.Explain(h.silent[0].err).Kind
		if !slices.ContainsFunc(h.silent, func(s noAnswer) bool { return steps.Explain(s.err).Kind != kind }) {
			p.Kind = kind
		}
	case h.region != "":
		p.Kind, p.Title, p.Text = problem.Answers, "No such region", "What is there is not known: the account has no enabled region "+h.region+"."
		p.Next = problem.Say("Correct the region's name, or leave --region out: all enabled regions are then asked.")
	}
	return &problemError{[]problem.Problem{p}}
}

// errNotAsked is for an account that nobody named.
var errNotAsked = &problemError{[]problem.Problem{{
	Kind: problem.Credentials, Title: "There is no AWS profile", Text: "So nobody can be asked what is there.",
	Next: problem.Say(`Run "aws configure", "aws login" or "aws configure sso", or name a profile with --profile.`),
}}}

// unasked is AWS where no account of it is asked, though it was meant. That its
// profiles cannot be read is told elsewhere.
func (r *request) unasked(worlds []world) []noAnswer {
	if onlySandbox(r.worlds) || slices.ContainsFunc(worlds, func(w world) bool { return !w.sandbox }) {
		return nil
	}
	return []noAnswer{{err: cmp.Or(r.unread, error(errNotAsked))}}
}

// notAsked reports whether it is that nobody was asked.
func (s noAnswer) notAsked() bool { return errors.Is(s.err, errNotAsked) }
