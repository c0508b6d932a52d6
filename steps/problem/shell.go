package problem

import (
	"cmp"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Shell is the kind of shell that a person of this computer pastes lines into.
type Shell string

// The shells.
const (
	POSIX      Shell = "sh"
	PowerShell Shell = "powershell" // 5, which Windows has, and 7
)

// Here is the shell of this computer.
func Here() Shell { return ShellOf(runtime.GOOS) }

// ShellOf is the shell of a system, by Go's name for it.
func ShellOf(system string) Shell {
	if system == "windows" {
		return PowerShell
	}
	return POSIX
}

// Quote makes a word one that the shell passes on as it is.
func (s Shell) Quote(word string) string {
	bare := "-_./:=@%+,"
	if s == PowerShell { // where a comma makes a list, and @ begins a table
		bare = `-_./:=%+\`
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(bare, r)
	}
	switch {
	case word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }):
		return word
	case s == PowerShell:
		// Typographic quotes end a string there too.
		for _, q := range []string{"'", "‘", "’", "‚", "‛"} {
			word = strings.ReplaceAll(word, q, q+q)
		}
		return "'" + word + "'"
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Path is Quote for a path. In a POSIX shell one in the home folder begins with
// ~, which the shell, or ssh in its options, makes whole again. PowerShell
// leaves that to the program, and most do not.
func (s Shell) Path(path string) string {
	rest, ok := InHome(path)
	if !ok || s == PowerShell {
		return s.Quote(path)
	}
	return "~/" + s.Quote(rest)
}

// InHome is a path without the home folder, where it is in there.
func InHome(path string) (rest string, ok bool) {
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return path, false
	}
	separator := string(os.PathSeparator)
	return strings.CutPrefix(path, strings.TrimSuffix(home, separator)+separator)
}

// OnlyYours are the lines that make a file readable by its owner alone, as ssh
// wants a key.
func (s Shell) OnlyYours(path string) []string {
	path = s.Path(path)
	if s == PowerShell {
		// What it got from its folder, what was added, and then one line of its own.
		return []string{"icacls " + path + " /reset", "icacls " + path + ` /inheritance:r /grant:r "$(whoami):R"`}
	}
	return []string{"chmod 400 " + path}
}

// Protects is the program that OnlyYours runs, as it is called in a sentence.
func (s Shell) Protects() string {
	if s == PowerShell {
		return "icacls"
	}
	return "chmod 400"
}

// NotTheirs is what is done about a folder that others can write to, or that is
// somebody else's.
func (s Shell) NotTheirs(path string) string {
	if s == PowerShell {
		path = s.Path(path)
		return s.InOneLine([]string{"icacls " + path + " /reset", "icacls " + path + ` /inheritance:r /grant:r "$(whoami):(OI)(CI)F"`}) +
			" (and takeown /R /F " + path + " first where it belongs to somebody else)"
	}
	return "chmod go-w " + s.Path(path) + ` (and sudo chown -R "$USER" where it belongs to somebody else)`
}

// ProtectFile says how a file is made readable by its owner alone.
func ProtectFile(path string) Next {
	return Say("Run: " + Here().InOneLine(Here().OnlyYours(path)))
}

// InOneLine are lines that are pasted as one.
func (s Shell) InOneLine(lines []string) string {
	if s == PowerShell { // 5 has no &&
		return strings.Join(lines, "; ")
	}
	return strings.Join(lines, " && ")
}

// Unset is the line that removes variables from the shell's environment.
func (s Shell) Unset(names ...string) string {
	if s == PowerShell { // Windows has one variable where others have HTTPS_PROXY and https_proxy
		names = slices.CompactFunc(names, strings.EqualFold)
		return "Remove-Item Env:" + strings.Join(names, ", Env:")
	}
	return "unset " + strings.Join(names, " ")
}

// With is a line that runs a command with variables of its own; a value is
// written as the shell takes it, as [Shell.Value] and [Shell.Content] do.
// In PowerShell they stay set.
func (s Shell) With(command string, variables ...[2]string) string {
	var b strings.Builder
	for _, v := range variables {
		if s == PowerShell {
			b.WriteString("$env:" + v[0] + " = " + v[1] + "; ")
		} else {
			b.WriteString(v[0] + "=" + v[1] + " ")
		}
	}
	return b.String() + command
}

// Value is a word as the value of a variable.
func (s Shell) Value(word string) string {
	if q := s.Quote(word); s != PowerShell || strings.HasPrefix(q, "'") {
		return q
	}
	return "'" + word + "'" // a bare word would be run
}

// PathValue is Value for a path.
func (s Shell) PathValue(path string) string {
	if s == PowerShell {
		return s.Value(path)
	}
	return s.Path(path)
}

// Content is what a file holds, as the value of a variable.
func (s Shell) Content(path string) string {
	if s == PowerShell {
		return "Get-Content -LiteralPath " + s.Path(path)
	}
	return `"$(cat ` + s.Path(path) + `)"`
}

// Curl is the name of curl, which PowerShell 5 has another command for.
func (s Shell) Curl() string {
	return map[Shell]string{PowerShell: "curl.exe", POSIX: "curl"}[cmp.Or(s, POSIX)]
}
