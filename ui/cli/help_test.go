package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command has examples that begin with the program's name, tells what it
// does in full sentences and with which exit codes, and completes its words.
func TestHelpIsWhole(t *testing.T) {
	root := (&Program{}).root()
	seen := 0
	all := root.Commands()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "image" {
			all = append(all, cmd.Commands()...)
		}
	}
	for _, cmd := range all {
		seen++
		if !strings.Contains(cmd.Long, exitHelp) {
			t.Errorf("%s: no exit codes", cmd.Name())
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short %q", cmd.Name(), cmd.Short)
		}
		for line := range strings.Lines(cmd.Example) {
			if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, cmd.CommandPath()) {
				t.Errorf("%s: example %q", cmd.Name(), line)
			}
		}
		if cmd.Example == "" {
			t.Errorf("%s: no example", cmd.Name())
		}
		takesWords := strings.Contains(cmd.Use, " ")
		if takesWords && cmd.ValidArgsFunction == nil {
			t.Errorf("%s: its words do not complete", cmd.Name())
		}
		if !cmd.HasSubCommands() && cmd.Flags().Lookup("json") == nil {
			t.Errorf("%s: no --json", cmd.Name())
		}
		for _, want := range []string{"region", "profile"} {
			if accounts := map[string]bool{"ls": true, "sweep": true, "adopt": true, "up": true}; accounts[cmd.Name()] && cmd.Flags().Lookup(want) == nil {
				t.Errorf("%s: no --%s", cmd.Name(), want)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d commands", seen)
	}
	if f := root.PersistentFlags().Lookup("sandbox"); f == nil {
		t.Error("no --sandbox")
	}
}

// Examples are command lines that can be read: every flag in them exists.
func TestExamplesAreRight(t *testing.T) {
	root := (&Program{}).root()
	for _, cmd := range append(root.Commands(), root) {
		for line := range strings.Lines(cmd.Example) {
			words := strings.Fields(strings.SplitN(strings.SplitN(line, " && ", 2)[0], " > ", 2)[0])
			if len(words) < 2 || words[0] != name {
				continue
			}
			checkExample(t, root, words[1:])
		}
	}
}

func checkExample(t *testing.T, root *cobra.Command, words []string) {
	t.Helper()
	cmd, rest, err := root.Find(words)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil && cmd.Args != nil {
		err = cmd.Args(cmd, cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s: %v", strings.Join(words, " "), err)
	}
}
