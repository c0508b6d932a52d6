package aws

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// explained asserts that err can be explained in full, and answers the words.
func explained(t *testing.T, err error) (kind, title, text, next string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("not explained: %v", err)
	}
	p := e.Problem()
	kind, title, text, next = string(p.Kind), p.Title, p.Text, p.Next.String()
	switch kind {
	case "credentials", "refused", "answers", "failed", "unreachable":
	default:
		t.Errorf("kind %q", kind)
	}
	if title == "" || len(title) > 50 || strings.HasSuffix(title, ".") {
		t.Errorf("title %q", title)
	}
	if text == "" || next == "" || strings.Contains(text+next, "  ") {
		t.Errorf("text %q, next %q", text, next)
	}
	return kind, title, text, next
}

// What AWS answers, and what a person reads.
func TestEC2ErrorsAreExplained(t *testing.T) {
	for _, c := range []struct{ code, message, kind, title, says string }{
		{"UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:::instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: AbCd", "refused", "Not permitted: ec2:RunInstances", "ec2:RunInstances"},
		{"UnauthorizedOperation", "You are not authorized to perform this operation.", "refused", "Not permitted: ec2:RunInstances", "ec2:RunInstances"},
		{"VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 0 allows", "refused", "The vCPU quota is too small", "L-DB2E81BA"},
		{"InsufficientInstanceCapacity", "We currently do not have sufficient capacity", "refused", "AWS has no capacity for this type", "g4dn.xlarge"},
		{"PendingVerification", "Your account is currently being verified.", "refused", "AWS is still verifying your account", "4 hours"},
		{"OptInRequired", "You are not subscribed to this service.", "refused", "The account is not ready for EC2", "payment"},
		{"InvalidParameterCombination", "The specified instance type is not eligible for Free Tier.", "refused", "Not in your account's free plan", "free-tier mark"},
		{"InvalidParameterCombination", "Something else.", "answers", "AWS rejects one of the answers", "Something else."},
		{"VPCIdNotSpecified", "No default VPC for this user", "refused", "No default network in eu-central-1", "create-default-vpc"},
		{"InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist", "failed", "The Ubuntu image is not there", "looked up again"},
		{"Unsupported", "Your requested instance type (t2.micro) is not supported in your requested Availability Zone", "answers", "Not available in eu-central-1", "[choose-type another type or another region], then retry."},
		{"InvalidKeyPair.NotFound", "The key pair 'k' does not exist", "answers", "EC2 does not know or accept this key", "ed25519"},
		{"InvalidGroup.NotFound", "The security group 'sg-1' does not exist", "failed", "It no longer exists", "[remove the setup]"},
		{"IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent", "failed", "Launched before, with other answers", "[remove the setup]"},
		{"SecurityGroupLimitExceeded", "limit", "refused", "Too many security groups or rules", "Delete"},
		{"Blocked", "Your account is currently blocked.", "refused", "The account is not ready for EC2", "console.aws.amazon.com"},
		{"RequestLimitExceeded", "Request limit exceeded.", "refused", "AWS is limiting requests", "Wait a minute"},
		{"InternalError", "An internal error has occurred", "failed", "AWS has a problem of its own", "health"},
		{"SomethingNew", "What it says.", "failed", "AWS refused a request", "AWS's code for it is SomethingNew. AWS said: What it says."},
		{"UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:::instance/* with an explicit deny in a service control policy. Encoded authorization failure message: AbCd", "refused", "Forbidden by a policy: ec2:RunInstances", "an administrator of its management account"},
		{"UnauthorizedOperation", "User: u is not authorized to perform: ec2:RunInstances on resource: r with an explicit deny in a permissions boundary", "refused", "Forbidden by a policy: ec2:RunInstances", "whoever made the identity"},
		{"UnauthorizedOperation", "User: u is not authorized to perform: ec2:RunInstances on resource: r with an explicit deny in an identity-based policy", "refused", "Forbidden by a policy: ec2:RunInstances", "IAM policies"},
	} {
		t.Run(c.code+" "+c.title, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := regional(t, answers{"RunInstances": always(ec2Error(c.code, c.message))})
				s := spec()
				s.Type = "g4dn.xlarge"
				_, err := r.Launch(context.Background(), s)
				kind, title, text, next := explained(t, err)
				if kind != c.kind || title != c.title {
					t.Errorf("%s: %q, want %s: %q", kind, title, c.kind, c.title)
				}
				if !strings.Contains(text+" "+next, c.says) {
					t.Errorf("%q is not in %q %q", c.says, text, next)
				}
				if strings.Contains(text, "AbCd") {
					t.Errorf("encoded part shown: %q", text)
				}
			})
		})
	}
}

func TestIdentityErrorsAreExplained(t *testing.T) {
	for _, c := range []struct{ code, message, title string }{
		{"InvalidClientTokenId", "The security token included in the request is invalid.", "AWS does not know this access key"},
		{"SignatureDoesNotMatch", "The request signature we calculated does not match", "The secret key does not match the access key"},
		{"SignatureDoesNotMatch", "Signature expired: 20261123T000000Z is now earlier than 20261123T010000Z", "This computer's clock is wrong"},
		{"ExpiredToken", "The security token included in the request is expired", "The AWS session has expired"},
		{"AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", "The MFA code is wrong"},
		{"AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.", "An MFA code is needed"},
	} {
		t.Run(c.title, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{t: t, answers: answers{"GetCallerIdentity": always(stsError(c.code, c.message))}}
				_, err := open(t, w, "eu-central-1").Identity(context.Background())
				kind, title, _, _ := explained(t, err)
				if want := string(problem.Credentials); kind != want || title != c.title {
					t.Errorf("%s: %q, want %s: %q", kind, title, want, c.title)
				}
			})
		})
	}
}

// The key, and what it signed, are in what AWS says of a signature that it cannot
// read; they are left out whole.
func TestASignatureThatCannotBeReadIsTold(t *testing.T) {
	awsHome(t, "[default]\naws_access_key_id = AKIA/"+mark+"\naws_secret_access_key = s\n", "")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refused := stsError("IncompleteSignature", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term. Authorization="+r.Header.Get("Authorization"))
		w.WriteHeader(refused.status)
		_, _ = io.WriteString(w, refused.body)
	}))
	defer s.Close()
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	a, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Identity(t.Context())
	_, title, text, next := explained(t, err)
	if title != "AWS cannot read the signature" || !strings.Contains(text, "access key ID") || !strings.Contains(text, "line 2 of") || !strings.HasSuffix(text, "service/term.") {
		t.Errorf("%q %q", title, text)
	}
	if !strings.Contains(next, "aws configure") || strings.Contains(err.Error()+text, "Signature=") || strings.Contains(err.Error()+text, mark) {
		t.Errorf("%q, %v", next, err)
	}
}

// What cannot be decoded is told in words, without the SDK's, and may have done
// what was asked.
func TestUnreadableAnswersAreExplained(t *testing.T) {
	half := ok("RunInstances", oneInstance)
	half.body = half.body[:len(half.body)/2]
	page := "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=utf-8>\n<title>Sign in</title></head></html>"
	for name, c := range map[string]struct {
		answer reply
		says   string
	}{
		"half":             {half, "launch the instance: the answer was cut off, or is not AWS's."},
		"a page":           {reply{status: 200, body: page}, "what answered is not AWS."},
		"a refusal's page": {reply{status: 501, body: page}, "what answered, with the HTTP status 501, is not AWS, or AWS has"},
		"not found":        {reply{status: 404, body: "404 page not found\n"}, "what answered, with the HTTP status 404, is not AWS."},
		"an empty refusal": {reply{status: 403}, "what answered, with the HTTP status 403, is not AWS."},
		"half a refusal":   {reply{status: 400, body: ec2Error("Unsupported", "no").body[:60]}, "the answer was cut off, or is not AWS's."},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := regional(t, answers{"RunInstances": always(c.answer)})
				_, err := r.Launch(t.Context(), spec())
				kind, title, text, next := explained(t, err)
				if kind != "unreachable" || title != "The answer is not AWS's, or was cut off" || !strings.Contains(text, c.says) || !strings.Contains(next, "nothing twice") {
					t.Errorf("%s %q %q %q (%v)", kind, title, text, next, err)
				}
				for _, raw := range []string{"operation error", "deserial", "XML", "StatusCode", "UnknownError", "Sign in"} {
					if strings.Contains(err.Error()+text+next, raw) {
						t.Errorf("raw: %q, %v", text, err)
					}
				}
				var e *Error
				if errors.As(err, &e) && e.NothingDone() {
					t.Error("taken for a no of AWS")
				}
			})
		})
	}
	for _, body := range []string{`{"Quota":{"Val`, page} { // of the services that speak JSON
		r, _ := regional(t, answers{"GetServiceQuota": always(reply{status: 200, body: body})})
		err := r.account.call(t.Context(), serviceQuotas(), r.name, "GetServiceQuota", struct{}{}, &struct{ Quota struct{ Value *float64 } }{})
		if _, title, text, _ := explained(t, r.fail(t.Context(), "look up the quota", err)); title != "The answer is not AWS's, or was cut off" || strings.Contains(text, "JSON") {
			t.Errorf("%q %q", title, text)
		}
	}
}

// EC2 has one code for three troubles; STS tells which it is.
func TestAuthFailureIsToldApart(t *testing.T) {
	for _, c := range []struct {
		name      string
		ec2, sts  reply
		code      string
		mentioned string
	}{
		{"bad key", ec2Error("AuthFailure", "not able to validate"), stsError("InvalidClientTokenId", "invalid"), "InvalidClientTokenId", "aws configure"},
		{"region", ec2Error("AuthFailure", "not able to validate"), caller("arn:aws:iam::1:user/u"), codeRegionNotEnabled, "enable-region --region-name eu-central-1"},
		{"clock", ec2Error("RequestExpired", "Request has expired."), caller("arn:aws:iam::1:user/u"), codeClockSkew, "time"},
		{"session", ec2Error("RequestExpired", "Request has expired."), stsError("ExpiredToken", "expired"), "ExpiredToken", "aws sso login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := regional(t, answers{"DescribeKeyPairs": always(c.ec2), "GetCallerIdentity": always(c.sts)})
				_, err := r.KeyPairs(context.Background())
				_, _, _, next := explained(t, err)
				if codeOf(err) != c.code || !strings.Contains(next, c.mentioned) {
					t.Errorf("code %s, next %q", codeOf(err), next)
				}
				if !strings.HasPrefix(err.Error(), "list the key pairs: ") {
					t.Errorf("what was being done is lost: %v", err)
				}
			})
		})
	}
}

func TestNetworkErrorsAreExplained(t *testing.T) {
	sent := func(err error) error {
		return &url.Error{Op: "Post", URL: "https://ec2.eu-central-1.amazonaws.com/", Err: err}
	}
	for _, c := range []struct {
		name  string
		err   error
		title string
	}{
		{"no DNS", sent(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "ec2.eu-central-1.amazonaws.com", IsNotFound: true}}), "AWS's name cannot be looked up"},
		{"refused", sent(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), "AWS cannot be reached"},
		{"timeout", sent(&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}), "AWS does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := regional(t, answers{"DescribeKeyPairs": always(reply{err: c.err})})
				_, err := r.KeyPairs(context.Background())
				kind, title, text, _ := explained(t, err)
				if kind != "unreachable" || title != c.title {
					t.Errorf("%s: %q, want %q", kind, title, c.title)
				}
				if strings.Contains(text, "operation error") || strings.Contains(text, "StatusCode") {
					t.Errorf("the SDK's layers are shown: %q", text)
				}
			})
		})
	}
}

func TestCancelStaysCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := regional(t, answers{"DescribeKeyPairs": func(int, request) reply {
		cancel()
		return reply{err: ctx.Err()}
	}})
	_, err := r.KeyPairs(ctx)
	var e *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("err = %#v", err)
	}
}

func TestRetriesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		w := &wire{t: t, answers: answers{"DescribeKeyPairs": inTurn(ec2Error("RequestLimitExceeded", "slow down"), ok("DescribeKeyPairs", "<keySet/>"))}}
		a, err := Open(context.Background(), Options{
			Endpoint: &Endpoint{URL: "http://aws.test", AccessKeyID: "A", SecretAccessKey: "S", HTTP: w},
			Warn:     func(s string) { said = append(said, s) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.In("eu-central-1").KeyPairs(context.Background()); err != nil {
			t.Fatal(err)
		}
		if len(said) != 1 || !strings.Contains(said[0], "RequestLimitExceeded (attempt 1 of 3); trying again in") {
			t.Errorf("said %q", said)
		}
	})
}

func FuzzOneLine(f *testing.F) {
	f.Add("a\x1b[31m b\r\n c Encoded authorization failure message: xyz")
	f.Add(strings.Repeat("ä", 700))
	f.Fuzz(func(t *testing.T, s string) {
		got := oneLine(s)
		if strings.ContainsAny(got, "\x00\x1b\r\n\t\x7f\u0085\u009b") || len([]rune(got)) > 601 {
			t.Errorf("%q", got)
		}
	})
}
