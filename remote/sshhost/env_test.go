package sshhost

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ []string
		files   map[string]string
		want    map[string]string
	}{
		{
			name: "no credentials",
			environ: []string{
				"HOME=/home/p", "PATH=/bin", "AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=s", "AWS_PROFILE=p",
				"SSH_AUTH_SOCK=/s", "GITHUB_TOKEN=t", "UV_INDEX_WORK_PASSWORD=p", "UV_INDEX_WORK_USERNAME=u",
				"UV_PUBLISH_TOKEN=t", "PIP_TARGET=/x", "PIP_USER=1", "LD_PRELOAD=/x", "PYTHONPATH=/x",
			},
			want: map[string]string{"LANG": "C.UTF-8"},
		},
		{
			name: "index, proxy, certificates, language",
			environ: []string{
				"LC_ALL=de_DE.UTF-8", "TZ=Europe/Berlin", "https_proxy=http://proxy:1", "NO_PROXY=localhost",
				"SSL_CERT_FILE=/ca.pem", "UV_DEFAULT_INDEX=https://uv/", "PIP_INDEX_URL=https://pip/", "EMPTY=",
			},
			want: map[string]string{
				"LC_ALL": "de_DE.UTF-8", "TZ": "Europe/Berlin", "https_proxy": "http://proxy:1", "NO_PROXY": "localhost",
				"SSL_CERT_FILE": "/ca.pem", "UV_DEFAULT_INDEX": "https://uv/", "PIP_INDEX_URL": "https://pip/",
			},
		},
		{
			name:    "pip's own file, for uv too",
			environ: []string{"HOME=/home/p", "LANG=C"},
			files: map[string]string{
				"/home/p/.config/pip/pip.conf": "[global]\nindex-url = https://mine/simple\nfind-links =\n  /a\n  /b\ncert=/ca.pem\nuser = true\n",
				"/etc/pip.conf":                "[global]\nindex-url = https://theirs/\ntrusted-host = theirs\n",
			},
			want: map[string]string{
				"LANG": "C", "PIP_INDEX_URL": "https://mine/simple", "UV_DEFAULT_INDEX": "https://mine/simple",
				"PIP_FIND_LINKS": "/a /b", "UV_FIND_LINKS": "/a,/b", "PIP_CERT": "/ca.pem", "SSL_CERT_FILE": "/ca.pem",
				"PIP_TRUSTED_HOST": "theirs", "UV_INSECURE_HOST": "theirs",
			},
		},
		{
			name:    "the environment before the file, a named file before the home's",
			environ: []string{"HOME=/home/p", "LANG=C", "PIP_CONFIG_FILE=/named", "PIP_CERT=/env.pem"},
			files: map[string]string{
				"/named":                       "[install]\ncert = /named.pem\nindex-url: https://named/\n",
				"/home/p/.config/pip/pip.conf": "[global]\nindex-url = https://home/\n",
			},
			want: map[string]string{
				"LANG": "C", "PIP_CERT": "/env.pem", "SSL_CERT_FILE": "/env.pem",
				"PIP_INDEX_URL": "https://named/", "UV_DEFAULT_INDEX": "https://named/",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := settings(test.environ, func(path string) ([]byte, error) {
				if content, ok := test.files[path]; ok {
					return []byte(content), nil
				}
				return nil, fs.ErrNotExist
			})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPipSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		conf string
		want map[string]string
	}{
		"narrower section wins":  {"[install]\nindex-url=b\n[global]\nindex-url=a\n", map[string]string{"PIP_INDEX_URL": "b"}},
		"other sections do not":  {"[wheel]\nindex-url=b\n[global]\ntimeout: 5\n", map[string]string{"PIP_TIMEOUT": "5"}},
		"comments and no values": {"# a\n[global]\n; b\nno-index\nindex-url=\n", map[string]string{}},
		"equals sign in a value": {"[global]\nindex-url = https://h/?a=b\r\n", map[string]string{"PIP_INDEX_URL": "https://h/?a=b"}},
		"option before sections": {"index-url=a\n  more\n", map[string]string{}},
		"not a pip.conf at all":  {"\x00\x01=\x00\n]][[\n=\n", map[string]string{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, pipSettings([]byte(test.conf))); diff != "" {
				t.Errorf("pipSettings (-want +got):\n%s", diff)
			}
		})
	}
}

// What pipSettings answers goes into an environment: no name or value may
// break out of its place there.
func FuzzPipSettings(f *testing.F) {
	f.Add([]byte("[global]\nindex-url = https://mine/simple\n  more\n[install]\ncert: x\n"))
	f.Add([]byte("[\n a\n\tb = c\n:"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for name, value := range pipSettings(content) {
			if !strings.HasPrefix(name, "PIP_") || strings.ContainsAny(name, "=\n") {
				t.Errorf("name %q", name)
			}
			if value == "" || strings.ContainsAny(value, "\x00\n") {
				t.Errorf("%s has value %q", name, value)
			}
		}
	})
}

func TestKeptCommands(t *testing.T) {
	t.Parallel()
	for _, pattern := range kept {
		if _, err := path.Match(pattern, "x"); err != nil {
			t.Errorf("pattern %q: %v", pattern, err)
		}
	}
	for _, name := range []string{"sudo", "sudoedit", "su", "apt", "apt-get", "dpkg", "systemctl", "systemd-run", "python3.12", "pip3", "npm", "node", "reboot", "shutdown"} {
		if !isKept(name) {
			t.Errorf("a host has %s", name)
		}
	}
	for _, name := range []string{"sh", "bash", "sum", "awk", "tar", "curl", "setsid", "nohup", "sed"} {
		if isKept(name) {
			t.Errorf("a host has no %s", name)
		}
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	const rest = "4242 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 20"
	tests := map[string]struct {
		stat   string
		parent int
		state  string
		start  string
		ok     bool
	}{
		"plain":           {"77 (sh) S " + rest, 4242, "S", "987654", true},
		"name with all":   {"77 (a) S 1 (b) ) Z " + rest, 4242, "Z", "987654", true},
		"cut short":       {"77 (sh) S 4242 1", 0, "", "", false},
		"no name":         {"77 sh S " + rest, 0, "", "", false},
		"parent no digit": {"77 (sh) S x" + rest, 0, "", "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent, state, start, ok := parseStat(test.stat)
			if ok != test.ok || ok && (parent != test.parent || state != test.state || start != test.start) {
				t.Errorf("parseStat = %d, %q, %q, %v", parent, state, start, ok)
			}
		})
	}
}

func TestParsePS(t *testing.T) {
	t.Parallel()
	marks := []string{"JUPYTER_EC2_SANDBOX_HOST=i-1", "JUPYTER_EC2_SANDBOX_HOME=/a b/i-1/home"}
	text := `  10     1 Ss   Mon Nov 23 14:36:00 2026     sleep 5 HOME=/a JUPYTER_EC2_SANDBOX_HOST=i-1 JUPYTER_EC2_SANDBOX_HOME=/a b/i-1/home
  11    10 S    Mon Nov 23 14:36:01 2026     sh -c x JUPYTER_EC2_SANDBOX_HOST=i-12 JUPYTER_EC2_SANDBOX_HOME=/a b/i-1/home
  12     1 Z    Mon Nov 23 14:36:01 2026     (sh) JUPYTER_EC2_SANDBOX_HOST=i-1 JUPYTER_EC2_SANDBOX_HOME=/a b/i-1/home
nonsense
`
	got := parsePS(text, marks)
	want := []process{
		{pid: 10, parent: 1, start: "Mon Nov 23 14:36:00 2026", marked: true},
		{pid: 11, parent: 10, start: "Mon Nov 23 14:36:01 2026"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("parsePS = %+v", got)
	}
	if mine := family(got, nil); len(mine) != 2 {
		t.Errorf("the family of the marked process is %+v, want it and its child", mine)
	}
}

func FuzzProcessLists(f *testing.F) {
	f.Add("77 (sh) S 4242 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 20")
	f.Add("  10     1 Ss   Mon Nov 23 14:36:00 2026     sleep 5 A=b\n")
	f.Fuzz(func(t *testing.T, text string) {
		if _, state, start, ok := parseStat(text); ok && (state == "" || start == "") {
			t.Errorf("parseStat of %q found nothing and was content", text)
		}
		all := parsePS(text, []string{"A=b"})
		if n := len(family(all, nil)); n > len(all) {
			t.Errorf("a family of %d among %d processes", n, len(all))
		}
	})
}
