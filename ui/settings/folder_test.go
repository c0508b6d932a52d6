package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder begins where it is written.
func TestWhereAFolderBegins(t *testing.T) {
	p := places(t, "project = \"mine\"\n", "", nil)
	project := filepath.Join(p.Home, "work", "project")
	has := func(step, want string) {
		t.Helper()
		if s := Load(p); s.Answers().Project != want || len(s.Faults) > 0 {
			t.Errorf("%s: %q, want %q; faults %v", step, s.Answers().Project, want, s.Faults)
		}
	}
	has("the person's file", filepath.Join(p.Home, "config", "mine"))
	for text, want := range map[string]string{".": project, "deep": filepath.Join(project, "deep")} {
		write(t, filepath.Join(project, ProjectFile), "project = \""+text+"\"\n")
		has("the project's file", real(want))
	}
	for text, want := range map[string]string{"x": filepath.Join(p.Dir, "x"), "~": p.Home, "~/y": filepath.Join(p.Home, "y"), "~z": filepath.Join(p.Dir, "~z"), "/abs/../whole": "/whole"} {
		p.Getenv = func(name string) string { return map[string]string{"JUPYTER_EC2_PROJECT": text}[name] }
		has("the environment, "+text, filepath.FromSlash(want))
	}
}

// A project's file reaches nothing outside of its own folder.
func TestAProjectsFileNamesItsOwnFolder(t *testing.T) {
	p := places(t, "", "", nil)
	project := filepath.Join(p.Home, "work", "project")
	if err := os.Symlink(p.Home, filepath.Join(project, "link")); err != nil {
		t.Skip(err)
	}
	for _, text := range []string{"..", "/etc", "~", "~/.ssh", "a/../../..", "link", "link/.ssh"} {
		write(t, filepath.Join(project, ProjectFile), "project = \""+text+"\"\n")
		s := Load(p)
		if len(s.Faults) != 1 || !strings.Contains(s.Faults[0].Error(), `:1: project: a project can name its own folder`) || s.Answers().Project != "" {
			t.Errorf("%q: %v, %q", text, s.Faults, s.Answers().Project)
		}
	}
}

func TestAFolderThatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{"/": "the whole file system", "": "no folder is given", "/w/.config": "begin with a dot", "a\\u001bb": "cannot be a folder's path"} {
		s := Load(places(t, "project = \""+text+"\"\n", "", nil))
		if len(s.Faults) != 1 || !strings.Contains(s.Faults[0].Error(), want) {
			t.Errorf("%q: %v", text, s.Faults)
		}
	}
}
