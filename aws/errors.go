package aws

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
)

// Codes of this package's own, beside AWS's.
const (
	codeNoCredentials    = "NoCredentials"
	codeSSOExpired       = "SSOExpired"
	codeLoginExpired     = "LoginExpired"
	codeMFANeeded        = "MFANeeded"
	codeMFAWrong         = "MFAWrong"
	codeProfileMissing   = "ProfileMissing"
	codeConfigBroken     = "ConfigBroken"
	codeProcessFailed    = "CredentialProcessFailed"
	codeClockSkew        = "ClockSkew"
	codeRegionNotEnabled = "RegionNotEnabled"
	codeOffline          = "Offline"
	codeNoName           = "NameNotFound"
	codeTLS              = "TLS"
	codeProxy            = "Proxy"
	codeNoToken          = "NoWebIdentityToken"
	codeTimeout          = "Timeout"
	codeNoAddress        = "NoAddress"
	codeNoDefaultVPC     = "NoDefaultVPC"
	codeNoDefaultSubnet  = "NoDefaultSubnet"
	codeNoSubnet         = "NoSubnet"
	codeOtherZone        = "SubnetInOtherZone"
	codeDiskKey          = "DiskKey"
	codeGroupNotOurs     = "GroupNotOurs"
	codeKeyNameTaken     = "KeyNameTaken"
	codeNoImage          = "NoImage"
	codeNoSuchImage      = "NoSuchImage"
	codeImageFailed      = "ImageFailed"
	codeNoType           = "NoType"
	codeStateFailed      = "StateFailed"
	codeNotEligible      = "NotFreePlan"
	codeQuotaUnknown     = "QuotaUnknown"
	codeUnshown          = "NotShown"
	codeIncomplete       = "Incomplete"
	codeNotAWS           = "NotAWS"
	codeStillThere       = "StillThere"
	codeNoEffect         = "NoEffect"
	codeNoGroup          = "InvalidGroup.NotFound" // AWS's own
)

// Error is a failure of AWS, or on the way to it. Problem puts it in plain words.
type Error struct {
	Doing   string // what was being done: "launch the instance"
	Code    string // AWS's error code, or one of this package's own; "" when neither is known
	Message string // AWS's message, or the cause's text
	Action  string // the permission that was refused, "ec2:RunInstances", where known
	Profile string // the account's profile, or empty
	Region  string // the region spoken to, or empty
	Type    string // the instance type in question, or empty
	from    origins
	err     error
}

func (e *Error) Error() string {
	if e.Code == "" {
		return e.Doing + ": " + e.Message
	}
	return e.Doing + ": " + e.Code + ": " + e.Message
}

// Unwrap is the cause as the SDK gave it.
func (e *Error) Unwrap() error { return e.err }

// fail wraps err with what was being done and finds its code. A cancelled
// context stays just that.
func (a *Account) fail(ctx context.Context, doing, region string, err error) error {
	return a.failAs(ctx, "", doing, region, err)
}

// failAs gives errors that have no code of their own this one.
func (a *Account) failAs(ctx context.Context, code, doing, region string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	e := &Error{Doing: doing, Profile: a.profile, Region: region, from: a.from, err: err}
	e.Code, e.Message = classify(err)
	if e.Code == "" {
		e.Code = code
	}
	e.Action = refusedAction(e.Message, err)
	e.Message = oneLine(a.from.clean(e.Message))
	return e
}

// fail is the account's, for this region. EC2 says AuthFailure for a bad key,
// for a region that is not enabled and for a wrong clock alike, and
// RequestExpired for an expired session as for a wrong clock; STS tells them
// apart.
func (r *Regional) fail(ctx context.Context, doing string, err error) error {
	code := codeOf(err)
	if code != "AuthFailure" && code != "RequestExpired" || ctx.Err() != nil {
		return r.account.fail(ctx, doing, r.name, err)
	}
	if _, who := r.account.Identity(ctx); who != nil {
		var e *Error
		if errors.As(who, &e) {
			told := *e
			told.Doing = doing
			return &told
		}
		return who
	}
	e := &Error{Doing: doing, Code: codeRegionNotEnabled, Profile: r.account.profile, Region: r.name, from: r.account.from, err: err}
	if code == "RequestExpired" {
		e.Code = codeClockSkew
	}
	_, e.Message = classify(err)
	e.Message = oneLine(r.account.from.clean(e.Message))
	return e
}

// failType is fail for calls about an instance type.
func (r *Regional) failType(ctx context.Context, doing, instanceType string, err error) error {
	err = r.fail(ctx, doing, err)
	var e *Error
	if errors.As(err, &e) {
		e.Type = instanceType
	}
	return err
}

// own makes an error that AWS did not send.
func (r *Regional) own(code, doing, message string) error {
	return &Error{Doing: doing, Code: code, Message: message, Profile: r.account.profile, Region: r.name, from: r.account.from}
}

// codeOf is AWS's code in an error, or nothing.
func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// refusedAction finds the permission in "User: … is not authorized to perform:
// ec2:RunInstances on resource: …", else takes the operation's own.
func refusedAction(message string, err error) string {
	if !denied(codeOf(err)) {
		return ""
	}
	if m := regexp.MustCompile(`perform: ([a-z0-9-]+:[A-Za-z0-9]+)`).FindStringSubmatch(message); m != nil {
		return m[1]
	}
	var op *smithy.OperationError
	if errors.As(err, &op) {
		return strings.ToLower(strings.ReplaceAll(op.Service(), " ", "")) + ":" + op.Operation()
	}
	return ""
}

// denied reports whether a code is a missing permission: EC2's own, or the other services'.
func denied(code string) bool {
	return code == "UnauthorizedOperation" || strings.HasPrefix(code, "AccessDenied")
}

// repeated is where AWS's message begins to repeat what the request was signed with.
var repeated = regexp.MustCompile(`(?i)\bauthorization(?:=| header:)`)

// oneLine makes AWS's message fit to be read: no encoded part, which only an
// administrator can decode, no signature, no control characters, not endless.
func oneLine(s string) string {
	s, _, _ = strings.Cut(s, "Encoded authorization failure message:")
	if at := repeated.FindStringIndex(s); at != nil {
		s = s[:at[0]]
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }), " ")
	if r := []rune(s); len(r) > 600 {
		s = string(r[:600]) + "…"
	}
	return s
}
