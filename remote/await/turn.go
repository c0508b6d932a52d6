package await

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// Turn lets a heavy test run, one that boots a machine, installs or runs
// Jupyter, or a browser, when few enough others do on this computer. The turn
// lasts until the test's other cleanups are done. A test takes one turn only,
// and none within a parent's: they would wait for each other.
func Turn(t testing.TB) {
	t.Helper()
	n, cores := turns(), newPressure(pressureFile)
	spare := func() bool { return cores.low() && roomy(memoryFile) }
	turn, err := take(turnsDir(t), n, n+more, spare, func() { t.Log("waits for its turn") })
	t.Log("goes on")
	if err != nil {
		t.Fatalf("taking a turn: %v", err)
	}
	t.Cleanup(func() {
		if err := turn.Close(); err != nil {
			t.Errorf("giving a turn back: %v", err)
		}
	})
}

// turnsDir is the folder of the lock files.
func turnsDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("jupyter-ec2-test-turns-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// turns is how many heavy tests run at a time, whatever they do: one more than
// there are cores, since each waits now and then.
func turns() int {
	if n, err := strconv.Atoi(os.Getenv("JUPYTER_EC2_TEST_TURNS")); err == nil && n > 0 {
		return n
	}
	return runtime.NumCPU() + 1
}

// more is how many run beside those where the cores have time to spare, and the
// computer has memory: some heavy tests wait for most of their time, for a machine
// to be idle or to boot, and at a run's end there are only heavy ones.
const more = 4

// take takes one of n turns, or of most while idle reports that there is room
// for more. Each is a lock file, which the system gives back when its
// process ends, in whatever way. Those who wait stand in line at a lock of its
// own, which one of them has: the system lets them in as they came.
func take(dir string, n, most int, idle func() bool, waits func()) (*flock.Flock, error) {
	line := flock.New(filepath.Join(dir, "line"), flock.SetPermissions(0o600))
	first, err := line.TryLock()
	if err != nil {
		return nil, err
	}
	defer func() { _ = line.Close() }()
	if !first {
		waits()
		if err := line.Lock(); err != nil {
			return nil, err
		}
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for told := !first; ; <-tick.C {
		open := n
		if idle() {
			open = most
		}
		for i := range open {
			turn := flock.New(filepath.Join(dir, strconv.Itoa(i)), flock.SetPermissions(0o600))
			if mine, err := turn.TryLock(); err != nil || mine {
				return turn, err
			}
			if err := turn.Close(); err != nil {
				return nil, err
			}
		}
		if !told {
			waits()
			told = true
		}
	}
}
