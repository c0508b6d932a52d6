package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/steps"
)

// places are a home with a project in it.
func places(t *testing.T, user, project string, env map[string]string) Places {
	t.Helper()
	home := t.TempDir()
	p := Places{
		User: filepath.Join(home, "config", UserFile), Home: home, Dir: filepath.Join(home, "work", "project", "deep"),
		Trusted: filepath.Join(home, "state", "projects.json"), Getenv: func(name string) string { return env[name] },
	}
	for path, text := range map[string]string{p.User: user, filepath.Join(home, "work", "project", ProjectFile): project} {
		if text != "" {
			write(t, path, text)
		}
	}
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A flag counts before a variable, that before the project's file, that before
// the person's own, and that before what is built in.
func TestOrder(t *testing.T) {
	for _, k := range Keys() {
		values := valuesOf(k)
		s, _ := k.setting()
		line := func(i int) string { return string(k) + " = " + written(k, values[i]) + "\n" }
		p := places(t, line(0), "", nil)
		has := func(step, want string, from Source) {
			t.Helper()
			got := Load(p)
			if v := got.Get(k); v.Text != want || v.From != from || len(got.Faults) > 0 {
				t.Errorf("%s, %s: %+v, faults %v", k, step, v, got.Faults)
			}
		}
		has("file", values[0], User)
		if !s.own {
			write(t, filepath.Join(p.Home, "work", "project", ProjectFile), line(1))
			has("project", values[1], Project)
		}
		p.Getenv = func(name string) string { return map[string]string{k.Variable(): values[2]}[name] }
		has("environment", values[2], Environment)
		all := Load(p)
		if err := all.With(k, values[0]); err != nil || all.Get(k).From != Flag || all.Get(k).Text != values[0] {
			t.Errorf("%s, flag: %v, %+v", k, err, all.Get(k))
		}
		if got := Load(Places{}).Get(k); got.Text != k.BuiltIn() || got.From != BuiltIn {
			t.Errorf("%s, built in: %+v", k, got)
		}
	}
}

// valuesOf are three values that a setting can have.
func valuesOf(k Key) []string {
	switch s, _ := k.setting(); {
	case s.number:
		return []string{"20", "30", "40"}
	case s.span:
		return []string{"10m", "20m", "never"}
	case k == Subnet:
		return []string{"subnet-0000000a", "subnet-0000000b", "subnet-0123456789abcdef0"}
	case k == Folder:
		return []string{"a.b", ".", "~/e.f"}
	case len(s.words) > 1:
		return []string{s.words[1], s.words[0], s.words[1]}
	}
	return []string{"a.b", "c.d", "e.f"}
}

func TestAnswers(t *testing.T) {
	p := places(t, "profile = \"p\"\nregion = 'r'\ntype = \"t\"\ndisk = 0x14\nsubnet = \"subnet-0000000a\"\nlifetime = 300\n[tags]\nteam = \"lab\"\n\"cost center\" = 42\n",
		"mode = \"http\"\ninstaller = \"pip\"\n", map[string]string{"JUPYTER_EC2_IDLE_STOP": "never", TagsVariable: "team=own,run=7"})
	s := Load(p)
	want := steps.Answers{
		Profile: "p", Region: "r", Type: "t", DiskGB: 20, Subnet: "subnet-0000000a", Mode: steps.ModeHTTP, Installer: steps.InstallerPip,
		IdleStop: steps.Never, Lifetime: steps.Limit(300 * 60e9), Tags: map[string]string{"team": "own", "cost center": "42", "run": "7"},
	}
	if got := s.Answers(); !reflect.DeepEqual(got, want) || len(s.Faults) > 0 {
		t.Errorf("%+v, want\n%+v; faults %v", got, want, s.Faults)
	}
	if got := s.Answers(Project); !reflect.DeepEqual(got, steps.Answers{Mode: steps.ModeHTTP, Installer: steps.InstallerPip}) {
		t.Errorf("of the project: %+v", got)
	}
}

// What cannot be used is named with its line, and the rest of the file counts.
func TestFaults(t *testing.T) {
	for file, want := range map[string]string{
		"type = \"a\"\ndiks = 9\n":                       `:2: there is no setting "diks"; did you mean "disk"?`,
		"idle_stop = \"9m\"":                             `:1: there is no setting "idle_stop"; did you mean "idle-stop"?`,
		"frobnicate = 1":                                 `:1: there is no setting "frobnicate": it is one of profile, region, type, `,
		"\n\nmode = \"ftp\"":                             `:3: mode: the mode "ftp" is not one of ssh, http, gateway`,
		"disk = \"20\"":                                  `:1: disk: a whole number is needed, such as disk = 8, not "20"`,
		"disk = 4":                                       `:1: disk: a disk of 4 GB is not possible: choose 8 to 16384`,
		"disk = 99999999999":                             `:1: disk: 99999999999 cannot be used`,
		"type = 5":                                       `:1: type: a text in quotes is needed, not 5`,
		"type = [\n\"a\",\n]":                            `:1: type: a text in quotes is needed, not [ "a", ]`,
		"idle-stop = \"1m\"":                             `:1: idle-stop: 1m is too short: use 5m or more, or never`,
		"subnet = \"vpc-0000000a\"":                      `:1: subnet: the subnet "vpc-0000000a" is no subnet's ID: it is subnet- and 8 or 17 hexadecimal digits`,
		"subnet = \"\"":                                  `:1: subnet: no subnet is given: write its ID, subnet-…`,
		"theme = \"pink\"":                               `:1: theme: there is no theme "pink": it is one of auto, dark, light, none`,
		"region = \"a\\u001b[31m\"":                      `:1: region: "a\x1b[31m" cannot be the name of a region`,
		"type = \"a\"\ntype = \"b\"":                     `:2: type is set already in line 1`,
		"type = \"a\"\nmode = ssh":                       `:2: this is not TOML: `,
		"type = \"a":                                     `:1: this is not TOML: `,
		"[tag]\na = \"b\"":                               `:1: there is no table [tag]; the only one is [tags]`,
		"[\"x\\u001b[31m\"]\n":                           `:1: there is no table [x]`,
		"[tags.more]\na = \"b\"":                         `:1: there is no table [tags.more]`,
		"tags = \"a=b\"":                                 `:1: tags are a table: write [tags]`,
		"[tags]\na = \"b\"\ndisk = 20":                   `:3: disk under [tags] is a tag: move it above [tags], or write "disk" in quotes where a tag is meant`,
		"[tags]\n\"aws:x\" = \"y\"":                      `:2: tags.aws:x: the tag "aws:x" cannot be used: names that begin with aws: are AWS's own`,
		"[tags]\nJupyter-EC2 = \"y\"":                    `the tag "Jupyter-EC2" cannot be used: the program sets it`,
		"[tags]\nName = \"y\"":                           `the tag "Name" cannot be used: the program sets it`,
		"tags = {a = \"" + strings.Repeat("x", 257):      `this is not TOML`,
		"tags.a = \"" + strings.Repeat("ü", 257) + `"`:   `the value of the tag "a" is too long: it has at most 256 characters`,
		"type = \"" + strings.Repeat("x", maxFile) + `"`: `it is longer than 64 KB`,
	} {
		s := Load(places(t, file, "", nil))
		if len(s.Faults) == 0 || !strings.Contains(s.Faults[0].Error(), want) || s.Faults[0].From != User {
			t.Errorf("%.60q: %v, want %s", file, s.Faults, want)
		}
		if strings.HasPrefix(file, "type = \"a\"\n") && !strings.Contains(want, "TOML") && s.Get(Type).Text != "a" {
			t.Errorf("%q: the type is not kept", file)
		}
	}
	s := Load(places(t, "", "", map[string]string{"JUPYTER_EC2_DISK": "big", TagsVariable: "x"}))
	if len(s.Faults) != 2 || s.Faults[0].Error() != `JUPYTER_EC2_DISK in the environment: a disk needs a whole number such as 8, not "big"` ||
		!strings.Contains(s.Faults[1].Error(), `JUPYTER_EC2_TAGS in the environment: "x" is no tag`) {
		t.Errorf("%v", s.Faults)
	}
}

// Windows' editors begin a file with a mark and end lines in their own way.
func TestAFileFromWindows(t *testing.T) {
	s := Load(places(t, "\ufefftype = \"a\"\r\ndisk = 9\r\n", "", nil))
	if s.Get(Type).Text != "a" || s.Get(Disk).Text != "9" || s.Get(Disk).Line != 2 || len(s.Faults) > 0 {
		t.Errorf("%+v", s)
	}
}

// What is the person's own, a project's file cannot set.
func TestAProjectsFileIsNotTrusted(t *testing.T) {
	for file, want := range map[string]string{
		"profile = \"prod\"":     "a project cannot set this: set it in your own file, by JUPYTER_EC2_PROFILE or by a flag",
		"theme = \"dark\"":       "a project cannot set this",
		"[tags]\nteam = \"x\"":   "a project cannot set this",
		"idle-stop = \"never\"":  "a project can set 12h at most",
		"lifetime = \"off\"":     "a project can set 12h at most",
		"lifetime = \"720h1m\"":  "a project can set 12h at most",
		"no-tls = true":          `there is no setting "no-tls"`,
		"key = \"/home/me/k\"":   `there is no setting "key"`,
		"\n[profile]\na = \"b\"": `there is no table [profile]`,
	} {
		s := Load(places(t, "", file, nil))
		if len(s.Faults) != 1 || !strings.Contains(s.Faults[0].Error(), want) || s.Faults[0].From != Project {
			t.Errorf("%q: %v, want %s", file, s.Faults, want)
		}
		if got := s.Answers(); !reflect.DeepEqual(got, steps.Answers{}) || s.Get(Theme).From != BuiltIn {
			t.Errorf("%q is in effect: %+v", file, got)
		}
	}
}

// A project's file counts unseen once it was agreed to, and as it was then.
func TestTrust(t *testing.T) {
	p := places(t, "", "type = \"a\"\nlifetime = \"12h\"\n", map[string]string{"JUPYTER_EC2_LIFETIME": "1h"})
	if s := Load(p); s.Trusted() || !slices.Equal(s.Untrusted(), []Key{Type}) {
		t.Fatalf("before: %v %v", s.Trusted(), s.Untrusted())
	}
	if err := p.Trust(Load(p)); err != nil {
		t.Fatal(err)
	}
	if s := Load(p); !s.Trusted() || s.Untrusted() != nil {
		t.Fatalf("agreed to: %v", s.Untrusted())
	}
	project := Load(p).Project
	write(t, project, "type = \"b\"\n")
	if s := Load(p); s.Trusted() || !slices.Equal(s.Untrusted(), []Key{Type}) {
		t.Errorf("changed since: %v %v", s.Trusted(), s.Untrusted())
	}
	read := Load(p)
	write(t, project, "type = \"c\"\n") // after the person has read what it says
	if err := p.Trust(read); err != nil {
		t.Fatal(err)
	}
	if s := Load(p); s.Trusted() {
		t.Error("what nobody has read is agreed to")
	}
	if err := p.Trust(Load(Places{})); err == nil {
		t.Error("no file is agreed to")
	}
	write(t, p.Trusted, "{")
	if s := Load(p); s.Trusted() {
		t.Error("a list that cannot be read trusts")
	}
	if err := p.Trust(read); err == nil {
		t.Error("a list that cannot be read is overwritten")
	}
}

func TestWhereAProjectsFileIsLookedFor(t *testing.T) {
	root := real(t.TempDir())
	file := func(parts ...string) string { return filepath.Join(append([]string{root}, parts...)...) }
	for _, path := range []string{
		file(ProjectFile), file("home", ProjectFile), file("home", "a", ProjectFile), file("home", "a", "b", "x"), file("home", "git", ".git", "x"),
		file("out", ProjectFile), file("out", "c", "x"), file("out", "git", ".git", "x"), file("out", "git", ProjectFile), file("out", "git", "d", "x"),
	} {
		write(t, path, "")
	}
	for dir, want := range map[string]string{
		file("home"):            "", // one's own folder is no project
		file("home", "a"):       file("home", "a", ProjectFile),
		file("home", "a", "b"):  file("home", "a", ProjectFile),
		file("home", "git"):     "", // a checkout is looked through to its root, and no further
		file("out"):             file("out", ProjectFile),
		file("out", "c"):        "", // what is above may be anybody's
		file("out", "git", "d"): file("out", "git", ProjectFile),
		root:                    file(ProjectFile),
		file("missing"):         "",
	} {
		if got := (Places{Dir: dir, Home: file("home")}).project(); got != want {
			t.Errorf("in %s: %q, want %q", dir, got, want)
		}
	}
	if got := (Places{Dir: file("out")}).project(); got != file("out", ProjectFile) {
		t.Errorf("without a home: %q", got)
	}
}

// A file that somebody else can write, and what is no file, is not read.
func TestAProjectsFileOfSomebodyElse(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the system tells neither owner nor mode in a word")
	}
	p := places(t, "", "type = \"a\"\n", nil)
	path := Load(p).Project
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if s := Load(p); s.Get(Type).Text != "" || len(s.Faults) != 1 || !strings.Contains(s.Faults[0].Text, "everybody can write") {
		t.Errorf("%+v", s)
	}
	if err := os.Rename(path, path+".real"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path+".real", path); err != nil {
		t.Fatal(err)
	}
	if s := Load(p); s.Get(Type).Text != "" || len(s.Faults) != 1 || !strings.Contains(s.Faults[0].Text, "not a regular file") {
		t.Errorf("a link: %+v", s)
	}
	if os.Geteuid() != 0 {
		return // nobody else can give a file away
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, path, "type = \"a\"\n")
	if err := os.Chown(path, 4711, 4711); err != nil {
		t.Fatal(err)
	}
	if s := Load(p); s.Get(Type).Text != "" || len(s.Faults) != 1 || !strings.Contains(s.Faults[0].Text, "another user") {
		t.Errorf("of another: %+v", s)
	}
}
