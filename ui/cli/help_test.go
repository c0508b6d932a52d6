package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jupyter-ec2/jupyter-ec2/steps/stepstest"
)

// Every command has examples that begin with the program's name, tells what it
// does in full sentences and with which exit codes, and completes its words.
func TestHelpIsWhole(t *testing.T) {
	root := (&Program{}).root()
	seen := 0
	all := root.Commands()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "image" || cmd.Name() == "config" || cmd.Name() == "sync" {
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
			if accounts := map[string]bool{"ls": true, "sweep": true, "adopt": true, "up": true}; accounts[cmd.Name()] && cmd.Parent().Name() != "sync" && cmd.Flags().Lookup(want) == nil {
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

// What a flag takes is a word for people, never a type of Go's.
func TestHelpSaysWhatFlagsTake(t *testing.T) {
	var all func(cmd *cobra.Command)
	all = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if use := flagUse(f); strings.Contains(use, "ARRAY") || strings.Contains(use, "SLICE") {
				t.Errorf("%s: %s", cmd.CommandPath(), use)
			}
		})
		for _, sub := range cmd.Commands() {
			all(sub)
		}
	}
	all((&Program{}).root())
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

// Every command answers --help-all, Jupyter's convention, as it answers --help.
// It is offered once, and what another program is given is not read.
func TestHelpAllIsHelp(t *testing.T) {
	said := func(args ...string) string {
		t.Helper()
		r := run{engine: made(stepstest.Has{})}
		if code := r.do(t.Context(), args...); code != 0 || r.out.String() == "" {
			t.Errorf("%v: exit code %d: %s", args, code, r.err.String())
		}
		return r.out.String()
	}
	var each func(cmd *cobra.Command, words []string)
	seen := 0
	each = func(cmd *cobra.Command, words []string) {
		seen++
		with := func(flags ...string) []string { return append(slices.Clone(words), flags...) }
		if got, want := said(with("--help-all")...), said(with("--help")...); got != want {
			t.Errorf("%v --help-all: %s", words, got)
		}
		if cmd.Flags().Lookup("json") != nil && said(with("--json", "--help-all")...) != said(with("--json", "--help")...) {
			t.Errorf("%v --json --help-all is another than --help", words)
		}
		for _, sub := range cmd.Commands() {
			each(sub, with(sub.Name()))
		}
	}
	each((&Program{}).root(), nil)
	if seen < 25 {
		t.Errorf("only %d commands", seen)
	}
	if got := said("__complete", "up", "--help"); strings.Count(got, "--help") != 1 || strings.Contains(got, "--help-all") {
		t.Errorf("completions: %s", got)
	}
	for _, args := range [][]string{{"ssh", "nobody", "--", "ls", "--help-all"}, {"status", "--", "--help-all"}} {
		r := run{engine: made(stepstest.Has{})}
		if code := r.do(t.Context(), args...); code == 0 || strings.Contains(r.out.String(), "FLAGS") {
			t.Errorf("%v was read as help: %s", args, r.out.String())
		}
	}
}
