package contract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// home is the region that is furnished.
const home = "us-east-1"

// Furnish gives the default VPC of us-east-1 what AWS gives it and moto does
// not: an internet gateway and the main route table's route to it. See
// https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
func (m *Moto) Furnish(t *testing.T) {
	t.Helper()
	if err := m.furnish(t.Context()); err != nil {
		t.Fatalf("furnish moto: %v", err)
	}
}

func (m *Moto) furnish(ctx context.Context) error {
	raw := m.ec2()
	vpcs, err := raw.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: where("is-default", "true")})
	if err != nil {
		return err
	}
	if len(vpcs.Vpcs) != 1 {
		return fmt.Errorf("%d default VPCs", len(vpcs.Vpcs))
	}
	vpc := vpcs.Vpcs[0].VpcId
	gate, err := raw.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	if err != nil {
		return err
	}
	id := gate.InternetGateway.InternetGatewayId
	if _, err := raw.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: vpc}); err != nil {
		return err
	}
	tables, err := raw.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: where("vpc-id", *vpc)})
	if err != nil {
		return err
	}
	if len(tables.RouteTables) != 1 {
		return fmt.Errorf("%d route tables", len(tables.RouteTables))
	}
	_, err = raw.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: sdk.String("0.0.0.0/0"), GatewayId: id,
	})
	return err
}

// DeleteKeyPair deletes a key pair by its name, which is all that moto can do.
func (m *Moto) DeleteKeyPair(ctx context.Context, name string) error {
	_, err := m.ec2().DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: sdk.String(name)})
	return err
}

func (m *Moto) ec2() *ec2.Client {
	return ec2.NewFromConfig(sdkConfig(m.URL, "any", "any", buffered{}))
}

func where(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: sdk.String(name), Values: values}}
}

func sdkConfig(url, id, secret string, client sdk.HTTPClient) sdk.Config {
	return sdk.Config{
		Region: home, BaseEndpoint: sdk.String(url), HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	}
}

// buffered reads answers whole before the SDK does: see aws/transport.go. What
// package aws itself sends goes by its own client.
type buffered struct{}

// Do implements the SDK's HTTPClient.
func (buffered) Do(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}
