//go:build unix

package sshhost

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity is who a host's processes run as.
type identity struct {
	drop     bool // the program is root, the host must not be
	uid, gid int
}

// hostIdentity is the program's own user, or nobody when that is root: the
// password file's, else the number that means nobody on Linux.
func hostIdentity() identity {
	if os.Geteuid() != 0 {
		return identity{uid: os.Geteuid(), gid: os.Getegid()}
	}
	who := identity{drop: true, uid: 65534, gid: 65534}
	if u, err := user.Lookup("nobody"); err == nil {
		uid, errU := strconv.ParseUint(u.Uid, 10, 31)
		gid, errG := strconv.ParseUint(u.Gid, 10, 31)
		if errU == nil && errG == nil && uid != 0 && gid != 0 {
			who.uid, who.gid = int(uid), int(gid)
		}
	}
	return who
}

// apply makes a process begin as the identity, in a session of its own.
func (i identity) apply(tty bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true, Setctty: tty}
	if i.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)} // #nosec G115 -- both come from 32 bits
	}
	return attr
}

// own gives a file to the identity.
func (i identity) own(path string) error {
	if !i.drop {
		return nil
	}
	return os.Lchown(path, i.uid, i.gid)
}

// reaches reports whether the identity can get to path and read it: by its mode
// bits for others when the identity is not the program's own.
func (i identity) reaches(path string) bool {
	if !i.drop {
		return true
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	need := fs.FileMode(0o004)
	for {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&need != need {
			return false
		}
		need = 0o001
		if parent := filepath.Dir(path); parent != path {
			path = parent
			continue
		}
		return true
	}
}
