package problem

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// frontEndsOwn is what only a front end may say, since each has its own: the
// commands of the program, its flags, and the keys of its screen. A text of
// aws, remote or steps names an action instead; see package steps/problem.
type frontEndsOwn map[string]*regexp.Regexp

func newFrontEndsOwn(flags []string) frontEndsOwn {
	const key = `[a-zA-Z?]` // the words "a" and "I" are none
	return frontEndsOwn{
		"a command of the program": regexp.MustCompile(`(?:^|[^.\w/])jupyter-ec2 `),
		"a flag of the program":    regexp.MustCompile(`(?:^|[^\w-])--(?:` + strings.Join(flags, "|") + `)(?:[^\w-]|$)`),
		"a key of the screen": regexp.MustCompile(`\b[Pp]ress(?:es)? (?:enter|esc|tab|space|ctrl|` + key + `\b)` +
			`|(?:^|[ (,.])[b-zB-HJ-Z?] (?:adopts|adds|copies|continues|does|fixes|opens|removes|restarts|retries|shows|starts|stops|terminates)\b` +
			`|\bwith [b-zB-HJ-Z?](?:[ ,.)]|$)|Your setups`),
	}
}

// saidInOtherWays are the texts that only look like a front end's, by file and
// the text's beginning, with the reason.
var saidInOtherWays = map[[2]string]string{
	{"aws/explain.go", " --profile "}:                                          "the aws command's own flag",
	{"remote/sshhost/python.go", "Install Python 3 "}:                          "a flag of xcode-select",
	{"aws/explain_launch.go", "a --region "}:                                   "the aws command's own flag",
	{"aws/explain_launch.go", "ec2 create-default-vpc --region "}:              "the aws command's own flag",
	{"aws/explain_launch.go", "ec2 get-ebs-default-kms-key-id --region "}:      "the aws command's own flag",
	{"aws/explain_launch.go", "ec2 reset-ebs-default-kms-key-id --region "}:    "the aws command's own flag",
	{"steps/manual.go", " --profile "}:                                         "the aws command's own flag",
	{"steps/manual.go", " --region "}:                                          "the aws command's own flag",
	{"steps/manual.go", "ssm get-parameter --name "}:                           "the aws command's own flag",
	{"steps/manual.go", " --no-reboot"}:                                        "the aws command's own flag",
	{"steps/manual.go", " --name "}:                                            "the aws command's own flag",
	{"remote/carrier.go", "jupyter-ec2 carries"}:                               "the beginning of a line that is for the program",
	{"remote/hostkey_change.go", "jupyter-ec2 host key: "}:                     "the beginning of a line that is for the program",
	{"steps/engine/image_save.go", "jupyter-ec2 "}:                             "an image's name in EC2's console",
	{"steps/manual.go", "pip --version"}:                                       "pip's own flag",
	{"steps/manual.go", "jupyter notebook --version"}:                          "Jupyter's own flag",
	{"steps/manual.go", "jupyter kernelgateway --version"}:                     "Jupyter's own flag",
	{"steps/engine/notebook.go", "--version"}:                                  "Jupyter's own flag",
	{"remote/jupyter/certificate.go", "jupyter-ec2 server"}:                    "a certificate's name",
	{"remote/jupyter/endpoint.go", "jupyter-ec2 check "}:                       "the beginning of what is hashed",
	{"steps/engine/launch.go", "jupyter-ec2 "}:                                 "a security group's description",
	{"steps/engine/launch_key.go", "jupyter-ec2 "}:                             "a key's comment",
	{"steps/engine/target.go", "jupyter-ec2 "}:                                 "a machine's name in EC2's console",
	{"steps/engine/ledger.go", "Another jupyter-ec2 is working on this setup"}: "the program's name",
}

// flagsOf lists the flags that a command's file adds.
func flagsOf(f *ast.File) []string {
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || len(c.Args) < 3 {
			return true
		}
		fun, ok := c.Fun.(*ast.SelectorExpr)
		name, isText := c.Args[1].(*ast.BasicLit)
		if ok && isText && regexp.MustCompile(`Var(P|PF)?$`).MatchString(fun.Sel.Name) {
			if s, err := strconv.Unquote(name.Value); err == nil {
				names = append(names, s)
			}
		}
		return true
	})
	return names
}

func parsed(t *testing.T, name string, content []byte) (*token.FileSet, *ast.File) {
	t.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, name, content, 0)
	if err != nil {
		t.Fatal(err)
	}
	return files, f
}

// walk visits the program's Go files in these folders and below them; tests,
// and packages that are for tests, are not among them. Names begin at the
// repository's root.
func walk(t *testing.T, visit func(name string, content []byte), folders ...string) {
	t.Helper()
	forTests := []string{"steps/hosttest", "steps/stepstest", "remote/testhost", "aws/contract", "remote/await"}
	tree := os.DirFS("../..")
	for _, folder := range folders {
		err := fs.WalkDir(tree, folder, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || slices.Contains(forTests, name)):
				return fs.SkipDir
			case d.IsDir(), path.Ext(name) != ".go", strings.HasSuffix(name, "_test.go"):
				return nil
			}
			content, err := fs.ReadFile(tree, name)
			if err != nil {
				return err
			}
			visit(name, content)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnlyFrontEndsSpeakOfCommandsFlagsAndKeys(t *testing.T) {
	flags := []string{"help", "version"} // cobra adds these
	walk(t, func(name string, content []byte) {
		_, f := parsed(t, name, content)
		flags = append(flags, flagsOf(f)...)
	}, "ui/cli")
	for _, known := range []string{"sandbox", "recursive", "plan", "profile", "fix", "lifetime"} {
		if !slices.Contains(flags, known) {
			t.Errorf("the flag --%s is not found: %q", known, flags)
		}
	}
	own, excused, texts := newFrontEndsOwn(flags), map[[2]string]bool{}, 0
	walk(t, func(name string, content []byte) {
		files, f := parsed(t, name, content)
		ast.Inspect(f, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			texts++
			for excuse := range saidInOtherWays {
				if excuse[0] == name && strings.HasPrefix(text, excuse[1]) {
					excused[excuse] = true
					return true
				}
			}
			for what, pattern := range own {
				if said := pattern.FindString(text); said != "" {
					t.Errorf("%s: %s, %q, in %q", files.Position(l.Pos()), what, said, text)
				}
			}
			return true
		})
	}, "aws", "remote", "steps")
	if texts < 1000 {
		t.Errorf("only %d texts found", texts)
	}
	for excuse, why := range saidInOtherWays {
		if !excused[excuse] {
			t.Errorf("%s does not say %q (%s) any more", excuse[0], excuse[1], why)
		}
	}
}

// The patterns find what they are for, and no plain English.
func TestWhatFrontEndsSayIsFound(t *testing.T) {
	own := newFrontEndsOwn([]string{"sandbox", "recursive"})
	for text, is := range map[string]bool{
		"Start it with jupyter-ec2 start lab.":                   true,
		"Without an AWS account, try --sandbox.":                 true,
		"Copy it by adding --recursive (-r).":                    true,
		"Create one, then press r.":                              true,
		"Nothing exists until you press L here.":                 true,
		"What was made for it may be left: x removes that.":      true,
		"Save one from the review page with s, or leave it out.": true,
		"so does r in the program's list, Your setups.":          true,
		"Look at ~/.jupyter-ec2 on the machine.":                 false,
		"Compress a copy, then go ahead with a new one":          false,
		"xcode-select --install":                                 false,
	} {
		found := false
		for _, pattern := range own {
			found = found || pattern.MatchString(text)
		}
		if found != is {
			t.Errorf("%q is a front end's: %v", text, found)
		}
	}
}
