package aws

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// wire is an HTTPDoer that answers by action and keeps what it was asked. An
// action is "RunInstances", as EC2 and STS have it in the form, or the last
// part of X-Amz-Target, as SSM and Pricing have it.
type wire struct {
	t       *testing.T
	answers map[string]func(n int, q request) reply // n counts the action's calls from 0

	mu   sync.Mutex
	seen []request
}

type request struct {
	action string
	region string // from the signature
	form   url.Values
	body   string
}

type reply struct {
	status int
	body   string
	err    error
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	q := request{}
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		q.body = string(b)
	}
	if auth := strings.Split(r.Header.Get("Authorization"), "/"); len(auth) > 2 {
		q.region = auth[2]
	}
	q.form, _ = url.ParseQuery(q.body)
	q.action = q.form.Get("Action")
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		q.action = target[strings.LastIndex(target, ".")+1:]
	}
	if r.URL.Path == "/checkip" {
		q.action = "checkip"
	}
	w.mu.Lock()
	n := 0
	for _, s := range w.seen {
		if s.action == q.action {
			n++
		}
	}
	w.seen = append(w.seen, q)
	w.mu.Unlock()
	answer, ok := w.answers[q.action]
	if !ok {
		w.t.Errorf("unexpected request %s", q.action)
		answer = always(ec2Error("InvalidAction", "unexpected"))
	}
	a := answer(n, q)
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Request: r,
		Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

// sent returns the nth request of an action.
func (w *wire) sent(action string, n int) url.Values {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seen {
		if s.action == action {
			if n == 0 {
				return s.form
			}
			n--
		}
	}
	w.t.Fatalf("no request %s number %d", action, n)
	return nil
}

func (w *wire) count(action string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.seen {
		if s.action == action {
			n++
		}
	}
	return n
}

type answers = map[string]func(n int, q request) reply

func always(r reply) func(int, request) reply { return func(int, request) reply { return r } }

// inTurn answers the nth call with the nth reply, and with the last one from there on.
func inTurn(rs ...reply) func(int, request) reply {
	return func(n int, _ request) reply { return rs[min(n, len(rs)-1)] }
}

// ok is an EC2 answer with the elements given.
func ok(action, elements string) reply {
	return reply{status: 200, body: fmt.Sprintf(`<%[1]sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>%[2]s</%[1]sResponse>`, action, elements)}
}

func ec2Error(code, message string) reply {
	return reply{status: 400, body: fmt.Sprintf(`<?xml version="1.0"?><Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r</RequestID></Response>`, code, message)}
}

func stsError(code, message string) reply {
	return reply{status: 403, body: fmt.Sprintf(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)}
}

func jsonError(code, message string) reply {
	return reply{status: 400, body: fmt.Sprintf(`{"__type":%q,"message":%q}`, code, message)}
}

func caller(arn string) reply {
	return reply{status: 200, body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>` + arn +
		`</Arn><UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`}
}

// open opens an account whose AWS is w.
func open(t *testing.T, w *wire, region string) *Account {
	t.Helper()
	a, err := Open(context.Background(), Options{Region: region, Endpoint: &Endpoint{
		URL: "http://aws.test", AccessKeyID: "AKIATEST", SecretAccessKey: "secret", HTTP: w,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func regional(t *testing.T, on answers) (*Regional, *wire) {
	t.Helper()
	w := &wire{t: t, answers: on}
	return open(t, w, "eu-central-1").In("eu-central-1"), w
}

func wantField(t *testing.T, form url.Values, want map[string]string) {
	t.Helper()
	for k, v := range want {
		if got := form.Get(k); got != v {
			t.Errorf("%s: %s = %q, want %q", form.Get("Action"), k, got, v)
		}
	}
}
