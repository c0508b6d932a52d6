package ec2sim

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// filter is one Filter.N of a Describe request: any value of a filter may
// match, and all filters must.
type filter struct {
	Name  string
	Value []string
}

// attributes returns an item's values for a filter name other than those of
// tags, and whether it knows the name. The item may be a zero one.
type attributes[T any] func(item *T, name string) ([]string, bool)

// sift keeps the items that all filters match. tags may be nil where the
// resource has none.
func sift[T any](items []*T, filters []filter, attr attributes[T], tags func(*T) map[string]string) ([]*T, error) {
	values := func(item *T, name string) ([]string, bool) {
		if tags != nil {
			if key, ok := strings.CutPrefix(name, "tag:"); ok {
				if v, ok := tags(item)[key]; ok {
					return []string{v}, true
				}
				return nil, true
			}
			if name == "tag-key" {
				return keys(tags(item)), true
			}
		}
		return attr(item, name)
	}
	for _, f := range filters {
		if _, ok := values(new(T), f.Name); !ok {
			return nil, refuse("InvalidParameterValue", "The filter '%s' is invalid", f.Name)
		}
	}
	var kept []*T
	for _, item := range items {
		all := true
		for _, f := range filters {
			have, _ := values(item, f.Name)
			all = all && slices.ContainsFunc(have, func(v string) bool {
				return slices.ContainsFunc(f.Value, func(pattern string) bool { return like(pattern, v) })
			})
		}
		if all {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// like matches AWS's wildcards: * any characters, ? any one, \ takes the next
// literally.
func like(pattern, s string) bool {
	// star and mark are where to go on when what follows the last * does not
	// match: the * then takes one byte more.
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
			continue
		case p < len(pattern) && pattern[p] == '?':
			p++
			i++
			continue
		case p+1 < len(pattern) && pattern[p] == '\\' && pattern[p+1] == s[i]:
			p += 2
			i++
			continue
		case p < len(pattern) && pattern[p] != '\\' && pattern[p] == s[i]:
			p++
			i++
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		p, i = star+1, mark
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func keys(m map[string]string) []string {
	var ks []string
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// page asks for one page of a list.
type page struct {
	MaxResults *int
	NextToken  string
}

// paged cuts a page out of items; least and most bound MaxResults as the
// action's documentation does.
func paged[T any](c *call, p page, items []T, least, most int) ([]T, string, error) {
	size := most
	if p.MaxResults != nil {
		size = *p.MaxResults
	}
	if size < least || size > most {
		return nil, "", refuse("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", size, least, most)
	}
	if limit := c.cloud.opts.PageSize; limit > 0 {
		size = min(size, limit)
	}
	from := 0
	if p.NextToken != "" {
		plain, err := base64.RawURLEncoding.DecodeString(p.NextToken)
		if err == nil {
			from, err = strconv.Atoi(strings.TrimPrefix(string(plain), "from:"))
		}
		if err != nil || from < 0 || from > len(items) {
			return nil, "", refuse("InvalidParameterValue", "The token '%s' is invalid", p.NextToken)
		}
	}
	rest := items[from:]
	if len(rest) <= size {
		return rest, "", nil
	}
	return rest[:size], base64.RawURLEncoding.EncodeToString([]byte("from:" + strconv.Itoa(from+size))), nil
}
