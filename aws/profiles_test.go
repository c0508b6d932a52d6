package aws

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const configFile = `# a comment
[default]
region = eu-central-1
sso_session = work
[profile team a]
role_arn=arn:aws:iam::1:role/r
source_profile = default
region = us-west-2
s3 =
  max_concurrent_requests = 20
  addressing_style = path
[profile login]
login_session = arn:aws:iam::1:user/u
[profile process]
credential_process = C:\tools\creds.exe --path C:\
region = eu-north-1
[sso-session work]
sso_start_url = https://x
[services s]
ec2 =
  endpoint_url = http://x
[profile empty]
`

const credentialsFile = `[old]
aws_access_key_id = AKIA
aws_secret_access_key = a%(b)s
[empty]
aws_access_key_id = AKIA
[team a]
aws_access_key_id = AKIA
`

func TestProfiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	files := map[string]string{"AWS_CONFIG_FILE": write("config", configFile), "AWS_SHARED_CREDENTIALS_FILE": write("credentials", credentialsFile)}
	none := map[string]string{"AWS_CONFIG_FILE": filepath.Join(dir, "absent"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "absent")}
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_DEFAULT_REGION": "sa-east-1"}
	byDefault := Profile{"default", "eu-central-1", "sso"}
	environment := Profile{"environment", "sa-east-1", "environment"}
	rest := []Profile{{"empty", "", "keys"}, {"login", "", "login"}, {"old", "", "keys"}, {"process", "eu-north-1", "process"}, {"team a", "us-west-2", "role"}}
	for _, c := range []struct {
		name string
		env  []map[string]string
		want []Profile
	}{
		{"default first", []map[string]string{files}, append([]Profile{byDefault}, rest...)},
		{"environment before it", []map[string]string{files, keys}, append([]Profile{environment, byDefault}, rest...)},
		{"AWS_PROFILE before it", []map[string]string{files, {"AWS_PROFILE": "old"}}, []Profile{rest[2], byDefault, rest[0], rest[1], rest[3], rest[4]}},
		{"AWS_PROFILE that is not there", []map[string]string{files, {"AWS_PROFILE": "x"}}, append([]Profile{byDefault}, rest...)},
		{"no files", []map[string]string{none}, nil},
		{"no files but keys", []map[string]string{none, keys}, []Profile{environment}},
		{"no files, half a key", []map[string]string{none, {"AWS_ACCESS_KEY_ID": "A"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Profiles(func(name string) string {
				for _, e := range c.env {
					if v := e[name]; v != "" {
						return v
					}
				}
				return ""
			})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%v, %v\nwant %v", got, err, c.want)
			}
		})
	}
}

func TestProfilesFromHome(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte("[default]\naws_access_key_id=A\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Profiles(func(name string) string {
		return map[string]string{"HOME": home, "USERPROFILE": home}[name]
	})
	if want := (Profile{"default", "", "keys"}); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%v, %v", got, err)
	}
}

func TestProfilesFileThatCannotBeRead(t *testing.T) {
	dir := t.TempDir() // a folder where the file should be
	_, err := Profiles(func(name string) string {
		return map[string]string{"AWS_CONFIG_FILE": dir, "AWS_SHARED_CREDENTIALS_FILE": dir}[name]
	})
	if kind, _, _, _ := explained(t, err); kind != "credentials" {
		t.Errorf("kind %s", kind)
	}
}
