package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/apk" // a format
	_ "github.com/goreleaser/nfpm/v2/deb" // a format
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // a format
)

// formats are the packages that are made for Linux: where their systems' zsh
// looks for completions, and how they describe a package. Alpine's has one line
// for it.
var formats = []struct{ name, zsh, description string }{
	{"deb", "/usr/share/zsh/vendor-completions/_jupyter-ec2", summary + "\n" + about},
	{"rpm", "/usr/share/zsh/site-functions/_jupyter-ec2", about},
	{"apk", "/usr/share/zsh/site-functions/_jupyter-ec2", summary},
}

// removed is run when a package was removed, and when it is replaced, which
// Debian, Red Hat and Alpine say in their own ways: in words, by the number of
// versions that are left, and not at all.
const removed = `#!/bin/sh
case "${1:-}" in
purge | *upgrade | abort-* | disappear | [1-9]) exit 0 ;;
esac
cat <<'END'
%s
END
`

// writePackages writes what the package managers of Linux install.
func (r *release) writePackages(out string, p *product, contents []file) error {
	if p.target.system != "linux" {
		return nil
	}
	for _, format := range formats {
		info, err := r.packageInfo(p, contents, format.zsh)
		if err != nil {
			return err
		}
		info.Description = format.description
		info.Prerelease, info.VersionMetadata = p.version.packaged(format.name)
		packager, err := nfpm.Get(format.name)
		if err != nil {
			return err
		}
		if err := nfpm.PrepareForPackager(info, format.name); err != nil {
			return fmt.Errorf("%s: %w", format.name, err)
		}
		var b bytes.Buffer
		if err := packager.Package(info, &b); err != nil {
			return fmt.Errorf("%s: %w", format.name, err)
		}
		if err := writeFile(filepath.Join(out, packager.ConventionalFileName(info)), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// packageInfo is all that nfpm has to know. It reads the contents from files.
func (r *release) packageInfo(p *product, contents []file, zsh string) (*nfpm.Info, error) {
	const doc = "/usr/share/doc/" + program + "/"
	places := map[string]string{
		program:     "/usr/bin/" + program,
		licenceName: doc + "copyright",
		worksName:   doc + worksName,
		manName:     "/usr/share/man/man1/jupyter-ec2.1.gz",
		bashName:    "/usr/share/bash-completion/completions/" + program,
		zshName:     zsh,
		fishName:    "/usr/share/fish/vendor_completions.d/jupyter-ec2.fish",
	}
	dir := filepath.Join(r.work, "package-"+p.target.arch)
	var all files.Contents
	for _, f := range contents {
		place := places[f.name]
		if place == "" {
			continue
		}
		content := f.content
		if strings.HasSuffix(place, ".gz") {
			var err error
			if content, err = gzipped(content); err != nil {
				return nil, err
			}
		}
		source := filepath.Join(dir, filepath.FromSlash(place))
		if err := writeFile(source, content); err != nil {
			return nil, err
		}
		all = append(all, &files.Content{
			Source: source, Destination: place,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: p.when},
		})
	}
	script := filepath.Join(dir, "removed.sh")
	if err := writeFile(script, fmt.Appendf(nil, removed, leftBehind)); err != nil {
		return nil, err
	}
	if err := os.Chtimes(script, p.when, p.when); err != nil { // an apk keeps it
		return nil, err
	}
	return nfpm.WithDefaults(&nfpm.Info{
		Name: program, Arch: p.target.arch, Platform: p.target.system,
		Version: p.version.core, VersionSchema: "none", Release: "1",
		Section: "utils", Priority: "optional", Homepage: homepage, License: expression(p),
		Maintainer:      "The jupyter-ec2 authors <maintainers@jupyter-ec2.invalid>",
		DisableGlobbing: true, MTime: p.when,
		Overridables: nfpm.Overridables{
			Contents: all,
			// The sandbox installs Jupyter with this computer's Python.
			Recommends: []string{"python3"},
			Suggests:   []string{"openssh-client"},
			Scripts:    nfpm.Scripts{PostRemove: script},
			RPM:        nfpm.RPM{BuildHost: "localhost", Summary: summary},
		},
	}), nil
}
