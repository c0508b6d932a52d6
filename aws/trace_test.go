package aws

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// traceLog is a log that several goroutines write to.
type traceLog struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *traceLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *traceLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func (l *traceLog) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// wantLine finds a line that has all the words.
func (l *traceLog) wantLine(t *testing.T, words ...string) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		has := true
		for _, w := range words {
			has = has && strings.Contains(line, w)
		}
		if has {
			return
		}
	}
	t.Errorf("no line with %q in\n%s", words, l)
}

func TestCallsAreTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{t: t, answers: answers{
			"DescribeInstances": inTurn(ec2Error("RequestLimitExceeded", "slow down, mark"), ok("DescribeInstances", "<reservationSet/>")),
			"StopInstances":     always(ec2Error("UnauthorizedOperation", "Encoded authorization failure message: mark")),
			"checkip":           always(reply{status: 200, body: "203.0.113.7"}),
		}}
		log := &traceLog{}
		a, err := Open(t.Context(), Options{Region: "eu-central-1", Log: log.logger(), Endpoint: &Endpoint{
			URL: "http://aws.test", AccessKeyID: "AKIATEST", SecretAccessKey: "mark", HTTP: w,
		}})
		if err != nil {
			t.Fatal(err)
		}
		r := a.In("us-west-2")
		if _, err := r.Find(t.Context(), map[string]string{"mark": "mark"}); err != nil {
			t.Error(err)
		}
		if err := r.Stop(t.Context(), "i-1"); codeOf(err) != "UnauthorizedOperation" {
			t.Errorf("err = %v", err)
		}
		if _, err := a.MyAddress(t.Context()); err != nil {
			t.Error(err)
		}
		log.wantLine(t, `msg="aws profile"`, "region=eu-central-1", "outcome=ok")
		log.wantLine(t, `msg="aws call"`, "service=EC2", "operation=DescribeInstances", "region=us-west-2", "attempt=1", "took=", "outcome=RequestLimitExceeded")
		log.wantLine(t, `msg="aws call"`, "operation=DescribeInstances", "attempt=2", "outcome=ok")
		log.wantLine(t, `msg="aws call"`, "operation=StopInstances", "attempt=1", "outcome=UnauthorizedOperation")
		log.wantLine(t, `msg="aws call"`, "service=checkip", "outcome=ok")
		if strings.Contains(log.String(), "mark") {
			t.Errorf("what was sent, answered or signed with is in it:\n%s", log)
		}
	})
}

// The calls that get credentials are among them, and neither the code nor what
// it buys.
func TestMFACodeIsInNoTrace(t *testing.T) {
	log := &traceLog{}
	codes := []string{"000000", "123456"}
	a := openMFA(t, func(context.Context, string) (string, error) {
		code := codes[0]
		codes = codes[1:]
		return code, nil
	}, func(o *Options) { o.Log = log.logger() })
	if _, err := a.Identity(t.Context()); codeOf(err) != codeMFAWrong {
		t.Errorf("err = %v", err)
	}
	if _, err := a.Identity(t.Context()); err != nil {
		t.Error(err)
	}
	log.wantLine(t, "service=STS", "operation=AssumeRole", "outcome=AccessDenied")
	log.wantLine(t, "service=STS", "operation=AssumeRole", "outcome=ok")
	log.wantLine(t, "service=STS", "operation=GetCallerIdentity", "outcome=ok")
	for _, secret := range []string{"000000", "123456", "ASIA", "AKIA"} {
		// Account numbers begin with the code, and are no secret.
		if strings.Contains(strings.ReplaceAll(log.String(), "123456789012", ""), secret) {
			t.Errorf("%s is in the trace:\n%s", secret, log)
		}
	}
}
