package aws

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gopkg.in/ini.v1"
)

// EnvironmentProfile stands for the credentials of the environment variables
// in the list of profiles and in Options.Profile.
const EnvironmentProfile = "environment"

// Profiles lists the profiles of the AWS config and credentials files. First
// is what the AWS tools use by themselves: the environment's keys if it holds
// any, else the profile of AWS_PROFILE, else "default"; the others follow by
// name. Files that are not there are no error. env is os.Getenv.
//
// The files' form: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
func Profiles(env func(string) string) ([]Profile, error) {
	found := map[string]Profile{}
	for _, f := range profileFiles(env) {
		b, err := os.ReadFile(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var ps []Profile
		if err == nil {
			ps, err = parseProfiles(b, f.config)
		}
		if err != nil {
			return nil, &Error{Doing: "read " + f.path, Code: codeConfigBroken, Message: err.Error(), err: err}
		}
		for _, p := range ps {
			found[p.Name] = p.over(found[p.Name])
		}
	}
	return ordered(found, env), nil
}

func ordered(found map[string]Profile, env func(string) string) []Profile {
	var list []Profile
	if env("AWS_ACCESS_KEY_ID") != "" && env("AWS_SECRET_ACCESS_KEY") != "" {
		region := env("AWS_REGION")
		if region == "" {
			region = env("AWS_DEFAULT_REGION")
		}
		list = append(list, Profile{Name: EnvironmentProfile, Region: region, Kind: "environment"})
	}
	for _, preferred := range []string{env("AWS_PROFILE"), env("AWS_DEFAULT_PROFILE"), "default"} {
		if p, ok := found[preferred]; ok {
			list = append(list, p)
			delete(found, preferred)
		}
	}
	rest := make([]Profile, 0, len(found))
	for _, p := range found {
		rest = append(rest, p)
	}
	slices.SortFunc(rest, func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
	return append(list, rest...)
}

type profileFile struct {
	path   string
	config bool // sections are [profile x]
}

func profileFiles(env func(string) string) []profileFile {
	home := env("HOME")
	if runtime.GOOS == "windows" {
		home = env("USERPROFILE")
	}
	path := func(name, file string) string {
		if p := env(name); p != "" {
			return p
		}
		return filepath.Join(home, ".aws", file)
	}
	return []profileFile{
		{path("AWS_CONFIG_FILE", "config"), true},
		{path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), false},
	}
}

// over completes p with what an earlier file said about the same profile. Keys
// of the credentials file win over all else, as they do in the AWS tools.
func (p Profile) over(earlier Profile) Profile {
	if p.Region == "" {
		p.Region = earlier.Region
	}
	if p.Kind == "other" && earlier.Kind != "" || p.Kind == "keys" && earlier.Kind == "role" {
		p.Kind = earlier.Kind
	}
	return p
}

func parseProfiles(text []byte, config bool) ([]Profile, error) {
	f, err := ini.LoadSources(ini.LoadOptions{
		SkipUnrecognizableLines: true, // the AWS tools skip them as well
		AllowNestedValues:       true, // "s3 =" and indented settings below it
		IgnoreContinuation:      true, // a Windows path may end in a backslash
		KeyValueDelimiters:      "=",
	}, text)
	if err != nil {
		return nil, err
	}
	var list []Profile
	for _, s := range f.Sections() {
		if name, ok := profileName(s.Name(), config); ok {
			list = append(list, Profile{Name: name, Region: s.Key("region").Value(), Kind: profileKind(s)})
		}
	}
	return list, nil
}

// profileName answers the profile a section speaks of. In the config file
// other things have sections too: [sso-session x], [services x], [plugins].
func profileName(section string, config bool) (string, bool) {
	section = strings.TrimSpace(section)
	if section == "" || section == ini.DefaultSection {
		return "", false
	}
	if section == "default" || !config {
		return section, true
	}
	word, name, _ := strings.Cut(section, " ")
	name = strings.TrimSpace(name)
	return name, word == "profile" && name != ""
}

func profileKind(s *ini.Section) string {
	for _, k := range []struct{ setting, kind string }{
		{"role_arn", "role"},
		{"aws_access_key_id", "keys"},
		{"sso_session", "sso"},
		{"sso_start_url", "sso"},
		{"login_session", "login"},
		{"credential_process", "process"},
	} {
		if s.HasKey(k.setting) {
			return k.kind
		}
	}
	return "other"
}
