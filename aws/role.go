package aws

import (
	"errors"
	"regexp"
	"strconv"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// assume puts the role of a profile over the credentials found so far.
func (l *loader) assume(cfg *sdk.Config, role *section) error {
	options := func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = role.get("role_session_name")
		if v := role.get("external_id"); v != "" {
			o.ExternalID = sdk.String(v)
		}
		if v := role.get("mfa_serial"); v != "" {
			o.SerialNumber = sdk.String(v)
		}
		// Less than a quarter of an hour is refused by AWS and left out by the SDK.
		if s, err := strconv.Atoi(role.get("duration_seconds")); err == nil && s >= 15*60 {
			o.Duration = time.Duration(s) * time.Second
		}
		l.prompts.configure(o)
	}
	if role.get("mfa_serial") != "" && l.MFACode == nil {
		return &noCodeError{errors.New("there is nobody to ask")}
	}
	cfg.Credentials = sdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(*cfg), role.get(keyRole), options))
	return nil
}

// deviceForm is an MFA device as AWS names it: virtual ones by ARN, others by
// the number that is printed on them.
var deviceForm = regexp.MustCompile(`^(arn:aws[a-z-]*:iam::\d{12}:(mfa|u2f)/[\w+=,.@/-]{1,128}|[A-Z]{4}\d{6,12})$`)

// device names the MFA device of a setting, if it is one.
func device(serial string) string {
	if deviceForm.MatchString(serial) {
		return serial
	}
	return "of the profile"
}
