package ec2simtest

import (
	"context"
	"errors"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/jupyter-ec2/jupyter-ec2/aws/ec2sim"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

const (
	testKeyID  = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

func newClock() *await.Clock { return await.NewClock(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)) }

func open(t *testing.T, o ec2sim.Options) *ec2sim.Cloud {
	t.Helper()
	o.AccessKeyID, o.SecretAccessKey = testKeyID, testSecret
	c, err := ec2sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error("closing:", err)
		}
	})
	return c
}

// config is the SDK's configuration for a cloud; the SDK does not retry.
func config(c *ec2sim.Cloud, region string) awssdk.Config {
	return awssdk.Config{
		Region:       region,
		BaseEndpoint: awssdk.String("http://sandbox.invalid"),
		HTTPClient:   c.HTTPClient(),
		Credentials:  credentials.NewStaticCredentialsProvider(testKeyID, testSecret, ""),
		Retryer:      func() awssdk.Retryer { return awssdk.NopRetryer{} },
	}
}

func ec2Client(c *ec2sim.Cloud, region string) *ec2.Client {
	return ec2.NewFromConfig(config(c, region))
}

// wantCode checks that AWS's error is that one; empty means success.
func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var api smithy.APIError
	switch {
	case code == "" && err != nil:
		t.Fatalf("%s: %v, want success", what, err)
	case code == "":
	case !errors.As(err, &api):
		t.Fatalf("%s: %v, want %s", what, err, code)
	case api.ErrorCode() != code:
		t.Fatalf("%s: %s (%s), want %s", what, api.ErrorCode(), api.ErrorMessage(), code)
	case api.ErrorMessage() == "":
		t.Fatalf("%s: %s has no message", what, code)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newestImage is the newest Ubuntu 24.04 image.
func newestImage(t *testing.T, cl *ec2.Client, arch string) string {
	t.Helper()
	out := must[*ec2.DescribeImagesOutput](t)(cl.DescribeImages(t.Context(), &ec2.DescribeImagesInput{
		Owners: []string{"099720109477"},
		Filters: []types.Filter{
			{Name: awssdk.String("name"), Values: []string{"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-" + arch + "-server-*"}},
		},
	}))
	var id, created string
	for _, i := range out.Images {
		if *i.CreationDate > created {
			id, created = *i.ImageId, *i.CreationDate
		}
	}
	if id == "" {
		t.Fatal("no image found")
	}
	return id
}

// runInput is a launch as the guide makes it.
func runInput(t *testing.T, cl *ec2.Client, token string) *ec2.RunInstancesInput {
	t.Helper()
	tags := []types.Tag{{Key: awssdk.String("jupyter-ec2"), Value: awssdk.String("setup-1")}, {Key: awssdk.String("Name"), Value: awssdk.String("demo")}}
	return &ec2.RunInstancesInput{
		ClientToken: awssdk.String(token), ImageId: awssdk.String(newestImage(t, cl, "amd64")), InstanceType: types.InstanceTypeT3Micro,
		MinCount: awssdk.Int32(1), MaxCount: awssdk.Int32(1),
		MetadataOptions:                   &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired, HttpEndpoint: types.InstanceMetadataEndpointStateEnabled},
		InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorStop,
		BlockDeviceMappings: []types.BlockDeviceMapping{{
			DeviceName: awssdk.String("/dev/sda1"),
			Ebs:        &types.EbsBlockDevice{VolumeSize: awssdk.Int32(12), VolumeType: types.VolumeTypeGp3, Encrypted: awssdk.Bool(true), DeleteOnTermination: awssdk.Bool(true)},
		}},
		TagSpecifications: []types.TagSpecification{
			{ResourceType: types.ResourceTypeInstance, Tags: tags},
			{ResourceType: types.ResourceTypeVolume, Tags: tags},
			{ResourceType: types.ResourceTypeNetworkInterface, Tags: tags},
		},
	}
}

func launch(t *testing.T, cl *ec2.Client, in *ec2.RunInstancesInput) types.Instance {
	t.Helper()
	out := must[*ec2.RunInstancesOutput](t)(cl.RunInstances(t.Context(), in))
	if len(out.Instances) != 1 {
		t.Fatalf("launched %d instances, want 1", len(out.Instances))
	}
	return out.Instances[0]
}

func describe(ctx context.Context, cl *ec2.Client, id string) (types.Instance, error) {
	out, err := cl.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return types.Instance{}, err
	}
	return out.Reservations[0].Instances[0], nil
}

// waitState waits until the instance is in the state.
func waitState(t *testing.T, cl *ec2.Client, id string, want types.InstanceStateName) types.Instance {
	t.Helper()
	var is types.Instance
	if !await.Comes(t.Context(), func() bool {
		var err error
		if is, err = describe(t.Context(), cl, id); err != nil {
			t.Fatal(err)
		}
		return is.State.Name == want
	}) {
		t.Fatalf("%s stays %s, want %s", id, is.State.Name, want)
	}
	return is
}
