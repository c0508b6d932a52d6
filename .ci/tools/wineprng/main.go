// Command wineprng writes a bcryptprimitives.dll for a Wine that has none
// (before Wine 9, such as Debian 12's). Every Go program asks that library for
// random numbers before it does anything else. This one has no code: its only
// export is a forwarder to the function of advapi32 that does the same.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

const (
	library  = "bcryptprimitives.dll"
	function = "ProcessPrng"
	forward  = "advapi32.SystemFunction036" // RtlGenRandom

	fileAlign    = 0x200
	sectionAlign = 0x1000
	sectionAt    = 0x1000 // in memory
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: wineprng FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], dll(), 0o644); err != nil { // #nosec G306 -- a library
		fmt.Fprintln(os.Stderr, "wineprng:", err)
		os.Exit(1)
	}
}

// exports is the export directory with what it leads to. A function whose
// address lies in the directory itself is the name of another one.
func exports() []byte {
	const directory, tables = 40, 4 + 4 + 2 + 2 // one address, one name, one number, and padding
	names := directory + tables
	libraryAt := sectionAt + names
	functionAt := libraryAt + len(library) + 1
	forwardAt := functionAt + len(function) + 1
	var b bytes.Buffer
	put(&b, uint32(0), uint32(0), uint32(0), uint32(libraryAt), uint32(1), uint32(1), uint32(1),
		uint32(sectionAt+directory), uint32(sectionAt+directory+4), uint32(sectionAt+directory+8))
	put(&b, uint32(forwardAt), uint32(functionAt), uint16(0), uint16(0))
	for _, s := range []string{library, function, forward} {
		b.WriteString(s)
		b.WriteByte(0)
	}
	return b.Bytes()
}

// dll is a library for x86-64 with one section, that of the exports.
func dll() []byte {
	edata := exports()
	size := uint32(len(edata)) // #nosec G115 -- some hundred bytes
	var b bytes.Buffer
	b.WriteString("MZ")
	b.Write(make([]byte, 0x3a))
	put(&b, uint32(0x40))
	b.WriteString("PE\x00\x00")
	// x86-64, one section, the optional header's size, a library that can be run.
	put(&b, uint16(0x8664), uint16(1), uint32(0), uint32(0), uint32(0), uint16(240), uint16(0x2022))
	// PE32+, no code and no entry point.
	put(&b, uint16(0x20b), uint16(0), uint32(0), uint32(fileAlign), uint32(0), uint32(0), uint32(0))
	put(&b, uint64(0x180000000), uint32(sectionAlign), uint32(fileAlign))
	put(&b, uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0))
	// The whole in memory, the headers, a console's program, relocatable.
	put(&b, uint32(2*sectionAlign), uint32(fileAlign), uint32(0), uint16(3), uint16(0x140))
	put(&b, uint64(1<<20), uint64(1<<12), uint64(1<<20), uint64(1<<12), uint32(0), uint32(16))
	put(&b, uint32(sectionAt), size)
	b.Write(make([]byte, 15*8))
	b.WriteString(".edata\x00\x00")
	put(&b, size, uint32(sectionAt), uint32(fileAlign), uint32(fileAlign), uint32(0), uint32(0), uint32(0), uint32(0x40000040))
	b.Write(make([]byte, fileAlign-b.Len()))
	b.Write(edata)
	b.Write(make([]byte, 2*fileAlign-b.Len()))
	return b.Bytes()
}

func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(b, binary.LittleEndian, v) // into memory
	}
}
