package steps

import "time"

// What an account and its regions have to choose from. The types have the form
// of package aws's, which the engine makes them of.

// EnvironmentProfile is the profile that stands for the credentials of the
// environment variables.
const EnvironmentProfile = "environment"

// Profile is one profile of the AWS config and credentials files.
type Profile struct {
	Name   string
	Region string // the profile's own region, or empty
	Kind   string // how it gets credentials: "keys", "sso", "login", "role", "process", "environment", "other"
}

// Identity is who the credentials belong to, as STS answers.
type Identity struct {
	Account string // 12 digits
	ARN     string
	UserID  string
}

// Root reports whether these are the account's root user's credentials.
func (i Identity) Root() bool {
	return len(i.ARN) > 5 && i.ARN[len(i.ARN)-5:] == ":root"
}

// MFAState reports whether MFA is on for the identity.
type MFAState string

// The MFA states. Unknown means not permitted to see, or not a user (a role).
const (
	MFAOn      MFAState = "on"
	MFAOff     MFAState = "off"
	MFAUnknown MFAState = "unknown"
)

// Region is one AWS region as DescribeRegions lists it.
type Region struct {
	Name    string // "us-east-1"
	Title   string // "US East (N. Virginia)", or empty where not known
	Enabled bool   // opt-in-not-required or opted-in
}

// InstanceType is one instance type of a region.
type InstanceType struct {
	Name      string
	VCPU      int
	MemoryMiB int
	GPU       string // "1 × NVIDIA T4", or empty
	Arch      string // "amd64" or "arm64"
	FreeTier  bool
	Nitro     bool
}

// Prices are on-demand prices of one region in US dollars. A zero value is
// an unknown price, never a free one.
type Prices struct {
	Hour    map[string]float64 // by instance type, per hour, Linux
	GP3     float64            // per GB and month
	IPv4    float64            // per public IPv4 address and hour
	Fetched time.Time
}

// Permission is the answer to one DryRun.
type Permission struct {
	Action  string // "ec2:RunInstances"
	Allowed bool
	Known   bool   // false when AWS answered neither yes nor no
	Detail  string // why not, in plain words
	// Obstacle is what AWS said instead of yes or no, where that prevents the
	// launch as a no does: a quota, an account that is not ready.
	Obstacle error
	// Refusal is AWS's no: its problem says whose that is, and what to do.
	Refusal error
}

// Place is an account's profile and a region of it.
type Place struct{ Profile, Region string }

// Account is what the first page shows once a profile is signed in.
type Account struct {
	Profile  string
	Identity Identity
	MFA      MFAState
	Regions  []Region // the profile's own first
	Home     string   // the region to preselect
}
