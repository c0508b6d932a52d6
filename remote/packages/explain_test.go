package packages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What uv 0.13 says, word for word.
func TestMissing(t *testing.T) {
	const none = "error: No solution found when resolving dependencies\n  cause: "
	for _, c := range []struct {
		says string
		want Missing
	}{
		{
			none + "Because there is no version of idna==99.1 and you require idna==99.1, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "idna", Version: "==99.1", Why: NoVersion},
		},
		{
			none + "Because only idna<=3.20 is available and you require idna>=4, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "idna", Version: "<=3.20", Why: NoVersion},
		},
		{
			none + "Because no-such-package was not found in the package registry and you require no-such-package, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "no-such-package", Why: Unknown},
		},
		{
			none + "Because pywin32==306 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`) and you require pywin32==306, we can conclude that your requirements are unsatisfiable.\n\nhint: Wheels are available for `pywin32` (v306) on the following platforms: `win32`, `win_amd64`",
			Missing{Name: "pywin32", Version: "==306", Why: NoWheel},
		},
		{
			none + "Because numpy==1.20.0 has no wheels with a matching Python ABI tag (e.g., `cp313`) and you require numpy==1.20.0, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "numpy", Version: "==1.20.0", Why: OtherOne},
		},
		{
			none + "Because the current Python version (3.11.7) does not satisfy Python>=3.13 and idna==3.2 depends on Python>=3.13, we can conclude that idna==3.2 cannot be used.\n         And because only idna<=3.2 is available and you require idna==3.2, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "idna", Version: "==3.2", Why: OtherOne},
		},
		{
			none + "Because scipy==1.5.4 has no usable wheels and you require scipy==1.5.4, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "scipy", Version: "==1.5.4", Why: NoWheel},
		},
		{
			none + "Because attrs==21.1.0 was yanked (reason: Installable but not importable on Python 3.4.) and you require attrs==21.1.0, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "attrs", Version: "==21.1.0", Why: Yanked},
		},
		{
			none + "Because you require idna>=3 and idna<3, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "idna", Version: ">=3", Why: Conflict},
		},
		{
			none + "Because pandas==2.2.0 depends on numpy{python_full_version < '3.12'}>=1.23.2,<2 and you require pandas==2.2.0, we can conclude that you require numpy>=1.23.2,<2.\n         And because you require numpy==1.20.0, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "numpy", Version: "==1.20.0", Why: Conflict, Rival: "pandas==2.2.0 needs numpy>=1.23.2,<2"},
		},
		{
			none + "Because all versions of needy depend on idna<3.10 and you require idna==3.20, we can conclude that your requirements and all versions of needy are incompatible.\n         And because you require needy, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "needy", Why: Conflict, Rival: "needy needs idna<3.10"},
		},
		{
			none + "Because there is no version of torch==2.5.1+cu121 and you require torch==2.5.1+cu121, we can conclude that your requirements are unsatisfiable.",
			Missing{Name: "torch", Version: "==2.5.1+cu121", Why: NoVersion},
		},
		{
			none + "Because tensorflow==2.4.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you require tensorflow==2.4.0, we can conclude that your requirements are unsatisfiable.\n\nhint: You require CPython 3.11 (`cp311`), but we only found wheels for `tensorflow` (v2.4.0) with the following Python ABI tags: `cp36m`",
			Missing{Name: "tensorflow", Version: "==2.4.0", Why: OtherOne},
		},
		{
			"error: Distribution `pywin32==312 @ registry+https://pypi.org/simple` can't be installed because it doesn't have a source distribution or wheel for the current platform\n\nhint: You're on Linux (`manylinux_2_36_x86_64`), but `pywin32` (v312) only has wheels for the following platforms: `win32`",
			Missing{Name: "pywin32", Version: "==312", Why: NoWheel},
		},
		{
			none + "Because attrs was not found in the package registry and you require attrs, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL (http://corp.example/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)",
			Missing{Name: "attrs", Why: NoLogin, Index: "corp.example"},
		},
		{
			none + "Because attrs was not found in the package registry and you require attrs, we can conclude that your requirements are unsatisfiable.\n\nhint: An index (http://corp.example/simple) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid.",
			Missing{Name: "attrs", Why: NoLogin, Index: "corp.example"},
		},
		{
			"error: Request failed after 3 retries in 7.1s\n  cause: Failed to fetch: http://127.0.0.1:1/simple/idna/\n  cause: error sending request for url (http://127.0.0.1:1/simple/idna/)\n  cause: client error (Connect)\n  cause: tcp connect error\n  cause: Connection refused (os error 111)",
			Missing{Name: "idna", Why: IndexDown, Index: "127.0.0.1"},
		},
		{
			"error: Failed to fetch: https://corp.example/f/scikit_learn-1.5.0-cp311-cp311-manylinux_2_17_x86_64.whl\n  cause: HTTP status client error (401 Unauthorized) for url (https://corp.example/f)",
			Missing{Name: "scikit-learn", Version: "==1.5.0", Why: NoLogin, Index: "corp.example"},
		},
		{
			"   Building demo-pkg @ file:///home/x/p\n      Built demo-pkg @ file:///home/x/p\n   Building psycopg2==2.9.9\nerror: The build backend returned an error\n  cause: Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)\n\n         [stderr]\n         error: pg_config executable not found.",
			Missing{Name: "psycopg2", Version: "==2.9.9", Why: BuildFails},
		},
		{
			"error: Failed to download and build `x @ git+https://****@127.0.0.1:1/x.git`\n  cause: Git operation failed",
			Missing{Name: "x", Why: BuildFails},
		},
		{
			"  × Failed to build `psycopg2==2.9.9`\n  ├─▶ The build backend returned an error",
			Missing{Name: "psycopg2", Version: "==2.9.9", Why: BuildFails},
		},
		{
			"  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of\n      numpy==99 and you require numpy==99, we can conclude that your\n      requirements are unsatisfiable.",
			Missing{Name: "numpy", Version: "==99", Why: NoVersion},
		},
	} {
		got := missing(strings.Split("Using Python 3.11.7 environment at: v\n"+c.says, "\n"))
		if len(got) != 1 {
			t.Errorf("%s\nis %v", c.says, got)
			continue
		}
		if diff := cmp.Diff(c.want, got[0]); diff != "" {
			t.Errorf("%s\nis:\n%s", c.says, diff)
		}
	}
	for _, says := range []string{
		"", "Installed 3 packages in 35ms", "error: File not found: nofile.txt", "error: Unexpected '-', expected '-c'",
		"Because there is no version of idna==99.1", "error: no space left: 3 MB are free",
	} {
		if got := missing(strings.Split(says, "\n")); len(got) > 0 {
			t.Errorf("%q is %v", says, got)
		}
	}
}

func TestMissingErrorNamesAll(t *testing.T) {
	e := &MissingError{}
	for _, why := range []Reason{NoVersion, Unknown, NoWheel, OtherOne, Yanked, Conflict, BuildFails, IndexDown, NoLogin} {
		m := Missing{Name: "p-" + string(why), Version: "==1", Why: why, Index: "corp.example"}
		if text := m.String(); !strings.HasPrefix(text, m.Name+"==1: ") {
			t.Errorf("%s", text)
		}
		e.Missing = append(e.Missing, m)
	}
	p := e.Problem()
	if p.Title != "9 packages are not available on the machine" || p.Next.Empty() || !strings.HasSuffix(p.Text, "; and 1 more.") || len(e.Names()) != 9 {
		t.Errorf("%+v, %q", p, e.Names())
	}
	if p := (&MissingError{Missing: e.Missing[:1]}).Problem(); p.Title != "A package is not available on the machine" || p.Text != "p-no-version==1: corp.example has no such version." {
		t.Errorf("%+v", p)
	}
}

// Whatever uv says: a package that is named can be one.
func FuzzMissing(f *testing.F) {
	f.Add("error: No solution\n cause: Because there is no version of idna==99.1 and you require idna==99.1, we")
	f.Add("error: Failed to fetch: http://127.0.0.1:1/simple/idna/")
	f.Add("  Building a==1\nerror: The build backend returned an error")
	f.Add("error: Distribution `a==1 @ b` can't be installed because it doesn't have")
	f.Add("error: An index (x) returned a 403 a was not found in the package registry")
	f.Fuzz(func(t *testing.T, log string) {
		for _, m := range missing(strings.Split(log, "\n")) {
			if m.Name == "" && m.Why != IndexDown && m.Why != NoLogin || m.Why == "" {
				t.Errorf("%q is %+v", log, m)
			}
			if strings.ContainsAny(m.Name, " \n`") || strings.ContainsAny(m.Version, " \n`") {
				t.Errorf("%q is %+v", log, m)
			}
		}
	})
}
