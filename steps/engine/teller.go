package engine

import (
	"fmt"

	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// teller tells what is done with one setup, as the events of a step.
type teller struct {
	g     *Guide
	setup string // its ID
	step  steps.StepID
	emit  func(steps.Event)
}

// silent is for what nobody is told of.
func silent(steps.Event) {}

// during does something between its Started and its Finished or Failed.
func (t *teller) during(title string, do func() (string, error)) error {
	t.say(steps.Started, title)
	result, err := do()
	if err != nil {
		t.failed(err)
		return err
	}
	t.say(steps.Finished, result)
	return nil
}

func (t *teller) failed(err error) {
	t.send(steps.Event{Kind: steps.Failed, Text: steps.Explain(err).Title, Err: err})
}

func (t *teller) send(e steps.Event) {
	e.Time, e.Setup, e.Step = t.g.cfg.Now(), t.setup, t.step
	if e.Kind != steps.Output { // which is safe already, and keeps its spaces
		e.Text = safe.Scrub(safe.Clean(e.Text))
	}
	t.g.traceEvent(e)
	t.emit(e)
}

func (t *teller) say(k steps.EventKind, text string) { t.send(steps.Event{Kind: k, Text: text}) }

func (t *teller) doing(format string, args ...any) { t.say(steps.Doing, fmt.Sprintf(format, args...)) }

func (t *teller) retrying(format string, args ...any) {
	t.say(steps.Retrying, fmt.Sprintf(format, args...))
}

// output takes what the host prints.
func (t *teller) output(text string, partial bool) {
	t.send(steps.Event{Kind: steps.Output, Text: text, Partial: partial})
}
