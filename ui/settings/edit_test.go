package settings

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/private"
)

// What is set stands where it belongs, and everything else as it was.
func TestSet(t *testing.T) {
	for _, c := range []struct{ file, key, value, want string }{
		{"", "type", "t3.large", "type = \"t3.large\"\n"},
		{"", "disk", "20", "disk = 20\n"},
		{"# mine\n", "type", "a", "# mine\ntype = \"a\"\n"},
		{"type = 'a' # small", "type", "b", "type = \"b\" # small"},
		{"type   =  \"a\"   # small\ndisk=9\n", "type", "b", "type   =  \"b\"   # small\ndisk=9\n"},
		{"type = \"\"\"\na\"\"\" # long\ndisk = 9\n", "type", "b", "type = \"b\" # long\ndisk = 9\n"},
		{"type = [1,\n 2] # odd\n", "type", "b", "type = \"b\" # odd\n"},
		{"type = \"a\"\n\n# after\n", "mode", "http", "type = \"a\"\nmode = \"http\"\n\n# after\n"},
		{"# top\n\n# of the table\n[tags]\na = \"b\"\n", "type", "x", "# top\n\ntype = \"x\"\n\n# of the table\n[tags]\na = \"b\"\n"},
		{"type = \"a\"\r\n", "disk", "9", "type = \"a\"\r\ndisk = 9\r\n"},
		{"type = \"a\"", "disk", "9", "type = \"a\"\ndisk = 9\n"},
		{"type = \"a\"\n", "tags.team", "lab", "type = \"a\"\n\n[tags]\nteam = \"lab\"\n"},
		{"", "tags.cost center", "a\"b\\c", "[tags]\n\"cost center\" = \"a\\\"b\\\\c\"\n"},
		{"[tags] # all\na = \"b\" # a\n# end\n", "tags.c", "d", "[tags] # all\na = \"b\" # a\nc = \"d\"\n# end\n"},
		{"[tags]", "tags.c", "d", "[tags]\nc = \"d\"\n"},
		{"[tags]\na = \"b\"\n", "tags.a", "", "[tags]\na = \"\"\n"},
		{"tags.a = \"b\"\ntype = \"x\"\n", "tags.c", "d", "tags.a = \"b\"\ntags.c = \"d\"\ntype = \"x\"\n"},
		{"tags = {a = \"b\", c = \"d\"}\n", "tags.c", "e", "tags = {a = \"b\", c = \"e\"}\n"},
		{"mode = \"ftp\"\n", "mode", "http", "mode = \"http\"\n"}, // what is wrong can be put right
		{"diks = 9\n", "disk", "9", "diks = 9\ndisk = 9\n"},
		{"[tags]\na = \"b\"\n", "tags.disk", "d", "[tags]\na = \"b\"\n\"disk\" = \"d\"\n"},
	} {
		p := Places{User: filepath.Join(t.TempDir(), "new", UserFile)}
		if c.file != "" {
			write(t, p.User, c.file)
		}
		if err := p.Set(Key(c.key), c.value); err != nil {
			t.Errorf("%q: %v", c.file, err)
			continue
		}
		got, err := os.ReadFile(p.User)
		if err != nil || string(got) != c.want {
			t.Errorf("%q, %s = %s:\n%q, want\n%q; %v", c.file, c.key, c.value, got, c.want, err)
		}
		info, err := os.Stat(p.User)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
}

// The files are their owner's alone on every system: by mode, or by access list.
func TestWhatIsWrittenIsPrivate(t *testing.T) {
	p := places(t, "", "type = \"a\"\n", nil)
	if err := errors.Join(p.Set(Disk, "20"), p.Trust(Load(p))); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{p.User, filepath.Dir(p.User), p.Trusted, filepath.Dir(p.Trusted)} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if access, err := private.Of(path, info); err != nil || access != (private.Access{}) {
			t.Errorf("%s: others: %+v, %v", path, access, err)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for _, c := range []struct{ file, key, value, want string }{
		{"type = \"a\"\n", "mode", "ftp", `the mode "ftp" is not one of ssh, http, gateway`},
		{"", "disk", "4", "a disk of 4 GB is not possible"},
		{"type = a\n", "disk", "9", ":1: this is not TOML"},
		{"tags = {a = \"b\"}\n", "tags.c", "d", "the tags stand in one line of the file, line 1"},
		{"tags = \"x\"\n", "tags.c", "d", "the tags are no table in the file, line 1"},
	} {
		p := Places{User: filepath.Join(t.TempDir(), UserFile)}
		if c.file != "" {
			write(t, p.User, c.file)
		}
		if err := p.Set(Key(c.key), c.value); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.file, err, c.want)
		}
		if got, _ := os.ReadFile(p.User); string(got) != c.file {
			t.Errorf("%q was changed to %q", c.file, got)
		}
	}
}

func TestUnset(t *testing.T) {
	for _, c := range []struct {
		file, key, want string
		done            bool
	}{
		{"# mine\ntype = \"a\" # x\ndisk = 9\n", "type", "# mine\ndisk = 9\n", true},
		{"disk = 9\ntype = \"\"\"\na\"\"\"", "type", "disk = 9\n", true},
		{"[tags]\na = \"b\"\nc = \"d\"\n", "tags.a", "[tags]\nc = \"d\"\n", true},
		{"disk = 9\n", "type", "disk = 9\n", false},
		{"disk = 4\n", "disk", "", true},
	} {
		p := Places{User: filepath.Join(t.TempDir(), UserFile)}
		write(t, p.User, c.file)
		done, err := p.Unset(Key(c.key))
		got, _ := os.ReadFile(p.User)
		if err != nil || done != c.done || string(got) != c.want {
			t.Errorf("%q without %s: %q, %v, %v", c.file, c.key, got, done, err)
		}
	}
	p := Places{User: filepath.Join(t.TempDir(), "missing", UserFile)}
	if done, err := p.Unset(Type); done || err != nil {
		t.Errorf("without a file: %v, %v", done, err)
	}
}

// A link to a file, as people who keep their files elsewhere have it, stays one.
func TestALinkStaysOne(t *testing.T) {
	dir := t.TempDir()
	p := Places{User: filepath.Join(dir, UserFile)}
	write(t, filepath.Join(dir, "kept"), "type = \"a\"\n")
	if err := os.Symlink("kept", p.User); err != nil {
		t.Skip(err)
	}
	if err := p.Set(Type, "b"); err != nil {
		t.Fatal(err)
	}
	kept, _ := os.ReadFile(filepath.Join(dir, "kept"))
	info, err := os.Lstat(p.User)
	if err != nil || info.Mode()&os.ModeSymlink == 0 || string(kept) != "type = \"b\"\n" {
		t.Errorf("%v, %v: %q", info.Mode(), err, kept)
	}
}

// The file that a person is shown first has every setting, and sets none.
func TestTemplate(t *testing.T) {
	if values, faults := read(User, []byte(Template())); len(values) > 0 || len(faults) > 0 {
		t.Errorf("%v, %v", values, faults)
	}
	text := strings.Replace(Template(), "# tags.", "tags.", 1)
	for _, k := range Keys() {
		text = strings.Replace(text, "# "+string(k)+" = ", string(k)+" = ", 1)
	}
	values, faults := read(User, []byte(text))
	if len(values) != len(Keys())+1 || len(faults) > 0 {
		t.Errorf("%d values of %d settings and a tag; %v:\n%s", len(values), len(Keys()), faults, text)
	}
}

// What is set below the template stays a setting when the template's lines are
// uncommented, all of them.
func TestTheTemplateAfterSet(t *testing.T) {
	p := Places{User: filepath.Join(t.TempDir(), UserFile)}
	if err := p.Create(); err != nil {
		t.Fatal(err)
	}
	if err := p.Set(Disk, "20"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(p.User)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("# [tags]", "[tags]", "# tags.", "tags.", "# team", "team").Replace(string(data))
	write(t, p.User, text)
	if s := Load(p); s.Get(Disk).Text != "20" || s.Get(TagKey("team")).Text != "lab" || len(s.Faults) > 0 {
		t.Errorf("the disk is %q, the tag %q; %v:\n%s", s.Get(Disk).Text, s.Get(TagKey("team")).Text, s.Faults, text)
	}
}

// Whatever a file says, reading ends in values that can be used and faults that
// name a line of the file, and of a project only what a project may set.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"", "type = \"a\"\ndisk = 9\n[tags]\na = \"b\"\n", "tags = {a = 1, b = {c = 2}}", "[[tags]]\n", "a.b.c = 1", "\"\" = 1", "type = '''\nx'''\n[x]\ntype = 1",
		"profile = \"x\"\nidle-stop = \"never\"\nlifetime = 99999", "tags.\"\" = \"\"", "[tags]\n[tags]\n", "disk = 1_0", "disk = 0b1001",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxFile {
			return
		}
		for _, from := range []Source{User, Project} {
			values, faults := read(from, data)
			lines := 1 + strings.Count(string(data), "\n")
			for k, v := range values {
				if err := k.Check(v.Text); err != nil || v.Line < 1 || v.Line > lines {
					t.Errorf("%s = %q in line %d: %v", k, v.Text, v.Line, err)
				}
				if s, _ := k.setting(); from == Project && s.own {
					t.Errorf("a project sets %s", k)
				}
			}
			for _, f := range faults {
				if f.Line < 0 || f.Line > lines || f.Text == "" {
					t.Errorf("%+v of %d lines", f, lines)
				}
			}
		}
	})
}

// What is set is read back, and what else the file says stays.
func FuzzSet(f *testing.F) {
	for _, text := range []string{
		"", "# c\ntype = \"a\" # x\n\n[tags]\nb = \"c\"\n", "tags = {a = \"b\"}", "[tags]", "type = 1\r\n", "a = [\n1]\ndisk = 9 # x", "tags.a.b = 1", "tags.a = \"\"",
	} {
		f.Add([]byte(text), "type", "t3.large")
		f.Add([]byte(text), "tags.x y", "\"\\\u00fc")
	}
	f.Fuzz(func(t *testing.T, data []byte, key, value string) {
		k := Key(key)
		if len(data) > maxFile || k.Check(value) != nil {
			return
		}
		d, _, err := parse(data)
		if err != nil {
			return
		}
		changed, err := d.set(k, value)
		if err != nil || !holds(data, changed, k, &value) {
			return // it is refused, and nothing is written
		}
		before, _ := read(User, data)
		after, faults := read(User, changed)
		if after[k].Text != value {
			t.Errorf("%q: %s is %q, not %q; %v", changed, k, after[k].Text, value, faults)
		}
		delete(before, k)
		delete(after, k)
		if !reflect.DeepEqual(texts(before), texts(after)) {
			t.Errorf("%q became %q", data, changed)
		}
		if strings.Count(string(changed), "#") < strings.Count(string(data), "#")-strings.Count(valueOf(d, k), "#") {
			t.Errorf("a comment is lost: %q became %q", data, changed)
		}
	})
}

func texts(values map[Key]Value) map[Key]string {
	all := maps.Collect(func(yield func(Key, string) bool) {
		for k, v := range values {
			if !yield(k, v.Text) {
				return
			}
		}
	})
	return all
}

// valueOf is a value as the file has it.
func valueOf(d document, k Key) string {
	e, _ := d.find(k)
	return string(d.data[e.value:e.to])
}
