package aws

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
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
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
	}
	return cfg
}

// sharedConfig is the SDK's own configuration of a profile, or of its default chain.
func sharedConfig(ctx context.Context, o Options) (sdk.Config, error) {
	prompts := newPrompts(o.MFACode)
	options := []func(*config.LoadOptions) error{
		config.WithDefaultRegion(defaultRegion),
		// The SDK gives a connection 30 s, three times over.
		config.WithHTTPClient(awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = 8 * time.Second })),
		config.WithLogger(logger(o.Warn)),
		config.WithRetryer(retryer(o.Warn)),
		config.WithAssumeRoleCredentialOptions(prompts.configure),
	}
	if o.Profile != "" && o.Profile != EnvironmentProfile {
		options = append(options, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		options = append(options, config.WithRegion(o.Region))
	}
	if os.Getenv("AWS_EC2_METADATA_DISABLED") == "" && !onEC2(os.ReadFile) {
		// Elsewhere than on EC2 nobody answers at the metadata address, and the
		// SDK would wait seconds for it before it says that there are no credentials.
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return sdk.Config{}, err
	}
	quietProcess(&cfg, o.Warn)
	cfg.Credentials = prompts.around(cfg.Credentials)
	return cfg, nil
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

// prompts asks for MFA codes, one at a time, under the context of the call
// that needs the credentials; the SDK's own hook is given no context.
type prompts struct {
	ask   func(ctx context.Context, serial string) (string, error)
	inner sdk.CredentialsProvider
	turn  chan struct{} // holds one token while nobody retrieves

	mu  sync.Mutex
	ctx context.Context // of the retrieval under way
}

// noCodeError is a question for an MFA code that got none.
type noCodeError struct{ err error }

func (e *noCodeError) Error() string { return "ask for the MFA code: " + e.err.Error() }
func (e *noCodeError) Unwrap() error { return e.err }

func newPrompts(ask func(context.Context, string) (string, error)) *prompts {
	p := &prompts{ask: ask, turn: make(chan struct{}, 1), ctx: context.Background()}
	p.turn <- struct{}{}
	return p
}

func (p *prompts) configure(o *stscreds.AssumeRoleOptions) {
	if p.ask == nil || o.SerialNumber == nil {
		return
	}
	serial := *o.SerialNumber
	o.TokenProvider = func() (string, error) {
		p.mu.Lock()
		ctx := p.ctx
		p.mu.Unlock()
		code, err := p.ask(ctx, serial)
		if err != nil {
			return "", &noCodeError{err}
		}
		return strings.TrimSpace(code), nil
	}
}

// around has inner's retrievals take turns. Only one that can ask needs it.
func (p *prompts) around(inner sdk.CredentialsProvider) sdk.CredentialsProvider {
	if p.ask == nil || inner == nil {
		return inner
	}
	p.inner = inner
	return p
}

// Retrieve implements the SDK's CredentialsProvider.
func (p *prompts) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	select {
	case <-p.turn:
	case <-ctx.Done():
		return sdk.Credentials{}, ctx.Err()
	}
	defer func() { p.turn <- struct{}{} }()
	p.mu.Lock()
	p.ctx = ctx
	p.mu.Unlock()
	return p.inner.Retrieve(ctx)
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
