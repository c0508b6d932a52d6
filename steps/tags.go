package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// EC2's bounds of tags: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
const (
	maxTagName  = 128
	maxTagValue = 256
	// MaxTags is how many tags a person may put on what is created. EC2 has 50
	// for a thing, of which the program has up to five.
	MaxTags = 45
)

// ValidTag says what is wrong with a tag of the person's own.
func ValidTag(name, value string) error {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return fmt.Errorf("a tag needs a name: write NAME=VALUE")
	case utf8.RuneCountInString(name) > maxTagName:
		return fmt.Errorf("the tag %q is too long: a name has at most %d characters", name, maxTagName)
	case utf8.RuneCountInString(value) > maxTagValue:
		return fmt.Errorf("the value of the tag %q is too long: it has at most %d characters", name, maxTagValue)
	case !utf8.ValidString(name+value) || strings.ContainsFunc(name+value, unicode.IsControl):
		return fmt.Errorf("the tag %q has a character that cannot be used", name)
	case strings.HasPrefix(lower, "aws:"):
		return fmt.Errorf("the tag %q cannot be used: names that begin with aws: are AWS's own", name)
	case lower == "name" || lower == "jupyter-ec2" || strings.HasPrefix(lower, "jupyter-ec2-"):
		return fmt.Errorf("the tag %q cannot be used: the program sets it", name)
	}
	return nil
}

func validTags(tags map[string]string) error {
	if len(tags) > MaxTags {
		return fmt.Errorf("%d tags are too many: use at most %d", len(tags), MaxTags)
	}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if err := ValidTag(name, tags[name]); err != nil {
			return err
		}
	}
	return nil
}

// TagWords are the tags as a person reads them: "cost-center=42, team=lab".
func TagWords(tags map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, name+"="+tags[name])
	}
	return strings.Join(all, ", ")
}

// tagged is the option by which a command puts the person's tags on what it
// creates, or empty where there are none.
func (m manual) tagged(kinds ...string) string {
	if len(m.Tags) == 0 {
		return ""
	}
	var tags []string
	for _, name := range slices.Sorted(maps.Keys(m.Tags)) {
		tags = append(tags, "{Key="+m.shorthand(name)+",Value="+m.shorthand(m.Tags[name])+"}")
	}
	option := " --tag-specifications"
	for _, kind := range kinds {
		option += " " + m.sh.Quote("ResourceType="+kind+",Tags=["+strings.Join(tags, ",")+"]")
	}
	return option
}

// shorthand quotes a word as the shorthand of the AWS CLI wants it, which takes
// either quotes: PowerShell 5 drops double ones within a word.
func (m manual) shorthand(word string) string {
	if word != "" && !strings.ContainsAny(word, ` ,=[]{}"'\`) {
		return word
	}
	q := `"`
	if m.sh == problem.PowerShell {
		q = "'"
	}
	return q + strings.NewReplacer(`\`, `\\`, q, `\`+q).Replace(word) + q
}
