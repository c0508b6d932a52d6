package engine

import (
	"context"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// Cloud is what the guide needs of an account.
type Cloud interface {
	Identity(ctx context.Context) (aws.Identity, error)
	MFA(ctx context.Context, who aws.Identity) aws.MFAState
	HomeRegion() string
	Regions(ctx context.Context) ([]aws.Region, error)
	MyAddress(ctx context.Context) (string, error)
	In(region string) CloudRegion
	// CredentialsFailed reports whether it has no credentials, and gets none
	// before it is opened again.
	CredentialsFailed() bool
}

// CloudRegion is what the guide needs of one region.
type CloudRegion interface {
	Types(ctx context.Context) ([]aws.Type, error)
	Type(ctx context.Context, name string) (aws.Type, error)
	Prices(ctx context.Context, types ...string) (aws.Prices, error)
	Image(ctx context.Context, release, arch string) (aws.Image, error)
	ImageByID(ctx context.Context, id string) (aws.Image, error)
	ImageNamed(ctx context.Context, name string) (aws.Image, error)
	OwnImages(ctx context.Context) ([]aws.Image, error)
	CreateImage(ctx context.Context, s aws.ImageSpec) (string, error)
	WaitImage(ctx context.Context, id string, each func(aws.Image)) (aws.Image, error)
	DeregisterImage(ctx context.Context, id string) error
	DeleteSnapshot(ctx context.Context, id string) error
	SnapshotPrice(ctx context.Context) (float64, error)
	Network(ctx context.Context, at aws.NetworkSpec) (aws.Network, error)
	ZonesOf(ctx context.Context, instanceType string) ([]string, error)
	DryRun(ctx context.Context, s aws.LaunchSpec) []aws.Permission

	KeyPairs(ctx context.Context) ([]aws.KeyPair, error)
	ImportKeyPair(ctx context.Context, name, publicKey string, tags map[string]string) (aws.KeyPair, error)
	CreateKeyPair(ctx context.Context, name string, tags map[string]string) (aws.KeyPair, []byte, error)
	DeleteKeyPair(ctx context.Context, id string) error

	EnsureGroup(ctx context.Context, g aws.GroupSpec) (string, error)
	GroupsByTag(ctx context.Context, tags map[string]string) ([]string, error)
	GroupRules(ctx context.Context, id string) ([]aws.Rule, error)
	DeleteGroup(ctx context.Context, id string) error

	Launch(ctx context.Context, s aws.LaunchSpec) (aws.Instance, error)
	Instance(ctx context.Context, id string) (aws.Instance, error)
	Known(ctx context.Context, ids ...string) ([]aws.Instance, error)
	Find(ctx context.Context, tags map[string]string) ([]aws.Instance, error)
	WaitState(ctx context.Context, id string, want aws.State, each func(aws.Instance)) (aws.Instance, error)
	Bring(ctx context.Context, id string, want aws.State, each func(aws.Instance)) (aws.Instance, error)
	Reboot(ctx context.Context, id string) error
	Terminate(ctx context.Context, id string) error
	SetType(ctx context.Context, id, instanceType string) error
	StopsOnShutdown(ctx context.Context, id string) (bool, error)
	SetStopsOnShutdown(ctx context.Context, id string) error
	Quota(ctx context.Context, kind aws.Type) (aws.Quota, error)

	// Ours are the machines of any setup, Owned everything that is tagged so.
	Ours(ctx context.Context) ([]aws.Instance, error)
	Owned(ctx context.Context) ([]aws.Owned, error)
	DeleteVolume(ctx context.Context, id string) error
	ConsoleHostKeys(ctx context.Context, id string) ([]string, error)
	Console(ctx context.Context, id string) (string, error)
}

// OpenAWS opens an account of AWS, or of what o.Endpoint says instead.
func OpenAWS(ctx context.Context, o aws.Options) (Cloud, error) {
	a, err := aws.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return awsCloud{a}, nil
}

// awsCloud is an *aws.Account as a Cloud.
type awsCloud struct{ *aws.Account }

func (c awsCloud) In(region string) CloudRegion { return c.Account.In(region) }
