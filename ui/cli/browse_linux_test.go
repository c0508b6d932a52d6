package cli

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
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
	address, led, err := leadOnce(t.Context(), url, time.Hour)
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

// Where the address cannot be kept to a user, it is typed to the program that
// opens it: what that is started with, which everybody can read, says nothing.
func TestAMacsBrowserIsStartedWithoutTheAddress(t *testing.T) {
	bin := t.TempDir()
	const script = "#!/bin/sh\necho \"$# arguments\"; cat\n"
	if err := os.WriteFile(filepath.Join(bin, "osascript"), []byte(script+"exit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	const address = "http://127.0.0.1:1/SECRET"
	cmd := macBrowser(t.Context(), address)
	out, err := cmd.Output()
	if want := "0 arguments\nopen location \"" + address + "\"\n"; err != nil || string(out) != want {
		t.Errorf("it got %q, %v, want %q", out, err, want)
	}
	for _, text := range append(cmd.Args, cmd.Env...) {
		if strings.Contains(text, "SECRET") {
			t.Errorf("everybody can read %s", text)
		}
	}
}

// A browser in another room is no use to who sits here.
func TestASessionOverSSHHasNoDisplay(t *testing.T) {
	for _, c := range []struct {
		system, variable string
		want             bool
	}{
		{"darwin", "", false},
		{"windows", "", false},
		{"darwin", "SSH_CONNECTION", true},
		{"windows", "SSH_CONNECTION", true},
		{"linux", "", true},
		{"linux", "DISPLAY", false},
		{"linux", "WSL_DISTRO_NAME", false},
		{"android", "", false},
	} {
		getenv := func(name string) string {
			if name == c.variable {
				return "x"
			}
			return ""
		}
		if got := noDisplay(c.system, getenv); got != c.want {
			t.Errorf("%s with %q: %v", c.system, c.variable, got)
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
