package aws

import (
	"cmp"
	"context"
	"errors"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// DryRun asks EC2 whether each call of a launch would be permitted. Nothing is
// created. What does not exist yet may be empty in the spec. Capacity, quota
// and prices are not checked by it.
func (r *Regional) DryRun(ctx context.Context, s LaunchSpec) []Permission {
	checks := r.checks(ctx, s)
	answers := make([]Permission, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { answers[i] = r.permission(ctx, c, s.Type, c.try()) })
	}
	all.Wait()
	return answers
}

type check struct {
	action, does string // "ec2:CreateKeyPair", "create a key pair"
	try          func() error
}

func (r *Regional) checks(ctx context.Context, s LaunchSpec) []check {
	dry, name := sdk.Bool(true), sdk.String("jupyter-ec2-permission-check")
	list := []check{
		{"ec2:RunInstances", "launch an instance", func() error {
			in := runInput(s)
			in.DryRun, in.ClientToken = dry, nil // the token belongs to the launch alone
			_, err := r.ec2.RunInstances(ctx, in)
			return err
		}},
		{"ec2:CreateSecurityGroup", "create a security group", func() error {
			in := &ec2.CreateSecurityGroupInput{
				DryRun: dry, GroupName: name, Description: name,
				TagSpecifications: tagSpecs(s.Tags, types.ResourceTypeSecurityGroup),
			}
			if s.VPC != "" {
				in.VpcId = sdk.String(s.VPC)
			}
			_, err := r.ec2.CreateSecurityGroup(ctx, in)
			return err
		}},
		{"ec2:ImportKeyPair", "import a key pair", func() error {
			_, err := r.ec2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{
				DryRun: dry, KeyName: name, PublicKeyMaterial: []byte(sampleKey),
				TagSpecifications: tagSpecs(s.Tags, types.ResourceTypeKeyPair),
			})
			return err
		}},
		{"ec2:CreateKeyPair", "create a key pair", func() error {
			_, err := r.ec2.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{
				DryRun: dry, KeyName: name, KeyType: types.KeyTypeEd25519,
				TagSpecifications: tagSpecs(s.Tags, types.ResourceTypeKeyPair),
			})
			return err
		}},
	}
	if len(s.GroupIDs) > 0 { // needs a group that exists
		list = append(list, check{"ec2:AuthorizeSecurityGroupIngress", "open a port of a security group", func() error {
			_, err := r.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				DryRun: dry, GroupId: sdk.String(s.GroupIDs[0]), IpPermissions: []types.IpPermission{{
					IpProtocol: sdk.String("tcp"), FromPort: sdk.Int32(22), ToPort: sdk.Int32(22),
					IpRanges: []types.IpRange{{CidrIp: sdk.String("192.0.2.1/32")}},
				}},
			})
			return err
		}})
	}
	return list
}

// sampleKey is a public key of nobody: all zeros. It is only checked, never imported.
const sampleKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// prevents reports whether the error is one that the same launch will meet: the
// account's limits and state, and what the region does not have.
func (e *Error) prevents() bool {
	if _, ok := e.accountWords(); ok {
		return true
	}
	if _, ok := e.quotaWords(); ok {
		return e.Code != codeQuotaUnknown
	}
	return e.Code == "Unsupported" || e.Code == "UnsupportedOperation" || e.Code == "InvalidInstanceType"
}

// permission reads a DryRun's answer: always an error, of which one says yes
// and one says no. Any other says neither, though what it says may matter.
func (r *Regional) permission(ctx context.Context, c check, kind string, err error) Permission {
	p := Permission{Action: c.action}
	if codeOf(err) == "DryRunOperation" {
		p.Allowed, p.Known = true, true
		return p
	}
	var e *Error
	switch err = r.failType(ctx, "check "+c.action, kind, err); {
	case errors.As(err, &e):
		if p.Known = denied(e.Code); p.Known {
			no := *e
			no.Doing = c.does // which is what may not be done; to check it one may
			e, p.Refusal = &no, &no
			p.Action = cmp.Or(e.Action, c.action) // the launch needs more than its own action, as ec2:CreateTags
		} else if e.prevents() {
			p.Obstacle = e
		}
		told := e.Problem()
		p.Detail = told.Title + ". " + told.Text
	case err != nil:
		p.Detail = err.Error()
	default:
		p.Detail = "AWS gave no answer."
	}
	return p
}
