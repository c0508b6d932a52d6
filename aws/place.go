package aws

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// place is where a setting comes from: an environment variable, or a line of a
// file. It never holds the setting's value.
type place struct {
	env  string
	file string
	line int
}

func (p place) known() bool { return p.env != "" || p.file != "" }

// String names the place: "the environment variable AWS_REGION", "line 7 of
// ~/.aws/config".
func (p place) String() string {
	switch {
	case p.env != "":
		return "the environment variable " + p.env
	case p.line == 0:
		return tilde(p.file)
	}
	return fmt.Sprintf("line %d of %s", p.line, tilde(p.file))
}

// of names a setting by the place it comes from.
func (p place) of(key string) string {
	if p.env != "" {
		return p.env + " (environment variable)"
	}
	return key + " (" + p.String() + ")"
}

// tilde shortens a path in the home folder.
func tilde(path string) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	if rest, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rest) {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

// settingError is a setting that cannot be used. Its text names the setting
// and its place, and never its value.
type settingError struct {
	at   place
	text string
}

func (e *settingError) Error() string { return e.text }

// badSetting makes one. The text begins with the setting's name and place.
func badSetting(at place, key, format string, args ...any) error {
	return &settingError{at: at, text: at.of(key) + " " + fmt.Sprintf(format, args...)}
}

// noProfileError is a profile that no file has.
type noProfileError struct {
	at  place  // the variable that names it, if one does
	why string // what is odd about the name, or empty
}

// absent is the error for a profile that no file has. What nobody means to have
// in a name, a carriage return above all, is not seen on a screen.
func absent(name string, at place) error {
	why := unclean(name)
	if why != "" && at.known() {
		return badSetting(at, "", "%s.", why)
	}
	return &noProfileError{at, why}
}

func (e *noProfileError) Error() string {
	if e.at.known() {
		return e.at.of("") + " names a profile that the AWS config files do not have."
	}
	return "the AWS config files do not have this profile"
}

// unclean reports what an environment variable's value may not hold.
func unclean(value string) string {
	switch {
	case strings.Contains(value, "\r"):
		return "has a line end in it (a carriage return, as files from Windows have it)"
	case strings.Contains(value, "\n"):
		return "has a line end in it"
	case strings.TrimSpace(value) != value:
		return "begins or ends with a space"
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "has a control character in it"
	}
	return ""
}
