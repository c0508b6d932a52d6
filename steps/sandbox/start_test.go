//go:build unix

package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// A sandbox that nobody waits for any more, and that does not run yet, is
// stopped too, and makes no folder again.
func TestStopWhileItStarts(t *testing.T) {
	for name, end := range map[string]func(context.Context, Options) error{"stop": Stop, "purge": Purge} {
		t.Run(name, func(t *testing.T) {
			gate := filepath.Join(t.TempDir(), "gate")
			if err := syscall.Mkfifo(gate, 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv(gateEnv, gate)
			o := options(t)
			ctx, giveUp := context.WithCancel(t.Context())
			over := make(chan error, 1)
			go func() {
				_, err := Ensure(ctx, o)
				over <- err
			}()
			var pid int
			await.Until(t, "the process", func() bool {
				text, _ := os.ReadFile(gate + ".pid") // it comes
				pid, _ = strconv.Atoi(string(text))
				return pid > 0
			})
			giveUp()
			if err := <-over; err == nil {
				t.Fatal("it was started while the gate was closed")
			}
			if err := end(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(gate, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			var runs bool
			await.Until(t, "its end", func() bool {
				s, err := Status(t.Context(), o)
				runs = s.Running || err != nil
				return runs || gone(pid)
			})
			if runs {
				t.Error("it runs, though it was stopped")
			}
			if _, err := os.Stat(o.Dir); (err == nil) != (name == "stop") {
				t.Errorf("its folder: %v", err)
			}
		})
	}
}
