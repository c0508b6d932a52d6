package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const sumsName = "SHA256SUMS"

// writeArchive writes the binary and what stands beside it: a zip for Windows,
// which unpacks it without help, and a tar.gz for the others. They have no
// folder around them, as Homebrew and AUR want them.
func writeArchive(out string, p *product, contents []file) error {
	base := fmt.Sprintf("%s_%s_%s_%s", program, p.version.file(), p.target.system, p.target.arch)
	pack, ending := tarred, ".tar.gz"
	if p.target.system == "windows" {
		pack, ending = zipped, ".zip"
	}
	packed, err := pack(contents, p.when)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(out, base+ending), packed)
}

// tarred packs files, in their order, at one time, as nobody's in particular.
func tarred(files []file, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	for _, f := range files {
		err := t.WriteHeader(&tar.Header{
			Name: f.name, Size: int64(len(f.content)), Mode: int64(f.mode), ModTime: when,
			Typeflag: tar.TypeReg, Format: tar.FormatPAX,
		})
		if err != nil {
			return nil, err
		}
		if _, err := t.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// gzipped is a file compressed, without a name or a time in it.
func gzipped(content []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// writeSums writes what `sha256sum -c` reads.
func writeSums(out string) error {
	entries, err := os.ReadDir(out) // in the order of names
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(content), e.Name())
	}
	return writeFile(filepath.Join(out, sumsName), b.Bytes())
}
