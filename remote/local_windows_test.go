package remote

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/windows"
)

// openToAll lets everybody read a file.
func openToAll(t *testing.T, path string) {
	t.Helper()
	sd, err := windows.SecurityDescriptorFromString("D:(A;;FR;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, list, nil); err != nil {
		t.Fatal(err)
	}
}

// agentAt serves those who come to a named pipe, one at a time, and returns
// where it is.
func agentAt(t *testing.T, serve func(io.ReadWriter)) string {
	t.Helper()
	path := `\\.\pipe\jupyter-ec2-test-` + rand.Text()
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	pipe := func() (windows.Handle, error) {
		return windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX, windows.PIPE_TYPE_BYTE|windows.PIPE_WAIT, windows.PIPE_UNLIMITED_INSTANCES, 4<<10, 4<<10, 0, nil)
	}
	first, err := pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for h := first; ; {
			if err := windows.ConnectNamedPipe(h, nil); err != nil && !errors.Is(err, windows.ERROR_PIPE_CONNECTED) {
				return
			}
			next, err := pipe() // the next one who comes finds an end
			f := os.NewFile(uintptr(h), path)
			serve(f)
			_ = f.Close()
			if err != nil {
				return
			}
			h = next
		}
	}()
	return path
}
