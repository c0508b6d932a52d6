package aws

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
)

// The services are where the SDK's own clients would look for them.
func TestHostsAreTheSDKs(t *testing.T) {
	ctx := t.Context()
	for _, region := range append(DefaultRegions(), "ap-east-1", "me-central-1", "cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1", "eusc-de-east-1") {
		for _, flags := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
			fips, dual := sdk.Bool(flags[0]), sdk.Bool(flags[1])
			want := map[string]string{}
			if e, err := ssm.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, ssm.EndpointParameters{Region: &region, UseFIPS: fips, UseDualStack: dual}); err == nil {
				want["SSM"] = e.URI.Host
			}
			if e, err := servicequotas.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, servicequotas.EndpointParameters{Region: &region, UseFIPS: fips, UseDualStack: dual}); err == nil {
				want["Service Quotas"] = e.URI.Host
			}
			if e, err := pricing.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, pricing.EndpointParameters{Region: &region, UseFIPS: fips, UseDualStack: dual}); err == nil && region == pricesIn {
				want["Pricing"] = e.URI.Host
			}
			if e, err := iamsdk.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, iamsdk.EndpointParameters{Region: &region, UseFIPS: fips, UseDualStack: dual}); err == nil && region == firstRegion(region) {
				want["IAM"] = e.URI.Host
			}
			for _, s := range []service{parameterStore().service, serviceQuotas().service, priceListService().service, iam()} {
				if got := s.host(region, flags[0], flags[1]); want[s.id] != "" && got != want[s.id] {
					t.Errorf("%s in %s (FIPS, dual stack: %v): %s, want %s", s.id, region, flags, got, want[s.id])
				}
			}
			if want["SSM"] == "" && !strings.HasPrefix(region, "eusc-") {
				t.Errorf("the SDK has no endpoint in %s (FIPS, dual stack: %v)", region, flags)
			}
		}
	}
}

// ahead is a service whose clock is ahead of this computer's, and which says so.
type ahead struct {
	by    time.Duration
	times []time.Time // of the signatures
}

func (s *ahead) Do(r *http.Request) (*http.Response, error) {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil, err
	}
	s.times = append(s.times, at)
	if r.ContentLength <= 0 { // in pieces, which AWS does not take
		return nil, errors.New("the request does not say how long it is")
	}
	now := time.Now().Add(s.by)
	answer := &http.Response{StatusCode: 200, Request: r, Header: http.Header{"Date": {now.UTC().Format(http.TimeFormat)}}, Body: io.NopCloser(strings.NewReader(`{"Parameter":{"Value":"ami-1"}}`))}
	if now.Sub(at) > 5*time.Minute {
		answer.StatusCode = 400
		answer.Body = io.NopCloser(strings.NewReader(`{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature not yet current"}`))
	}
	return answer, nil
}

// A clock that is wrong is made up for, as the SDK's own clients do.
func TestAWrongClockIsMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &ahead{by: time.Hour}
		a, err := Open(t.Context(), Options{Region: "eu-central-1", Endpoint: &Endpoint{URL: "http://aws.test", AccessKeyID: "AKIATEST", SecretAccessKey: "secret", HTTP: service}})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			var found struct{ Parameter struct{ Value string } }
			err := a.call(t.Context(), parameterStore(), "eu-central-1", "GetParameter", map[string]string{"Name": "x"}, &found)
			if err != nil || found.Parameter.Value != "ami-1" || len(service.times) != n+2 {
				t.Errorf("call %d: %+v, %v, signed at %v", n, found, err, service.times)
			}
		}
	})
}

// What an answer says is told as the SDK's own clients would.
func TestRefusalsAreTheSDKs(t *testing.T) {
	for body, want := range map[string][2]string{
		`{"__type":"ThrottlingException","message":"Rate exceeded"}`:              {"ThrottlingException", "Rate exceeded"},
		`{"__type":"com.amazonaws.ssm#ParameterNotFound"}`:                        {"ParameterNotFound", ""},
		`<html>a proxy's page</html>`:                                             {"UnknownError", ""},
		`{"code":"AccessDeniedException:http://x","Message":"not authorized to"}`: {"AccessDeniedException", "not authorized to"},
		``: {"UnknownError", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := regional(t, answers{"GetParameter": always(reply{status: 400, body: body})})
			var found struct{}
			err := r.account.call(t.Context(), parameterStore(), r.name, "GetParameter", struct{}{}, &found)
			var api smithy.APIError
			var op *smithy.OperationError
			if !errors.As(err, &api) || api.ErrorCode() != want[0] || api.ErrorMessage() != want[1] || !errors.As(err, &op) || op.ServiceID != "SSM" {
				t.Errorf("%s: %v", body, err)
			}
		})
	}
}

// Endpoints of the person's own settings count, those of one service first.
func TestConfiguredEndpoints(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	text := "[profile one]\nregion = eu-west-1\naws_access_key_id = AKIATEST\naws_secret_access_key = secret\nservices = mine\nendpoint_url = http://all.test\n" +
		"[services mine]\nssm =\n  endpoint_url = http://ssm.test\n[profile fips]\nregion = us-west-2\naws_access_key_id = AKIATEST\naws_secret_access_key = secret\nuse_fips_endpoint = true\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	for _, c := range []struct {
		profile, variable, value string
		service                  jsonService
		want                     string
	}{
		{"one", "", "", parameterStore(), "http://ssm.test/"},
		{"one", "", "", serviceQuotas(), "http://all.test/"},
		{"one", "AWS_ENDPOINT_URL", "http://env.test", parameterStore(), "http://env.test/"},
		{"one", "AWS_ENDPOINT_URL_SERVICE_QUOTAS", "http://quotas.test/", serviceQuotas(), "http://quotas.test/"},
		{"fips", "", "", parameterStore(), "https://ssm-fips.us-west-2.amazonaws.com/"},
		{"fips", "AWS_USE_DUALSTACK_ENDPOINT", "true", serviceQuotas(), "https://servicequotas-fips.us-west-2.api.aws/"},
	} {
		t.Run(c.profile+" "+c.variable+" "+c.service.id, func(t *testing.T) {
			if c.variable != "" {
				t.Setenv(c.variable, c.value)
			}
			a, err := Open(t.Context(), Options{Profile: c.profile})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := a.endpointOf(t.Context(), c.service.service, a.HomeRegion()); err != nil || got != c.want {
				t.Errorf("%s, %v, want %s", got, err, c.want)
			}
			// The SDK's own client would go there too.
			want := strings.TrimRight(c.want, "/")
			if base := ssm.NewFromConfig(a.cfg).Options().BaseEndpoint; c.service.id == "SSM" && c.profile == "one" && (base == nil || strings.TrimRight(*base, "/") != want) {
				t.Errorf("the SDK would go to %v", sdk.ToString(base))
			}
		})
	}
}
