package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const mit = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining\na copy of this software"

func TestKindsOfLicences(t *testing.T) {
	for content, want := range map[string][]string{
		mit: {"MIT"},
		"                                 Apache License\n                           Version 2.0, January 2004":                                                      {"Apache-2.0"},
		"Permission to use, copy, modify, and/or distribute this\nsoftware for any purpose with or without fee is hereby granted":                                    {"ISC"},
		"Redistribution and use in source and binary forms, with or without modification":                                                                            {"BSD-2-Clause"},
		"Redistribution and use in source\nand binary forms. Neither the name of Google Inc. may be used to\nendorse or promote products derived from this software": {"BSD-3-Clause"},
		mit + "\n\nApache License Version 2.0":                     {"Apache-2.0", "MIT"},
		"You may look at it on Sundays.":                           nil,
		"GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n":    nil,
		"Copyright 2020 Somebody. Licensed under the terms below.": nil,
	} {
		if got := kindsOf(content); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", content, got, want)
		}
	}
}

// readModule writes a module's files, and reads its licences as those of a package
// in a folder of it.
func readModule(t *testing.T, files map[string]string, pkg string) (*work, error) {
	t.Helper()
	top := t.TempDir()
	for name, content := range files {
		if err := writeFile(filepath.Join(top, name), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	w := &work{module: "example.com/m", version: "v1.0.0"}
	if err := w.read(top, filepath.Join(top, pkg)); err != nil {
		t.Fatal(err)
	}
	return w, w.judge()
}

func TestLicencesOfAModule(t *testing.T) {
	w, err := readModule(t, map[string]string{
		"LICENSE": mit, "NOTICE.txt": "Made by us.", "license.go": "package m", "a/b/b.go": "package b",
		"a/COPYING": "Apache License, Version 2.0", "beside/LICENSE": "Whatever.",
	}, "a/b")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range w.texts {
		names = append(names, x.name)
	}
	if !slices.Equal(names, []string{"LICENSE", "NOTICE.txt", "a/COPYING"}) || !slices.Equal(w.kinds, []string{"Apache-2.0", "MIT"}) {
		t.Errorf("found %q, of the kinds %q", names, w.kinds)
	}
}

// Nothing is given away that nobody has allowed.
func TestModulesThatCannotBePublished(t *testing.T) {
	for what, files := range map[string]map[string]string{
		"has no licence":  {"b/b.go": "package b", "NOTICE": "Made by us.", "beside/LICENSE": mit},
		"none that is kn": {"b/b.go": "package b", "LICENSE": mit, "b/LICENSE": "All rights reserved."},
	} {
		if _, err := readModule(t, files, "b"); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
