package sshhost

import (
	"strings"
)

// pipSettings reads the options of the sections that hold for "pip install"
// from a pip.conf, as the environment variables that say the same: "index-url"
// is PIP_INDEX_URL. Values that go on over indented lines are joined by a space.
//
// The form is Python's configparser: https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
func pipSettings(content []byte) map[string]string {
	found := map[string]map[string]string{"global": {}, "install": {}}
	var section, option string
	for line := range strings.Lines(string(content)) {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || text[0] == '#' || text[0] == ';':
		case line[0] == ' ' || line[0] == '\t':
			if values := found[section]; values != nil && option != "" {
				values[option] = strings.TrimSpace(values[option] + " " + text)
			}
		case text[0] == '[':
			section, option = strings.ToLower(strings.Trim(text, "[]")), ""
		default:
			option = ""
			at := strings.IndexAny(text, "=:")
			if values := found[section]; values != nil && at > 0 {
				option = envName(text[:at])
				values[option] = strings.TrimSpace(text[at+1:])
			}
		}
	}
	all := found["global"]
	for name, value := range found["install"] { // the narrower section wins
		all[name] = value
	}
	for name, value := range all {
		if value == "" || strings.ContainsRune(value, 0) {
			delete(all, name)
		}
	}
	return all
}

// envName is the environment variable of a pip option.
func envName(option string) string {
	option = strings.ToUpper(strings.TrimSpace(option))
	return "PIP_" + strings.ReplaceAll(option, "-", "_")
}
