package aws

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Account is an AWS account opened with one set of credentials. It is safe for
// concurrent use.
type Account struct {
	cfg      sdk.Config
	profile  string
	endpoint *Endpoint
	from     origins       // where the settings that count come from
	tick     time.Duration // the longest pause between two looks at something that changes
	least    time.Duration // the shortest
	apart    time.Duration // between the looks of all waits at one region
	newborn  time.Duration // how long a new thing may be not found
	log      *slog.Logger
	skew     atomic.Int64 // how wrong this computer's clock is, as far as was seen

	mu      sync.Mutex
	regions map[string]*Regional
}

// Open reads the credentials' configuration. It sends nothing unless the
// profile itself needs it; Identity is the first proof that they work.
func Open(ctx context.Context, o Options) (*Account, error) {
	a := &Account{
		profile: o.Profile, endpoint: o.Endpoint, regions: map[string]*Regional{},
		tick: awsMost, least: awsLeast, apart: awsApart, newborn: 15 * time.Second, log: o.Log,
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	began := time.Now()
	var err error
	if o.Endpoint != nil {
		a.cfg = endpointConfig(o)
		a.tick, a.least, a.apart, a.newborn = endpointMost, endpointLeast, endpointApart, 3*time.Second
	} else {
		a.cfg, a.from, err = sharedConfig(ctx, o)
	}
	a.log.LogAttrs(
		ctx, level(err), "aws profile", slog.String("profile", o.Profile), slog.String("region", a.cfg.Region),
		slog.Duration("took", time.Since(began)), slog.String("outcome", outcome(err)),
	)
	if err != nil {
		return nil, a.fail(ctx, "open "+profileWords(o.Profile), "", err)
	}
	return a, nil
}

// HomeRegion is the region the account was opened in: Options.Region, else the
// profile's own, else us-east-1.
func (a *Account) HomeRegion() string { return a.cfg.Region }

// In speaks to one region. The same region gives the same *Regional.
func (a *Account) In(region string) *Regional {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.regions[region]
	if r == nil {
		cfg := a.cfg.Copy()
		cfg.Region = region
		r = &Regional{
			account: a, name: region, looks: &pace{apart: a.apart},
			ec2: ec2.NewFromConfig(cfg),
		}
		a.regions[region] = r
	}
	return r
}

// Identity asks STS whose credentials these are. No permission is needed for
// it. Where the home region is not enabled its STS knows nobody, so the
// partition's first region, which is always enabled, is asked as well.
func (a *Account) Identity(ctx context.Context) (Identity, error) {
	who, err := a.identityIn(ctx, a.cfg.Region)
	if first := firstRegion(a.cfg.Region); err != nil && first != a.cfg.Region && codeOf(err) == "InvalidClientTokenId" {
		who, err = a.identityIn(ctx, first)
	}
	if err != nil {
		return Identity{}, a.fail(ctx, "ask AWS who you are", a.cfg.Region, err)
	}
	return who, nil
}

func (a *Account) identityIn(ctx context.Context, region string) (Identity, error) {
	out, err := sts.NewFromConfig(a.cfg, func(o *sts.Options) { o.Region = region }).
		GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, err
	}
	if sdk.ToString(out.Account) == "" { // all that is compared with it would be taken for another account's
		return Identity{}, &Error{Doing: "ask AWS who you are", Code: codeIncomplete, Message: "the answer names no account", Profile: a.profile, Region: region, from: a.from}
	}
	return Identity{Account: sdk.ToString(out.Account), ARN: sdk.ToString(out.Arn), UserID: sdk.ToString(out.UserId)}, nil
}

// MFA reports whether MFA is on for who. A role has no MFA of its own, and not
// everyone may look: both are MFAUnknown.
func (a *Account) MFA(ctx context.Context, who Identity) MFAState {
	switch {
	case who.Root():
		// AccountMFAEnabled speaks of the root user alone:
		// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
		var summary accountSummary
		if err := a.askIAM(ctx, "GetAccountSummary", &summary); err != nil {
			return MFAUnknown
		}
		return mfaState(summary.of("AccountMFAEnabled") > 0)
	case strings.Contains(who.ARN, ":user/"):
		var list mfaDevices
		if err := a.askIAM(ctx, "ListMFADevices", &list); err != nil { // no name: the caller's own
			return MFAUnknown
		}
		return mfaState(len(list.Devices) > 0)
	}
	return MFAUnknown
}

func mfaState(on bool) MFAState {
	if on {
		return MFAOn
	}
	return MFAOff
}

// firstRegion is the region of the same partition that is enabled in every account.
func firstRegion(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "cn-north-1"
	case strings.HasPrefix(region, "us-gov-"):
		return "us-gov-west-1"
	case strings.HasPrefix(region, "eusc-"):
		return "eusc-de-east-1"
	}
	return "us-east-1"
}

func profileWords(profile string) string {
	if profile == "" || profile == EnvironmentProfile {
		return "the AWS account"
	}
	return "the AWS profile " + strings.TrimSpace(profile)
}
