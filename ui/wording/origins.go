package wording

import (
	"reflect"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Origins says in a line where the answers come from that nobody gave: "type,
// disk from config.toml; mode from the last machine". An answer that was changed
// since, and what is built in, are not in it.
func Origins(a steps.Answers, from []steps.Origin) string {
	names := make([][]string, len(from))
	for _, f := range answerFields() {
		for i, o := range from {
			if set := f.of(o.Answers); !reflect.ValueOf(set).IsZero() {
				if reflect.DeepEqual(set, f.of(a)) {
					names[i] = append(names[i], f.name)
				}
				break
			}
		}
	}
	var parts []string
	for i, o := range from {
		if len(names[i]) > 0 {
			parts = append(parts, strings.Join(names[i], ", ")+" from "+o.From)
		}
	}
	if tags := ofTags(a, from); tags != "" {
		parts = append(parts, tags)
	}
	return strings.Join(parts, "; ")
}

type answerField struct {
	name string
	of   func(steps.Answers) any
}

func answerFields() []answerField {
	return []answerField{
		{"profile", func(a steps.Answers) any { return a.Profile }},
		{"region", func(a steps.Answers) any { return a.Region }},
		{"image", func(a steps.Answers) any { return a.Image }},
		{"type", func(a steps.Answers) any { return a.Type }},
		{"disk", func(a steps.Answers) any { return a.DiskGB }},
		{"key", func(a steps.Answers) any { return a.Key }},
		{"mode", func(a steps.Answers) any { return a.Mode }},
		{"installer", func(a steps.Answers) any { return a.Installer }},
		{"page", func(a steps.Answers) any { return a.UI }},
		{"idle stop", func(a steps.Answers) any { return a.IdleStop }},
		{"lifetime", func(a steps.Answers) any { return a.Lifetime }},
	}
}

// ofTags says where tags come from: each may come from another place.
func ofTags(a steps.Answers, from []steps.Origin) string {
	var places []string
	for _, o := range from {
		for name, value := range o.Answers.Tags {
			if has, ok := a.Tags[name]; ok && has == value {
				places = append(places, o.From)
				break
			}
		}
	}
	if len(places) == 0 {
		return ""
	}
	return "tags from " + strings.Join(places, " and ")
}
