package aws

import (
	"context"
	"errors"
)

var errNotYet = errors.New("not built yet")

// Account is an opened AWS account.
type Account struct{}

// Regional speaks to one region of an account.
type Regional struct{}

// Profiles lists the profiles of the AWS config files.
func Profiles(env func(string) string) ([]Profile, error) { return nil, errNotYet }

// Open opens an account.
func Open(ctx context.Context, o Options) (*Account, error) { return nil, errNotYet }

// Identity asks STS who the credentials belong to.
func (a *Account) Identity(ctx context.Context) (Identity, error) { return Identity{}, errNotYet }

// MFA says whether MFA is on for who.
func (a *Account) MFA(ctx context.Context, who Identity) MFAState { return MFAUnknown }

// HomeRegion is the region the account was opened in.
func (a *Account) HomeRegion() string { return "" }

// Regions lists all regions.
func (a *Account) Regions(ctx context.Context) ([]Region, error) { return nil, errNotYet }

// MyAddress is this computer's public IPv4 address.
func (a *Account) MyAddress(ctx context.Context) (string, error) { return "", errNotYet }

// In speaks to one region.
func (a *Account) In(region string) *Regional { return &Regional{} }

// Types lists the region's instance types.
func (r *Regional) Types(ctx context.Context) ([]Type, error) { return nil, errNotYet }

// Type describes one instance type.
func (r *Regional) Type(ctx context.Context, name string) (Type, error) { return Type{}, errNotYet }

// Prices fetches on-demand prices.
func (r *Regional) Prices(ctx context.Context, types ...string) (Prices, error) {
	return Prices{}, errNotYet
}

// Image resolves an Ubuntu image.
func (r *Regional) Image(ctx context.Context, release, arch string) (Image, error) {
	return Image{}, errNotYet
}

// KeyPairs lists the region's key pairs.
func (r *Regional) KeyPairs(ctx context.Context) ([]KeyPair, error) { return nil, errNotYet }

// KeyPairsByTag lists the key pairs that carry all the tags.
func (r *Regional) KeyPairsByTag(ctx context.Context, tags map[string]string) ([]KeyPair, error) {
	return nil, errNotYet
}

// ImportKeyPair gives EC2 a public key.
func (r *Regional) ImportKeyPair(ctx context.Context, name, publicKey string, tags map[string]string) (KeyPair, error) {
	return KeyPair{}, errNotYet
}

// CreateKeyPair has EC2 make a key pair.
func (r *Regional) CreateKeyPair(ctx context.Context, name string, tags map[string]string) (KeyPair, []byte, error) {
	return KeyPair{}, nil, errNotYet
}

// DeleteKeyPair deletes a key pair by ID.
func (r *Regional) DeleteKeyPair(ctx context.Context, id string) error { return errNotYet }

// Network finds where an instance goes.
func (r *Regional) Network(ctx context.Context, zone string) (Network, error) {
	return Network{}, errNotYet
}

// EnsureGroup finds or makes a security group.
func (r *Regional) EnsureGroup(ctx context.Context, g GroupSpec) (string, error) {
	return "", errNotYet
}

// GroupsByTag lists the IDs of the groups that carry all the tags.
func (r *Regional) GroupsByTag(ctx context.Context, tags map[string]string) ([]string, error) {
	return nil, errNotYet
}

// DeleteGroup deletes a security group.
func (r *Regional) DeleteGroup(ctx context.Context, id string) error { return errNotYet }

// Launch launches one instance.
func (r *Regional) Launch(ctx context.Context, s LaunchSpec) (Instance, error) {
	return Instance{}, errNotYet
}

// DryRun checks the permissions a launch needs.
func (r *Regional) DryRun(ctx context.Context, s LaunchSpec) []Permission { return nil }

// Instance describes one instance.
func (r *Regional) Instance(ctx context.Context, id string) (Instance, error) {
	return Instance{}, errNotYet
}

// Find lists the instances that carry all the tags.
func (r *Regional) Find(ctx context.Context, tags map[string]string) ([]Instance, error) {
	return nil, errNotYet
}

// Start starts a stopped instance.
func (r *Regional) Start(ctx context.Context, id string) error { return errNotYet }

// Stop stops a running instance.
func (r *Regional) Stop(ctx context.Context, id string) error { return errNotYet }

// Terminate terminates an instance.
func (r *Regional) Terminate(ctx context.Context, id string) error { return errNotYet }

// WaitState waits for a state.
func (r *Regional) WaitState(ctx context.Context, id, want string, each func(Instance)) (Instance, error) {
	return Instance{}, errNotYet
}

// ConsoleHostKeys are the host keys printed on the console.
func (r *Regional) ConsoleHostKeys(ctx context.Context, id string) ([]string, error) {
	return nil, errNotYet
}
