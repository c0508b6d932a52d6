package aws

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/url"
	"strings"

	awsxml "github.com/aws/aws-sdk-go-v2/aws/protocol/xml"
)

// iam is one service for all regions of a part of AWS. It speaks AWS's older
// form: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
func iam() service { return service{"IAM", "iam", iamHost} }

// iamHost is given the part's region that signs for it.
func iamHost(region string, fips, dual bool) string {
	suffix, dualSuffix := partOf(region)
	host := "iam"
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		host = "iam.us-gov"
	case dual && fips && region == "us-east-1":
		host = "iam-fips.global"
	case dual && fips:
		host = "iam-fips"
	case dual:
		host = "iam.global"
	case fips:
		host = "iam-fips"
	case region != "us-east-1":
		host = "iam." + region
	}
	if dual {
		return host + "." + dualSuffix
	}
	return host + "." + suffix
}

// askIAM makes a call without parameters; out takes the answer's XML.
func (a *Account) askIAM(ctx context.Context, operation string, out any) error {
	return a.ask(ctx, iam(), firstRegion(a.cfg.Region), question{
		operation: operation, body: []byte(url.Values{"Action": {operation}, "Version": {"2010-05-08"}}.Encode()),
		headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		read:    func(answer []byte) error { return xml.Unmarshal(answer, out) },
		refusal: func(answer []byte) (code, message string) {
			e, _ := awsxml.GetErrorResponseComponents(bytes.NewReader(answer), false) // what cannot be read has no code
			return e.Code, e.Message
		},
	})
}

// accountSummary and mfaDevices are what counts of the answers.
type accountSummary struct {
	Entries []struct {
		Key   string `xml:"key"`
		Value int    `xml:"value"`
	} `xml:"GetAccountSummaryResult>SummaryMap>entry"`
}

func (s accountSummary) of(key string) int {
	for _, e := range s.Entries {
		if e.Key == key {
			return e.Value
		}
	}
	return 0
}

type mfaDevices struct {
	Devices []struct{} `xml:"ListMFADevicesResult>MFADevices>member"`
}
