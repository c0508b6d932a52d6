package engine_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/remote/jupyter"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine"
	"github.com/jupyter-ec2/jupyter-ec2/steps/engine/enginetest"
)

// rewritten is a cloud whose answers are changed on the wire.
type rewritten struct {
	next   aws.HTTPDoer
	change func(r *http.Request, answer []byte) []byte
}

func (c rewritten) Do(r *http.Request) (*http.Response, error) {
	var asked []byte
	if r.Body != nil {
		asked, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(asked))
	}
	resp, err := c.next.Do(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(asked))
	answer = c.change(r, answer)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// rewrite changes the cloud's answers from here on.
func (w *world) rewrite(change func(r *http.Request, answer []byte) []byte) {
	w.Through(rewritten{w.Cloud.HTTPClient(), change})
}

// doctor returns a setup's checks by their ID, and tells when one is missing
// or has no remedy.
func (w *world) doctor(g *engine.Guide, setupID string) map[string]steps.Check {
	w.t.Helper()
	found := map[string]steps.Check{}
	var order []string
	err := g.Doctor(w.t.Context(), "", setupID, func(c steps.Check) {
		found[c.ID] = c
		order = append(order, c.ID)
		if c.Text == "" || c.Title == "" {
			w.t.Errorf("%s says nothing: %+v", c.ID, c)
		}
		if (c.State == steps.CheckBad || c.State == steps.CheckWarn) == c.Next.Empty() {
			w.t.Errorf("%s: a remedy goes with what is wrong, and only with that: %+v", c.ID, c)
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if setupID != "" && !slices.Equal(order, engine.CheckIDs()) {
		w.t.Errorf("checks %v, want %v", order, engine.CheckIDs())
	}
	return found
}

// states are those of the checks named.
func (w *world) expect(checks map[string]steps.Check, want map[string]steps.CheckState) {
	w.t.Helper()
	for id, state := range want {
		if checks[id].State != state {
			w.t.Errorf("%s is %q, want %q: %+v", id, checks[id].State, state, checks[id])
		}
	}
}

// connected is a world with a machine that was logged in to, and no Jupyter.
func connected(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	if err := w.until(t.Context(), w.Guide(), enginetest.Answers(), steps.StepConnect); err != nil {
		t.Fatal(err)
	}
	return w
}

// serverEnds waits until a server that was started has found out that it may not
// run, which takes its time.
func (w *world) serverEnds(host *remote.Client, facts jupyter.Facts) {
	w.t.Helper()
	await.Until(w.t, "the end of the server", func() bool {
		log, err := jupyter.ServerLog(w.t.Context(), host, facts, 100)
		return err == nil && slices.ContainsFunc(log, func(line string) bool { return strings.HasPrefix(line, "jupyter-ec2: the server ended") })
	})
}

// strayComes waits until a server that a shell has begun to start is there: that
// shell does not wait for it.
func (w *world) strayComes(host *remote.Client, port int) {
	w.t.Helper()
	facts, err := jupyter.Probe(w.t.Context(), host)
	if err != nil {
		w.t.Fatal(err)
	}
	await.Until(w.t, "a server that no record knows", func() bool {
		found, err := jupyter.StrayServers(w.t.Context(), host, facts)
		return err == nil && slices.ContainsFunc(found, func(s jupyter.Stray) bool { return s.Port == port })
	})
}
