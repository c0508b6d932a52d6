package contract

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/jupyter-ec2/jupyter-ec2/aws"
)

// userData is as many bytes as that, none of which is text.
func userData(size int) []byte {
	return bytes.Repeat([]byte{0x1f, 0x8b, 0, 0xff, 0xfe, '+', '/', '\n'}, size/8+1)[:size]
}

// mostUserData is how much EC2 takes, before base64.
const mostUserData = 16384

func userDataPromises() []promise {
	launch := func(ctx context.Context, c *cloud, change func(*aws.LaunchSpec)) (aws.Instance, error) {
		spec, err := c.launchSpec(ctx)
		if err != nil {
			return aws.Instance{}, err
		}
		change(&spec)
		return c.Launch(ctx, spec)
	}
	readBack := func(ctx context.Context, c *cloud, id string) ([]byte, error) {
		if _, err := c.Instance(ctx, id); err != nil {
			return nil, err
		}
		out, err := c.raw.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{
			InstanceId: sdk.String(id), Attribute: types.InstanceAttributeNameUserData,
		})
		if err != nil || out.UserData == nil {
			return nil, errors.Join(err, that(out != nil, "no user data in the answer"))
		}
		return base64.StdEncoding.DecodeString(sdk.ToString(out.UserData.Value))
	}
	return []promise{
		{"Launch", "give the machine its user data, to the last byte", func(ctx context.Context, c *cloud) error {
			i, err := launch(ctx, c, func(s *aws.LaunchSpec) { s.UserData = userData(mostUserData) })
			if err != nil {
				return err
			}
			got, err := readBack(ctx, c, i.ID)
			return errors.Join(err, that(bytes.Equal(got, userData(mostUserData)), "%d bytes of user data are others", len(got)))
		}},
		{"Launch", "give no user data where there is none", func(ctx context.Context, c *cloud) error {
			i, err := launch(ctx, c, func(*aws.LaunchSpec) {})
			if err != nil {
				return err
			}
			got, err := readBack(ctx, c, i.ID)
			return errors.Join(err, same("bytes of user data", len(got), 0))
		}},
		{"Launch", "refuse more user data than 16 KB", func(ctx context.Context, c *cloud) error {
			_, refusal := launch(ctx, c, func(s *aws.LaunchSpec) { s.UserData = userData(mostUserData + 1) })
			if err := explained(refusal, "answers", "AWS rejects one of the answers", "InvalidParameterValue"); err != nil {
				return err
			}
			found, err := c.Find(ctx, mine())
			return errors.Join(err, same("machines", len(found), 0))
		}},
		{"Launch", "refuse the same token with other user data", func(ctx context.Context, c *cloud) error {
			_, err := launch(ctx, c, func(s *aws.LaunchSpec) { s.UserData = userData(100) })
			if err != nil {
				return err
			}
			_, refusal := launch(ctx, c, func(s *aws.LaunchSpec) { s.UserData = userData(101) })
			return explained(refusal, "failed", "Launched before, with other answers", "IdempotentParameterMismatch")
		}},
	}
}
