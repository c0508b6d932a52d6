package remote

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

func TestDialsAndJobsAreTraced(t *testing.T) {
	eachHost(t, func(t *testing.T, h host) {
		log := &await.Buffer{}
		r := newRelay(t, h.addr)
		h.addr = r.addr
		dial := func(ctx context.Context) (*Client, error) {
			target := h.target()
			target.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			return Dial(ctx, target, Auth{Signers: []Signer{h.signer}}, HostKeyCheck{Expected: []string{h.key.Line}})
		}
		c, err := dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.cut()
		await.Receive(t, "the connection's end", c.Done())
		if lost := regexp.MustCompile(`msg="connection ended" address=\S+ instance=i-\w+ lasted=\S+ outcome=lost`); !lost.MatchString(log.String()) {
			t.Errorf("the loss is not told in\n%s", log)
		}
		gate := newGate(t)
		retried := make(chan error, 100)
		lines, end := follow(t.Context(), dial, Job{
			ID: "told", Script: "echo from mark; " + gate.wait() + "; exit 3", Env: map[string]string{"A": "mark"},
			Retrying: func(err error) { retried <- err },
		})
		<-lines
		r.setDown(true)
		for range 2 { // lost, then refused
			reasonOf(t, <-retried)
		}
		r.setDown(false)
		gate.open(t)
		rest(lines)
		if e := <-end; e.err != nil || e.exit != 3 {
			t.Errorf("status %d, %v", e.exit, e.err)
		}
		for _, line := range []string{
			`msg=dial address=\S+ instance=i-\w+ took=\S+ outcome=ok`,
			`msg="job follow" job=told instance=i-\w+ from=0 run=`,
			`msg="job end" job=told instance=i-\w+ run=\S+ to=10 took=\S+ outcome=closed`,
			`level=WARN msg=dial address=\S+ instance=i-\w+ took=\S+ outcome=(closed|refused)`,
			`msg="job follow" job=told instance=i-\w+ from=10 run=\d`,
			`msg="job end" job=told instance=i-\w+ run=\S+ to=10 took=\S+ outcome=ok exit=3`,
			`msg="connection ended" address=\S+ instance=i-\w+ lasted=\S+ outcome=closed`,
		} {
			if !regexp.MustCompile(line).MatchString(log.String()) {
				t.Errorf("no line %s in\n%s", line, log)
			}
		}
		if strings.Contains(log.String(), "mark") {
			t.Errorf("a script, its environment or its output is in it:\n%s", log)
		}
	})
}
