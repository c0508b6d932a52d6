package contract

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

// cloud is a new account of one implementation, with nothing in it but what
// AWS puts there.
type cloud struct {
	*aws.Regional // the home region
	account       *aws.Account
	// raw is the SDK itself: it prepares what package aws has no call for, and
	// looks behind it.
	raw *ec2.Client
	// as opens the account with somebody else's credentials, which are
	// checked from then on.
	as func(persona) *aws.Account
	// bare is an account whose home region has no default VPC.
	bare func() *aws.Account
}

// persona is whose credentials they are.
type persona int

const (
	stranger  persona = iota // an access key that AWS does not know
	forger                   // a known access key with another secret
	powerless                // a user who may do nothing
	guarded                  // a user with an MFA device, who may do everything
)

const (
	knownKey    = "AKIAIOSFODNN7EXAMPLE"
	knownSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// embedded is a new account of ec2sim, as slow as AWS as far as the tests'
// bubble is concerned. What package aws asks of it is added to made.
func embedded(t *testing.T, made *calls) *cloud {
	t.Helper()
	var denied atomic.Bool
	o := ec2sim.Options{
		Account: "123456789012", AccessKeyID: knownKey, SecretAccessKey: knownSecret, Timing: ec2sim.Believable(),
		Fault: func(action string, r *http.Request) *ec2sim.Fault {
			made.note(action, r)
			if !denied.Load() || action == "sts:GetCallerIdentity" {
				return nil // which nobody can be denied
			}
			code := "AccessDenied"
			if strings.HasPrefix(action, "ec2:") {
				code = "UnauthorizedOperation"
			}
			return &ec2sim.Fault{
				Code: code, Message: "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/sandbox " +
					"is not authorized to perform: " + action + " because no identity-based policy allows the " + action + " action.",
			}
		},
	}
	c := newSim(t, o)
	end := aws.Endpoint{URL: "http://ec2.test", AccessKeyID: knownKey, SecretAccessKey: knownSecret, HTTP: c.HTTPClient()}
	one := newCloud(t, end, behind{end.HTTP})
	one.bare = func() *aws.Account {
		o.NoDefaultVPC = true
		end.HTTP = newSim(t, o).HTTPClient()
		return open(t, end)
	}
	one.as = func(p persona) *aws.Account {
		other := end
		switch p {
		case stranger:
			other.AccessKeyID = "AKIAI44QH8DHBEXAMPLE"
		case forger:
			other.SecretAccessKey = "another"
		case powerless:
			denied.Store(true)
		case guarded:
			o.MFA = true
			other.HTTP = newSim(t, o).HTTPClient()
		}
		return open(t, other)
	}
	return one
}

func newSim(t *testing.T, o ec2sim.Options) *ec2sim.Cloud {
	t.Helper()
	c, err := ec2sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// emulated is a new account of moto.
func emulated(t *testing.T, m *Moto) *cloud {
	t.Helper()
	m.Reset(t)
	end := aws.Endpoint{URL: m.URL, AccessKeyID: knownKey, SecretAccessKey: knownSecret}
	m.Furnish(t)
	made := newCloud(t, end, buffered{})
	made.bare = func() *aws.Account {
		undress(t, made.raw)
		return made.account
	}
	made.as = func(p persona) *aws.Account {
		other := end
		if p != stranger {
			other.AccessKeyID, other.SecretAccessKey = motoUser(t, end, p)
		}
		if p == forger {
			other.SecretAccessKey = "another"
		}
		m.Enforce(t)
		return open(t, other)
	}
	return made
}

// undress deletes the home region's default VPC.
func undress(t *testing.T, raw *ec2.Client) {
	t.Helper()
	ctx := t.Context()
	gates, err := raw.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})
	if err != nil || len(gates.InternetGateways) != 1 {
		t.Fatalf("internet gateways: %v", err)
	}
	gate := gates.InternetGateways[0]
	vpc := gate.Attachments[0].VpcId
	if _, err := raw.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: gate.InternetGatewayId, VpcId: vpc}); err != nil {
		t.Fatal(err)
	}
	nets, err := raw.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: where("vpc-id", *vpc)})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nets.Subnets {
		if _, err := raw.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: n.SubnetId}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := raw.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc}); err != nil {
		t.Fatal(err)
	}
}

func newCloud(t *testing.T, end aws.Endpoint, raw aws.HTTPDoer) *cloud {
	t.Helper()
	account := open(t, end)
	return &cloud{
		Regional: account.In(home), account: account,
		raw: ec2.NewFromConfig(sdkConfig(end.URL, end.AccessKeyID, end.SecretAccessKey, raw)),
	}
}

func open(t *testing.T, end aws.Endpoint) *aws.Account {
	t.Helper()
	a, err := aws.Open(t.Context(), aws.Options{Region: home, Endpoint: &end})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// motoUser makes a user in moto and answers its access key.
func motoUser(t *testing.T, end aws.Endpoint, p persona) (id, secret string) {
	t.Helper()
	ctx, name := t.Context(), sdk.String("somebody")
	client := iam.NewFromConfig(sdkConfig(end.URL, end.AccessKeyID, end.SecretAccessKey, buffered{}))
	if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: name}); err != nil {
		t.Fatal(err)
	}
	if p == guarded {
		all, err := json.Marshal(map[string]any{
			"Version": "2012-10-17", "Statement": []any{map[string]string{"Effect": "Allow", "Action": "*", "Resource": "*"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: sdk.String("all"), PolicyDocument: sdk.String(string(all))})
		if err != nil {
			t.Fatal(err)
		}
		serial := sdk.String("arn:aws:iam::123456789012:mfa/somebody")
		_, err = client.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
			UserName: name, SerialNumber: serial, AuthenticationCode1: sdk.String("123456"), AuthenticationCode2: sdk.String("654321"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	if err != nil {
		t.Fatal(err)
	}
	return *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey
}

// away returns the account's other region.
func (c *cloud) away() *aws.Regional { return c.account.In("eu-central-1") }
