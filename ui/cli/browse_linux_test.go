package cli

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// come asks for the address as a browser of that user of this computer does.
func come(t *testing.T, address string, user uint32) string {
	t.Helper()
	// This program's own file may be where that user cannot enter.
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{visitor, address}, Dir: "/", Env: []string{"GORACE=atexit_sleep_ms=0"}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as user %d: %v\n%s", user, err, out)
	}
	return string(out)
}

// Another user who read the address in the list of processes gets nothing, and
// takes nothing away from the one whose browser it is.
func TestTheBrowserIsLedOnlyByItsOwnUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be another user")
	}
	const url, stranger = "http://localhost:8888/?token=secret", 65534
	address, led, err := leadOnce(t.Context(), url, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := come(t, address, stranger); !strings.HasPrefix(got, "403 ") || strings.Contains(got, "secret") {
			t.Fatalf("another user got %s", got)
		}
	}
	if got := come(t, address, 0); !strings.HasPrefix(got, "302 "+url) {
		t.Errorf("the user's own browser got %s", got)
	}
	<-led
}

// Whose connection it is, is read from the system's own lists: also of a socket
// that speaks IPv4 by way of IPv6, and of one that has hung up.
func TestOwnerOf(t *testing.T) {
	list := []byte(`  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:22B8 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:A1B2 0100007F:22B8 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0 20 4 30 10 -1
   3: 0100007F:A1B3 0100007F:22B8 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   4: 0000000000000000FFFF00000100007F:A1B4 0000000000000000FFFF00000100007F:22B8 01 00000000:00000000 00:00000000 00000000  1002        0 4 1 0 20 4 30 10 -1
`)
	here := netip.MustParseAddrPort("127.0.0.1:8888")
	for port, want := range map[uint16]int{0xA1B2: 1001, 0xA1B3: -1, 0xA1B4: 1002, 0xA1B5: -1} {
		owner, ok := ownerOf(list, netip.AddrPortFrom(here.Addr(), port), here)
		if ok != (want >= 0) || ok && owner != want {
			t.Errorf("port %x: %d, %v, want %d", port, owner, ok, want)
		}
	}
}

// Where the address cannot be kept to a user, it is in a file that is: the
// browser is started with the file's name alone, and the file does not stay.
func TestAddressFile(t *testing.T) {
	dir, led := t.TempDir()+"/state/browse", make(chan struct{})
	const address = "http://127.0.0.1:1/SECRET"
	file, err := addressFile(dir, address, led)
	if err != nil {
		t.Fatal(err)
	}
	path, ok := strings.CutPrefix(file, "file://")
	if !ok || strings.Contains(file, "SECRET") {
		t.Fatalf("address %s", file)
	}
	page, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(page), `url=`+address+`"`) {
		t.Errorf("%s, %v", page, err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, dir: 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	close(led)
	for deadline := time.Now().Add(time.Minute); ; {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the file stays")
		}
	}
}

// A connection that has hung up by the time it is looked for leads nowhere.
func TestWhoHungUpIsNobody(t *testing.T) {
	from := netip.MustParseAddrPort("127.0.0.1:1")
	if fromUser(netip.MustParseAddrPort("127.0.0.1:2"), from, os.Geteuid()) {
		t.Error("it was taken for the user's")
	}
}
