package cli

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// established is the state of a connection that both ends still hold, in
// /proc/net/tcp. Of others it does not say the owner.
const established = "01"

// fromUser reports whether the other end of a connection on loopback belongs to
// that user or to root. The system lists both ends with their owners, unless
// /proc is not there: then it cannot be told, and everybody is let in.
func fromUser(local, remote netip.AddrPort, user int) bool {
	for _, list := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		all, err := os.ReadFile(list)
		if errors.Is(err, fs.ErrNotExist) {
			if list == "/proc/net/tcp" {
				return true
			}
			continue // a system without IPv6
		}
		if err != nil {
			return false
		}
		if owner, ok := ownerOf(all, remote, local); ok {
			return owner == user || owner == 0
		}
	}
	return false // it has hung up
}

// ownerOf finds the user whose process holds the end of a connection.
func ownerOf(list []byte, end, other netip.AddrPort) (user int, ok bool) {
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		// "1: 0100007F:A1B2 0100007F:22B8 01 queues timer retransmits uid ..."
		f := strings.Fields(lines.Text())
		if len(f) < 8 || f[3] != established || !isAddr(f[1], end) || !isAddr(f[2], other) {
			continue
		}
		user, err := strconv.Atoi(f[7])
		return user, err == nil
	}
	return 0, false
}

// isAddr reports whether the list's spelling of an address, words in the
// computer's own byte order, is this one. IPv4 may be written as IPv6.
func isAddr(spelled string, want netip.AddrPort) bool {
	address, port, _ := strings.Cut(spelled, ":")
	raw, err := hex.DecodeString(address)
	if err != nil || len(raw)%4 != 0 {
		return false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	is, ok := netip.AddrFromSlice(raw)
	number, err := strconv.ParseUint(port, 16, 16)
	return ok && err == nil && netip.AddrPortFrom(is.Unmap(), uint16(number)) == want
}
