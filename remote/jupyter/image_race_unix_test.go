//go:build unix

package jupyter

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// tellsPIDs has the host's Python note the process of each image.py, in order.
func tellsPIDs(t *testing.T, h *localHost) (first func() int) {
	t.Helper()
	upload(t, h, ".jupyter-ec2/venv/bin/python", `#!/bin/sh
case "$*" in */image.py*) echo $$ >>"$HOME/pids" ;; esac
exec python3 "$@"
`)
	if err := os.Chmod(filepath.Join(h.home, ".jupyter-ec2/venv/bin/python"), 0o755); err != nil { // #nosec G302 -- the host's user runs it
		t.Fatal(err)
	}
	return func() int {
		text, err := os.ReadFile(filepath.Join(h.home, "pids"))
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		pid, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		return pid
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
	first := tellsPIDs(t, h)
	key, dir := ImageKey(), filepath.Join(h.home, ".jupyter-ec2/image")
	cleaned, restored := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := CleanForImage(t.Context(), h, f, CleanSpec{InstanceID: "i-first", LeaveOut: []string{filepath.Join(h.home, "data"), filepath.Join(h.home, "work")}, Key: key})
		cleaned <- err
	}()
	for { // as soon as there is an archive, the files are overwritten
		if _, err := os.Lstat(filepath.Join(dir, "left-out")); err == nil {
			break
		}
		if t.Context().Err() != nil || len(cleaned) > 0 {
			t.Fatalf("cleaned: %v", <-cleaned)
		}
	}
	if err := syscall.Kill(first(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	go func() { restored <- RestoreAfterImage(t.Context(), h, f, key) }()
	came := await.Comes(t.Context(), func() bool {
		_, err := os.Lstat(filepath.Join(dir, "ended"))
		return err == nil || len(restored) > 0
	})
	if len(restored) > 0 {
		t.Error("it was put back while the cleaning still ran")
	}
	if err := syscall.Kill(first(), syscall.SIGCONT); err != nil || !came {
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
