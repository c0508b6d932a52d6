//go:build unix

package jupyter

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jupyter-ec2/jupyter-ec2/remote"
	"github.com/jupyter-ec2/jupyter-ec2/remote/await"
)

// supervisors are the numbers of the host's supervisors that run.
func supervisors(t *testing.T, h *localHost) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-axww", "-o", "pid=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(out)) {
		pid, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.TrimSpace(args) == "/bin/sh "+filepath.Join(h.home, serverDir, "supervise") {
			all = append(all, pid)
		}
	}
	return all
}

// A start whose client was killed continues on the host. Whoever comes
// next waits for it, and one server is left, which the pid file knows.
func TestServeAfterAKilledClient(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.68")
	// The next start stands still in its middle, once, until "go" is there.
	fake(t, h, "date", `if mv "$HOME/once" "$HOME/reached" 2>/dev/null; then until [ -e "$HOME/go" ]; do sleep 0.05; done; fi
exec /bin/date "$@"`)
	spec := ServeSpec{SetupID: "s1", Mode: ModeSSH, Token: newToken(t), Facts: f}
	mustServe(t, h, spec)
	s := &server{h: h, facts: f}
	if err := s.stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	upload(t, h, "once", "")
	left := make(chan error, 1)
	go func() {
		_, err := s.do(context.WithoutCancel(t.Context()), "begin", map[string]string{"JE_FILES": "0"})
		left <- err
	}()
	await.Until(t, "the start to stand still", func() bool { _, err := os.Stat(filepath.Join(h.home, "reached")); return err == nil })

	spec.Token = newToken(t)
	served := make(chan error, 1)
	go func() { _, err := Serve(context.WithoutCancel(t.Context()), h, spec, nil); served <- err }()
	// It waits at the lock, or it is already done.
	var err error
	done := false
	await.Until(t, "the one or the other", func() bool {
		select {
		case err = <-served:
			done = true
		default:
		}
		return done || waitsForLock(t, h)
	})
	upload(t, h, "go", "")
	if err := <-left; err != nil {
		t.Errorf("what was left: %v", err)
	}
	if !done {
		err = <-served
	}
	if err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the supervisor", func() bool { return len(supervisors(t, h)) > 0 })
	if all := supervisors(t, h); len(all) != 1 || all[0] != readPID(t, h) {
		t.Errorf("supervisors %v, and the pid file says %s", all, readPID(t, h))
	}
	if found, err := StrayServers(t.Context(), h, f); err != nil || len(found) != 0 {
		t.Errorf("strays: %v, %v", found, err)
	}
}

// waitsForLock reports whether somebody waits for the lock of the host's server.
func waitsForLock(t *testing.T, h *localHost) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-axww", "-o", "pid=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		pid, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		lock, err := os.Readlink("/proc/" + pid + "/fd/9")
		if err == nil && strings.HasPrefix(args, "flock ") && lock == filepath.Join(h.home, ".jupyter-ec2/server.lock") {
			return true
		}
	}
	return false
}

// Servers that no record knows are found and ended, whether the one that is
// known runs or not; that one is left alone.
func TestStrayServers(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.69")
	spec := ServeSpec{SetupID: "s1", Mode: ModeHTTP, Token: newToken(t), Facts: f}
	mustServe(t, h, spec)
	// Its supervisor is killed: the server continues, holds the port, and is nobody's.
	if err := h.Run(t.Context(), remote.Command{Script: "kill -KILL " + readPID(t, h)}); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the supervisor", func() bool { return len(supervisors(t, h)) == 0 })
	found, err := StrayServers(t.Context(), h, f)
	if err != nil || len(found) != 1 || found[0].Port != 8888 {
		t.Fatalf("strays: %v, %v", found, err)
	}
	if port := mustServe(t, h, spec); port != 8888 {
		t.Errorf("served at port %d", port)
	}
	known := readPID(t, h)

	const another = `PATH=$PWD/.jupyter-ec2/venv/bin:$PATH
setsid jupyter notebook --no-browser --config="$PWD/.jupyter-ec2/server/config.py" --ServerApp.ip=127.0.0.69 --ServerApp.port=8890 --ServerApp.port_retries=0 </dev/null >/dev/null 2>&1 &`
	if err := h.Run(t.Context(), remote.Command{Script: another}); err != nil {
		t.Fatal(err)
	}
	if err := Ready(t.Context(), Endpoint{URL: "http://127.0.0.69:8890", Token: spec.Token}); err != nil {
		t.Fatal(err)
	}
	if found, err = StrayServers(t.Context(), h, f); err != nil || len(found) != 1 || found[0].Port != 8890 {
		t.Errorf("strays: %v, %v", found, err)
	}
	mustServe(t, h, spec)
	if found, err = StrayServers(t.Context(), h, f); err != nil || len(found) != 0 || readPID(t, h) != known {
		t.Errorf("strays: %v, %v; the server is %s, before %s", found, err, readPID(t, h), known)
	}
}

// A supervisor takes no pid file away that is another's.
func TestSupervisorsPidFile(t *testing.T) {
	t.Parallel()
	h := newHost(t, "127.0.0.70")
	for _, own := range []bool{false, true} {
		upload(t, h, serverDir+"/supervise", script(superviseScript))
		upload(t, h, serverDir+"/run", "#!/bin/sh\nexit 0\n")
		write := "echo 1"
		if own {
			write = "echo $$"
		}
		start := "cd " + serverDir + " && mkdir -p ../venv/bin && ln -sf \"$(command -v python3)\" ../venv/bin/python && chmod 700 run && " + write + " >pid && exec /bin/sh \"$PWD/supervise\""
		if err := h.Run(t.Context(), remote.Command{Script: start}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(h.home, serverDir, "pid")); (err == nil) == own {
			t.Errorf("its own pid file %v: %v", own, err)
		}
	}
}

// A lock ends with its holder, also when that one is killed; with flock(1) and
// without.
func TestLockEndsWithItsHolder(t *testing.T) {
	t.Parallel()
	for _, without := range []bool{false, true} {
		t.Run("without flock "+strconv.FormatBool(without), func(t *testing.T) {
			h := newHost(t, "127.0.0.71")
			if without {
				h.path = toolsWithout(t, h)
				more := "for tool in sleep python3 mv; do /bin/ln -s \"$(PATH=/usr/bin:/bin command -v $tool)\" tools; done"
				if err := h.Run(t.Context(), remote.Command{Script: more}); err != nil {
					t.Fatal(err)
				}
			}
			take := remote.LockScript + "hold \"$HOME/lock\" "
			held := make(chan error, 1)
			go func() {
				held <- h.Run(t.Context(), remote.Command{Script: take + "60 || exit 5\necho $$ >holder.new; mv holder.new holder\nwhile :; do sleep 0.1; done"})
			}()
			var pid string
			await.Until(t, "the one or the other", func() bool {
				b, err := os.ReadFile(filepath.Join(h.home, "holder"))
				pid = strings.TrimSpace(string(b))
				return err == nil
			})
			if err := h.Run(t.Context(), remote.Command{Script: take + "1"}); err == nil {
				t.Error("it was taken twice")
			}
			if err := h.Run(t.Context(), remote.Command{Script: "kill -KILL " + pid}); err != nil {
				t.Fatal(err)
			}
			if err := <-held; err == nil {
				t.Error("the holder was not killed")
			}
			if err := h.Run(t.Context(), remote.Command{Script: take + "60"}); err != nil {
				t.Errorf("after the holder was killed: %v", err)
			}
		})
	}
}

// The program that holds a port is named only where it holds this host's.
func TestPortHolderIsOnThisHost(t *testing.T) {
	t.Parallel()
	h, f := installedHost(t, "127.0.0.72")
	if out, err := output(t.Context(), h, "command -v ss"); err != nil || out == "" {
		t.Skip("no ss here")
	}
	const listen = `python3 -c 'import socket, sys, time
s = socket.create_server((sys.argv[1], 8888)); open(sys.argv[2], "w").close()
while True: time.sleep(1)' %s "$PWD/listens" >/dev/null 2>&1 & echo $!`
	for address, named := range map[string]bool{"127.0.0.73": false, "127.0.0.72": true} {
		pid, err := output(t.Context(), h, "rm -f listens\n"+strings.Replace(listen, "%s", address, 1))
		if err != nil {
			t.Fatal(err)
		}
		await.Until(t, "the listener", func() bool { _, err := os.Stat(filepath.Join(h.home, "listens")); return err == nil })
		release := func() {}
		if !named { // this host's port is held by somebody whom it cannot name
			var l net.Listener
			// The listener of the turn before may only just have been told to end.
			await.Until(t, "the port", func() (free bool) { l, err = net.Listen("tcp", "127.0.0.72:8888"); return err == nil })
			release = func() { _ = l.Close() }
		}
		_, err = Serve(t.Context(), h, ServeSpec{SetupID: "s1", Mode: ModeHTTP, Token: newToken(t), Facts: f}, nil)
		if e := explainedAs(t, err, "Port 8888 of the machine is taken"); strings.Contains(e.Text, "pid="+strings.TrimSpace(pid)) != named {
			t.Errorf("a program at %s: %s", address, e.Text)
		}
		release()
		if err := h.Run(t.Context(), remote.Command{Script: "kill " + pid}); err != nil {
			t.Error(err)
		}
	}
}
