package steps

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestValidTag(t *testing.T) {
	for _, c := range []struct{ name, value, wrong string }{
		{"team", "lab", ""},
		{"cost center", "a=b, c", ""},
		{"empty", "", ""},
		{"names", "x", ""}, // which only begins like one of ours
		{"jupyter", "x", ""},
		{strings.Repeat("ü", 128), strings.Repeat("ü", 256), ""},
		{"", "x", "needs a name"},
		{strings.Repeat("x", 129), "", "at most 128 characters"},
		{"x", strings.Repeat("x", 257), "at most 256 characters"},
		{"aws:cloudformation:stack", "x", "AWS's own"},
		{"AWS:x", "x", "AWS's own"},
		{"jupyter-ec2", "x", "the program sets it"},
		{"Jupyter-EC2-Name", "x", "the program sets it"},
		{"Name", "x", "the program sets it"},
		{"a\x1b[31m", "x", "a character that cannot be used"},
		{"a", "b\n", "a character that cannot be used"},
		{"a", "\xff", "a character that cannot be used"},
	} {
		err := ValidTag(c.name, c.value)
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%q = %q: %v, want %q", c.name, c.value, err, c.wrong)
		}
	}
	many := map[string]string{}
	for i := range MaxTags + 1 {
		many[fmt.Sprint("tag", i)] = ""
	}
	if err := validTags(many); err == nil {
		t.Error("more than EC2 has room for are valid")
	}
}

// What is typed by hand puts the person's tags on the same things.
func TestManualHasTheTags(t *testing.T) {
	onPOSIX(t)
	a := testAnswers()
	without := Commands(a, false)
	if text := strings.Join(without, "\n"); strings.Contains(text, "tag-spec") {
		t.Errorf("tags that nobody wants:\n%s", text)
	}
	a.Tags = map[string]string{"team": "lab", "cost center": `it's, "so"`}
	text := strings.Join(Commands(a, false), "\n")
	for _, want := range []string{
		`import-key-pair .* --tag-specifications 'ResourceType=key-pair,Tags=\[\{Key="cost center",Value="it'\\''s, \\"so\\""\},\{Key=team,Value=lab\}\]'`,
		`create-security-group .* --tag-specifications 'ResourceType=security-group,`,
		`run-instances .* --tag-specifications 'ResourceType=instance,.*' 'ResourceType=volume,.*' 'ResourceType=network-interface,.*'`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}
