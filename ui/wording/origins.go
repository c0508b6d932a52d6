package wording

import (
	"reflect"
	"strings"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// Origins says where the answers come from that nobody gave: "from config.toml:
// type, disk; from the last machine: mode". An answer that was changed
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
		if hasTags(a, o.Answers.Tags) {
			names[i] = append(names[i], "tags")
		}
		if len(names[i]) > 0 {
			parts = append(parts, "from "+o.From+": "+strings.Join(names[i], ", "))
		}
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
		{"subnet", func(a steps.Answers) any { return a.Subnet }},
		{"project", func(a steps.Answers) any { return a.Project }},
		{"disk", func(a steps.Answers) any { return a.DiskGB }},
		{"key", func(a steps.Answers) any { return a.Key }},
		{"mode", func(a steps.Answers) any { return a.Mode }},
		{"installer", func(a steps.Answers) any { return a.Installer }},
		{"page", func(a steps.Answers) any { return a.UI }},
		{"idle stop", func(a steps.Answers) any { return a.IdleStop }},
		{"lifetime", func(a steps.Answers) any { return a.Lifetime }},
	}
}

// hasTags reports whether one of the tags is among the answers' as it is: each may
// come from another place.
func hasTags(a steps.Answers, tags map[string]string) bool {
	for name, value := range tags {
		if has, ok := a.Tags[name]; ok && has == value {
			return true
		}
	}
	return false
}
