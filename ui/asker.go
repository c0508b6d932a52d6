package ui

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/page"
)

// Asker draws the engine's questions as dialogues. It exists before the
// engine and before the program: a question waits until Run has bound it.
type Asker struct {
	bound chan struct{}
	once  sync.Once
	send  func(tea.Msg)

	mu   sync.Mutex
	last questionID
}

var _ steps.Asker = (*Asker)(nil)

// NewAsker makes an Asker, to be given to the engine and to [Options].
func NewAsker() *Asker { return &Asker{bound: make(chan struct{})} }

// bind says where questions go. Only the first call counts.
func (a *Asker) bind(send func(tea.Msg)) {
	a.once.Do(func() {
		a.send = send
		close(a.bound)
	})
}

// questionID tells the engine's questions apart; it is never zero.
type questionID int

// question is one thing the engine waits for. Exactly one of the fields
// serial, path, hostKey, project says what is asked. The reply channel holds one
// answer, so that answering never blocks.
type question struct {
	id      questionID
	serial  string
	path    string
	again   bool
	hostKey *steps.HostKeyQuestion
	project *steps.ProjectQuestion
	reply   chan answer
}

// answer is a person's: text for a code or a passphrase, a verdict for a host key,
// yes for a project.
type answer struct {
	declined bool
	text     string
	verdict  steps.HostKeyAnswer
	yes      bool
}

// MFACode implements [steps.Asker].
func (a *Asker) MFACode(ctx context.Context, serial string) (string, error) {
	got, err := a.ask(ctx, &question{serial: serial})
	return got.text, err
}

// Passphrase implements [steps.Asker].
func (a *Asker) Passphrase(ctx context.Context, path string, again bool) ([]byte, error) {
	got, err := a.ask(ctx, &question{path: path, again: again})
	if err != nil {
		return nil, err
	}
	return []byte(got.text), nil
}

// HostKey implements [steps.Asker].
func (a *Asker) HostKey(ctx context.Context, q steps.HostKeyQuestion) (steps.HostKeyAnswer, error) {
	got, err := a.ask(ctx, &question{hostKey: &q})
	return got.verdict, err
}

// Project implements [steps.Asker].
func (a *Asker) Project(ctx context.Context, q steps.ProjectQuestion) (bool, error) {
	got, err := a.ask(ctx, &question{project: &q})
	return got.yes, err
}

// Tell implements [steps.Asker]. Before Run nobody is there to read.
func (a *Asker) Tell(text string) {
	select {
	case <-a.bound:
		a.send(page.Told{Text: text})
	default:
	}
}

func (a *Asker) ask(ctx context.Context, q *question) (answer, error) {
	select {
	case <-a.bound:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	a.mu.Lock()
	a.last++
	q.id = a.last
	a.mu.Unlock()
	q.reply = make(chan answer, 1)
	a.send(questionAsked{q})
	select {
	case got := <-q.reply:
		if got.declined {
			return answer{}, steps.ErrDeclined
		}
		return got, nil
	case <-ctx.Done():
		a.send(questionWithdrawn{q.id})
		return answer{}, ctx.Err()
	}
}
