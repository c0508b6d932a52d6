package aws

import (
	"context"
	"crypto/sha1" // #nosec G505 -- the name of the AWS CLI's cache file
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
	"github.com/jupyter-ec2/jupyter-ec2/steps/problem"
)

// portal answers as STS and as IAM Identity Center's portal do, and remembers
// whose key signed the last request.
type portal struct {
	key   string
	token string
}

func newPortal(t *testing.T) (*portal, string) {
	p := &portal{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/federation/credentials") {
			p.token = r.Header.Get("X-Amz-Sso_bearer_token")
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"roleCredentials":{"accessKeyId":"ASIAPORTAL","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}`)
			return
		}
		_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		p.key, _, _ = strings.Cut(signed, "/")
		answer := caller("arn:aws:iam::123456789012:user/u")
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	}))
	t.Cleanup(s.Close)
	return p, s.URL
}

const oddConfig = `[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = s
[profile 'my dev']
region = eu-west-3
aws_access_key_id = AKIADEV
aws_secret_access_key = s
[profile 'of dev']
source_profile = my dev
role_arn = arn:aws:iam::123456789012:role/r
[profile zone]
region = us-east-1a
aws_access_key_id = AKIAZONE
aws_secret_access_key = s
[profile 'my sso']
sso_session = My Corp Ltd
sso_account_id = 123456789012
sso_role_name = dev
[sso-session 'My Corp Ltd']
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
`

// The files as people have them, through the SDK to AWS's door.
func TestProfilesInUnusualFiles(t *testing.T) {
	windows := strings.ReplaceAll(oddConfig, "\n", "\r\n")
	for name, text := range map[string]string{
		"plain": oddConfig, "CRLF": windows, "byte order mark": "\xef\xbb\xbf" + windows,
		"UTF-16LE": inUTF16(binary.LittleEndian, true, windows), "UTF-16BE": inUTF16(binary.BigEndian, true, oddConfig),
	} {
		for profile, want := range map[string]struct{ key, region string }{
			"": {"AKIADEFAULT", "us-east-1"}, "my dev": {"AKIADEV", "eu-west-3"}, "zone": {"AKIAZONE", "us-east-1"}, "my sso": {"ASIAPORTAL", "us-east-1"},
		} {
			t.Run(name+"/"+profile, func(t *testing.T) {
				awsHome(t, text, "")
				p, url := newPortal(t)
				t.Setenv("AWS_ENDPOINT_URL", url)
				t.Setenv("AWS_ENDPOINT_URL_SSO", url)
				cacheToken(t, "My Corp Ltd")
				var said []string
				a, err := Open(t.Context(), Options{Profile: profile, Tell: func(s string) { said = append(said, s) }})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := a.Identity(t.Context()); err != nil {
					t.Fatal(err)
				}
				if p.key != want.key || a.HomeRegion() != want.region {
					t.Errorf("signed by %s in %s, want %+v", p.key, a.HomeRegion(), want)
				}
				if profile == "my sso" && p.token != "tok" {
					t.Errorf("the portal was given %q", p.token)
				}
				if profile == "zone" != (len(said) == 1) {
					t.Errorf("said %q", said)
				}
			})
		}
	}
}

// cacheToken writes the token of a session where the AWS CLI keeps it.
func cacheToken(t *testing.T, session string) {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum([]byte(session)) // #nosec G401 -- likewise
	dir := filepath.Join(home, ".aws", "sso", "cache")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	token := `{"accessToken":"tok","expiresAt":"2099-01-01T00:00:00Z","startUrl":"https://example.awsapps.com/start","region":"us-east-1"}`
	if err := os.WriteFile(filepath.Join(dir, hex.EncodeToString(sum[:])+".json"), []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTildeInAWSConfigFile(t *testing.T) {
	awsHome(t, "", "")
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "mine"), []byte("[profile x]\nregion = eu-west-2\naws_access_key_id = AKIA\naws_secret_access_key = s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", "~/mine")
	list, err := Profiles(os.Getenv)
	if want := (Profile{"x", "eu-west-2", "keys"}); err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("%+v, %v", list, err)
	}
	if a, err := Open(t.Context(), Options{Profile: "x"}); err != nil || a.HomeRegion() != "eu-west-2" {
		t.Errorf("%v", err)
	}
}

// What decides is named, whether it stands in the environment or in a file.
func TestErrorsNameTheDecidingSetting(t *testing.T) {
	const good = "[default]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = s\n"
	const nowhere = "http://" + await.Nobody
	another := httptest.NewServer(http.NotFoundHandler())
	defer another.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html><GetCallerIdentityResult/></html>")
	}))
	defer page.Close()
	unknown := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refused := stsError("InvalidClientTokenId", "The security token included in the request is invalid.")
		w.WriteHeader(refused.status)
		_, _ = io.WriteString(w, refused.body)
	}))
	defer unknown.Close()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "AKIASTALE", "AWS_SECRET_ACCESS_KEY": "s"}
	with := func(base map[string]string, more ...string) map[string]string {
		env := map[string]string{}
		for k, v := range base {
			env[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	for _, c := range []struct {
		name    string
		config  string
		profile string
		env     map[string]string
		title   string
		says    []string
	}{
		{"stale keys of the environment", good, "", with(keys, "AWS_ENDPOINT_URL_STS", unknown.URL), "AWS does not know this access key", []string{"AWS_ACCESS_KEY_ID", "unset AWS_ACCESS_KEY_ID", "[choose-profile a profile]"}},
		{"the same by name", good, EnvironmentProfile, with(keys, "AWS_ENDPOINT_URL_STS", unknown.URL), "AWS does not know this access key", []string{"unset AWS_ACCESS_KEY_ID"}},
		{"stale keys of a profile", good, "default", with(keys, "AWS_ENDPOINT_URL_STS", unknown.URL), "AWS does not know this access key", []string{"line 2 of ~", "aws configure --profile default"}},
		{"stray CR in the key", good, "", with(keys, "AWS_ACCESS_KEY_ID", "AKIASTALE\r"), "An environment variable cannot be used", []string{"AWS_ACCESS_KEY_ID (environment variable) has a line end in it"}},
		{"stray CR in the secret", good, "", with(keys, "AWS_SECRET_ACCESS_KEY", "s\r"), "An environment variable cannot be used", []string{"AWS_SECRET_ACCESS_KEY (environment variable) has a line end"}},
		{"space in the token", good, "", with(keys, "AWS_SESSION_TOKEN", " t"), "An environment variable cannot be used", []string{"AWS_SESSION_TOKEN (environment variable) begins or ends"}},
		{"region with a line end", good, "", map[string]string{"AWS_REGION": "us-east-1\n"}, "An environment variable cannot be used", []string{"AWS_REGION", "line end", "unset AWS_REGION"}},
		{"no region", good, "", map[string]string{"AWS_DEFAULT_REGION": "Frankfurt"}, "An environment variable cannot be used", []string{"is not a region", "Correct AWS_DEFAULT_REGION or remove it (unset AWS_DEFAULT_REGION)"}},
		{"no region in the file", "[default]\nregion = Frankfurt\n", "", nil, "The AWS config files cannot be used", []string{"region (line 2 of ~", "Correct the file"}},
		{"bundle that is not there", good, "", map[string]string{"AWS_CA_BUNDLE": "/nonexistent/ca.pem"}, "An environment variable cannot be used", []string{"AWS_CA_BUNDLE (environment variable) names a file that is not there", "unset AWS_CA_BUNDLE"}},
		{"bundle of the file", good + "ca_bundle = /nonexistent/ca.pem\n", "", nil, "The AWS config files cannot be used", []string{"ca_bundle (line 4 of ~"}},
		{"empty bundle", good, "", map[string]string{"AWS_CA_BUNDLE": empty}, "An environment variable cannot be used", []string{"without a certificate"}},
		{"endpoint left over", good, "", map[string]string{"AWS_ENDPOINT_URL": nowhere}, "AWS cannot be reached", []string{"AWS_ENDPOINT_URL (environment variable) sends", "unset AWS_ENDPOINT_URL"}},
		{"endpoint at a web server", good, "", map[string]string{"AWS_ENDPOINT_URL": another.URL}, "The answer is not AWS's, or was cut off", []string{"with the HTTP status 404, is not AWS.", "AWS_ENDPOINT_URL (environment variable) sends", "unset AWS_ENDPOINT_URL"}},
		{"endpoint at a page that looks like an answer", good, "", map[string]string{"AWS_ENDPOINT_URL": page.URL}, "AWS's answer is not complete", []string{"AWS_ENDPOINT_URL (environment variable) sends", "unset AWS_ENDPOINT_URL"}},
		{"endpoint without a scheme", good, "", map[string]string{"AWS_ENDPOINT_URL": "localhost:4566"}, "An environment variable cannot be used", []string{"AWS_ENDPOINT_URL (environment variable) is not a URL", "unset AWS_ENDPOINT_URL"}},
		{"endpoint that cannot be parsed", good, "", map[string]string{"AWS_ENDPOINT_URL": "http://u:" + mark + "@[::1"}, "An environment variable cannot be used", []string{"AWS_ENDPOINT_URL (environment variable) is not a URL"}},
		{"endpoint of one service that cannot be parsed", good, "", map[string]string{"AWS_ENDPOINT_URL": nowhere, "AWS_ENDPOINT_URL_STS": "http://" + mark + ":port"}, "An environment variable cannot be used", []string{"AWS_ENDPOINT_URL_STS (environment variable) is not a URL"}},
		{"endpoint of the file that cannot be parsed", good + "endpoint_url = %zz" + mark + "\n", "", nil, "The AWS config files cannot be used", []string{"endpoint_url (line 4 of ~", "is not a URL"}},
		{"container's address left over", "", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.1.2.3/"}, "An environment variable cannot be used", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI (environment variable) cannot be used", "unset AWS_CONTAINER_CREDENTIALS_FULL_URI"}},
		{"container's address without a host", "[default]\nregion = eu-west-1\n", "default", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": mark}, "An environment variable cannot be used", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI (environment variable) cannot be used"}},
		{"container's address that gives none", "", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": another.URL}, "The address that gives credentials does not work", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI (environment variable) names", "unset AWS_CONTAINER_CREDENTIALS_FULL_URI"}},
		{"role without a source", "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/r\n", "r", nil, "The AWS config files cannot be used", []string{"role_arn (line 2 of ~", "needs a source_profile, a credential_source"}},
		{"half an SSO profile", "[profile s]\nsso_start_url = https://" + mark + ".example\n", "s", nil, "The AWS config files cannot be used", []string{"sso_start_url (line 2 of ~", "needs sso_account_id, sso_role_name, sso_region in the same profile"}},
		{"SSO session without an account", "[profile s]\nsso_session = c\n[sso-session c]\nsso_region = us-east-1\nsso_start_url = https://x.example\n", "s", nil, "The AWS config files cannot be used", []string{"sso_session (line 2 of ~", "needs sso_account_id, sso_role_name in"}},
		{"half an SSO session", "[profile s]\nsso_session = c\nsso_account_id = 1\nsso_role_name = r\n[sso-session c]\nsso_region = us-east-1\n", "s", nil, "The AWS config files cannot be used", []string{"[sso-session] (line 5 of ~", "needs sso_start_url"}},
		{"endpoint of the file", good + "endpoint_url = " + nowhere + "\n", "", nil, "AWS cannot be reached", []string{"endpoint_url (line 4 of ~"}},
		{"endpoint of a service", good + "services = l\n[services l]\nsts =\n  endpoint_url = " + nowhere + "\n", "", nil, "AWS cannot be reached", []string{"endpoint_url (line 7 of ~"}},
		{"profile of the environment", good, "", map[string]string{"AWS_PROFILE": "gone"}, "There is no such AWS profile", []string{"AWS_PROFILE (environment variable) names"}},
		{"profile asked for, of the environment", good, "gone", map[string]string{"AWS_PROFILE": "gone"}, "There is no such AWS profile", []string{"AWS_PROFILE (environment variable) names", "unset AWS_PROFILE"}},
		{"profile asked for, not of the environment", good, "work", map[string]string{"AWS_PROFILE": "gone"}, "There is no such AWS profile", []string{"no profile named work."}},
		{"profile with a line end", good, "", map[string]string{"AWS_PROFILE": "default\r"}, "An environment variable cannot be used", []string{"AWS_PROFILE (environment variable) has a line end in it (a carriage return", "unset AWS_PROFILE"}},
		{"profile asked for with a line end", good, "default\r", map[string]string{"AWS_PROFILE": "default\r"}, "An environment variable cannot be used", []string{"open the AWS profile default: AWS_PROFILE"}},
		{"profile asked for with a space", good, "default ", nil, "There is no such AWS profile", []string{"The profile's name begins or ends with a space", "Give the name again"}},
		{"file of the environment", good, "work", map[string]string{"AWS_CONFIG_FILE": "/nonexistent/config"}, "There is no such AWS profile", []string{"AWS_CONFIG_FILE (environment variable) names a file that is not there"}},
		{"head not closed", "[profile work\naws_access_key_id = AKIA\n", "work", nil, "There is no such AWS profile", []string{"Line 1 of ~"}},
		{"source of itself", "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = a\n", "a", nil, "The AWS config files cannot be used", []string{"source_profile (line 3 of ~", "leads back"}},
		{"source in a circle", "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n", "a", nil, "The AWS config files cannot be used", []string{"leads back"}},
		{"setting of the environment", good, "", map[string]string{"AWS_RETRY_MODE": "Zq7sEcReT"}, "An environment variable cannot be used", []string{"AWS_RETRY_MODE"}},
		{"token of the environment", good, "", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r"}, "The web identity token cannot be read", []string{"AWS_WEB_IDENTITY_TOKEN_FILE (environment variable)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			awsHome(t, c.config, "")
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			a, err := Open(context.Background(), Options{Profile: c.profile})
			if err == nil {
				_, err = a.Identity(context.Background())
			}
			_, title, text, next := explained(t, err)
			if title != c.title {
				t.Errorf("title %q, want %q (%v)", title, c.title, err)
			}
			for _, s := range c.says {
				s = strings.ReplaceAll(s, "unset ", problem.Here().Unset(""))
				if !strings.Contains(text+" "+next, s) {
					t.Errorf("%q is not in %q %q", s, text, next)
				}
			}
			if strings.Contains(text+next+err.Error(), mark) || strings.Contains(text+next, "<nil>") {
				t.Errorf("%q %q %v", text, next, err)
			}
		})
	}
}

func TestCommandsQuoteTheProfile(t *testing.T) {
	awsHome(t, "[profile 'my dev']\nregion = eu-west-3\n", "")
	a, err := Open(t.Context(), Options{Profile: "my dev"})
	if err == nil {
		_, err = a.Identity(t.Context())
	}
	if _, _, _, next := explained(t, err); !strings.Contains(next, "aws login --profile 'my dev'] ") {
		t.Errorf("%q", next)
	}
}
