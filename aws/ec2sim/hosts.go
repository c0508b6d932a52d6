package ec2sim

import "context"

// SSHPortTag is the key of the tag that DescribeInstances shows on an
// instance whose host takes SSH connections at another port than 22. Only the
// sandbox has such instances.
const SSHPortTag = "jupyter-ec2-sandbox-ssh-port"

// Hosts is what runs behind the instances. The cloud never makes two calls
// for one instance at the same time, and makes them in the order in which the
// instance was started, rebooted, stopped and terminated; calls for different
// instances come concurrently.
type Hosts interface {
	// Launch starts the instance's host, for the first time or again after a
	// stop. The instance is pending until it returns. An error ends a first
	// launch as terminated and a later one as stopped, with the error's text
	// as state reason. ctx is cancelled when the instance is stopped or
	// terminated meanwhile, or the cloud is closed.
	Launch(ctx context.Context, spec HostSpec) (Host, error)
	// Reboot restarts the host at the same addresses. Its context and those
	// of the next two have no end: the cloud's Close waits for them.
	Reboot(ctx context.Context, instanceID string) error
	// Stop ends everything that runs on the host and keeps its files.
	Stop(ctx context.Context, instanceID string) error
	// Terminate ends everything that runs on the host and removes its files.
	// It succeeds for a host that is not there.
	Terminate(ctx context.Context, instanceID string) error
}

// HostSpec asks for a host.
type HostSpec struct {
	InstanceID string
	Region     string
	// AuthorizedKeys are the key pair's public key in authorized_keys form;
	// empty when the instance was launched without a key pair.
	AuthorizedKeys []string
	// Index is a number from 2 to 254 that no other instance has which is not
	// terminated. It is another one after each stop and start, as a public
	// address is: 127.0.0.Index is the instance's own address.
	Index     int
	PrivateIP string // in the default VPC, 172.31.0.0/16; Host may give another
	PublicIP  string // in 203.0.113.0/24 (RFC 5737); Host may give another
	DiskGB    int
	Snapshot  string // whose copy of a disk it begins with, as of DiskHosts; empty is an empty disk
	// UserData is what the instance was launched with, and the same at each
	// start: what a machine does with it is its own affair, as cloud-init does
	// most of it at the first start alone.
	UserData []byte
}

// Host is a host that runs. Empty fields leave what the cloud chose.
type Host struct {
	PublicIP  string
	PrivateIP string
	PublicDNS string // shown only where PublicIP is given or both are empty
	SSHPort   int    // 0 means 22
	// HostKeys are the host's public SSH keys in authorized_keys form: the
	// cloud prints them at the end of the console output, as cloud-init does.
	HostKeys []string
	// Console returns what the host has printed on its console since its first
	// start, HostKeys not among it; nil means nothing. It must be quick.
	Console func() []byte
}
