package ec2sim

import (
	"net/http"
	"time"
)

// Options describe a cloud. The zero value is a cloud without credentials,
// hosts, delays and persistence, as unit tests want it.
type Options struct {
	// Region is the region of requests that name none (only GET /checkip
	// does). Empty means us-east-1.
	Region string
	// Account is the account's number, 12 digits; empty means 000000000000.
	Account string
	// User is the IAM user's name; "root" means the account's root user, and
	// empty means "sandbox".
	User string
	// MFA reports whether the user, and the root user, have an MFA device.
	MFA bool

	// AccessKeyID is the only access key ID that is let in; empty lets in
	// every one. With a SecretAccessKey, signatures are checked too.
	AccessKeyID     string
	SecretAccessKey string

	// OptedIn are the enabled ones of the regions that must be opted in to;
	// nil means ap-east-1 and eu-central-2.
	OptedIn []string
	// NoDefaultVPC gives regions no default VPC until one is created.
	NoDefaultVPC bool
	// FreePlan makes it an account of the free plan (since 2025-07-15), which
	// launches only free-tier-eligible types.
	FreePlan bool
	// StandardVCPUs and GPUVCPUs are the quotas of running vCPUs a region: 0
	// means 32 for standard types and, as in a new account, none for GPUs.
	StandardVCPUs int
	GPUVCPUs      int

	// PageSize is how many items a page has at most, fewer than MaxResults
	// asks for; 0 means as many as AWS gives.
	PageSize int

	// Hosts run behind the instances; nil means that nothing does.
	Hosts Hosts
	// Timing is how long states take; the zero value is no time at all.
	Timing Timing
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// StatePath is a file that keeps the cloud across restarts of the
	// program, mode 0600, replaced atomically; empty keeps nothing. Instances
	// that ran are stopped when the file is read.
	StatePath string
	// Fault is asked before each request is served, with the service and the
	// action ("ec2:RunInstances"), after the credentials were checked; nil
	// means no faults. It may be called concurrently and may read the
	// request's form.
	Fault func(action string, r *http.Request) *Fault
}

// Timing is how long things take. Hosts may take longer.
type Timing struct {
	Visible time.Duration // after RunInstances, until the Describe actions find the instance
	Pending time.Duration // pending until running
	Stop    time.Duration // stopping until stopped, shutting-down until terminated
	Console time.Duration // running until the console output is shown, host keys included
	Xen     time.Duration // the same for types without Nitro, where it takes minutes; 0 means Console
	Release time.Duration // terminated until the security group is no longer in use
	Forget  time.Duration // terminated until the instance is no longer listed; 0 means an hour
}

// Believable is a Timing that looks like AWS, faster.
func Believable() Timing {
	return Timing{
		Visible: 300 * time.Millisecond,
		Pending: 1500 * time.Millisecond,
		Stop:    time.Second,
		Console: time.Second,
		Release: 500 * time.Millisecond,
		Forget:  time.Hour,
	}
}

// Fault makes one request go wrong.
type Fault struct {
	// Delay passes first. With neither Code nor Reset the request is then
	// served as usual.
	Delay time.Duration
	// Reset closes the connection without an answer.
	Reset bool
	// Code and Message are AWS's error ("InsufficientInstanceCapacity").
	// Empty Message means AWS's own words where the cloud knows them. Status
	// is the HTTP status; 0 means the code's usual one.
	Code    string
	Message string
	Status  int
	// After serves the request first and then answers with the fault, as when
	// the answer is lost on its way.
	After bool
	// Says are the elements of a successful answer ("<return>true</return>")
	// that is sent instead of serving the request: EC2 says yes and does
	// nothing. It is for EC2's actions only.
	Says string
	// Without names elements ("keyMaterial") that the answer lacks; the
	// request is served.
	Without []string
}
