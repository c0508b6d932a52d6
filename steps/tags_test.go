package steps

import (
	"fmt"
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
