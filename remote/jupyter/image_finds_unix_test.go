//go:build unix

package jupyter

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kinds are what of the home is listed, by its path there.
func kinds(t *testing.T, h *localHost, c Contents) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, o := range c.Own {
		rel, err := filepath.Rel(h.home, o.Path)
		if err != nil {
			t.Fatal(err)
		}
		got[rel] = o.Kind
	}
	return got
}

// What is private is found in the whole home, in hidden folders too, by its
// name; and by what is in it where the name does not tell.
func TestSecretsAreFound(t *testing.T) {
	const (
		cert = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
		key  = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n"
	)
	for _, c := range []struct{ file, content, found, kind string }{
		{"proj/.aws/credentials", "x", "proj/.aws", "credentials"},
		{"proj/.ssh/id_rsa", "x", "proj/.ssh/id_rsa", "credentials"},
		{"proj/.ssh/work", "x", "proj/.ssh/work", "credentials"},
		{"mein Ordner ü/.netrc", "x", "mein Ordner ü/.netrc", "credentials"},
		{".streamlit/secrets.toml", "x", ".streamlit/secrets.toml", "credentials"},
		{"proj/.streamlit/secrets.toml", "x", "proj/.streamlit/secrets.toml", "credentials"},
		{".Renviron", "x", ".Renviron", "credentials"},
		{"proj/terraform.tfvars", "x", "proj/terraform.tfvars", "credentials"},
		{"proj/prod.auto.tfvars.json", "x", "proj/prod.auto.tfvars.json", "credentials"},
		{"proj/terraform.tfstate", "x", "proj/terraform.tfstate", "credentials"},
		{"proj/.git/config", "[remote \"origin\"]\n\turl = https://me:SECRET@git.example/x.git\n", "proj/.git/config", "credentials"},
		{"token/.git/config", "[remote \"origin\"]\n\turl = https://ghp_0123456789abcdefghij0123@github.com/x/y\n", "token/.git/config", "credentials"},
		{"ci/.git/config", "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic eDp5\n", "ci/.git/config", "credentials"},
		{"plain/.git/config", "[remote \"origin\"]\n\turl = https://me@git.example/x.git\n[branch \"a\"]\n\turl = ssh://git@git.example:22/x\n", "", ""},
		{"mirror.git/config", "[remote \"origin\"]\n\turl = https://me:SECRET@git.example/x.git\n", "mirror.git/config", "credentials"},
		{"proj/.git/modules/sub/config", "\turl = https://me:SECRET@git.example/x.git\n", "proj/.git/modules/sub/config", "credentials"},
		{".local/share/Trash/files/old.env", "x", ".local/share/Trash", "history"},
		{".Rhistory", "x", ".Rhistory", "history"},
		{"proj/.Rhistory", "x", "proj/.Rhistory", "history"},
		{".octave_hist", "x", ".octave_hist", "history"},
		{".duckdb_history", "x", ".duckdb_history", "history"},
		{".julia/logs/repl_history.jl", "x", ".julia/logs/repl_history.jl", "history"},
		{"a/b/c/d/e/f/g/.env", "x", "a/b/c/d/e/f/g/.env", "credentials"},
		{"a/b/c/d/e/f/.pgpass", "x", "a/b/c/d/e/f/.pgpass", "credentials"},
		{"proj/prod.env", "x", "proj/prod.env", "credentials"},
		{"proj/.envrc", "x", "proj/.envrc", "credentials"},
		{"proj/sub/key.pem", key, "proj/sub/key.pem", "credentials"},
		{"proj/sub/KEY.PEM", "x", "proj/sub/KEY.PEM", "credentials"},
		{"conda/ssl/cacert.pem", cert, "", ""},
		{"proj/.npmrc", "registry=https://npm.example/\n", "", ""},
		{"proj2/.npmrc", "//npm.example/:_authToken=SECRET\n", "proj2/.npmrc", "credentials"},
		{".npmrc", "x", ".npmrc", "credentials"},
		{"proj/.docker/Dockerfile", "x", "", ""},
		{"proj/.docker/config.json", "x", "proj/.docker/config.json", "credentials"},
		{".config/gcloud/x", "x", ".config/gcloud", "credentials"},
		{"venv/lib/node_modules/.env", "x", "", ""},
		// What is called so, and is none.
		{".ssh/config", "Host *\n\tPasswordAuthentication no\n\tIdentityFile ~/.ssh/work_key\n", ".ssh/config", "files"},
		{".ssh/id_rsa.pub", "x", ".ssh/id_rsa.pub", "files"},
		{".huggingface/empty", "", ".huggingface", "files"},
		// What every login is given.
		{".bashrc", "export OPENAI_API_KEY=sk-PLANT\n", ".bashrc", "credentials"},
		{".bash_profile", "# export KEY=sk-PLANT\nexport KEYTIMEOUT=1 COMPAT=1234 PATH=/opt/x:$PATH\nexport API_KEY=$(pass show key)\nexport KEY_FILE=~/key\n", ".bash_profile", "files"},
		{".profile", "export DATABASE_URL=postgres://me:SECRET@db.example/x\n", ".profile", "credentials"},
		{".zshrc", "export AWS_SECRET_ACCESS_KEY='abcd/efgh'\n", ".zshrc", "credentials"},
		{".bash_aliases", "alias api='curl -H \"Authorization: Bearer abc\"'\n", ".bash_aliases", "credentials"},
		{".config/fish/config.fish", "set -gx GITHUB_TOKEN abcdefgh\n", ".config/fish/config.fish", "credentials"},
		{".Rprofile", "Sys.setenv(OPENAI_API_KEY = \"abcdefgh\")\n", ".Rprofile", "credentials"},
		{".ipython/profile_default/startup/00.py", "os.environ[\"API_TOKEN\"] = \"abcdefgh\"\n", ".ipython/profile_default/startup/00.py", "credentials"},
		{".jupyter/jupyter_server_config.py", "c.ServerApp.token = ''\n# c.x.password = 'abcd'\n", "", ""},
		{".cache/pip/x", "x", ".cache", "files"},
	} {
		t.Run(c.file, func(t *testing.T) {
			h, f := imageHost(t, "127.0.0.171", map[string]string{c.file: c.content})
			said, err := ImageContents(t.Context(), h, f)
			if err != nil {
				t.Fatal(err)
			}
			got := kinds(t, h, said)
			if c.found != "" && got[c.found] != c.kind {
				t.Errorf("%s is %q: %v", c.found, got[c.found], got)
			}
			for path, kind := range got {
				if kind != "files" && path != c.found {
					t.Errorf("%s is %s", path, kind)
				}
			}
			if len(said.Unsearched) > 0 {
				t.Errorf("unsearched: %q", said.Unsearched)
			}
		})
	}
}

// A start file that is as every new account has it is nobody's own.
func TestADistributionsStartFileIsNotShown(t *testing.T) {
	h, f := imageHost(t, "127.0.0.171", nil)
	if text, err := os.ReadFile("/etc/skel/.bashrc"); err != nil {
		t.Skip("there is no /etc/skel/.bashrc")
	} else {
		upload(t, h, ".bashrc", string(text))
	}
	said, err := ImageContents(t.Context(), h, f, ".bashrc")
	if err != nil || len(said.Own) > 0 || len(said.Named) != 1 || !said.Named[0].There {
		t.Errorf("%+v, %v", said, err)
	}
}

// Where a link that is called like a credential leads to is private as well.
func TestALinkedCredentialIsFound(t *testing.T) {
	h, f := imageHost(t, "127.0.0.171", map[string]string{"data/of-aws": "x"})
	if err := os.Symlink("data/of-aws", filepath.Join(h.home, ".netrc")); err != nil {
		t.Fatal(err)
	}
	said, err := ImageContents(t.Context(), h, f)
	if got := kinds(t, h, said); err != nil || got[".netrc"] != "credentials" || got["data/of-aws"] != "credentials" {
		t.Errorf("%v, %v", got, err)
	}
}

// What somebody names is found whether or not it is listed, and said to be
// what cannot be left out where it is.
func TestWhatIsNamedIsFound(t *testing.T) {
	h, f := imageHost(t, "127.0.0.171", map[string]string{".bashrc": "abc", ".cache/x": "12345", "data/deep/x": "12", ".ssh/authorized_keys": "x"})
	said, err := ImageContents(t.Context(), h, f, ".bashrc", "~/.cache/", "data/deep", filepath.Join(h.home, "data"), "dtaa", ".ssh", "/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	want := []Named{
		{Own{filepath.Join(h.home, ".bashrc"), "files", 3, false}, ".bashrc", true, true},
		{Own{filepath.Join(h.home, ".cache"), "files", 5, true}, "~/.cache/", true, true},
		{Own{filepath.Join(h.home, "data/deep"), "files", 2, true}, "data/deep", true, true},
		{Own{filepath.Join(h.home, "data"), "files", 2, true}, filepath.Join(h.home, "data"), true, true},
		{Own{Path: filepath.Join(h.home, "dtaa")}, "dtaa", false, true},
		{Own{filepath.Join(h.home, ".ssh"), "files", 1, true}, ".ssh", true, false},
	}
	if got := said.Named; len(got) != 7 || !slices.Equal(got[:6], want) || got[6].Allowed {
		t.Errorf("%+v", got)
	}
}

// What was not searched because there is too much of it is named.
func TestASearchIsBounded(t *testing.T) {
	files := map[string]string{"home/ubuntu/.netrc": "x", "home/ubuntu/a/b/c/.env": "x"}
	for _, n := range strings.Fields("1 2 3 4 5 6 7 8 9") {
		files["home/ubuntu/data/many/"+n] = "x"
	}
	h := newRooted(t, files)
	for _, c := range []struct {
		bounds []int
		want   string
	}{{[]int{9, 600}, "a data"}, {[]int{1000, 0}, "."}, {[]int{1000, 600}, ""}, {nil, ""}} {
		var said contentsSaid
		if err := json.Unmarshal(h.answer(t, imageAsk{Task: "list", Bounds: c.bounds}), &said); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, path := range said.Unsearched {
			rel, err := filepath.Rel(h.home, path)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, rel)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: unsearched: %q, want %q", c.bounds, got, c.want)
		}
	}
}
