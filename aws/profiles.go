package aws

import (
	"cmp"
	"slices"
	"strings"
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
	s, err := readSettings(env)
	if err != nil {
		return nil, err
	}
	found := make(map[string]Profile, len(s.profiles))
	for name, p := range s.profiles {
		region, _ := regionOf(p.get(keyRegion))
		found[name] = Profile{Name: name, Region: region, Kind: profileKind(p)}
	}
	return ordered(found, env), nil
}

func ordered(found map[string]Profile, env func(string) string) []Profile {
	var list []Profile
	if env("AWS_ACCESS_KEY_ID") != "" && env("AWS_SECRET_ACCESS_KEY") != "" {
		region, _ := regionOf(cmp.Or(env("AWS_REGION"), env("AWS_DEFAULT_REGION")))
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

func profileKind(s *section) string {
	for _, k := range []struct{ setting, kind string }{
		{keyRole, "role"},
		{keyID, "keys"},
		{"sso_session", "sso"},
		{"sso_start_url", "sso"},
		{"login_session", "login"},
		{keyProcess, "process"},
	} {
		if _, has := s.settings[k.setting]; has {
			return k.kind
		}
	}
	return "other"
}
