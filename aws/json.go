package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
)

// jsonService is a service that speaks AWS's JSON:
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
type jsonService struct {
	service
	target string // its name in a request
}

func parameterStore() jsonService {
	return jsonService{service{"SSM", "ssm", inEachRegion("ssm")}, "AmazonSSM"}
}

func serviceQuotas() jsonService {
	return jsonService{service{"Service Quotas", "servicequotas", inEachRegion("servicequotas")}, "ServiceQuotasV20190624"}
}

func priceListService() jsonService {
	return jsonService{service{"Pricing", "pricing", inEachRegion("api.pricing")}, "AWSPriceListService"}
}

// call makes a call in a region. in is sent as JSON, and out takes the answer.
func (a *Account) call(ctx context.Context, s jsonService, region, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return a.ask(ctx, s.service, region, question{
		operation: operation, body: body,
		headers: map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": s.target + "." + operation},
		read:    func(answer []byte) error { return json.Unmarshal(answer, out) },
		refusal: func(answer []byte) (code, message string) {
			code, message, _ = restjson.GetErrorInfo(json.NewDecoder(bytes.NewReader(answer)))
			return code, message
		},
	})
}

// inEachRegion is how the hosts of a service are named that is in each region.
func inEachRegion(name string) func(region string, fips, dual bool) string {
	return func(region string, fips, dual bool) string {
		suffix, dualSuffix := partOf(region)
		host := name
		if fips && (dual || !strings.HasPrefix(region, "us-gov-")) {
			host += "-fips"
		}
		if dual {
			suffix = dualSuffix
		}
		return host + "." + region + "." + suffix
	}
}
