package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/ui/theme"
)

// The flag is stronger than the variable; neither takes what it does not know.
func TestThemeIsChosen(t *testing.T) {
	for _, c := range []struct {
		flag, variable string
		want           theme.Choice
		wrong          string
	}{
		{"", "", theme.Auto, ""},
		{"", "light", theme.Light, ""},
		{"dark", "light", theme.Dark, ""},
		{"none", "", theme.None, ""},
		{"auto", "light", theme.Auto, ""},
		{"pink", "light", "", `--theme: there is no theme "pink"`},
		{"", "pink", "", `JUPYTER_EC2_THEME in the environment: there is no theme "pink"`},
	} {
		var said bytes.Buffer
		var got theme.Choice
		p := &Program{
			In: strings.NewReader(""), Out: &said, Err: &said, Terminal: true,
			Getenv: func(name string) string { return map[string]string{theme.Variable: c.variable}[name] },
			Wizard: func(_ context.Context, _ bool, choice theme.Choice) error { got = choice; return nil },
		}
		var args []string
		if c.flag != "" {
			args = []string{"--theme", c.flag}
		}
		code := p.Run(t.Context(), args)
		if text := strings.Join(strings.Fields(said.String()), " "); got != c.want || !strings.Contains(text, c.wrong) || (code == exitUsage) != (c.wrong != "") {
			t.Errorf("flag %q, variable %q: %q, exit %d, %s", c.flag, c.variable, got, code, text)
		}
	}
}
