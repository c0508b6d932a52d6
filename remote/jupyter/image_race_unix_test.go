//go:build unix

package jupyter

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// stopsInTheMiddle has each image.py of the host stop itself once it has
// overwritten three megabytes, and tells which process the first one is that has.
func stopsInTheMiddle(t *testing.T, h *localHost) (stopped func() (pid int, ok bool)) {
	t.Helper()
	upload(t, h, "stops.py", `import os, runpy, signal, sys
write, blocks = os.write, 0
def stops(fd, data):
    global blocks
    done = write(fd, data)
    blocks += len(data) == 1 << 20
    if len(data) == 1 << 20 and blocks == 3:
        with open(os.path.expanduser("~/stops"), "a") as f:
            f.write("%d\n" % os.getpid())
        os.kill(os.getpid(), signal.SIGSTOP)
    return done
os.write, sys.argv = stops, sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
`)
	upload(t, h, ".jupyter-ec2/venv/bin/python", `#!/bin/sh
case "$*" in */image.py*) exec python3 -I "$HOME/stops.py" "$@" ;; esac
exec python3 "$@"
`)
	if err := os.Chmod(filepath.Join(h.home, ".jupyter-ec2/venv/bin/python"), 0o755); err != nil { // #nosec G302 -- the host's user runs it
		t.Fatal(err)
	}
	return func() (int, bool) {
		text, err := os.ReadFile(filepath.Join(h.home, "stops"))
		line, _, ended := strings.Cut(string(text), "\n")
		if err != nil || !ended {
			return 0, false
		}
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		state, err := exec.Command("ps", "-o", "stat=", "-p", line).Output() // #nosec G204 -- a number
		return pid, err == nil && strings.HasPrefix(strings.TrimSpace(string(state)), "T")
	}
}

func whole(t *testing.T, h *localHost, files map[string]string) {
	t.Helper()
	for name, want := range files {
		if text, err := os.ReadFile(filepath.Join(h.home, name)); err != nil || string(text) != want {
			t.Errorf("%s: %d bytes of %d are there, %v", name, len(text), len(want), err)
		}
	}
}

// A cleaning whose connection was lost is held in the middle of overwriting
// while what was left out is put back: nothing of it is overwritten after that.
func TestPuttingBackBesideACleaningThatStillRuns(t *testing.T) {
	files := map[string]string{"data/big": strings.Repeat("row ", 16<<20), "data/small": "SMALL", "work/late": "LATE", ".jupyter-ec2/server/token": "x"}
	h, f := imageHost(t, "127.0.0.175", files)
	stopped := stopsInTheMiddle(t, h)
	key, dir := ImageKey(), filepath.Join(h.home, ".jupyter-ec2/image")
	cleaned, restored := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", LeaveOut: []string{filepath.Join(h.home, "data"), filepath.Join(h.home, "work")}, Key: key})
		cleaned <- err
	}()
	pid := 0
	await.Until(t, "the middle of the overwriting", func() (there bool) {
		if len(cleaned) > 0 {
			t.Fatalf("cleaned: %v", <-cleaned)
		}
		pid, there = stopped()
		return there
	})
	go func() { restored <- RestoreAfterImage(t.Context(), h, f, key) }()
	came := await.Comes(t.Context(), func() bool {
		_, err := os.Lstat(filepath.Join(dir, "ended"))
		return err == nil || len(restored) > 0
	})
	if len(restored) > 0 {
		t.Error("it was put back while the cleaning still ran")
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil || !came {
		t.Fatal(err, came)
	}
	if err := <-restored; err != nil {
		t.Error(err)
	}
	if err := <-cleaned; err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("the cleaning: %v", err)
	}
	whole(t, h, files)
	if left := names(t, dir); left != "ended image.py image_boot.py" {
		t.Errorf("left: %s", left)
	}
}

// A cleaning that arrives after its image was given up does nothing, as its key
// is gone; the next image's does.
func TestACleaningThatArrivesLate(t *testing.T) {
	files := map[string]string{"data/small": "SMALL"}
	h, f := imageHost(t, "127.0.0.176", files)
	spec := CleanSpec{InstanceID: "i-first", LeaveOut: []string{filepath.Join(h.home, "data")}, Key: ImageKey()}
	if err := RestoreAfterImage(t.Context(), h, f, spec.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := CleanForImage(t.Context(), h, f, spec); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("late: %v", err)
	}
	whole(t, h, files)
	spec.Key = ImageKey()
	if _, err := CleanForImage(t.Context(), h, f, spec); err != nil {
		t.Fatal(err)
	}
	if err := RestoreAfterImage(t.Context(), h, f, spec.Key); err != nil {
		t.Fatal(err)
	}
	whole(t, h, files)
}

// While a cleaning or a putting back does not end, each other task that changes
// files says so, and changes none.
func TestImageTasksDoNotRunAtOnce(t *testing.T) {
	h, f := imageHost(t, "127.0.0.177", map[string]string{"data/small": "SMALL"})
	key := ImageKey()
	if _, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", LeaveOut: []string{filepath.Join(h.home, "data")}, Key: key}); err != nil {
		t.Fatal(err)
	}
	dir, err := os.Open(filepath.Join(h.home, ".jupyter-ec2/image"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }() // which unlocks it
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	for _, ask := range []imageAsk{{Task: "restore", Key: key}, {Task: "fresh", Instance: "i-second"}, {Task: "clean", Instance: "i-first", Key: ImageKey()}} {
		if err := imageDo(t.Context(), h, f, ask, nil); err == nil || !strings.Contains(err.Error(), "still runs there") {
			t.Errorf("%s: %v", ask.Task, err)
		}
	}
	if left := names(t, dir.Name()); left != "ended image.py image_boot.py instance left-out" {
		t.Errorf("left: %s", left)
	}
}
