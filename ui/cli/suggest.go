package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// nearest is the one of all that a person most likely meant by a word that is
// none of them, or "".
func nearest(word string, all []string) string {
	word = strings.ToLower(word)
	best, least := "", max(1, len([]rune(word))/3)+1
	for _, candidate := range all {
		far := distance([]rune(word), []rune(strings.ToLower(candidate)))
		if far < least {
			best, least = candidate, far
		}
	}
	if best != "" || len(word) < 2 {
		return best
	}
	for _, candidate := range all { // the word may be the beginning of one alone
		if !strings.HasPrefix(strings.ToLower(candidate), word) {
			continue
		}
		if best != "" {
			return ""
		}
		best = candidate
	}
	return best
}

// distance counts the slips between two words: letters too many, missing, wrong
// or swapped with the next.
func distance(a, b []rune) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		line := make([]int, len(b)+1)
		line[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			line[j] = min(last[j]+1, line[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				line[j] = min(line[j], before[j-2]+1)
			}
		}
		before, last = last, line
	}
	return last[len(b)]
}

// meant puts the question whether something else was meant before what to do
// next.
func meant(guess, next string) string {
	if guess == "" {
		return next
	}
	return fmt.Sprintf("Did you mean %q? %s", guess, next)
}

// noCommand is the error for a word that is no command below cmd.
func noCommand(cmd *cobra.Command, word string) error {
	var all []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			all = append(append(all, c.Name()), c.Aliases...)
		}
	}
	path := strings.TrimPrefix(cmd.CommandPath(), name)
	return &usageError{
		text: fmt.Sprintf("there is no command %q", strings.TrimSpace(path+" "+word)),
		next: meant(nearest(word, all), "See "+name+path+" --help."),
	}
}

// flagError says in words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	// A flag of a command that is mistyped: the command is what is wrong.
	if !cmd.HasParent() && cmd.Flags().NArg() > 0 {
		return noCommand(cmd, cmd.Flags().Arg(0))
	}
	next := "See " + name + " --help."
	if cmd.HasParent() {
		next = "See " + cmd.CommandPath() + " --help."
	}
	e := &usageError{text: err.Error(), next: next, err: err}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		e.next = meant(nearestFlag(cmd, unknown), next)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		e.text = fmt.Sprintf("--%s needs a value", missing.GetFlag().Name)
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		e.text = invalidValue(invalid)
	}
	return e
}

func invalidValue(err *pflag.InvalidValueError) string {
	flag := err.GetFlag()
	switch flag.Value.Type() {
	case "int":
		return fmt.Sprintf("--%s needs a whole number such as %s, not %q", flag.Name, flag.DefValue, err.GetValue())
	case "bool":
		return fmt.Sprintf("--%s is true or false, not %q", flag.Name, err.GetValue())
	default:
		return fmt.Sprintf("--%s: %v", flag.Name, err.Unwrap())
	}
}

// nearestFlag is the flag that was most likely meant; -json is --json.
func nearestFlag(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	var all []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			all = append(all, f.Name)
		}
	})
	word := unknown.GetSpecifiedName()
	if letters := unknown.GetSpecifiedShortnames(); letters != "" {
		if len(letters) == 1 {
			return ""
		}
		word = letters
	}
	if guess := nearest(word, all); guess != "" {
		return "--" + guess
	}
	return ""
}
