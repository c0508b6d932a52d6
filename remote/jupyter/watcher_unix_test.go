//go:build unix

package jupyter

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What cannot be had on a test's machine: a clock that jumps, other systems'
// lists of processes, a GPU.
const watcherChecks = `
import os, sys, time
sys.path.insert(0, "watch")
import watch

def equal(got, want):
    assert got == want, "%r, not %r" % (got, want)

# The clock: what a server says of long ago, or of the future, moves activity
# no further than to the look before; and only when it is news.
w = watch.Watch()
w.config = {"idle": 3600, "lifetime": 7200, "armed": True}
start = w.active
for wall in (time.time() + 400 * 86400, time.time() - 400 * 86400, 0):
    time.time = lambda: wall
    w.marks = {"kernel 1": "2026-01-01T00:00:00.000000Z"}
    w.active, w.looked = start, start + 1000
    w.note(start + 1010, "kernel 1", "2026-01-01T00:00:00.000000Z")
    equal(w.active, start)
    w.note(start + 1010, "kernel 1", "2026-11-27T12:00:00.500000Z")
    assert start + 1000 <= w.active <= start + 1010, w.active
    equal(w.stop(""), (w.active + 3600, "idle"))
    equal(w.stop("a cell runs"), (start + 7200, "lifetime"))
w.held = start + 9000
equal(w.stop(""), (start + 9000, "idle"))
w.config["armed"] = False
equal(w.stop(""), None)
equal(watch.seconds_of("1970-01-02T00:00:00.250000Z"), 86400.25)
for text in (None, "", "yesterday", "2026-13-01T00:00:00Z", 5):
    equal(watch.seconds_of(text), None)

# SSH servers of many kinds, and what runs below them.
def run(*lines):
    found = [watch.Process(*l) for l in lines]
    logins, commands = watch.over_ssh({p.pid: p for p in found}, {})
    return sorted(logins), sorted(commands)

def openssh(user, *below):
    return [(1, 0, "", "S", "1", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"),
            (2, 1, "", "S", "1", user.split("@")[0] + " [priv]"), (3, 2, "", "S", "1", user), *below]

tty, shell = "34816", (4, 3, "34816", "S", "1", "-bash")
ours = "sh -c s=$(cat); exec </dev/null; jupyter-ec2-watch"
equal(run(*openssh("sshd: ubuntu")), ([], []))
equal(run(*openssh("sshd: ubuntu@pts/0", shell)), ([tty], []))
equal(run(*openssh("sshd-session: ubuntu@pts/0", shell, (5, 4, tty, "R", "1", "vim"))), ([tty], []))
equal(run(*openssh("sshd: ubuntu@notty", (4, 3, "", "S", "1", ours), (5, 4, "", "S", "1", "tail -F log"))), ([], []))
equal(run(*openssh("sshd: ubuntu@notty", (4, 3, "", "S", "1", "/usr/lib/openssh/sftp-server"))), ([], ["sftp-server"]))
equal(run(*openssh("sshd: ubuntu@notty", (4, 3, "", "S", "1", "sshd: ubuntu@internal-sftp"))), ([], ["sftp"]))
# What a login runs by itself, and what was left behind by one.
equal(run(*openssh("sshd: ubuntu", (4, 2, "", "S", "1", "run-parts /etc/update-motd.d"), (5, 1, "", "S", "1", "sleep 9"))), ([], []))
equal(run((1, 0, "", "S", "1", "/usr/sbin/dropbear -F"), (2, 1, "", "S", "1", "/usr/sbin/dropbear -F"),
          (3, 2, "", "S", "1", "scp -t copied")), ([], ["scp"]))

# ps, as macOS prints it.
p = watch.from_ps("  501   1 ttys001  S+   Fri Nov 27 12:00:00 2026 -zsh --login")
equal((p.pid, p.parent, p.tty, p.started, p.args, p.name), (501, 1, "ttys001", "Fri Nov 27 12:00:00 2026", "-zsh --login", "zsh"))
equal(watch.from_ps("501 1 ?? Ss Fri Nov 27 12:00:00 2026 sshd").tty, "")

equal(watch.gpu("NVIDIA A10G, 37, 23028, 512"), {"name": "NVIDIA A10G", "use": 0.37, "memory": 23028, "memory_used": 512})
equal(watch.gpu("Tesla, T4, [N/A], 15360, [N/A]"), {"name": "Tesla, T4", "use": -1, "memory": 15360, "memory_used": 0})
equal(watch.gpu("NVIDIA-SMI has failed"), None)
`

func TestWatcherByParts(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "watch"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"watch/watch.py": watcherScript, "checks.py": watcherChecks} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "checks.py")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
