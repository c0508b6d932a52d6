package aws

import (
	"context"
	"log/slog"
	"net/http"
)

// Options say whose account to open and how.
type Options struct {
	// Profile is a profile of the AWS config files; empty means the SDK's own
	// order (environment, default profile).
	Profile string
	// Region is the region to speak to first; empty means the profile's own,
	// else us-east-1.
	Region string
	// Endpoint replaces AWS, for the sandbox and for tests; nil means AWS.
	Endpoint *Endpoint
	// MFACode asks for the code of the MFA device with that serial; nil means
	// that nobody can be asked.
	MFACode func(ctx context.Context, serial string) (string, error)
	// Tell takes what is said while credentials are waited for, a line each,
	// safe for a terminal: what a credential_process asks ("Touch your key"),
	// and what was made of a setting. Nil drops it; it may be called
	// concurrently.
	Tell func(string)
	// Warn takes the SDK's warnings and retries, a line each; nil drops them.
	// It may be called concurrently.
	Warn func(string)
	// Log takes a line for each attempt of each call, without anything that was
	// sent or answered; nil writes none.
	Log *slog.Logger
}

// Endpoint is something that speaks AWS's protocols at one address.
type Endpoint struct {
	URL             string
	AccessKeyID     string
	SecretAccessKey string
	HTTP            HTTPDoer // nil means a client for loopback
}

// HTTPDoer sends HTTP requests, as *http.Client does.
type HTTPDoer interface {
	Do(*http.Request) (*http.Response, error)
}
