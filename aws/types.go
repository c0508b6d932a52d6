package aws

import "time"

// The tags on everything a setup creates.
const (
	TagSetup = "jupyter-ec2"      // the setup's ID
	TagName  = "jupyter-ec2-name" // the setup's name

	// The tags on an image besides: its own name, and the Ubuntu release that it
	// was made on.
	TagImage   = "jupyter-ec2-image"
	TagRelease = "jupyter-ec2-release"
)

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

// Type is one instance type of a region.
type Type struct {
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

// Image is a machine image to launch.
type Image struct {
	ID      string
	Name    string // empty when SSM gave only the ID
	Release string
	Arch    string
	Source  string // "ssm" or "describe-images"
	Root    string // root device name, "/dev/sda1"

	// What follows is known of an image that was asked for by its ID.

	State     string // "pending", "available", "failed", …
	Reason    string // why it is so, as EC2 says, or empty
	Owner     string // the account's number
	Public    bool   // everybody may launch it
	RootGB    int    // its root disk's size: a machine's cannot be smaller
	DiskGB    int    // all its disks together
	Snapshots []string
	Created   time.Time
	Tags      map[string]string
}

// ImageSpec asks for an image of an instance.
type ImageSpec struct {
	InstanceID  string
	Name        string // an account's only once in a region
	Description string
	NoReboot    bool
	Tags        map[string]string // on the image and its snapshots
}

// KeyPair is a key pair that EC2 holds.
type KeyPair struct {
	ID        string
	Name      string
	PublicKey string // authorized_keys form, without comment; empty when EC2 does not give it
	Tags      map[string]string
}

// NetworkSpec says where an instance is to go.
type NetworkSpec struct {
	Subnet string // by its ID; empty is the default VPC
	Zone   string // empty is any
}

// Network is where an instance goes.
type Network struct {
	VPC    string
	Subnet string // empty lets EC2 choose (default VPC)
	Zone   string
	// Internet reports whether the subnet's route table leads to an internet
	// gateway; without one nobody reaches the instance.
	Internet bool
	// AskAddress reports whether a launch has to ask for a public address: the
	// subnet leads out, and assigns none automatically.
	AskAddress bool
	// Full reports whether the named subnet has no free address left.
	Full bool
}

// GroupSpec asks for a security group with exactly these ports open to one address.
type GroupSpec struct {
	Name        string
	Description string
	VPC         string
	CIDR        string // my own address, "203.0.113.7/32"
	Ports       []int
	Also        []Rule // what else is let in, such as another machine
	Tags        map[string]string
}

// Rule lets a network in at a TCP port.
type Rule struct {
	Port int
	CIDR string // "203.0.113.7/32"
	Ours bool   // made by this program
}

// LaunchSpec is everything RunInstances is given.
type LaunchSpec struct {
	ClientToken string // at most 64 ASCII characters
	Image       Image
	Type        string
	KeyName     string
	GroupIDs    []string
	Subnet      string
	AskAddress  bool   // for a public address, in a subnet that assigns none automatically
	VPC         string // where a DryRun tries to make a group; empty is the default one
	DiskGB      int
	Tags        map[string]string // on instance, volume and network interface
	// UserData is what the machine is told at its first boot, at most 16 KB.
	// Whoever may describe the instance's attributes can read it.
	UserData []byte
}

// Instance is an instance as DescribeInstances answers.
type Instance struct {
	ID          string
	State       State
	StateReason string
	Type        string
	Zone        string
	ImageID     string
	KeyName     string
	PublicDNS   string // empty where the VPC gives none
	PublicIP    string
	PrivateIP   string
	VPC         string
	Subnet      string
	GroupIDs    []string
	VolumeIDs   []string
	Launched    time.Time // the last start
	Created     time.Time // the first start, where it can be told; else the last
	StoppedAt   time.Time // when it was stopped, as EC2 says; zero when it is not, or EC2 does not
	Region      string
	ClientToken string
	Tags        map[string]string
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

// Owned is something in EC2 that carries the tag of a setup.
type Owned struct {
	Kind    string // "instance", "volume", "security group", "key pair", "image" or "snapshot"
	ID      string
	Name    string   // of a group, a key pair or an image; empty for the others
	State   string   // of all but a group or a key pair
	Type    string   // of an instance
	DiskGB  int      // of a volume, an image or a snapshot
	UsedBy  string   // the instance that a volume is attached to, or empty
	Uses    []string // the snapshots that an image is made of
	Created time.Time
	Tags    map[string]string
}

// Quota is how many vCPUs of a type's family a region lets run at a time.
type Quota struct {
	Code  string  // "L-1216C47A", to ask for more with
	Name  string  // "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"
	Limit float64 // vCPUs
	Used  float64 // vCPUs of the instances there are, as far as they can be seen
}
