package packages

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
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

// takeIndexes takes the index settings of this computer's environment, and of a
// project that is trusted, the logins and the variables that its files refer to.
func (n *Needs) takeIndexes(env map[string]string, trusted bool, refers []string) {
	for name, value := range env {
		if value != "" && (indexVariables().MatchString(name) || trusted && loginVariables().MatchString(name)) {
			n.Env[name] = value
		}
	}
	if !trusted {
		return
	}
	for _, name := range refers {
		if value, ok := env[name]; ok && value != "" && !ownVariables().MatchString(name) {
			n.Env[name] = value
			n.secret = append(n.secret, name)
		}
	}
}

// ownVariables are those that a file of the project must not set on the machine
// by referring to them: they would be this computer's.
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
