package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/safe"
	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// Guide is the engine. Its methods may be called from several goroutines; two
// runs on one setup exclude each other by the ledger's lock.
type Guide struct {
	cfg    Config
	ledger ledger

	mu       sync.Mutex
	accounts map[string]Cloud
	failing  map[string]time.Time     // when links saw first that an account has no credentials, by profile
	opening  chan struct{}            // holds a token while an account is opened
	signers  map[string]remote.Signer // unlocked keys, so that a passphrase is asked once
	numbers  map[string]string        // account numbers by profile
	states   map[string]steps.State   // machines' states by setup, as the debug log has them

	refreshed map[string]time.Time // when old prices were asked for again, by what was asked
	keeping   sync.Mutex           // held while kept prices are written
}

var _ steps.Engine = (*Guide)(nil)

// New makes a Guide.
func New(cfg Config) *Guide {
	if cfg.Patience == 0 {
		cfg.Patience = 10 * time.Minute
	}
	if cfg.Minute == 0 {
		cfg.Minute = time.Minute
	}
	if cfg.LocalPort == 0 {
		cfg.LocalPort = steps.ServerPort
	}
	if cfg.SSHPort == nil {
		cfg.SSHPort = func(aws.Instance) int { return 22 }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Background == nil {
		cfg.Background = &sync.WaitGroup{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Ask = &queuedAsker{Asker: cfg.Ask, taken: make(chan struct{}, 1)}
	return &Guide{
		cfg: cfg, ledger: ledger{cfg.Dir},
		accounts: map[string]Cloud{}, failing: map[string]time.Time{}, opening: make(chan struct{}, 1), signers: map[string]remote.Signer{},
		numbers: map[string]string{}, states: map[string]steps.State{}, refreshed: map[string]time.Time{},
	}
}

// Sandboxed reports whether nothing is on AWS, so that nothing costs money.
func (g *Guide) Sandboxed() bool { return g.cfg.Sandbox }

// Profiles lists the profiles to choose from.
func (g *Guide) Profiles() ([]steps.Profile, error) {
	if g.cfg.Sandbox {
		return []steps.Profile{{Name: "sandbox", Region: "us-east-1", Kind: "sandbox"}}, nil
	}
	profiles, err := aws.Profiles(g.cfg.Env)
	return listOf(profiles, func(p aws.Profile) steps.Profile { return steps.Profile(p) }), err
}

// SignIn opens the account again, so that a retry sees fresh credentials.
func (g *Guide) SignIn(ctx context.Context, profile string) (steps.Account, error) {
	c, err := g.open(ctx, profile)
	if err != nil {
		return steps.Account{}, err
	}
	var regions []aws.Region
	var regionsErr error
	var asked sync.WaitGroup
	asked.Go(func() { regions, regionsErr = c.Regions(ctx) })
	who, err := c.Identity(ctx)
	mfa := aws.MFAUnknown
	if err == nil {
		g.knowNumber(profile, who.Account)
		mfa = c.MFA(ctx, who)
	}
	asked.Wait()
	if err == nil { // else that tells more about the credentials
		err = regionsErr
	}
	if err != nil {
		return steps.Account{}, err
	}
	return steps.Account{
		Profile: profile, Identity: steps.Identity(who), MFA: steps.MFAState(mfa), Home: c.HomeRegion(),
		Regions: listOf(regions, func(r aws.Region) steps.Region { return steps.Region(r) }),
	}, nil
}

func (g *Guide) open(ctx context.Context, profile string) (Cloud, error) {
	tell := func(text string) { g.cfg.Ask.Tell(safe.Clean(text)) }
	c, err := g.cfg.Open(ctx, aws.Options{Profile: profile, MFACode: g.cfg.Ask.MFACode, Tell: tell, Log: g.cfg.Log})
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accounts[profile] = c
	delete(g.failing, profile)
	delete(g.numbers, profile) // its credentials may be others now
	return c, nil
}

// ForgetFailures closes the accounts that have no credentials, so that the next
// call opens them again.
func (g *Guide) ForgetFailures() {
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.DeleteFunc(g.accounts, func(_ string, c Cloud) bool { return c.CredentialsFailed() })
}

// failureLasts is how long a link leaves a credential_process alone that failed.
const failureLasts = 30 * time.Second

// revive takes the account as it is now where the target's has no credentials:
// a tunnel outlives their failure. The computer may have been offline, and nobody
// be there to press a key: what failed some time ago is opened again.
func (t *target) revive(ctx context.Context) error {
	if !t.account.CredentialsFailed() {
		return nil
	}
	t.g.forgetFailure(t.s.Answers.Profile)
	c, err := t.g.account(ctx, t.s.Answers.Profile)
	if err != nil || c.CredentialsFailed() {
		return err
	}
	if err := t.g.sameAccount(ctx, t.s, c); err != nil {
		return err
	}
	t.account, t.region = c, c.In(t.s.Answers.Region)
	return nil
}

// forgetFailure closes a profile's account whose credentials failed a while ago.
func (g *Guide) forgetFailure(profile string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, now := g.accounts[profile], g.cfg.Now()
	if c == nil || !c.CredentialsFailed() {
		return
	}
	switch since, seen := g.failing[profile]; {
	case !seen:
		g.failing[profile] = now
	case now.Sub(since) >= failureLasts:
		delete(g.accounts, profile)
	}
}

// number returns the number of the account that a profile leads to. It is
// asked for once.
func (g *Guide) number(ctx context.Context, profile string, c Cloud) (string, error) {
	g.mu.Lock()
	known := g.numbers[profile]
	g.mu.Unlock()
	if known != "" {
		return known, nil
	}
	who, err := c.Identity(ctx)
	if err != nil {
		return "", err
	}
	g.knowNumber(profile, who.Account)
	return who.Account, nil
}

func (g *Guide) knowNumber(profile, number string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.numbers[profile] = number
}

// noteAccount notes which account the setup is in, where it can be asked.
func (t *target) noteAccount(ctx context.Context) {
	if t.s.AccountNumber == "" {
		t.s.AccountNumber, _ = t.g.number(ctx, t.s.Answers.Profile, t.account)
	}
}

// sameAccount is an error when the setup's profile leads to another account
// than the setup is in: what is not found there is not gone. Where nobody tells
// which account it is, nothing is known to be wrong.
func (g *Guide) sameAccount(ctx context.Context, s *steps.Setup, c Cloud) error {
	if s.AccountNumber == "" {
		return nil
	}
	number, err := g.number(ctx, s.Answers.Profile, c)
	if err != nil || number == s.AccountNumber {
		return ctx.Err()
	}
	return otherAccount(s, number)
}

func otherAccount(s *steps.Setup, number string) error {
	return &problem.Error{
		Kind: problem.Credentials, Title: "The profile leads to another account",
		Text: fmt.Sprintf("%s is in the AWS account %s, and its profile %q leads to %s now.", s.Answers.Name, s.AccountNumber, cmp.Or(s.Answers.Profile, "default"), number),
		Next: problem.Say("Give that profile credentials for account " + s.AccountNumber + " again, and ").Do(problem.Retry).Say("."),
	}
}

// account returns the profile's open account, opening it where needed: once,
// because each would ask for an MFA code of its own.
func (g *Guide) account(ctx context.Context, profile string) (Cloud, error) {
	select {
	case g.opening <- struct{}{}:
		defer func() { <-g.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	g.mu.Lock()
	c := g.accounts[profile]
	g.mu.Unlock()
	if c != nil && g.ended() != CloudDied { // which opening starts again
		return c, nil
	}
	return g.open(ctx, profile)
}

func (g *Guide) region(ctx context.Context, at steps.Place) (CloudRegion, error) {
	c, err := g.account(ctx, at.Profile)
	if err != nil {
		return nil, err
	}
	return c.In(at.Region), nil
}

// Types lists the region's instance types.
func (g *Guide) Types(ctx context.Context, at steps.Place) ([]steps.InstanceType, error) {
	r, err := g.region(ctx, at)
	if err != nil {
		return nil, err
	}
	return typesOf(ctx, r)
}

// Prices returns the prices of all the region's types: those that are kept, or
// else AWS's, which may take some seconds.
func (g *Guide) Prices(ctx context.Context, at steps.Place) (steps.Prices, error) {
	r, err := g.region(ctx, at)
	if err != nil {
		return steps.Prices{}, err
	}
	return g.prices(ctx, r, at.Region)
}

func typesOf(ctx context.Context, r CloudRegion) ([]steps.InstanceType, error) {
	types, err := r.Types(ctx)
	return listOf(types, func(t aws.Type) steps.InstanceType { return steps.InstanceType(t) }), err
}

// listOf turns what the cloud has into what a front end sees; none stays none.
func listOf[From, To any](all []From, convert func(From) To) []To {
	if all == nil {
		return nil
	}
	out := make([]To, len(all))
	for i, one := range all {
		out[i] = convert(one)
	}
	return out
}

// cidr makes a rule's source from this computer's address.
func cidr(address string) string { return address + "/32" }

// opens says in words what the group lets in.
func opens(m steps.Mode, address string) string {
	var s []string
	for _, p := range m.Ports() {
		s = append(s, fmt.Sprint(p))
	}
	return fmt.Sprintf("TCP %s from %s", strings.Join(s, " and "), cidr(address))
}
