package aws

import (
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// firstStart is when an instance started for the first time: its root volume
// was attached then. LaunchTime is that of the last start, and serves where
// the root volume is not known.
func firstStart(i types.Instance) time.Time {
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs != nil && d.Ebs.AttachTime != nil && sdk.ToString(d.DeviceName) == sdk.ToString(i.RootDeviceName) {
			return *d.Ebs.AttachTime
		}
	}
	return sdk.ToTime(i.LaunchTime)
}

// stopTime is the time that EC2 puts into the reason for an instance's last
// change of state, "User initiated (2026-11-27 12:00:00 GMT)", in UTC. Where
// it puts none, as after a shutdown from within, it is zero. See
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html (reason).
func stopTime(reason string) time.Time {
	const layout = "2006-01-02 15:04:05"
	_, text, _ := strings.Cut(reason, "(")
	text, _, closed := strings.Cut(text, ")")
	for _, zone := range []string{" GMT", " UTC"} {
		plain, ok := strings.CutSuffix(text, zone)
		// Parse takes more than the layout says, such as fractions of a second.
		if at, err := time.Parse(layout, plain); closed && ok && err == nil && at.Format(layout) == plain {
			return at
		}
	}
	return time.Time{}
}
