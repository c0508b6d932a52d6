package aws

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

const (
	codeNoInstance = "InvalidInstanceID.NotFound"
	codeBadID      = "InvalidInstanceID.Malformed"
)

// Instance describes one instance. One that EC2 does not know yet, right after
// its launch, is waited for some seconds.
func (r *Regional) Instance(ctx context.Context, id string) (Instance, error) {
	var i Instance
	err := r.eventually(ctx, codeNoInstance, func() (err error) {
		i, err = r.look(ctx, id)
		return err
	})
	return i, r.fail(ctx, "look up the instance "+id, err)
}

// look asks by a filter, for which EC2 allows twice as many requests as by the
// ID itself. A filter takes any text: what can be no ID is refused here, as EC2
// refuses it elsewhere, and is not taken for a machine that is gone.
func (r *Regional) look(ctx context.Context, id string) (Instance, error) {
	if hex, ok := strings.CutPrefix(id, "i-"); !ok || hex == "" || strings.Trim(hex, "0123456789abcdef") != "" {
		return Instance{}, r.own(codeBadID, "look up the instance "+id, fmt.Sprintf("%q is not the ID of an instance", id))
	}
	list, err := r.instances(ctx, &ec2.DescribeInstancesInput{Filters: byID("instance-id", id)})
	if err != nil {
		return Instance{}, err
	}
	if len(list) == 0 {
		return Instance{}, r.own(codeNoInstance, "look up the instance "+id, "the answer is empty")
	}
	return list[0], nil
}

// Find lists the instances that carry all the tags and are not terminated;
// those on their way there are listed.
func (r *Regional) Find(ctx context.Context, tags map[string]string) ([]Instance, error) {
	list, err := r.instances(ctx, &ec2.DescribeInstancesInput{
		Filters: append(tagFilters(tags),
			notTerminated()),
	})
	return list, r.fail(ctx, "look for the setup's instances", err)
}

func (r *Regional) instances(ctx context.Context, in *ec2.DescribeInstancesInput) ([]Instance, error) {
	var list []Instance
	pages := ec2.NewDescribeInstancesPaginator(r.ec2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, res := range page.Reservations {
			for _, i := range res.Instances {
				list = append(list, r.instanceOf(i))
			}
		}
	}
	return list, nil
}

// Start starts a stopped instance.
func (r *Regional) Start(ctx context.Context, id string) error {
	_, err := r.ec2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
	return r.fail(ctx, "start the instance "+id, err)
}

// Stop stops a running instance; its disk stays, and keeps costing.
func (r *Regional) Stop(ctx context.Context, id string) error {
	_, err := r.ec2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
	return r.fail(ctx, "stop the instance "+id, err)
}

// Terminate ends an instance for good, with its root disk. One that is not
// there any more is terminated.
func (r *Regional) Terminate(ctx context.Context, id string) error {
	_, err := r.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	if codeOf(err) == codeNoInstance {
		return nil
	}
	return r.fail(ctx, "terminate the instance "+id, err)
}

// ConsoleHostKeys are the SSH host keys that the instance printed on its
// console, in authorized_keys form; none while it has not printed them. They
// come some time after the SSH server, over a path no one on the network can change.
func (r *Regional) ConsoleHostKeys(ctx context.Context, id string) ([]string, error) {
	text, err := r.Console(ctx, id)
	return hostKeys(text), err
}

// Console is the end of what the instance has printed on its console, as far as
// EC2 shows it: 64 KB at most, and as the instance wrote it.
func (r *Regional) Console(ctx context.Context, id string) (string, error) {
	in := &ec2.GetConsoleOutputInput{InstanceId: sdk.String(id), Latest: sdk.Bool(true)}
	out, err := r.ec2.GetConsoleOutput(ctx, in)
	if code := codeOf(err); code == "UnsupportedOperation" || code == "InvalidParameterCombination" || code == "InvalidParameterValue" {
		in.Latest = nil // Nitro alone can give the latest
		out, err = r.ec2.GetConsoleOutput(ctx, in)
	}
	if err != nil {
		return "", r.fail(ctx, "read the console of the instance "+id, err)
	}
	text, err := base64.StdEncoding.DecodeString(sdk.ToString(out.Output))
	return string(text), r.fail(ctx, "read the console of the instance "+id, err)
}
