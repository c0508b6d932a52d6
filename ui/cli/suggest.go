package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
	"github.com/jupyter-ec2/jupyter-ec2/ui/wording"
)

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
		next: meant(wording.Nearest(word, all), "See "+name+path+" --help."),
	}
}

// typeMeant is err of answers, with the question whether another type was meant
// where the region has none of that name.
func typeMeant(ctx context.Context, engine steps.Engine, a steps.Answers, err error) error {
	told := steps.Explain(err)
	if told.Kind != problem.Answers {
		return err
	}
	types, listErr := engine.Types(ctx, steps.Place{Profile: a.Profile, Region: a.Region})
	if listErr != nil || typeNamed(types, a.Type) != nil {
		return err
	}
	if guess := nearestType(types, a.Type); guess != "" {
		told.Next = problem.Say(fmt.Sprintf("Did you mean %q? ", guess)).Then(told.Next)
		return &problemError{[]problem.Problem{told}}
	}
	return err
}

// nearestType is the type that was most likely meant: one of the same family, or
// of the same size. Two that share neither are two types.
func nearestType(types []steps.InstanceType, word string) string {
	var all, sizes, families []string
	family, size, parted := strings.Cut(word, ".")
	for _, t := range types {
		all = append(all, t.Name)
		f, s, _ := strings.Cut(t.Name, ".")
		if f == family {
			sizes = append(sizes, s)
		}
		if s == size {
			families = append(families, f)
		}
	}
	if !parted {
		return wording.Nearest(word, all)
	}
	if guess := wording.Nearest(size, sizes); guess != "" {
		return family + "." + guess
	}
	if guess := wording.Nearest(family, families); guess != "" {
		return guess + "." + size
	}
	return ""
}

// typeNamed is the type of that name; nil where there is none.
func typeNamed(types []steps.InstanceType, name string) *steps.InstanceType {
	i := slices.IndexFunc(types, func(t steps.InstanceType) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &types[i]
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
	if guess := wording.Nearest(word, all); guess != "" {
		return "--" + guess
	}
	return ""
}
