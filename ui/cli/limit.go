package cli

import (
	"maps"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/ui/settings"
)

// limitFlag is a flag that takes a time span or never.
type limitFlag struct {
	limit steps.Limit
	given bool
}

func (f *limitFlag) String() string { return f.limit.String() }
func (f *limitFlag) Type() string   { return "duration" }
func (f *limitFlag) Set(s string) error {
	limit, err := settings.Limit(s)
	if err == nil {
		f.limit, f.given = limit, true
	}
	return err
}

// limitWords complete a limit.
func limitWords() []string { return []string{"30m", "60m", "2h", "12h", "never"} }

// tagFlag is a flag that takes a tag, and can be given again.
type tagFlag struct{ tags map[string]string }

func (f *tagFlag) String() string { return steps.TagWords(f.tags) }
func (f *tagFlag) Type() string   { return "name=value" }
func (f *tagFlag) Set(s string) error {
	name, value, err := settings.SplitTag(s)
	if err != nil {
		return err
	}
	if f.tags == nil {
		f.tags = map[string]string{}
	}
	f.tags[name] = value
	return nil
}

// over are tags with these over them.
func (f *tagFlag) over(tags map[string]string) map[string]string {
	all := maps.Clone(tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, f.tags)
	return all
}
