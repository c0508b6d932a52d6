package aws

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// roleGiver is an STS that gives every role, and remembers who asked for it.
func roleGiver(t *testing.T) (asked *[]string) {
	t.Helper()
	asked = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		key, _, _ := strings.Cut(signed, "/")
		answer := caller("arn:aws:sts::123456789012:assumed-role/r/s")
		switch action := r.Form.Get("Action"); action {
		case "AssumeRole", "AssumeRoleWithWebIdentity":
			_, role, _ := strings.Cut(r.Form.Get("RoleArn"), "role/")
			*asked = append(*asked, key+" assumes "+role)
			answer = reply{status: 200, body: `<` + action + `Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><` + action + `Result><Credentials>
<AccessKeyId>ASIA` + role + `</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></` + action + `Result></` + action + `Response>`}
		default:
			*asked = append(*asked, key+" asks")
		}
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
	return asked
}

// A profile's role is assumed, whatever else the profile has: with what its
// source_profile, its credential_source or its token gives, as the AWS CLI does
// it, and without one of those with the profile's own keys, as the SDK does it.
// Keys of its own count alone only in a profile that is another one's source.
func TestRoleOfAProfileWithKeys(t *testing.T) {
	const (
		own  = "aws_access_key_id = AKIAOWN\naws_secret_access_key = s\n"
		role = "role_arn = arn:aws:iam::123456789012:role/R\n"
		base = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
	)
	for name, c := range map[string]struct {
		config, credentials string
		want                []string
	}{
		"keys":                        {"[profile p]\n" + own, "", []string{"AKIAOWN asks"}},
		"source_profile":              {base + "[profile p]\n" + role + own + "source_profile = base\n", "", []string{"AKIABASE assumes R", "ASIAR asks"}},
		"keys in the other file":      {base + "[profile p]\n" + role + "source_profile = base\n", "[p]\n" + own, []string{"AKIABASE assumes R", "ASIAR asks"}},
		"source of itself":            {"[profile p]\n" + role + own + "source_profile = p\n", "", []string{"AKIAOWN assumes R", "ASIAR asks"}},
		"credential_source":           {"[profile p]\n" + role + own + "credential_source = Environment\n", "", []string{"AKIAENV assumes R", "ASIAR asks"}},
		"web identity":                {"[profile p]\n" + role + own + "web_identity_token_file = TOKEN\n", "", []string{" assumes R", "ASIAR asks"}},
		"nothing but a role":          {"[profile p]\n" + role + own, "", []string{"AKIAOWN assumes R", "ASIAR asks"}},
		"a source with role and keys": {"[profile source]\n" + role + own + "credential_source = Environment\n[profile p]\nrole_arn = arn:aws:iam::123456789012:role/P\nsource_profile = source\n", "", []string{"AKIAOWN assumes P", "ASIAP asks"}},
	} {
		t.Run(name, func(t *testing.T) {
			token := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(token, []byte("token"), 0o600); err != nil {
				t.Fatal(err)
			}
			awsHome(t, strings.ReplaceAll(c.config, "TOKEN", token), c.credentials)
			asked := roleGiver(t)
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
			a, err := Open(t.Context(), Options{Profile: "p"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Identity(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(*asked, c.want) {
				t.Errorf("%q, want %q", *asked, c.want)
			}
		})
	}
}
