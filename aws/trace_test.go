package aws

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

func traceTo(b *await.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// wantLine finds a line that has all the words.
func wantLine(t *testing.T, l *await.Buffer, words ...string) {
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
		log := &await.Buffer{}
		a, err := Open(t.Context(), Options{Region: "eu-central-1", Log: traceTo(log), Endpoint: &Endpoint{
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
		wantLine(t, log, `msg="aws profile"`, "region=eu-central-1", "outcome=ok")
		wantLine(t, log, `msg="aws call"`, "service=EC2", "operation=DescribeInstances", "region=us-west-2", "attempt=1", "took=", "outcome=RequestLimitExceeded")
		wantLine(t, log, `msg="aws call"`, "operation=DescribeInstances", "attempt=2", "outcome=ok")
		wantLine(t, log, `msg="aws call"`, "operation=StopInstances", "attempt=1", "outcome=UnauthorizedOperation")
		wantLine(t, log, `msg="aws call"`, "service=checkip", "outcome=ok")
		if strings.Contains(log.String(), "mark") {
			t.Errorf("what was sent, answered or signed with is in it:\n%s", log)
		}
	})
}

// The calls that get credentials are among them, and neither the code nor what
// it buys.
func TestMFACodeIsInNoTrace(t *testing.T) {
	log := &await.Buffer{}
	codes := []string{"000000", "123456"}
	a := openMFA(t, func(context.Context, string) (string, error) {
		code := codes[0]
		codes = codes[1:]
		return code, nil
	}, func(o *Options) { o.Log = traceTo(log) })
	if _, err := a.Identity(t.Context()); codeOf(err) != codeMFAWrong {
		t.Errorf("err = %v", err)
	}
	if _, err := a.Identity(t.Context()); err != nil {
		t.Error(err)
	}
	wantLine(t, log, "service=STS", "operation=AssumeRole", "outcome=AccessDenied")
	wantLine(t, log, "service=STS", "operation=AssumeRole", "outcome=ok")
	wantLine(t, log, "service=STS", "operation=GetCallerIdentity", "outcome=ok")
	for _, secret := range []string{"000000", "123456", "ASIA", "AKIA"} {
		// Account numbers begin with the code, and are no secret.
		if strings.Contains(strings.ReplaceAll(log.String(), "123456789012", ""), secret) {
			t.Errorf("%s is in the trace:\n%s", secret, log)
		}
	}
}
