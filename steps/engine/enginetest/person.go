package enginetest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Person answers as a test says; nothing else may be asked.
type Person struct {
	OnHostKey func(steps.HostKeyQuestion) steps.HostKeyAnswer
	OnTell    func(text string)
	OnProject func(steps.ProjectQuestion) bool
}

// Tell hears everything.
func (p Person) Tell(text string) {
	if p.OnTell != nil {
		p.OnTell(text)
	}
}

// MFACode is declined.
func (Person) MFACode(context.Context, string) (string, error) { return "", steps.ErrDeclined }

// Passphrase is declined.
func (Person) Passphrase(context.Context, string, bool) ([]byte, error) {
	return nil, steps.ErrDeclined
}

// HostKey answers what OnHostKey says.
func (p Person) HostKey(_ context.Context, q steps.HostKeyQuestion) (steps.HostKeyAnswer, error) {
	if p.OnHostKey == nil {
		return steps.HostKeyReject, fmt.Errorf("a person was asked about a host key: %w", steps.ErrDeclined)
	}
	return p.OnHostKey(q), nil
}

// Project answers what OnProject says.
func (p Person) Project(_ context.Context, q steps.ProjectQuestion) (bool, error) {
	if p.OnProject == nil {
		return false, fmt.Errorf("a person was asked about a project: %w", steps.ErrDeclined)
	}
	return p.OnProject(q), nil
}

// Answers are those that the tests launch with, unless they say otherwise.
func Answers() steps.Answers {
	return steps.Answers{
		Name: "jupyter", Region: "us-east-1", Release: "24.04", Type: "t2.micro", DiskGB: 8,
		Key: steps.KeyAnswer{Source: steps.KeyMadeHere}, Mode: steps.ModeSSH, Installer: steps.InstallerUV,
	}
}

// network is how a computer reaches the cloud: from an address that may change.
type network struct {
	aws.HTTPDoer
	w *World
}

func (n network) Do(r *http.Request) (*http.Response, error) {
	n.w.mu.Lock()
	address := n.w.address
	n.w.mu.Unlock()
	if address == "" || r.URL.Path != "/checkip" {
		return n.HTTPDoer.Do(r)
	}
	answer := httptest.NewRecorder()
	_, err := answer.WriteString(address + "\n")
	return answer.Result(), err
}
