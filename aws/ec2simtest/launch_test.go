package ec2simtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
)

func TestRefusedLaunches(t *testing.T) {
	c := open(t, ec2sim.Options{})
	cl := ec2Client(c, "us-east-1")
	arm := newestImage(t, cl, "arm64")
	for code, change := range map[string]func(*ec2.RunInstancesInput){
		"InvalidAMIID.NotFound":     func(in *ec2.RunInstancesInput) { in.ImageId = str("ami-0123456789abcdef0") },
		"InvalidAMIID.Malformed":    func(in *ec2.RunInstancesInput) { in.ImageId = str("ubuntu") },
		"InvalidKeyPair.NotFound":   func(in *ec2.RunInstancesInput) { in.KeyName = str("none") },
		"InvalidGroup.NotFound":     func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-0123456789abcdef0"} },
		"InvalidSubnetID.NotFound":  func(in *ec2.RunInstancesInput) { in.SubnetId = str("subnet-0123456789abcdef0") },
		"InvalidParameterValue":     func(in *ec2.RunInstancesInput) { in.InstanceType = "t9.huge" },
		"InvalidBlockDeviceMapping": func(in *ec2.RunInstancesInput) { in.BlockDeviceMappings[0].Ebs.VolumeSize = awssdk.Int32(4) },
		"VcpuLimitExceeded":         func(in *ec2.RunInstancesInput) { in.InstanceType = types.InstanceTypeG4dnXlarge },
		"Unsupported":               func(in *ec2.RunInstancesInput) { in.Placement = &types.Placement{AvailabilityZone: str("us-east-1e")} },
		"UnknownParameter":          func(in *ec2.RunInstancesInput) { in.EnablePrimaryIpv6 = awssdk.Bool(true) },
		"InvalidParameterCombination": func(in *ec2.RunInstancesInput) {
			in.SubnetId = str("subnet-0123456789abcdef0")
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: awssdk.Int32(0)}}
		},
	} {
		in := runInput(t, cl, "")
		change(in)
		_, err := cl.RunInstances(t.Context(), in)
		wantCode(t, code, err, code)
	}
	in := runInput(t, cl, "")
	in.ImageId = &arm
	_, err := cl.RunInstances(t.Context(), in)
	wantCode(t, "an arm64 image on t3.micro", err, "InvalidParameterValue")
	if n := len(c.Instances()); n != 0 {
		t.Errorf("%d instances after refused launches", n)
	}
	free := ec2Client(open(t, ec2sim.Options{FreePlan: true}), "us-east-1")
	in.ImageId, in.InstanceType = str(newestImage(t, free, "amd64")), types.InstanceTypeM5Large
	_, err = free.RunInstances(t.Context(), in)
	wantCode(t, "m5.large on the free plan", err, "InvalidParameterCombination")
}

func TestQuotaCountsWhatRuns(t *testing.T) {
	cl := ec2Client(open(t, ec2sim.Options{StandardVCPUs: 3}), "us-east-1")
	id := *launch(t, cl, runInput(t, cl, "a")).InstanceId
	_, err := cl.RunInstances(t.Context(), runInput(t, cl, "b"))
	wantCode(t, "4 vCPUs of 3", err, "VcpuLimitExceeded")
	waitState(t, cl, id, types.InstanceStateNameRunning)
	must[*ec2.StopInstancesOutput](t)(cl.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}}))
	waitState(t, cl, id, types.InstanceStateNameStopped)
	launch(t, cl, runInput(t, cl, "b"))
	_, err = cl.StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{id}})
	wantCode(t, "starting over the quota", err, "VcpuLimitExceeded")
}

func TestClientToken(t *testing.T) {
	c := open(t, ec2sim.Options{})
	cl := ec2Client(c, "us-east-1")
	first := launch(t, cl, runInput(t, cl, "token"))
	again := launch(t, cl, runInput(t, cl, "token"))
	if *first.InstanceId != *again.InstanceId || len(c.Instances()) != 1 {
		t.Errorf("launched %s and %s", *first.InstanceId, *again.InstanceId)
	}
	changed := runInput(t, cl, "token")
	changed.BlockDeviceMappings[0].Ebs.VolumeSize = awssdk.Int32(20)
	_, err := cl.RunInstances(t.Context(), changed)
	wantCode(t, "changed parameters", err, "IdempotentParameterMismatch")
	found := must[*ec2.DescribeInstancesOutput](t)(cl.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{Filters: filters("client-token", "token")}))
	if len(found.Reservations) != 1 {
		t.Errorf("%d reservations with the token", len(found.Reservations))
	}
	if launch(t, ec2Client(c, "us-west-2"), runInput(t, ec2Client(c, "us-west-2"), "token")).InstanceId == first.InstanceId {
		t.Error("tokens reach over regions")
	}
}

func TestDryRun(t *testing.T) {
	c := open(t, ec2sim.Options{Fault: func(action string, _ *http.Request) *ec2sim.Fault {
		if action == "ec2:CreateSecurityGroup" {
			return &ec2sim.Fault{Code: "UnauthorizedOperation"}
		}
		return nil
	}})
	cl, ctx, yes := ec2Client(c, "us-east-1"), t.Context(), awssdk.Bool(true)
	in := runInput(t, cl, "token")
	in.DryRun = yes
	_, err := cl.RunInstances(ctx, in)
	wantCode(t, "launching", err, "DryRunOperation")
	_, err = cl.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{DryRun: yes, KeyName: str("k"), PublicKeyMaterial: []byte(exampleKey)})
	wantCode(t, "importing", err, "DryRunOperation")
	_, err = cl.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{DryRun: yes})
	wantCode(t, "describing", err, "DryRunOperation")
	_, err = cl.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{DryRun: yes, GroupName: str("g"), Description: str("d")})
	wantCode(t, "a refused action", err, "UnauthorizedOperation")
	if len(c.Instances()) != 0 || len(must[*ec2.DescribeKeyPairsOutput](t)(cl.DescribeKeyPairs(ctx, nil)).KeyPairs) != 0 {
		t.Error("a dry run left something behind")
	}
	launch(t, cl, runInput(t, cl, "token")) // the token is still unused
}

func TestPagingOfInstances(t *testing.T) {
	cl := ec2Client(open(t, ec2sim.Options{}), "us-east-1")
	in := runInput(t, cl, "many")
	in.MinCount, in.MaxCount = awssdk.Int32(12), awssdk.Int32(12)
	must[*ec2.RunInstancesOutput](t)(cl.RunInstances(t.Context(), in))
	seen, pages := map[string]bool{}, 0
	for p := ec2.NewDescribeInstancesPaginator(cl, &ec2.DescribeInstancesInput{MaxResults: awssdk.Int32(5), Filters: filters("tag:Name", "d?mo")}); p.HasMorePages(); pages++ {
		for _, i := range must[*ec2.DescribeInstancesOutput](t)(p.NextPage(t.Context())).Reservations[0].Instances {
			seen[*i.InstanceId] = true
		}
	}
	if len(seen) != 12 || pages != 3 {
		t.Errorf("%d instances in %d pages, want 12 in 3", len(seen), pages)
	}
	_, err := cl.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{MaxResults: awssdk.Int32(4)})
	wantCode(t, "MaxResults 4", err, "InvalidParameterValue")
	_, err = cl.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{NextToken: str("nonsense")})
	wantCode(t, "a bad token", err, "InvalidParameterValue")
	_, err = cl.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{"my-machine"}})
	wantCode(t, "a bad ID", err, "InvalidInstanceID.Malformed")
}

// TestCredentials: the codes of each service for strangers.
func TestCredentials(t *testing.T) {
	c := open(t, ec2sim.Options{})
	for name, cfg := range map[string]struct {
		id, secret, region string
		ec2, sts, ssm      string
	}{
		"unknown key":    {"AKIDOTHER", testSecret, "us-east-1", "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"},
		"wrong secret":   {testKeyID, "guess", "us-east-1", "AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException"},
		"region is off":  {testKeyID, testSecret, "af-south-1", "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"},
		"no such region": {testKeyID, testSecret, "xx-moon-1", "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"},
		"all right":      {testKeyID, testSecret, "us-east-1", "", "", "ParameterNotFound"},
	} {
		one := config(c, cfg.region)
		one.Credentials = credentials.NewStaticCredentialsProvider(cfg.id, cfg.secret, "")
		_, err := ec2.NewFromConfig(one).DescribeKeyPairs(t.Context(), nil)
		wantCode(t, name+": EC2", err, cfg.ec2)
		_, err = sts.NewFromConfig(one).GetCallerIdentity(t.Context(), nil)
		wantCode(t, name+": STS", err, cfg.sts)
		_, err = ssm.NewFromConfig(one).GetParameter(t.Context(), &ssm.GetParameterInput{Name: str("/x")})
		wantCode(t, name+": SSM", err, cfg.ssm)
	}
}

func TestFaults(t *testing.T) {
	var next atomic.Pointer[ec2sim.Fault]
	c := open(t, ec2sim.Options{Fault: func(string, *http.Request) *ec2sim.Fault { return next.Swap(nil) }})
	cl := ec2Client(c, "us-east-1")
	in := runInput(t, cl, "token")
	for _, code := range []string{"InsufficientInstanceCapacity", "PendingVerification", "RequestLimitExceeded", "SomethingNew"} {
		next.Store(&ec2sim.Fault{Code: code})
		_, err := cl.RunInstances(t.Context(), in)
		wantCode(t, code, err, code)
	}
	next.Store(&ec2sim.Fault{Reset: true, After: true})
	_, err := cl.RunInstances(t.Context(), in)
	if !errors.Is(err, syscall.ECONNRESET) || len(c.Instances()) != 1 {
		t.Errorf("a lost answer: %v, %d instances", err, len(c.Instances()))
	}
	launch(t, cl, in)
	if len(c.Instances()) != 1 {
		t.Errorf("%d instances after asking again", len(c.Instances()))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	next.Store(&ec2sim.Fault{Delay: time.Hour})
	if _, err = cl.DescribeVpcs(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slow answer: %v", err)
	}

	// The SDK's own retries meet a throttled call and a broken connection.
	cfg := config(c, "us-east-1")
	cfg.Retryer = func() awssdk.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	for _, f := range []*ec2sim.Fault{{Code: "RequestLimitExceeded"}, {Reset: true}} {
		next.Store(f)
		if _, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil); err != nil {
			t.Errorf("after %+v: %v", f, err)
		}
	}
}

// whole reads each answer to its end before the SDK has it. The SDK then closes
// the request, which on a busy computer may not have been read to its own end yet:
// net/http closes the connection for that, with the answer half read.
type whole struct{ client *http.Client }

// Do implements the SDK's HTTPClient.
func (w whole) Do(r *http.Request) (*http.Response, error) {
	res, err := w.client.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// TestOverLoopback: the same over a real connection.
func TestOverLoopback(t *testing.T) {
	var next atomic.Pointer[ec2sim.Fault]
	c := open(t, ec2sim.Options{Fault: func(string, *http.Request) *ec2sim.Fault { return next.Swap(nil) }})
	server := httptest.NewServer(c)
	defer server.Close()
	cfg := config(c, "us-east-1")
	cfg.BaseEndpoint, cfg.HTTPClient = &server.URL, whole{server.Client()}
	cl := ec2.NewFromConfig(cfg)
	launch(t, cl, runInput(t, cl, "token"))
	next.Store(&ec2sim.Fault{Reset: true})
	if _, err := cl.DescribeVpcs(t.Context(), nil); err == nil {
		t.Error("no error from a reset connection")
	}
}

func TestUnknownRequests(t *testing.T) {
	cl := ec2Client(open(t, ec2sim.Options{}), "us-east-1")
	_, err := cl.CreateNetworkAcl(t.Context(), &ec2.CreateNetworkAclInput{VpcId: str("vpc-1")})
	wantCode(t, "an unknown EC2 action", err, "InvalidAction")
	c := open(t, ec2sim.Options{})
	_, err = ssm.NewFromConfig(config(c, "us-east-1")).ListDocuments(t.Context(), nil)
	wantCode(t, "an unknown SSM action", err, "UnknownOperationException")
	for _, auth := range []string{"", "Basic eDp5", "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=x, Signature=y"} {
		r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/", strings.NewReader("Action=DescribeVpcs&Version=2016-11-15")))
		r.Header.Set("Authorization", auth)
		res, err := c.HTTPClient().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("authorization %q: %s", auth, res.Status)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}
