package await

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"github.com/gofrs/flock"
)

const turnsInTest = 3

func never() bool { return false }

// taken takes a turn in a goroutine; waits has a value when it has to wait.
func taken(t *testing.T, dir string) (got <-chan *flock.Flock, waits <-chan struct{}) {
	t.Helper()
	turn, wait := make(chan *flock.Flock, 1), make(chan struct{}, 1)
	go func() {
		f, err := take(dir, turnsInTest, turnsInTest, never, func() { wait <- struct{}{} })
		if err != nil {
			t.Error(err)
		}
		turn <- f
	}()
	return turn, wait
}

// No more have a turn than there are; one that is given back is the next one's.
func TestTurns(t *testing.T) {
	dir := t.TempDir()
	var have []*flock.Flock
	for range turnsInTest {
		got, _ := taken(t, dir)
		have = append(have, Receive(t, "a free turn", got))
	}
	got, waits := taken(t, dir)
	Receive(t, "waiting for one that is not free", waits)
	select {
	case <-got:
		t.Fatal("a turn was given that another has")
	default:
	}
	if err := have[1].Close(); err != nil {
		t.Fatal(err)
	}
	have[1] = Receive(t, "the turn that was given back", got)
	for _, f := range have {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Many that want one get it, and never more than there are at a time.
func TestTurnsOfMany(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	now := 0
	count := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		if now += by; now > turnsInTest {
			t.Errorf("%d have a turn", now)
		}
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			f, err := take(dir, turnsInTest, turnsInTest, never, func() {})
			if err != nil {
				t.Error(err)
				return
			}
			count(1)
			count(-1)
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A process that is killed gives its turn back.
func TestTurnOfAKilledProcess(t *testing.T) {
	const variable = "JUPYTER_EC2_TEST_TURN_IN"
	if dir := os.Getenv(variable); dir != "" {
		var have []*flock.Flock
		for range turnsInTest {
			f, err := take(dir, turnsInTest, turnsInTest, never, func() {})
			if err != nil {
				t.Fatal(err)
			}
			have = append(have, f)
		}
		fmt.Println("taken")
		<-t.Context().Done()
		runtime.KeepAlive(have) // what is garbage is closed, and gives its turn back
		return
	}
	dir := t.TempDir()
	other := exec.Command(os.Args[0], "-test.run=^TestTurnOfAKilledProcess$")
	other.Env = append(os.Environ(), variable+"="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Wait() }) // it is killed
	if _, err := fmt.Fscanln(out, new(string)); err != nil {
		t.Fatal(err)
	}
	got, waits := taken(t, dir)
	Receive(t, "waiting for the other process", waits)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := Receive(t, "the turn of a killed process", got).Close(); err != nil {
		t.Error(err)
	}
}

// While the cores have time to spare, there are more turns.
func TestTurnsOnAnIdleComputer(t *testing.T) {
	dir := t.TempDir()
	always := func() bool { return true }
	var have []*flock.Flock
	for range turnsInTest + more {
		f, err := take(dir, turnsInTest, turnsInTest+more, always, func() { t.Error("it waits") })
		if err != nil {
			t.Fatal(err)
		}
		have = append(have, f)
	}
	got, waits := taken(t, dir)
	Receive(t, "waiting, since all turns are taken", waits)
	for _, f := range have {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := Receive(t, "a turn that was given back", got).Close(); err != nil {
		t.Error(err)
	}
}
