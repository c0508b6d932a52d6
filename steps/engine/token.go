package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// ownToken reads the setup's token. It has a file of its own, so that the
// ledger can be shown to others. A file that holds no token, because it is
// empty or broken, is as good as none: "" is the answer.
func (g *Guide) ownToken(id string) (string, error) {
	b, err := os.ReadFile(g.ledger.file("tokens", id))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the server's token: %w", err)
	}
	if token := strings.TrimSpace(string(b)); jupyter.ValidToken(token) {
		return token, nil
	}
	return "", nil
}

func (g *Guide) keepToken(id, token string) error {
	return writePrivate(g.ledger.file("tokens", id), []byte(token))
}

// token is the token of the server that runs on the machine: this computer's
// own, or else the machine's, which is kept here from then on. Where there is
// neither, it is an error. client may be nil: the machine is then logged in to
// where it has to be asked.
func (t *target) token(ctx context.Context, client *remote.Client) (string, error) {
	token, err := t.g.ownToken(t.s.ID)
	if err != nil || token != "" {
		return token, err
	}
	if token, err = t.fetchToken(ctx, client); err != nil {
		return "", err
	}
	if token == "" {
		return "", noToken(t.s)
	}
	t.doing("The token's file here was missing or broken: the server's own was fetched")
	return token, t.g.keepToken(t.s.ID, token)
}

// ensureToken is token for those who start the server: where there is none, one
// is made.
func (r *run) ensureToken(ctx context.Context) (string, error) {
	token, err := r.g.ownToken(r.s.ID)
	// A machine that was launched here and never served has none to be asked for.
	if err == nil && token == "" && (r.s.LaunchAsked.IsZero() || r.s.ServerPort != 0) {
		token, err = r.token(ctx, r.client)
		if errors.Is(err, errNoToken) {
			err = nil
		}
	}
	if err != nil || token != "" {
		return token, err
	}
	if token, err = jupyter.NewToken(); err != nil {
		return "", err
	}
	return token, r.g.keepToken(r.s.ID, token)
}

// fetchToken asks the machine for its server's token; "" when it has none.
func (t *target) fetchToken(ctx context.Context, client *remote.Client) (string, error) {
	if client == nil {
		ctx, cancel := context.WithTimeout(ctx, connectPatience)
		defer cancel()
		var err error
		if client, err = t.dial(ctx); err != nil {
			return "", err
		}
		defer func() { _ = client.Close() }() // the answer is here
	}
	return jupyter.ReadToken(ctx, client)
}

var errNoToken = errors.New("no token")

func noToken(s *steps.Setup) error {
	return &problem.Error{
		Kind: problem.Server, Title: "The server's token is not known", Err: errNoToken,
		Text: fmt.Sprintf("The file with the token of %s is missing or broken here, and the machine has none either.", s.Answers.Name),
		Next: problem.Act(on(problem.Continue, s)).Say(": it gives the server a new token."),
	}
}
