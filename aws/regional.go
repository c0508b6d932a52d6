package aws

import (
	"context"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/jupyter-ec2/jupyter-ec2/steps/timing"
)

// Regional speaks to one region of an account. It is safe for concurrent use.
type Regional struct {
	account *Account
	name    string
	looks   *pace // of all waits
	ec2     *ec2.Client
}

// eventually calls do again while it answers the code. EC2 may say NotFound of
// what it has just created, for some seconds:
// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
func (r *Regional) eventually(ctx context.Context, code string, do func() error) error {
	end := time.Now().Add(r.account.newborn)
	defer timing.Wait(ctx, timing.AWS)()
	for wait := r.account.least; ; wait = min(2*wait, r.account.tick) {
		asked := time.Now() // an answer that comes late is of this time
		err := do()
		if err == nil || codeOf(err) != code || asked.After(end) {
			return err
		}
		if err := smithytime.SleepWithContext(ctx, wait); err != nil {
			return err
		}
	}
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: sdk.String(name), Values: values}
}

// tagFilters ask for all the tags, in the tags' order so that equal questions
// are equal requests.
func tagFilters(tags map[string]string) []types.Filter {
	var fs []types.Filter
	for _, k := range sortedKeys(tags) {
		fs = append(fs, filter("tag:"+k, tags[k]))
	}
	return fs
}

func sdkTags(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, k := range sortedKeys(tags) {
		list = append(list, types.Tag{Key: sdk.String(k), Value: sdk.String(tags[k])})
	}
	return list
}

// tagSpecs put the tags on each kind of thing that a call creates.
func tagSpecs(tags map[string]string, kinds ...types.ResourceType) []types.TagSpecification {
	if len(tags) == 0 {
		return nil
	}
	var specs []types.TagSpecification
	for _, k := range kinds {
		specs = append(specs, types.TagSpecification{ResourceType: k, Tags: sdkTags(tags)})
	}
	return specs
}

func tagMap(tags []types.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
	}
	return m
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
