package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
)

// checkRPM reads a package of Red Hat.
func checkRPM(t *testing.T, name string, target target) {
	t.Helper()
	all := unrpm(t, name)
	checkBinary(t, all["./usr/bin/jupyter-ec2"], target)
	checkTexts(t, all, "site-functions")
	if len(all) != 7 {
		t.Errorf("it holds %d files", len(all))
	}
}

// unrpm skips what an rpm begins with: a lead of 96 bytes, the signatures,
// which are filled up to eight bytes, and the header.
func unrpm(t *testing.T, name string) map[string]packed {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := 96
	for range 2 {
		at = (at + 7) / 8 * 8
		if len(b) < at+16 || !bytes.HasPrefix(b[at:], []byte{0x8e, 0xad, 0xe8, 1}) {
			t.Fatalf("no header at %d", at)
		}
		at += 16 + 16*int(binary.BigEndian.Uint32(b[at+8:])) + int(binary.BigEndian.Uint32(b[at+12:]))
	}
	z, err := gzip.NewReader(bytes.NewReader(b[at:]))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return uncpio(t, archive)
}

// uncpio reads the files of a cpio archive in its newer form: a header of 13
// numbers in hexadecimal, the name and the content, each filled up to four bytes.
func uncpio(t *testing.T, b []byte) map[string]packed {
	t.Helper()
	all := map[string]packed{}
	take := func(n int) []byte {
		if n > len(b) {
			t.Fatalf("%d bytes of %d", len(b), n)
		}
		one := b[:n]
		b = b[min((n+3)/4*4, len(b)):]
		return one
	}
	for {
		// The header's own length is no multiple of four, that with its name is.
		if len(b) < 110 || string(b[:6]) != "070701" {
			t.Fatalf("no file begins with %.6q", b)
		}
		field := func(i int) int {
			n, err := strconv.ParseUint(string(b[6+8*i:14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		mode, size, long := field(1), field(6), field(11)
		name := strings.TrimSuffix(string(take(110 + long)[110:]), "\x00")
		content := take(size)
		if name == "TRAILER!!!" {
			return all
		}
		if mode&0o170000 == 0o100000 { // a file, and no folder
			all[name] = packed{fs.FileMode(mode & 0o7777), content} //nolint:gosec // twelve bits
		}
	}
}
