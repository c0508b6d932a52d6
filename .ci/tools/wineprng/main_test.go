package main

import (
	"bytes"
	"debug/pe"
	"strings"
	"testing"
)

func TestLibrary(t *testing.T) {
	f, err := pe.NewFile(bytes.NewReader(dll()))
	if err != nil {
		t.Fatal(err)
	}
	if f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || f.Characteristics&pe.IMAGE_FILE_DLL == 0 || len(f.Sections) != 1 {
		t.Fatalf("%+v", f.FileHeader)
	}
	h, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok {
		t.Fatalf("%T", f.OptionalHeader)
	}
	where := h.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	section := f.Sections[0]
	content, err := section.Data()
	if err != nil || where.VirtualAddress != section.VirtualAddress || int(where.Size) > len(content) {
		t.Fatalf("exports at %+v, section %+v, %v", where, section.SectionHeader, err)
	}
	// A forwarder lies in the directory itself.
	exported := content[:where.Size]
	for _, text := range []string{library, function, forward} {
		if !strings.Contains(string(exported), text+"\x00") {
			t.Errorf("%q is not there", text)
		}
	}
}
