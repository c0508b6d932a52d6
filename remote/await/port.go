package await

import (
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gofrs/flock"
)

// Nobody is an address of this computer where nobody listens. Its port is none
// that the system gives to whoever asks for any, as one that was just closed is.
const Nobody = "127.0.0.1:1"

// Port is a port of this computer's, for a test that has to know it before
// something listens there. Until the test ends, no other test gets it, and the
// system gives it to nobody who asks for any: Linux begins those at 32768.
func Port(t testing.TB) int {
	t.Helper()
	const first, many = 20000, 12000
	dir := turnsDir(t)
	for range many {
		n := first + rand.IntN(many)
		mine := flock.New(filepath.Join(dir, "port"+strconv.Itoa(n)), flock.SetPermissions(0o600))
		if got, err := mine.TryLock(); err != nil || !got {
			_ = mine.Close()
			continue
		}
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(n)))
		if err != nil { // others listen there
			_ = mine.Close()
			continue
		}
		t.Cleanup(func() { _ = mine.Close() })
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Fatal("no port is free")
	panic("not reached")
}
