package steps

import (
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Setup is one run of the guide and what came of it. It outlives the program:
// the ledger keeps it, one file each. It holds no secret.
type Setup struct {
	// Version is the form of the record; 0 is that of before it was counted.
	Version int     `json:"version"`
	ID      string  `json:"id"`
	Answers Answers `json:"answers"` // as the machine follows them
	// Next are the answers that were asked for since, and that the machine does
	// not follow yet; nil where there are none.
	Next    *Answers  `json:"next,omitempty"`
	Sandbox bool      `json:"sandbox,omitempty"`
	Created time.Time `json:"created"`
	// AccountNumber is the AWS account's that it is in, 12 digits; empty where
	// that is not known. A profile may lead to another one some day.
	AccountNumber string `json:"account,omitempty"`

	Resources Resources            `json:"resources"`
	Done      map[StepID]time.Time `json:"done,omitempty"`

	// LaunchAsked is when the machine was asked for first: EC2 may show it much later.
	LaunchAsked time.Time `json:"launch_asked,omitzero"`

	LaunchedAt time.Time `json:"launched_at,omitzero"` // the last start
	FirstStart time.Time `json:"first_start,omitzero"` // the instance's first one: its disk exists since then
	StoppedAt  time.Time `json:"stopped_at,omitzero"`  // while it is stopped
	// RanBefore is how long it ran in all before the last start, as far as
	// this computer saw; RanUnseen says that it may have been longer.
	RanBefore  time.Duration `json:"ran_before,omitempty"`
	RanUnseen  bool          `json:"ran_unseen,omitempty"`
	MyAddress  string        `json:"my_address,omitempty"`  // whom the security group lets in
	PublicAddr string        `json:"public_addr,omitempty"` // DNS name, or IP where there is none
	PublicIP   string        `json:"public_ip,omitempty"`
	PrivateIP  string        `json:"private_ip,omitempty"`
	SSHPort    int           `json:"ssh_port,omitempty"`
	ServerPort int           `json:"server_port,omitempty"`
	Loopback   string        `json:"loopback,omitempty"`   // the machine's own, 127.0.0.1 but in the sandbox
	LocalPort  int           `json:"local_port,omitempty"` // where its tunnels begin: its own, once and for all
	VPC        string        `json:"vpc,omitempty"`        // that its machine is in, as last seen
	// Subnet is where the launch was asked to go, and AskAddress says that it asked
	// for a public address too: asked for again, it must be the same.
	Subnet     string `json:"subnet,omitempty"`
	AskAddress bool   `json:"ask_address,omitempty"`
	// NoLab says that the server was found to have no JupyterLab.
	NoLab      bool   `json:"no_lab,omitempty"`
	KnownHosts string `json:"known_hosts,omitempty"` // file that holds the pinned host key
	Cost       Cost   `json:"cost,omitzero"`
	State      State  `json:"state,omitempty"`
	// Project is the folder that was brought to the machine; nil where none was.
	Project *Project `json:"project,omitempty"`
	// Saving is an image of the machine that is being made; nil while none is.
	Saving *Saving `json:"saving,omitempty"`
	// Bad says why the setup's record cannot be used; then nothing else is known
	// of it but its ID, and its name where that can be told.
	Bad *problem.Problem `json:"-"`
	// TunnelPort is the local port on which a tunnel leads to the machine now,
	// whichever process holds it; 0 without one.
	TunnelPort int `json:"-"`
	// Sync is how the project's two folders are; nil where nothing is known of it.
	Sync *SyncState `json:"-"`
	// Unseen says why Look could not ask how the machine is now.
	Unseen string `json:"-"`
}

// Resources are the things a setup caused to exist. An entry is written
// before the thing is created (intent) and completed after.
type Resources struct {
	KeyPairName string `json:"key_pair_name,omitempty"`
	KeyPairID   string `json:"key_pair_id,omitempty"`
	KeyPairOurs bool   `json:"key_pair_ours,omitempty"` // created or imported by this setup
	KeyPath     string `json:"key_path,omitempty"`      // private key on this computer
	KeyFileOurs bool   `json:"key_file_ours,omitempty"` // written by this setup
	GroupName   string `json:"group_name,omitempty"`
	GroupID     string `json:"group_id,omitempty"`
	ClientToken string `json:"client_token,omitempty"`
	ImageID     string `json:"image_id,omitempty"`
	InstanceID  string `json:"instance_id,omitempty"`
	// OwnImage says that the image was made of a machine by this program: what the
	// install brings is on it.
	OwnImage bool `json:"own_image,omitempty"`
	// UserData says that the machine is launched with user data: a host key, and
	// the install to begin at boot.
	UserData bool `json:"user_data,omitempty"`
	// HostKey is the public half of the host key in the user data, until the
	// machine has another: the user data is kept that long.
	HostKey string `json:"host_key,omitempty"`
	// HostKeyMade says that the machine has made itself another one since, which
	// replaced it over a checked connection.
	HostKeyMade bool `json:"host_key_made,omitempty"`
	// HostKeyChanging is written down before the machine makes itself another host
	// key, and taken back once it is known which one it has.
	HostKeyChanging bool `json:"host_key_changing,omitempty"`
	// PinnedKey is the public half of the host key that was pinned last, over a
	// connection that was checked: what known_hosts has lost is pinned again by it.
	// The key in the user data is never here.
	PinnedKey string `json:"pinned_key,omitempty"`
	// Adopted says that another computer launched the machine.
	Adopted  bool `json:"adopted,omitempty"`
	Launches int  `json:"launches,omitempty"` // how many instances this setup has asked for
	Removing bool `json:"removing,omitempty"` // removal has begun
}

// MakesHostKey reports whether the machine may have another host key than it was
// launched with: then neither that one nor the console, which may show it,
// vouches for the machine.
func (r Resources) MakesHostKey() bool { return r.HostKeyMade || r.HostKeyChanging }

// Wanted are the answers as they were asked for last, whether the machine
// follows them yet or not.
func (s Setup) Wanted() Answers {
	if s.Next != nil {
		return *s.Next
	}
	return s.Answers
}

// Finished reports whether a step's work is done.
func (s Setup) Finished(id StepID) bool { return !s.Done[id].IsZero() }

// Begun reports whether something may exist in EC2: the names are the first intent.
func (s *Setup) Begun() bool { return s.Resources.GroupName != "" }

// Launched reports whether there may be an instance.
func (s *Setup) Launched() bool { return s.Resources.ClientToken != "" || s.Resources.InstanceID != "" }
