package aws

import (
	"cmp"
	"encoding/pem"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// origins are where the settings that count come from.
type origins struct {
	credentials place  // the key, the SSO session, the program: what they come from
	key         string // the setting's name, where it is a file's
	region      place
	bundle      place     // of certificates that are trusted
	endpoint    place     // of an address instead of AWS's
	endpoints   []setting // all of those
	proxy       place
	container   place    // of the address that gives a container its credentials
	broken      []place  // lines of the files that are not understood
	absent      []string // variables that name a file that is not there

	secrets []secret
}

// secret is a value that must not be shown, and what is shown instead.
type secret struct{ value, instead string }

// originsOf finds what decides: the environment wins over the profile, and
// keys in it do so where no profile was asked for.
func originsOf(files *settings, p *section, environment bool) origins {
	var o origins
	o.broken = files.broken
	for _, f := range files.files {
		if f.absent && f.env != "" {
			o.absent = append(o.absent, f.env)
		}
	}
	if environment {
		switch {
		case envKeys():
			o.credentials = place{env: firstEnv("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")}
		case os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
			o.credentials = place{env: "AWS_WEB_IDENTITY_TOKEN_FILE"}
		}
	}
	either := func(key string, vars ...string) place {
		if v := firstEnv(vars...); v != "" {
			return place{env: v}
		}
		if v := p.setting(key); v.value != "" {
			return v.at
		}
		return place{}
	}
	o.region = either(keyRegion, "AWS_REGION", "AWS_DEFAULT_REGION")
	o.bundle = either("ca_bundle", "AWS_CA_BUNDLE")
	o.proxy = place{env: firstEnv("HTTPS_PROXY", "https_proxy")}
	if strings.EqualFold(os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return o
	}
	o.endpoint = either("endpoint_url", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL")
	o.endpoints = endpoints(p, files.services[p.get("services")])
	if services := files.services[p.get("services")]; services != nil && o.endpoint.env == "" {
		for _, name := range []string{"ec2", "sts", "ssm"} {
			if v := services.settings[name].sub["endpoint_url"]; v.value != "" {
				o.endpoint = v.at
			}
		}
	}
	return o
}

// endpoints are the addresses that stand for those of AWS's services: all that
// the program asks.
func endpoints(p, services *section) []setting {
	var all []setting
	add := func(s setting) {
		if s.value != "" {
			all = append(all, s)
		}
	}
	env := func(name string) { add(setting{value: os.Getenv(name), at: place{env: name}}) }
	env("AWS_ENDPOINT_URL")
	add(p.setting("endpoint_url"))
	for _, service := range []string{"ec2", "sts", "ssm", "iam", "pricing", "service_quotas", "sso", "sso_oidc", "signin"} {
		env("AWS_ENDPOINT_URL_" + strings.ToUpper(service))
		add(services.setting(service).sub["endpoint_url"])
	}
	return all
}

func firstEnv(names ...string) string {
	for _, n := range names {
		if os.Getenv(n) != "" {
			return n
		}
	}
	return ""
}

func (s *section) setting(key string) setting {
	if s == nil {
		return setting{}
	}
	return s.settings[key]
}

// leaf notes what a profile's credentials come from.
func (o *origins) leaf(s *section) {
	var v setting
	o.key, v = s.first(keyID, keyFrom, keyToken, "sso_session", "sso_start_url", "login_session", keyProcess)
	o.credentials = v.at
}

// check finds variables of the environment that cannot be meant as they are.
func (o origins) check() error {
	names := []string{o.region.env, o.bundle.env, o.endpoint.env}
	if o.credentials.env != "" {
		names = append(names, o.credentials.env, "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME")
	}
	for _, n := range names {
		if why := unclean(os.Getenv(n)); n != "" && why != "" {
			return badSetting(place{env: n}, "", "%s.", why)
		}
	}
	if n := o.region.env; n != "" {
		if region, _ := regionOf(os.Getenv(n)); region == "" {
			return badSetting(o.region, "", "is not a region: write it like us-east-1.")
		}
	}
	for _, e := range o.endpoints {
		if u, err := url.Parse(e.value); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return badSetting(e.at, "endpoint_url", "is not a URL: write it like https://host.example:443.")
		}
	}
	return nil
}

// checkBundle finds a bundle of certificates that is not there or holds none.
// The SDK's error for it does not say which file, nor who named it.
func (o origins) checkBundle(p *section) error {
	if !o.bundle.known() {
		return nil
	}
	path := p.get("ca_bundle")
	if o.bundle.env != "" {
		path = os.Getenv(o.bundle.env)
	}
	b, err := readConfig(path)
	why := ""
	switch block, _ := pem.Decode(b); {
	case os.IsNotExist(err):
		why = "names a file that is not there."
	case err != nil:
		why = "names a file that cannot be read."
	case block == nil:
		why = "names a file without a certificate in PEM form."
	default:
		return nil
	}
	return badSetting(o.bundle, "ca_bundle", "%s", why)
}

// regionValue is the region as it is written, and where.
func (o origins) regionValue(p *section) (string, place) {
	if o.region.env != "" {
		return os.Getenv(o.region.env), o.region
	}
	return p.get(keyRegion), o.region
}

// hide remembers the values of sections, so that no message quotes them: AWS
// and the system repeat in their errors what they were given.
func (o *origins) hide(all ...*section) {
	for _, s := range all {
		if s == nil {
			continue
		}
		for key, v := range s.settings {
			o.conceal(key, v)
			for sub, v := range v.sub {
				o.conceal(sub, v)
			}
		}
	}
	slices.SortFunc(o.secrets, func(a, b secret) int {
		return cmp.Or(len(b.value)-len(a.value), strings.Compare(a.value, b.value))
	})
}

// plainWord is what settings choose from, or a name without a secret in it.
var plainWord = regexp.MustCompile(`^[a-z][a-z_-]{0,11}$`)

// conceal hides a setting's value, the words of a command and the host of a URL.
func (o *origins) conceal(key string, v setting) {
	if region, _ := regionOf(v.value); region != "" || key == keySource || key == "sso_session" || key == "services" {
		return // names that are shown anyway
	}
	if plainWord.MatchString(v.value) && key != keyProcess && key != keySecret && key != keySession {
		return // "standard", "preferred", "jupyter": texts say such words of their own
	}
	all := append(strings.Fields(v.value), v.value)
	if u, err := url.Parse(v.value); err == nil && u.Host != "" {
		all = append(all, u.Host, u.Hostname(), u.User.String())
	}
	for _, value := range all {
		value = strings.Trim(value, "\"'`")
		// A short word or a number stands in many a text by chance.
		if len(value) >= 6 {
			o.secrets = append(o.secrets, secret{value, "(" + v.at.of(key) + ")"})
		}
	}
}

// clean puts the setting's place where a text quotes its value.
func (o origins) clean(text string) string {
	for _, s := range o.secrets {
		text = strings.ReplaceAll(text, s.value, s.instead)
	}
	return text
}
