package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// awsHome gives the SDK a home of its own and clears what the environment
// says about AWS.
func awsHome(t *testing.T, config, credentials string) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	for name, text := range map[string]string{"config": config, "credentials": credentials} {
		path := filepath.Join(home, "."+name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(map[string]string{"config": "AWS_CONFIG_FILE", "credentials": "AWS_SHARED_CREDENTIALS_FILE"}[name], path)
	}
}

// Each trouble of the SDK's own credential chain, through the SDK itself and
// without a network.
func TestCredentialTroublesAreExplained(t *testing.T) {
	const config = `
[default]
region = eu-west-1
[profile sso]
sso_session = work
sso_account_id = 123456789012
sso_role_name = dev
[sso-session work]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
[profile legacy]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = dev
[profile login]
login_session = arn:aws:iam::123456789012:user/u
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/u
[profile keys]
aws_access_key_id = AKIA
aws_secret_access_key = S
[profile lost]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = nowhere
[profile process]
credential_process = /nonexistent/program
`
	for _, c := range []struct{ profile, title, next string }{
		{"", "No AWS credentials", "aws login"},
		{"default", "No AWS credentials", "aws login --profile default"},
		{"sso", "The SSO session has expired", "aws sso login --profile sso"},
		{"legacy", "The SSO session has expired", "aws sso login --profile legacy"},
		{"login", "The AWS login has expired", "aws login --profile login"},
		{"mfa", "An MFA code is needed", "in a terminal"},
		{"absent", "There is no such AWS profile", "list-profiles"},
		{"lost", "The AWS config files cannot be used", "Correct the file"},
		{"process", "The credential_process failed", "by hand"},
	} {
		t.Run(c.profile, func(t *testing.T) {
			awsHome(t, config, "")
			// On most computers nothing answers there, and asking takes long.
			metadata := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if !onEC2(os.ReadFile) {
					t.Error("the metadata service was asked")
				}
			}))
			defer metadata.Close()
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)
			a, err := Open(context.Background(), Options{Profile: c.profile})
			if err == nil {
				_, err = a.Identity(context.Background())
			}
			kind, title, text, next := explained(t, err)
			if kind != "credentials" || title != c.title || !strings.Contains(next, c.next) {
				t.Errorf("%s: %q, %q, %q (from %v)", kind, title, text, next, err)
			}
		})
	}
}

func TestOpenTakesRegionAndKeys(t *testing.T) {
	for _, c := range []struct {
		o    Options
		env  string
		want string
	}{
		{Options{}, "", "eu-west-1"},
		{Options{Profile: "other"}, "", "us-east-1"},
		{Options{Profile: "other", Region: "ap-south-1"}, "", "ap-south-1"},
		{Options{}, "sa-east-1", "sa-east-1"},
		{Options{Profile: EnvironmentProfile}, "sa-east-1", "sa-east-1"},
	} {
		awsHome(t, "[default]\nregion=eu-west-1\n[profile other]\noutput=json\n", "")
		if c.env != "" {
			t.Setenv("AWS_REGION", c.env)
		}
		a, err := Open(context.Background(), c.o)
		if err != nil {
			t.Fatal(err)
		}
		if a.HomeRegion() != c.want {
			t.Errorf("%+v with %q: %s, want %s", c.o, c.env, a.HomeRegion(), c.want)
		}
		if first := a.In("eu-west-3"); first != a.In("eu-west-3") || first == a.In("eu-west-2") {
			t.Error("regions are not kept")
		}
	}
}

// The sandbox must work whatever the user's AWS configuration looks like.
func TestEndpointReadsNoConfiguration(t *testing.T) {
	awsHome(t, "[profile broken\nthis is no ini", "")
	t.Setenv("AWS_PROFILE", "absent")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "real")
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://elsewhere.invalid")
	var asked string
	w := &wire{t: t, answers: answers{"GetCallerIdentity": always(caller("arn:aws:iam::123456789012:root"))}}
	a, err := Open(context.Background(), Options{Endpoint: &Endpoint{
		URL: "http://sandbox.test", AccessKeyID: "AKIASANDBOX", SecretAccessKey: "s",
		HTTP: doer(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.Host + " " + r.Header.Get("Authorization")
			return w.Do(r)
		}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	who, err := a.Identity(context.Background())
	if err != nil || who.Account != "123456789012" || !who.Root() {
		t.Errorf("%+v, %v", who, err)
	}
	if !strings.HasPrefix(asked, "sandbox.test ") || !strings.Contains(asked, "Credential=AKIASANDBOX/") || a.HomeRegion() != "us-east-1" {
		t.Errorf("asked %s in %s", asked, a.HomeRegion())
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// assumer is an STS that gives a role for the code 123456.
func assumer(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		answer := caller("arn:aws:sts::123456789012:assumed-role/r/s")
		if r.Form.Get("Action") == "AssumeRole" {
			answer = reply{status: 200, body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`}
			if r.Form.Get("TokenCode") != "123456" || !strings.HasSuffix(r.Form.Get("SerialNumber"), ":mfa/u") {
				answer = stsError("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
			}
		}
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	}))
	t.Cleanup(s.Close)
	return s
}

func openMFA(t *testing.T, ask func(context.Context, string) (string, error), change ...func(*Options)) *Account {
	t.Helper()
	awsHome(t, `[profile mfa]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/u
[profile keys]
aws_access_key_id = AKIA
aws_secret_access_key = S
`, "")
	t.Setenv("AWS_ENDPOINT_URL_STS", assumer(t).URL)
	o := Options{Profile: "mfa", MFACode: ask}
	for _, c := range change {
		c(&o)
	}
	a, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMFACodeIsAskedOnce(t *testing.T) {
	asked := make(chan string, 10)
	a := openMFA(t, func(_ context.Context, serial string) (string, error) {
		asked <- serial
		return " 123456\n", nil
	})
	errs := make(chan error)
	for range 4 {
		go func() {
			_, err := a.Identity(context.Background())
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if len(asked) != 1 || <-asked != "arn:aws:iam::123456789012:mfa/u" {
		t.Errorf("asked %d times more", len(asked))
	}
}

func TestMFACodeWrongThenRight(t *testing.T) {
	codes := []string{"000000", "123456"}
	a := openMFA(t, func(context.Context, string) (string, error) {
		code := codes[0]
		codes = codes[1:]
		return code, nil
	})
	_, err := a.Identity(context.Background())
	if codeOf(err) != codeMFAWrong {
		t.Errorf("err = %v", err)
	}
	if _, err := a.Identity(context.Background()); err != nil {
		t.Error(err)
	}
}

// A script, which nobody can ask, is told just that.
func TestMFACodeThatNobodyGives(t *testing.T) {
	declined := errors.New("declined")
	a := openMFA(t, func(context.Context, string) (string, error) { return "", declined })
	_, err := a.Identity(context.Background())
	_, title, text, _ := explained(t, err)
	if title != "An MFA code is needed" || strings.Contains(text, "operation error") || !errors.Is(err, declined) {
		t.Errorf("%q, %q (from %v)", title, text, err)
	}
}

func TestMFAPromptEndsWithItsCall(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	a := openMFA(t, func(ctx context.Context, _ string) (string, error) {
		cancel()
		<-ctx.Done() // the very context of the call
		close(ended)
		return "", ctx.Err()
	})
	if _, err := a.Identity(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	<-ended
}

func TestOnEC2(t *testing.T) {
	for _, c := range []struct {
		path, text string
		want       bool
	}{
		{"/sys/class/dmi/id/sys_vendor", "Amazon EC2\n", true},
		{"/sys/class/dmi/id/sys_vendor", "LENOVO\n", false},
		{"/sys/hypervisor/uuid", "EC2e1916-9099\n", true},
		{"/sys/hypervisor/uuid", "45e12aec-dcd1\n", false},
		{"", "", false},
	} {
		got := onEC2(func(p string) ([]byte, error) {
			if p == c.path {
				return []byte(c.text), nil
			}
			return nil, os.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s %q: %v", c.path, c.text, got)
		}
	}
}

// The loopback client hands an answer over only when all of it is there.
func TestLoopbackClientReadsToTheEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		length int
		fails  bool
	}{{"whole", 5, false}, {"cut short", 9, true}} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(c.length))
				_, _ = io.WriteString(w, "hello")
			}))
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := (&Endpoint{URL: s.URL}).http().Do(req)
			s.Close()
			if c.fails {
				if err == nil {
					_ = resp.Body.Close()
					t.Error("no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if b, err := io.ReadAll(resp.Body); string(b) != "hello" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
		})
	}
}

// A credential_process must neither write across the screen nor have its
// output, which holds the secret, shown in an error.
func TestCredentialProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs sh")
	}
	for _, c := range []struct{ name, prints, code string }{
		{"good", `{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s3cret"}`, ""},
		{"unreadable", `{"Version":1,"SecretAccessKey":"s3cret"`, codeProcessFailed},
		{"endless", `"'; while :; do echo s3cret; done; echo '`, codeProcessFailed},
		{"wrong version", `{"Version":2,"SecretAccessKey":"s3cret"}`, codeProcessFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "creds")
			text := "#!/bin/sh\nif read line; then echo keyboard >&2; fi\necho signing in >&2\necho '" + c.prints + "'\n"
			if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
			awsHome(t, "[profile p]\ncredential_process = "+program+"\n", "")
			t.Setenv("AWS_ENDPOINT_URL_STS", assumer(t).URL)
			var said []string
			a, err := Open(context.Background(), Options{Profile: "p", Tell: func(s string) { said = append(said, s) }})
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Identity(context.Background())
			if codeOf(err) != c.code {
				t.Errorf("err = %v, want code %q", err, c.code)
			}
			if err != nil {
				_, title, text, next := explained(t, err)
				if strings.Contains(err.Error()+title+text+next, "s3cret") {
					t.Errorf("the secret is shown: %v", err)
				}
			}
			if len(said) != 1 || said[0] != "credential_process: signing in" {
				t.Errorf("said %q", said)
			}
		})
	}
}
