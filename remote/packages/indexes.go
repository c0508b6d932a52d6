package packages

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// indexVariables are the settings of package indexes that count on the machine
// too: a login in them is for the host that they name. Those that say no index,
// and netrc, stay here.
var indexVariables = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_STRATEGY)|PIP_(?:EXTRA_)?INDEX_URL)$`)
})

// loginVariables are the logins of indexes by name, whose URL a file says.
var loginVariables = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^UV_INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)$`)
})

// takeVariables takes the index settings of this computer's environment, and the
// variables that the person named. Those that the project's files refer to are only
// noted.
func (n *Needs) takeVariables(env map[string]string, send, refers []string) error {
	for name, value := range env {
		if value != "" && indexVariables().MatchString(name) {
			n.Env[name] = value
		}
	}
	for _, name := range send {
		switch {
		case ownVariables().MatchString(name) && !loginVariables().MatchString(name) && !indexVariables().MatchString(name):
			return cannotSend(name, "It is this computer's own, and never sent to a machine.")
		case env[name] == "":
			return cannotSend(name, "It is not set in your environment.")
		}
		n.Env[name] = env[name]
		n.secret = append(n.secret, name)
	}
	for _, name := range refers {
		if env[name] != "" && n.Env[name] == "" && !ownVariables().MatchString(name) && !slices.Contains(n.Unsent, name) {
			n.Unsent = append(n.Unsent, name)
		}
	}
	return nil
}

// cannotSend is a variable that was named and is not sent.
func cannotSend(name, why string) error {
	return &problem.Error{
		Kind: problem.Answers, Title: "A variable cannot be sent", Text: fmt.Sprintf("%q was to be sent to the machine. %s", name, why),
		Next: problem.Say("Name variables of your environment, without their values, and ").Do(problem.Retry).Say("."),
	}
}

// ownVariables are those that are this computer's and never set on the machine.
var ownVariables = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:PATH|HOME|USER|SHELL|TMPDIR|PWD|VIRTUAL_ENV|AWS_.*|PYTHON.*|LD_.*|UV_.*|PIP_.*|PROJECT_ROOT)$`)
})

// environment is what the work on the machine gets: settings and credentials,
// and which of the latter are to be kept out of its log.
func (n Needs) environment() map[string]string {
	env := maps.Clone(n.Env)
	if len(n.secret) > 0 {
		env["JE_SECRETS"] = strings.Join(n.secret, " ")
	}
	return env
}

// scrub takes the credentials out of a line, as the host does too.
func (n Needs) scrub(line string) string {
	for name, value := range n.Env {
		secret := slices.Contains(n.secret, name) || strings.HasSuffix(name, "_PASSWORD")
		if secret && len(value) >= 4 {
			line = strings.ReplaceAll(line, value, "[secret]")
		}
	}
	return line
}
