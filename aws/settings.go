package aws

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// settings is what the config and the credentials file say together.
type settings struct {
	files    []profileFile
	profiles map[string]*section
	sessions map[string]*section
	services map[string]*section
	broken   []place
}

type profileFile struct {
	path   string
	config bool   // sections are [profile x]
	env    string // the variable that names the file, or empty
	absent bool
}

// maxConfig bounds a file: nobody writes a longer one by hand.
const maxConfig = 4 << 20

// readSettings reads both files. Files that are not there are no error.
func readSettings(env func(string) string) (*settings, error) {
	s := &settings{profiles: map[string]*section{}, sessions: map[string]*section{}, services: map[string]*section{}}
	for _, f := range profileFiles(env) {
		b, err := readConfig(f.path)
		f.absent = errors.Is(err, fs.ErrNotExist)
		s.files = append(s.files, f)
		if f.absent {
			continue
		}
		if err != nil {
			return nil, &Error{Doing: "read " + tilde(f.path), Code: codeConfigBroken, Message: err.Error(), err: err}
		}
		text := parseINI(b, f.path, f.config)
		s.broken = append(s.broken, text.broken...)
		for _, sec := range text.sections {
			s.add(sec)
		}
	}
	return s, nil
}

func readConfig(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxConfig))
}

// add takes a section; what was read earlier of the same one is completed and
// overruled by it.
func (s *settings) add(sec *section) {
	all := map[string]map[string]*section{"profile": s.profiles, "sso-session": s.sessions, "services": s.services}[sec.kind]
	earlier := all[sec.name]
	if earlier == nil {
		all[sec.name] = sec
		return
	}
	if sec.hasKeys() {
		delete(earlier.settings, keySession) // keys count together, or not at all
	}
	maps.Copy(earlier.settings, sec.settings)
}

// The settings that hold a secret, or lead to one.
const (
	keyID      = "aws_access_key_id"
	keySecret  = "aws_secret_access_key" // #nosec G101 -- a setting's name
	keySession = "aws_session_token"     // #nosec G101 -- a setting's name
	keyProcess = "credential_process"
	keyRole    = "role_arn"
	keySource  = "source_profile"
	keyFrom    = "credential_source"
	keyToken   = "web_identity_token_file" // #nosec G101 -- a setting's name
	keyRegion  = "region"
)

func (s *section) hasKeys() bool { return s.get(keyID) != "" && s.get(keySecret) != "" }

// first returns the first of the settings that the section has.
func (s *section) first(keys ...string) (key string, found setting) {
	if s != nil {
		for _, k := range keys {
			if v := s.settings[k]; v.value != "" {
				return k, v
			}
		}
	}
	return "", setting{}
}

func profileFiles(env func(string) string) []profileFile {
	home := env("HOME")
	if runtime.GOOS == "windows" {
		home = env("USERPROFILE")
	}
	file := func(name, usual string, config bool) profileFile {
		p := env(name)
		switch {
		case p == "":
			return profileFile{path: filepath.Join(home, ".aws", usual), config: config}
		case p == "~":
			p = home
		case strings.HasPrefix(p, "~/"), runtime.GOOS == "windows" && strings.HasPrefix(p, `~\`):
			p = filepath.Join(home, p[2:]) // as the AWS CLI does; a shell does not, in quotes or after =
		}
		return profileFile{path: p, config: config, env: name}
	}
	return []profileFile{file("AWS_CONFIG_FILE", "config", true), file("AWS_SHARED_CREDENTIALS_FILE", "credentials", false)}
}

var (
	regionForm = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$`)
	// A zone of a region (us-east-1a), or a local one (us-west-2-lax-1a).
	zoneForm = regexp.MustCompile(`^([a-z]{2,5}(?:-[a-z]+)+-\d{1,2})(?:[a-z]|-[a-z]{3}-\d{1,2}[a-z])$`)
)

// regionOf makes a region of a setting: of a zone, the region that it is in.
// What has the form of neither is no region, and nothing to show.
func regionOf(value string) (region string, zone bool) {
	if regionForm.MatchString(value) {
		return value, false
	}
	if m := zoneForm.FindStringSubmatch(value); m != nil {
		return m[1], true
	}
	return "", false
}

// chain is how a profile gets its credentials: what its leaf has, and the roles
// that are assumed with it, in their order.
type chain struct {
	leaf  *section
	roles []*section
}

// chainOf follows source_profile.
func (s *settings) chainOf(name string) (chain, error) {
	var c chain
	seen := map[string]bool{}
	at := s.profiles[name]
	for {
		first := len(seen) == 0
		if seen[at.name] {
			if !at.hasKeys() {
				return c, s.circle(at)
			}
			c.leaf = at // its keys count; its role was counted
			return c, nil
		}
		seen[at.name] = true
		if err := at.check(); err != nil {
			return c, err
		}
		source := at.settings[keySource]
		if source.value == "" || !first && at.hasKeys() {
			c.end(at, first)
			return c, nil
		}
		next := s.profiles[source.value]
		if next == nil {
			next = s.profiles[unquote(source.value)]
		}
		if next == nil {
			return c, badSetting(source.at, keySource, "names a profile that the AWS config files do not have.")
		}
		c.roles = append([]*section{at}, c.roles...)
		at = next
	}
}

// end takes the leaf. The chosen profile's role is assumed whatever keys stand
// beside it; those of another one's source count without its role. With a
// credential_source or a token a role's own keys do not count, as for the AWS
// CLI; with neither they assume the role, as does a program, as for the SDK.
func (c *chain) end(leaf *section, chosen bool) {
	c.leaf = leaf
	switch way, _ := leaf.first(keyFrom, keyToken); {
	case leaf.get(keyRole) == "" || !chosen && leaf.hasKeys():
	case way != "":
		c.leaf = leaf.without(keyID, keySecret, keySession)
	case leaf.hasKeys() || leaf.byProcess():
		c.roles = append([]*section{leaf}, c.roles...)
	}
}

// without returns a copy that lacks some settings.
func (s *section) without(keys ...string) *section {
	other := *s
	other.settings = maps.Clone(s.settings)
	for _, k := range keys {
		delete(other.settings, k)
	}
	return &other
}

func (s *settings) circle(at *section) error {
	source := at.settings[keySource]
	return badSetting(source.at, keySource, "leads back to its own profile, and no profile on the way has credentials of its own.")
}

// check finds what AWS's tools refuse in a profile.
func (s *section) check() error {
	var ways []string
	for _, k := range []string{keySource, keyFrom, keyProcess, keyToken} {
		if v := s.settings[k]; v.value != "" {
			ways = append(ways, v.at.of(k))
		}
	}
	switch id, secret := s.settings[keyID], s.settings[keySecret]; {
	case id.value != "" && secret.value == "":
		return badSetting(id.at, keyID, "stands without an %s.", keySecret)
	case secret.value != "" && id.value == "":
		return badSetting(secret.at, keySecret, "stands without an %s.", keyID)
	case len(ways) > 1:
		return &settingError{at: s.at, text: fmt.Sprintf("The profile at %s gets its credentials in more than one way: %s.", s.at, strings.Join(ways, ", "))}
	}
	if k, v := s.first(keySource, keyFrom, keyToken); k != "" && s.get(keyRole) == "" {
		return badSetting(v.at, k, "needs a role_arn in the same profile.")
	}
	if role := s.settings[keyRole]; role.value != "" && s.leadsNowhere() {
		return badSetting(role.at, keyRole, "needs a %s, a %s or a %s in the same profile, which gives the credentials that assume the role.", keySource, keyFrom, keyToken)
	}
	for _, k := range []string{keyID, keySecret, keySession} {
		if v := s.settings[k]; strings.ContainsFunc(v.value, notInKey) {
			return badSetting(v.at, k, "holds a character that AWS's keys never have (a backtick, a quotation mark, a space or the like).")
		}
	}
	return s.checkRegions(s)
}

// leadsNowhere reports whether nothing in the profile gives credentials.
func (s *section) leadsNowhere() bool {
	k, _ := s.first(keySource, keyFrom, keyToken, keyID, keyProcess, "sso_session", "sso_start_url", "login_session")
	return k == ""
}

// notInKey reports whether AWS's keys and tokens never have the character.
func notInKey(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("`'\"<>[]{}\\", r) }

func (s *section) checkRegions(from *section) error {
	for _, k := range []string{keyRegion, "sso_region"} {
		v := from.settings[k]
		if region, _ := regionOf(v.value); v.value != "" && region == "" {
			return badSetting(v.at, k, "is not a region: write it like us-east-1.")
		}
	}
	return nil
}

// session is the [sso-session] of a profile, checked.
func (s *settings) session(p *section) (*section, error) {
	named := p.settings["sso_session"]
	if named.value == "" {
		return nil, p.checkSSO(nil)
	}
	session := cmp.Or(s.sessions[named.value], s.sessions[unquote(named.value)])
	if session == nil {
		return nil, badSetting(named.at, "sso_session", "names a session that the config file has no [sso-session] for.")
	}
	return session, cmp.Or(p.checkSSO(session), p.checkRegions(session))
}

// checkSSO finds what a profile of IAM Identity Center, or its session, lacks.
func (s *section) checkSSO(session *section) error {
	key, v := s.first("sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "sso_region")
	if other, _ := s.first(keyFrom, keyToken); key == "" || other != "" || s.hasKeys() || s.byProcess() {
		return nil
	}
	needed := []string{"sso_account_id", "sso_role_name"}
	if session == nil {
		needed = append(needed, "sso_region", "sso_start_url")
	} else if lacks := session.lacks("sso_region", "sso_start_url"); lacks != "" {
		return badSetting(session.at, "[sso-session]", "needs %s as well.", lacks)
	}
	if lacks := s.lacks(needed...); lacks != "" {
		return badSetting(v.at, key, "needs %s in the same profile.", lacks)
	}
	return nil
}

// lacks lists the settings that a section does not have.
func (s *section) lacks(keys ...string) string {
	return strings.Join(slices.DeleteFunc(keys, func(k string) bool { return s.get(k) != "" }), ", ")
}
