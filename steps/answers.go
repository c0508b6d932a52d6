package steps

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Mode is how the server is reached.
type Mode string

// The guide's three modes.
const (
	ModeSSH     Mode = "ssh"     // notebook on the instance's loopback, through a tunnel
	ModeHTTP    Mode = "http"    // notebook on the public address, from my own address only
	ModeGateway Mode = "gateway" // Kernel Gateway on the public address, from my own address only
)

// Ports lists what a mode opens to my own address.
func (m Mode) Ports() []int {
	if m == ModeSSH {
		return []int{22}
	}
	return []int{22, ServerPort}
}

// Installer is how Jupyter gets onto the host.
type Installer string

// The installers.
const (
	InstallerUV  Installer = "uv"  // uv into a venv: the fast default
	InstallerPip Installer = "pip" // apt and pip, word for word as in the guide
)

// UI is which of the server's pages its URL leads to. A gateway has none.
type UI string

// The pages.
const (
	UILab  UI = "lab"  // JupyterLab (default, where the server has it)
	UITree UI = "tree" // the notebook's own list of files, as in the guide
)

// KeySource is where the key pair comes from.
type KeySource string

// The ways to a key pair.
const (
	KeyMadeHere  KeySource = "import" // make an ed25519 key here, import its public half (default)
	KeyMadeByEC2 KeySource = "create" // let EC2 create the pair and save the .pem, as in the guide
	KeyFile      KeySource = "file"   // a private key on this computer; its public half is imported where EC2 has no match
	KeyAgent     KeySource = "agent"  // a key held by ssh-agent; likewise
)

// KeyAnswer says which key pair to use.
type KeyAnswer struct {
	Source KeySource `json:"source"`
	// Path is the private key's file (KeyFile), or where to write it
	// (KeyMadeHere, KeyMadeByEC2; empty means the state folder's keys/).
	Path string `json:"path,omitempty"`
	// PairName is the EC2 key pair that matches (KeyFile, KeyAgent), empty
	// when the public key has still to be imported.
	PairName string `json:"pair_name,omitempty"`
	// Fingerprint is the SHA256 fingerprint of the agent's key (KeyAgent).
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Answers are what a person chose on the question pages. They hold no secret
// and are what "save the plan" writes.
type Answers struct {
	Name    string `json:"name"`
	Profile string `json:"profile,omitempty"`
	Region  string `json:"region"`
	Release string `json:"image"` // Ubuntu release, such as "24.04"
	// Image is the image to launch from, "ami-…": one of the user's own, or
	// another that the account may use. Empty is Ubuntu's own of the release.
	Image     string    `json:"ami,omitempty"`
	Type      string    `json:"type"`             // instance type, such as "t2.micro"
	Subnet    string    `json:"subnet,omitempty"` // the one to launch into, "subnet-…"; empty is the default network
	DiskGB    int       `json:"disk_gb"`
	Key       KeyAnswer `json:"key"`
	Mode      Mode      `json:"mode"`
	Installer Installer `json:"installer"`
	// NoTLS serves HTTP and gateway mode without TLS, as the guide does.
	NoTLS bool `json:"no_tls,omitempty"`
	// UI is the page that the URL is to lead to; empty is the default.
	UI UI `json:"ui,omitempty"`
	// IdleStop stops the machine when idle for so long,
	// Lifetime after running for so long in all.
	IdleStop Limit `json:"idle_stop,omitzero"`
	Lifetime Limit `json:"lifetime,omitzero"`
	// Work says which programs count as activity.
	Work WorkRule `json:"work,omitzero"`
	// Gateway is the ID of the setup whose Kernel Gateway runs this notebook's
	// kernels; empty means its own machine does.
	Gateway string `json:"gateway,omitempty"`
	// Tags are put on everything that is created.
	Tags map[string]string `json:"tags,omitempty"`
	// Project is the folder of this computer, by its whole path, that is kept alike
	// with one of the machine; empty is none.
	Project string `json:"project,omitempty"`
}

// Equal reports whether two answers are the same.
func (a Answers) Equal(b Answers) bool { return reflect.DeepEqual(a, b) }

// Limits and defaults of the answers.
const (
	DefaultName    = "jupyter"
	MaxName        = 40 // a name's longest
	DefaultRelease = "24.04"
	DefaultType    = "t2.micro" // the guide's; DefaultTypeFor picks another where the region has none
	DefaultDiskGB  = 8
	MinDiskGB      = 8
	MaxDiskGB      = 16384 // gp3's own limit
	ServerPort     = 8888
)

// Valid tells the first thing wrong with the answers, in words for the user.
func (a Answers) Valid() error {
	switch {
	case !ValidName(a.Name):
		return fmt.Errorf("the name %q cannot be used: use 1 to %d lower-case letters, digits and hyphens, a letter first", a.Name, MaxName)
	case a.Region == "":
		return fmt.Errorf("no region is chosen: give one, for example us-east-1")
	case a.Image != "" && !ValidImageID(a.Image):
		return fmt.Errorf("the image %q is no image's ID: it is ami- and digits, or the name of one of your own", a.Image)
	case a.Image == "" && ReleaseFor(a.Release).Version == "":
		return fmt.Errorf("the Ubuntu release %q is not one of %s", a.Release, strings.Join(ReleaseVersions(), ", "))
	case a.Type == "":
		return fmt.Errorf("no instance type is chosen: give one, for example %s", DefaultType)
	case a.Subnet != "" && !ValidSubnetID(a.Subnet):
		return fmt.Errorf("the subnet %q is no subnet's ID: it is subnet- and 8 or 17 hexadecimal digits, for example subnet-0123456789abcdef0", a.Subnet)
	case a.DiskGB < MinDiskGB || a.DiskGB > MaxDiskGB:
		return fmt.Errorf("a disk of %d GB is not possible: choose %d to %d", a.DiskGB, MinDiskGB, MaxDiskGB)
	}
	switch a.Mode {
	case ModeSSH, ModeHTTP, ModeGateway:
	default:
		return fmt.Errorf("the mode %q is not one of ssh, http, gateway", a.Mode)
	}
	switch a.Installer {
	case InstallerUV, InstallerPip:
	default:
		return fmt.Errorf("the installer %q is not one of uv, pip", a.Installer)
	}
	switch a.UI {
	case "", UILab, UITree:
	default:
		return fmt.Errorf("the page %q is not one of lab, tree", a.UI)
	}
	if err := a.IdleStop.valid("an idle stop"); err != nil {
		return err
	}
	if err := a.Lifetime.valid("a lifetime"); err != nil {
		return err
	}
	if err := a.Work.valid(); err != nil {
		return err
	}
	if err := validTags(a.Tags); err != nil {
		return err
	}
	if err := validProject(a.Project); err != nil {
		return err
	}
	switch a.Key.Source {
	case KeyMadeHere, KeyMadeByEC2:
	case KeyFile:
		if a.Key.Path == "" {
			return fmt.Errorf("no private key file is named: give its path")
		}
	case KeyAgent:
		if a.Key.Fingerprint == "" {
			return fmt.Errorf("no key of ssh-agent is chosen")
		}
	default:
		return fmt.Errorf("the key source %q is not one of import, create, file, agent", a.Key.Source)
	}
	return nil
}

var subnetID = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)

// ValidSubnetID reports whether a text has the form of a subnet's ID.
func ValidSubnetID(s string) bool { return subnetID.MatchString(s) }

// ValidName reports whether a setup may have that name.
func ValidName(s string) bool {
	if len(s) == 0 || len(s) > MaxName || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// Release is one Ubuntu release the guide offers.
type Release struct {
	Version string // "24.04"
	Name    string // "noble"
	Note    string // "past standard support", or empty
}

// Releases lists what the guide offers, oldest first.
func Releases() []Release {
	return []Release{
		{"20.04", "focal", "past standard support"},
		{"22.04", "jammy", ""},
		{"24.04", "noble", "recommended"},
		{"26.04", "resolute", ""},
	}
}

// ReleaseVersions are their versions, oldest first.
func ReleaseVersions() []string {
	var all []string
	for _, r := range Releases() {
		all = append(all, r.Version)
	}
	return all
}

// ReleaseFor finds a release by version; the zero Release when there is none.
func ReleaseFor(version string) Release {
	for _, r := range Releases() {
		if r.Version == version {
			return r
		}
	}
	return Release{}
}

// Over are these answers where they are given, and those of an earlier machine
// elsewhere. What belongs to the earlier one's account is left out where the
// profile is another, and always its tags and its project.
func (a Answers) Over(last Answers) Answers {
	if a.Profile != "" && a.Profile != last.Profile {
		last.Region, last.Key, last.Image, last.Subnet = "", KeyAnswer{}, "", ""
	}
	if a.Region != "" && a.Region != last.Region {
		last.Image, last.Subnet = "", "" // which are of one region
	}
	if a.Release == "" && a.Image == "" {
		a.Image = last.Image
	}
	a.Profile, a.Region = cmp.Or(a.Profile, last.Profile), cmp.Or(a.Region, last.Region)
	a.Release, a.Type, a.Subnet = cmp.Or(a.Release, last.Release), cmp.Or(a.Type, last.Type), cmp.Or(a.Subnet, last.Subnet)
	if a.DiskGB == 0 {
		a.DiskGB = last.DiskGB
	}
	if a.Key == (KeyAnswer{}) {
		a.Key = last.Key
	}
	if a.Mode == "" {
		a.Mode, a.NoTLS = last.Mode, last.NoTLS
	}
	a.Installer, a.UI = cmp.Or(a.Installer, last.Installer), cmp.Or(a.UI, last.UI)
	a.IdleStop, a.Lifetime = a.IdleStop.Or(last.IdleStop), a.Lifetime.Or(last.Lifetime)
	if a.Work.Percent == 0 && len(a.Work.Ignore) == 0 {
		a.Work = last.Work
	}
	return a
}
