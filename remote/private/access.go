package private

import (
	"slices"
	"strings"
)

// Access is what others than its owner can do with a file or folder. Who can
// do everything anyway (root; Windows' administrators and the system itself)
// is not counted.
type Access struct {
	Read, Write bool
	Who         string // in words, where it is known: "Everyone", "mode 0644"
	Owner       string // whose it is, where it is not the user's own; empty otherwise
}

// entry is one line of an access list of Windows.
type entry struct {
	who    string // the SID: "S-1-1-0"
	mask   uint32
	grants bool // it allows; the others forbid
	below  bool // it counts only for what is made in the folder
}

// What a mask allows, as in winnt.h.
const (
	fileRead        = 0x1 // list, of a folder
	fileWrite       = 0x2 // add a file
	fileAppend      = 0x4 // add a folder
	fileDeleteBelow = 0x40
	fileDelete      = 0x10000
	writeDAC        = 0x40000
	writeOwner      = 0x80000
	genericAll      = 0x10000000
	genericWrite    = 0x40000000
	genericRead     = 0x80000000

	anyControl = writeDAC | writeOwner | genericAll // who changes the list may do all
	anyRead    = fileRead | genericRead | anyControl
	anyWrite   = fileWrite | fileAppend | fileDeleteBelow | fileDelete | genericWrite | anyControl
)

// trusted reports whether a SID is the user, or one that can do everything on
// the computer or only stands for the user.
func trusted(sid, user string) bool {
	switch sid {
	case user, "S-1-5-18", "S-1-5-32-544", "S-1-3-4": // the system, administrators, whoever is the owner
		return true
	}
	// Programs in a container of the user's, a logon of the user's, and the
	// installer of Windows.
	return slices.ContainsFunc([]string{"S-1-15-", "S-1-5-5-", "S-1-5-80-956008885-"}, func(prefix string) bool { return strings.HasPrefix(sid, prefix) })
}

// judge tells what others can do by an access list. What the list forbids is
// not subtracted: whoever it is meant for is named as one who can. No list at
// all (none) is access for everybody.
func judge(owner, user string, list []entry, none bool) Access {
	var a Access
	if !trusted(owner, user) {
		a.Owner = owner
	}
	if none {
		list = []entry{{who: "S-1-1-0", mask: genericAll, grants: true}}
	}
	for _, e := range list {
		if !e.grants || e.below || trusted(e.who, user) || e.mask&(anyRead|anyWrite) == 0 {
			continue
		}
		a.Read = a.Read || e.mask&anyRead != 0
		a.Write = a.Write || e.mask&anyWrite != 0
		if a.Who == "" {
			a.Who = e.who
		}
	}
	return a
}
