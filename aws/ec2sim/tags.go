package ec2sim

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

type tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// tagSpec is one TagSpecification.N of a request that creates something.
type tagSpec struct {
	ResourceType string
	Tag          []tag
}

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
const (
	maxTags     = 50 // of one resource
	maxTagKey   = 128
	maxTagValue = 256
)

// tagsFor collects the tags for one kind of resource out of a request's
// specifications. allowed are the kinds that the request can tag.
func tagsFor(specs []tagSpec, kind string, allowed ...string) (map[string]string, error) {
	tags := map[string]string{}
	for _, s := range specs {
		if s.ResourceType != kind {
			if !slices.Contains(allowed, s.ResourceType) {
				return nil, refuse("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
			}
			continue
		}
		if err := addTags(tags, s.Tag); err != nil {
			return nil, err
		}
	}
	return tags, nil
}

func addTags(to map[string]string, tags []tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case t.Key == "" || utf8.RuneCountInString(t.Key) > maxTagKey || utf8.RuneCountInString(t.Value) > maxTagValue:
			return refuse("InvalidParameterValue", "Tag key must be 1 to %d and its value at most %d characters long.", maxTagKey, maxTagValue)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return refuse("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case seen[t.Key]:
			return refuse("InvalidParameterValue", "Duplicate tag key '%s' specified.", t.Key)
		}
		seen[t.Key] = true
		to[t.Key] = t.Value
	}
	if len(to) > maxTags {
		return refuse("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return nil
}

// tag gives a new resource its tags.
func (r *region) tag(id string, tags map[string]string) {
	if len(tags) > 0 {
		r.Tags[id] = maps.Clone(tags)
	}
}

// wireTags are a resource's tags, sorted by key.
func wireTags(tags map[string]string) []tag {
	var out []tag
	for _, k := range keysOf(tags) {
		out = append(out, tag{k, tags[k]})
	}
	return out
}

type changeTagsIn struct {
	ResourceId []string
	Tag        []tag
}

type done struct {
	Return bool `xml:"return"`
}

func createTags(c *call, in *changeTagsIn) (*done, error) {
	if len(in.ResourceId) == 0 || len(in.Tag) == 0 {
		return nil, refuse("MissingParameter", "The request must contain the parameter resourceIdSet and tagSet")
	}
	all := map[string]map[string]string{}
	for _, id := range in.ResourceId {
		if _, err := c.region.kindOf(id); err != nil {
			return nil, err
		}
		tags := maps.Clone(c.region.Tags[id])
		if tags == nil {
			tags = map[string]string{}
		}
		if err := addTags(tags, in.Tag); err != nil {
			return nil, err
		}
		all[id] = tags
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	maps.Copy(c.region.Tags, all)
	return &done{true}, nil
}

// deleteTagsIn: a tag without value is deleted whatever its value is.
type deleteTagsIn struct {
	ResourceId []string
	Tag        []struct {
		Key   string
		Value *string
	}
}

func deleteTags(c *call, in *deleteTagsIn) (*done, error) {
	for _, id := range in.ResourceId {
		if _, err := c.region.kindOf(id); err != nil {
			return nil, err
		}
	}
	if err := c.effect(); err != nil {
		return nil, err
	}
	for _, id := range in.ResourceId {
		if len(in.Tag) == 0 {
			delete(c.region.Tags, id)
		}
		for _, t := range in.Tag {
			if v, ok := c.region.Tags[id][t.Key]; ok && (t.Value == nil || *t.Value == v) {
				delete(c.region.Tags[id], t.Key)
			}
		}
	}
	return &done{true}, nil
}

type describeTagsIn struct {
	page
	Filter []filter
}

type tagDescription struct {
	tag
	ResourceID   string `xml:"resourceId"`
	ResourceType string `xml:"resourceType"`
}

type describeTagsOut struct {
	Tags      []*tagDescription `xml:"tagSet>item"`
	NextToken string            `xml:"nextToken,omitempty"`
}

func describeTags(c *call, in *describeTagsIn) (*describeTagsOut, error) {
	var all []*tagDescription
	for _, id := range keysOf(c.region.Tags) {
		kind, err := c.region.kindOf(id)
		if err != nil {
			continue // of a resource that is gone
		}
		for _, t := range wireTags(c.region.Tags[id]) {
			all = append(all, &tagDescription{t, id, kind})
		}
	}
	all, err := sift(all, in.Filter, func(t *tagDescription, name string) ([]string, bool) {
		switch name {
		case "key":
			return []string{t.Key}, true
		case "value":
			return []string{t.Value}, true
		case "resource-id":
			return []string{t.ResourceID}, true
		case "resource-type":
			return []string{t.ResourceType}, true
		}
		key, ok := strings.CutPrefix(name, "tag:")
		if ok && t.Key == key {
			return []string{t.Value}, true
		}
		return nil, ok
	}, nil)
	if err != nil {
		return nil, err
	}
	out := &describeTagsOut{}
	out.Tags, out.NextToken, err = paged(c, in.page, all, 5, 1000)
	return out, err
}

// kindOf is the type of the resource with that ID, which must exist.
func (r *region) kindOf(id string) (string, error) {
	prefix, _, _ := strings.Cut(id, "-")
	switch prefix {
	case "i":
		_, err := r.instancesByID([]string{id})
		return "instance", err
	case "key":
		if find(r.Keys, func(k *keyPair) bool { return k.ID == id }) == nil {
			return "", refuse("InvalidKeyPair.NotFound", "The key pair ID '%s' does not exist", id)
		}
		return "key-pair", nil
	case "sg":
		_, err := r.groupByID(id)
		return "security-group", err
	case "vpc":
		return "vpc", r.hasVPC(id)
	case "subnet":
		_, _, err := r.subnetByID(id)
		return "subnet", err
	case "vol":
		_, _, err := r.volumeByID(id)
		return "volume", err
	case "ami":
		if r.ownImage(id) == nil {
			return "", refuse("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
		}
		return "image", nil
	case "snap":
		if r.snapshot(id) == nil {
			return "", noSnapshot(id)
		}
		return "snapshot", nil
	case "eni":
		if find(r.Instances, func(i *instance) bool { return i.ENI == id }) == nil {
			return "", refuse("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist", id)
		}
		return "network-interface", nil
	case "sgr":
		_, _, err := r.ruleByID(id)
		return "security-group-rule", err
	}
	return "", refuse("InvalidID", "The ID '%s' is not valid", id)
}
