package aws

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// mark stands in every value of the broken files.
const mark = "Zq7sEcReT"

// brokenFiles are config and credentials files as people break them. Every
// value holds the mark, and no name of a section does.
func brokenFiles() map[string][2]string {
	keys := "aws_access_key_id = AKIA" + mark + "\naws_secret_access_key = " + mark + "/secret+key==\naws_session_token = " + mark + "token\n"
	whole := "[default]\n" + keys
	files := map[string][2]string{
		"backtick":              {"", "[default]\naws_access_key_id = AKIA" + mark + "\naws_secret_access_key = `" + mark + "\n"},
		"two backticks":         {"", "[default]\naws_access_key_id = `AKIA" + mark + "`\naws_secret_access_key = `" + mark + "`\n"},
		"three quotes":          {"", "[default]\naws_access_key_id = AKIA" + mark + "\naws_secret_access_key = '''" + mark + "\n"},
		"quote not closed":      {"", "[default]\naws_access_key_id = AKIA" + mark + "\naws_secret_access_key = \"" + mark + "\n"},
		"no equals sign":        {"", "[default]\naws_access_key_id = AKIA" + mark + "\naws_secret_access_key " + mark + "\n"},
		"colon":                 {"", "[default]\naws_access_key_id: AKIA" + mark + "\naws_secret_access_key: " + mark + "\n"},
		"key without a value":   {"", "[default]\naws_access_key_id =\n" + mark + "\naws_secret_access_key =\n  " + mark + "\n"},
		"value on its own line": {"", "[default]\naws_access_key_id\nAKIA" + mark + "\naws_secret_access_key\n" + mark + "==\n"},
		"tabs":                  {"", "[default]\n\taws_access_key_id\t=\tAKIA" + mark + "\n\taws_secret_access_key\t=\t" + mark + "\t" + mark + "\n"},
		"only the secret":       {"", "[default]\naws_secret_access_key = " + mark + "\n"},
		"only the key":          {"", "[default]\naws_access_key_id = AKIA" + mark + "\n"},
		"misspelt":              {"", "[default]\naws_access_key = AKIA" + mark + "\naws_secret_acces_key = " + mark + "\n"},
		"export lines":          {"", "export AWS_ACCESS_KEY_ID=AKIA" + mark + "\nexport AWS_SECRET_ACCESS_KEY=" + mark + "\n"},
		"JSON":                  {"", `{"AccessKeyId": "AKIA` + mark + `", "SecretAccessKey": "` + mark + `"}`},
		"CSV of the console":    {"", "Access key ID,Secret access key\nAKIA" + mark + "," + mark + "\n"},
		"head not closed":       {"", "[default\n" + keys},
		"head not opened":       {"", "default]\n" + keys},
		"keys in the head":      {"", "[default aws_secret_access_key=" + mark + "]\n" + keys},
		"keys after the head":   {"", "[default] aws_secret_access_key = " + mark + "\n" + keys},
		"no head":               {"", keys},
		"byte order mark":       {"", "\xef\xbb\xbf" + whole},
		"UTF-16LE":              {"", inUTF16(binary.LittleEndian, true, whole)},
		"UTF-16BE":              {"", inUTF16(binary.BigEndian, true, whole)},
		"UTF-16 cut":            {"", inUTF16(binary.LittleEndian, true, whole)[1:]},
		"NUL bytes":             {"", strings.ReplaceAll(whole, "\n", "\x00\n")},
		"NUL within":            {"", strings.ReplaceAll(whole, mark, mark[:4]+"\x00"+mark+"\x00")},
		"CR alone":              {"", strings.ReplaceAll(whole, "\n", "\r")},
		"CR twice":              {"", strings.ReplaceAll(whole, "\n", "\r\r\n")},
		"not UTF-8":             {"", strings.ReplaceAll(whole, mark, "\xff\xfe\x80"+mark)},
		"non-breaking spaces":   {"", strings.ReplaceAll(whole, " = ", "\u00a0=\u00a0")},
		"curly quotes":          {"", strings.ReplaceAll(whole, " = ", " = \u201c")},
		"escape sequences":      {"", strings.ReplaceAll(whole, mark, "\x1b]0;"+mark+"\x07")},
		"percent signs":         {"", strings.ReplaceAll(whole, mark, "%("+mark+")s%s%d%!")},
		"one endless line":      {"", "[default]\naws_secret_access_key = " + strings.Repeat(mark, 20000) + "\n"},
		"merge conflict":        {"", "<<<<<<< HEAD\n" + whole + "=======\n" + whole + ">>>>>>> other\n"},
	}
	for _, key := range []string{
		keyRegion, "output", keyRole, keySource, keyFrom, keyToken, keyProcess, "mfa_serial", "external_id", "role_session_name", "duration_seconds",
		"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "login_session",
		"ca_bundle", "endpoint_url", "services", "retry_mode", "max_attempts", "defaults_mode", "use_fips_endpoint", "use_dualstack_endpoint",
		"ec2_metadata_service_endpoint_mode", "account_id_endpoint_mode", "ignore_configured_endpoint_urls", "disable_clock_skew_correction",
		"request_checksum_calculation", "cli_pager",
	} {
		files["value of "+key] = [2]string{"[default]\n" + key + " = " + mark + "\n", ""}
		files["value of "+key+" beside keys"] = [2]string{"[default]\n" + key + " = " + mark + "\n", "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n"}
	}
	role := "[profile default]\nrole_arn = arn:aws:iam::123456789012:role/" + mark + "\nexternal_id = " + mark + "\nrole_session_name = " + mark + "\n"
	for name, text := range map[string]string{
		"role with keys":        role + "source_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/u\n[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = s\n",
		"role with odd MFA":     role + "source_profile = base\nmfa_serial = " + mark + "\n[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = s\n",
		"role round":            role + "source_profile = default\n",
		"role of nobody":        role + "source_profile = " + mark + "\n",
		"role of two ways":      role + "source_profile = default\ncredential_process = " + mark + "\n",
		"role by token":         role + "web_identity_token_file = /nonexistent/" + mark + "\n",
		"role by odd source":    role + "credential_source = " + mark + "\n",
		"role by container":     role + "credential_source = EcsContainer\n",
		"SSO without a session": "[default]\nsso_session = " + mark + "\nsso_account_id = " + mark + "\nsso_role_name = " + mark + "\n",
		"SSO":                   "[default]\nsso_session = s\nsso_account_id = " + mark + "\nsso_role_name = " + mark + "\n[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://" + mark + ".example/start\n",
		"SSO in no region":      "[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = " + mark + "\nsso_start_url = https://x.example\n",
		"old SSO":               "[default]\nsso_start_url = https://" + mark + ".example/start\nsso_region = us-east-1\nsso_account_id = " + mark + "\n",
		"endpoint":              "[default]\nendpoint_url = http://user:" + mark + "@" + mark + ".invalid:4566/" + mark + "\naws_access_key_id = AKIA\naws_secret_access_key = s\n",
		"endpoint of a service": "[default]\nservices = s\naws_access_key_id = AKIA\naws_secret_access_key = s\n[services s]\nsts =\n  endpoint_url = http://" + mark + ".invalid\n",
		"program that fails":    "[default]\ncredential_process = sh -c 'echo " + mark + " >&2; exit 3' --password " + mark + "\n",
		"program not there":     "[default]\ncredential_process = /nonexistent/" + mark + " --key " + mark + "\n",
		"program that babbles":  "[default]\ncredential_process = echo {\"Version\":1,\"SecretAccessKey\":\"" + mark + "\"\n",
	} {
		files[name] = [2]string{text, ""}
	}
	return files
}

// echo is an STS that refuses everything and, as AWS does, repeats what it was given.
func echo(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		values := strings.NewReplacer("&", " ", "<", "").Replace(string(body))
		if q, err := http.NewRequest(http.MethodPost, "/?"+string(body), nil); err == nil {
			values = fmt.Sprint(q.URL.Query())
		}
		refused := stsError("ValidationError", "1 validation error detected: "+values)
		w.WriteHeader(refused.status)
		_, _ = io.WriteString(w, refused.body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Whatever is broken in the files, nothing that is said quotes a value: a
// secret may stand anywhere.
func TestBrokenFilesShowNoValue(t *testing.T) {
	url := echo(t)
	for name, files := range brokenFiles() {
		t.Run(name, func(t *testing.T) {
			awsHome(t, files[0], files[1])
			// Only what the files themselves send elsewhere is to go there.
			if !strings.Contains(name, "endpoint") {
				t.Setenv("AWS_ENDPOINT_URL", url)
			}
			var said []string
			tell := func(s string) { said = append(said, s) }
			profiles, err := Profiles(os.Getenv)
			said = append(said, everything(profiles, err))
			for _, p := range append(profiles, Profile{}, Profile{Name: "default"}) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				a, err := Open(ctx, Options{Profile: p.Name, Tell: tell, Warn: tell, MFACode: func(_ context.Context, serial string) (string, error) {
					tell(serial)
					return "123456", nil
				}})
				if err == nil {
					_, err = a.Identity(ctx)
					said = append(said, a.HomeRegion())
				}
				if err == nil && p.Name != EnvironmentProfile {
					t.Error("it works")
				}
				said = append(said, everything(nil, err))
			}
			text := strings.Join(said, "\n")
			t.Log(text)
			if strings.Contains(strings.ToLower(text), strings.ToLower(mark)) {
				t.Errorf("a value is shown:\n%s", text)
			}
		})
	}
}

// everything is all that can be shown of an error.
func everything(list []Profile, err error) string {
	out := fmt.Sprintf("%+v %v", list, err)
	var e *Error
	if errors.As(err, &e) {
		p := e.Problem()
		out += fmt.Sprintf(" %s: %s: %s: %s (%s, %s)", p.Kind, p.Title, p.Text, p.Next, e.Code, e.Message)
	}
	return out
}

// A value's place stands where AWS or the system repeats it; words that any
// text may hold are left in it.
func TestValuesAreReplacedByTheirPlaces(t *testing.T) {
	at := func(line int) place { return place{file: "/f", line: line} }
	var o origins
	o.hide(&section{settings: map[string]setting{
		keyRole: {value: "arn:aws:iam::1:role/r", at: at(1)}, "role_session_name": {value: "jupyter", at: at(2)}, "retry_mode": {value: "standard", at: at(3)},
		keyRegion: {value: "eu-west-1", at: at(4)}, "endpoint_url": {value: "http://u:pass@host.example:1/x", at: at(5)}, keyProcess: {value: "tool --password hunter", at: at(6)},
	}})
	got := o.clean("standard jupyter in eu-west-1: arn:aws:iam::1:role/r at host.example, hunter")
	want := "standard jupyter in eu-west-1: (role_arn (line 1 of /f)) at (endpoint_url (line 5 of /f)), (credential_process (line 6 of /f))"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
