package private

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// user is the SID of who runs this program.
func user() (*windows.SID, error) {
	u, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("ask Windows who you are: %w", err)
	}
	return u.User.Sid, nil
}

// ownersOnly is the access list of what is the user's alone: the user, the
// system and administrators, and nobody that the folder above would add. What
// is made in a folder has the same list.
func ownersOnly() (*windows.SECURITY_DESCRIPTOR, error) {
	me, err := user()
	if err != nil {
		return nil, err
	}
	// D: the list, P: protected from the folder above; OICI: for what is made in
	// it, too; FA: all that can be done with a file.
	return windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;" + me.String() + ")(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)")
}

// attributes are what a file or folder is made with, so that it is never open
// to others.
func attributes() (*windows.SecurityAttributes, error) {
	sd, err := ownersOnly()
	if err != nil {
		return nil, err
	}
	a := &windows.SecurityAttributes{SecurityDescriptor: sd}
	a.Length = uint32(unsafe.Sizeof(*a)) // #nosec G103 -- its size alone
	return a, nil
}

// MkdirAll makes a folder, and those above it that are missing, which only
// their owner can enter. One that is there stays as it is.
func MkdirAll(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if above := filepath.Dir(path); above != path {
		if err := MkdirAll(above); err != nil {
			return err
		}
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return &fs.PathError{Op: "mkdir", Path: path, Err: err}
	}
	a, err := attributes()
	if err != nil {
		return err
	}
	if err := windows.CreateDirectory(name, a); err != nil {
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			return nil // another process has made it
		}
		return &fs.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// create makes an empty file that only its owner can use; one that is there is
// fs.ErrExist.
func create(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	a, err := attributes()
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, a,
		windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return windows.CloseHandle(h)
}

// OpenFile is [os.OpenFile] for a file that is its owner's alone where this
// makes it. One that is there stays as it is. The mode counts elsewhere: here it
// would only make a file that nothing can replace.
func OpenFile(path string, flag int, _ fs.FileMode) (*os.File, error) {
	if flag&os.O_CREATE != 0 {
		if err := create(path); err != nil && (flag&os.O_EXCL != 0 || !errors.Is(err, fs.ErrExist)) {
			return nil, err
		}
	}
	return os.OpenFile(path, flag&^(os.O_CREATE|os.O_EXCL), 0o600)
}

// WriteFile replaces a file by one that only its owner can use, whole or not
// at all. It is on the disk when this returns. Its folder must be there.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	part := filepath.Join(filepath.Dir(path), ".tmp-"+filepath.Base(path)+rand.Text())
	f, err := OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = Rename(part, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

// renameWithin is how long somebody may hold a file that is to be replaced: a
// process that reads it, or a scanner for viruses.
const renameWithin = 2 * time.Second

// Rename is [os.Rename] of a file in its folder, onto one that another process
// may just be reading: Windows replaces none that is open.
func Rename(from, to string) error {
	if info, err := os.Lstat(to); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o200 == 0 {
		_ = os.Chmod(to, 0o600) // nor one that is marked as read-only
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := os.Rename(from, to)
		if !InUse(err) || time.Since(began) > renameWithin {
			return err
		}
	}
}

// Restrict takes a file away from all but its owner, the system and
// administrators.
func Restrict(path string, _ fs.FileMode) error {
	sd, err := ownersOnly()
	if err != nil {
		return err
	}
	list, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("protect %s: %w", path, err)
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	if err != nil {
		return &fs.PathError{Op: "protect", Path: path, Err: err}
	}
	return nil
}

// Narrow takes an open file away from all but its owner, where others can do
// something with it.
func Narrow(f *os.File, info fs.FileInfo) error {
	a, err := Of(f.Name(), info)
	if err != nil || !a.Read && !a.Write {
		return err
	}
	return Restrict(f.Name(), 0o600)
}

// InUse reports whether a file could not be moved because a process has it
// open. Windows says the one of the file itself, and the other of the one that
// it would replace.
func InUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// Of tells what others can do with a file or folder, by its access list. Of a
// link it tells of what the link leads to: a link has no use of its own.
func Of(path string, _ fs.FileInfo) (Access, error) {
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return Access{}, &fs.PathError{Op: "read the access list of", Path: path, Err: err}
	}
	me, err := user()
	if err != nil {
		return Access{}, err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return Access{}, fmt.Errorf("read the owner of %s: %w", path, err)
	}
	list, _, err := sd.DACL()
	none := errors.Is(err, windows.ERROR_OBJECT_NOT_FOUND) || err == nil && list == nil
	if err != nil && !none {
		return Access{}, fmt.Errorf("read the access list of %s: %w", path, err)
	}
	var entries []entry
	if !none {
		if entries, err = entriesOf(list); err != nil {
			return Access{}, fmt.Errorf("read the access list of %s: %w", path, err)
		}
	}
	a := judge(owner.String(), me.String(), entries, none)
	a.Who, a.Owner = named(a.Who), named(a.Owner)
	return a, nil
}

// entriesOf are the lines of an access list that name who they are for in the
// usual place.
func entriesOf(list *windows.ACL) ([]entry, error) {
	var all []entry
	for i := range uint32(list.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &ace); err != nil {
			return nil, err
		}
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE {
			continue // it forbids, or asks for an entry in a log
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart)) // #nosec G103 -- as documented: the SID begins there
		all = append(all, entry{
			who: sid.String(), mask: uint32(ace.Mask), grants: true,
			below: ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0,
		})
	}
	return all, nil
}

// named is a SID's account, or the SID where nobody knows it.
func named(sid string) string {
	if sid == "" {
		return ""
	}
	s, err := windows.StringToSid(sid)
	if err != nil {
		return sid
	}
	account, domain, _, err := s.LookupAccount("")
	switch {
	case err != nil:
		return sid
	case domain == "":
		return account
	}
	return domain + `\` + account
}
