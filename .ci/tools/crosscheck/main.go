// Command crosscheck type-checks the program for other systems. It finds what
// a cross build would find in our own files, such as a function that only
// another system has, without compiling the AWS SDK once for each of them,
// which takes minutes; `make cross` does that.
//
// Usage: crosscheck OS/ARCH... (in the module's root)
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	root, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bad := false
	for _, target := range os.Args[1:] {
		problems, err := check(root, target)
		if err != nil {
			problems = append(problems, err.Error())
		}
		for _, p := range problems {
			fmt.Fprintf(os.Stderr, "%s: %s\n", target, p)
			bad = true
		}
	}
	if bad {
		os.Exit(1)
	}
}

func check(root, target string) (problems []string, err error) {
	system, arch, ok := strings.Cut(target, "/")
	if !ok {
		return nil, fmt.Errorf("a target is OS/ARCH, such as windows/arm64")
	}
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesSizes | packages.NeedModule,
		Dir:   root,
		Env:   append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch),
		Tests: true,
		ParseFile: func(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
			f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
			if f != nil && !strings.HasPrefix(name, root+string(filepath.Separator)) {
				withoutBodies(f)
			}
			return f, err
		},
	}, "./...")
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	packages.Visit(pkgs, nil, func(p *packages.Package) {
		// Others' packages, and the go command's own test mains, are without
		// their bodies and look wrong; they are not what is checked.
		if p.Module == nil || !p.Module.Main || strings.HasSuffix(p.ID, ".test") {
			return
		}
		for _, e := range p.Errors {
			if !seen[e.Error()] { // a package with tests is loaded twice
				seen[e.Error()] = true
				problems = append(problems, e.Error())
			}
		}
	})
	return problems, nil
}

// withoutBodies leaves of another module's file what its importers need.
func withoutBodies(f *ast.File) {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			fn.Body = nil
		}
	}
}
