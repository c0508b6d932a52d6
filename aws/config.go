package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go/logging"
)

const defaultRegion = "us-east-1"

// endpointConfig speaks to an Endpoint. Nothing of the user's AWS
// configuration is read: the sandbox must not fail for it, nor see it.
func endpointConfig(o Options) sdk.Config {
	cfg := sdk.Config{
		Region:       o.Region,
		Credentials:  credentials.NewStaticCredentialsProvider(o.Endpoint.AccessKeyID, o.Endpoint.SecretAccessKey, ""),
		BaseEndpoint: sdk.String(o.Endpoint.URL),
		HTTPClient:   o.Endpoint.http(),
		Logger:       logger(o.Warn),
		Retryer:      retryer(o.Warn),
		APIOptions:   append(traced(o.Log), timed),
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	return cfg
}

// onEC2 looks for the marks EC2 leaves on its Linux machines:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
func onEC2(read func(string) ([]byte, error)) bool {
	if b, err := read("/sys/class/dmi/id/sys_vendor"); err == nil && strings.Contains(string(b), "Amazon EC2") {
		return true
	}
	b, err := read("/sys/hypervisor/uuid")
	return err == nil && strings.HasPrefix(strings.ToLower(string(b)), "ec2")
}

// prompts are what a person is asked for credentials: MFA codes, and what a
// credential_process wants. They come one at a time, under the context of the
// call that needs the credentials: the SDK gives its hooks no context, or one
// that never ends.
type prompts struct {
	ask   func(ctx context.Context, serial string) (string, error)
	inner sdk.CredentialsProvider
	free  chan struct{} // holds one token while nobody retrieves

	mu     sync.Mutex
	ctx    context.Context // of the retrieval under way
	round  int             // of the retrievals that failed
	failed error           // how the last one did

	running sync.Mutex // held while a credential_process runs
}

// noCodeError is a question for an MFA code that got none.
type noCodeError struct{ err error }

func (e *noCodeError) Error() string { return "ask for the MFA code: " + e.err.Error() }
func (e *noCodeError) Unwrap() error { return e.err }

func newPrompts(ask func(context.Context, string) (string, error)) *prompts {
	p := &prompts{ask: ask, free: make(chan struct{}, 1), ctx: context.Background()}
	p.free <- struct{}{}
	return p
}

func (p *prompts) configure(o *stscreds.AssumeRoleOptions) {
	if p.ask == nil || o.SerialNumber == nil {
		return
	}
	serial := *o.SerialNumber
	o.TokenProvider = func() (string, error) {
		ctx := p.caller()
		code, err := p.ask(ctx, device(serial))
		if err != nil {
			return "", &noCodeError{err}
		}
		return strings.TrimSpace(code), nil
	}
}

// caller is the context of the call that needs the credentials.
func (p *prompts) caller() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ctx
}

// around has inner's retrievals take turns.
func (p *prompts) around(inner sdk.CredentialsProvider) sdk.CredentialsProvider {
	if inner == nil {
		return nil
	}
	p.inner = inner
	return p
}

// Retrieve implements the SDK's CredentialsProvider. Many calls want credentials
// at once, and the SDK has most of them try again: a question that failed is
// not put to the person once more for each that waited for the answer, and a
// credential_process that failed not before the account is opened again.
func (p *prompts) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	p.mu.Lock()
	since := p.round
	p.mu.Unlock()
	select {
	case <-p.free:
	case <-ctx.Done():
		return sdk.Credentials{}, ctx.Err()
	}
	defer func() { p.free <- struct{}{} }()
	if err := p.begin(ctx, since); err != nil {
		return sdk.Credentials{}, err
	}
	creds, err := p.inner.Retrieve(ctx)
	if ctx.Err() != nil {
		// The SDK's cache does not wait for what it began. Our program may end
		// next, and a credential_process must not outlive it.
		p.running.Lock()
		defer p.running.Unlock()
	} else if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.round++
		p.failed = err
	}
	return creds, err
}

// begin takes the context of a retrieval, or returns the failure that it shares:
// of one that ended since it was asked for, or of the credential_process.
func (p *prompts) begin(ctx context.Context, since int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.round > since || p.processFailed() {
		return p.failed
	}
	p.ctx = ctx
	return nil
}

// processFailed is asked with mu held.
func (p *prompts) processFailed() bool { return errors.As(p.failed, new(*processError)) }

// CredentialsFailed reports whether the account's credential_process failed. It
// is not run again: whoever has mended it opens the account again.
func (a *Account) CredentialsFailed() bool {
	p, ok := a.cfg.Credentials.(*prompts)
	if !ok {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processFailed()
}

// logger passes the SDK's words to warn; without one they are dropped, because
// the SDK's own logger writes to stderr, across the screen.
func logger(warn func(string)) logging.Logger {
	if warn == nil {
		return logging.Nop{}
	}
	return logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
		warn(fmt.Sprintf(format, v...))
	})
}
