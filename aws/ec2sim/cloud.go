package ec2sim

import (
	"net/http"
	"time"
)

// Cloud is one account in an embedded AWS. It is an http.Handler for all
// services at one address; the credential scope of a request's signature says
// which service and which region it is for. GET /checkip answers the client's
// address. It is safe for concurrent use.
type Cloud struct{ opts Options }

// New opens a cloud. It fails when the state file cannot be read.
func New(opts Options) (*Cloud, error) { return &Cloud{opts: opts}, nil }

// ServeHTTP answers one request of an AWS SDK.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not yet", http.StatusNotImplemented)
}

// HTTPClient is a client that reaches the cloud in memory, whatever address
// the request names. It satisfies aws.HTTPDoer and the SDK's HTTPClient.
func (c *Cloud) HTTPClient() *Client { return &Client{handler: c} }

// Close stops the hosts of all instances, waits for them and saves the state.
// The cloud answers no requests afterwards.
func (c *Cloud) Close() error { return nil }

// Instances lists the instances of all regions, terminated ones too, oldest
// first.
func (c *Cloud) Instances() []InstanceSummary { return nil }

// InstanceSummary is one instance for the sandbox's status.
type InstanceSummary struct {
	ID       string
	Region   string
	Name     string // the Name tag
	State    string // as in DescribeInstances
	Type     string
	PublicIP string
	SSHPort  int
	Launched time.Time
}
