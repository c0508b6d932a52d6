//go:build unix

package jupyter

import (
	"os"
	"os/exec"
	"testing"
)

// What cannot be had on a test's machine: a clock that jumps, other systems'
// lists of processes, a GPU.
const watcherChecks = `
import os, sys, time
sys.path.insert(0, "watch")
import watch, watch_host as host, watch_work as work

def equal(got, want):
    assert got == want, "%r, not %r" % (got, want)

# The clock: what a server says of long ago, or of the future, moves activity
# no further than to the look before; and only when it is news.
w = watch.Watch()
w.config = {"idle": 3600, "lifetime": 7200, "armed": True}
start, clock = w.active, time.time
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
time.time = clock
w.held = start + 9000
equal(w.stop(""), (start + 9000, "idle"))
w.config["armed"] = False
equal(w.stop(""), None)
equal(watch.seconds_of("1970-01-02T00:00:00.250000Z"), 86400.25)
for text in (None, "", "yesterday", "2026-13-01T00:00:00Z", 5):
    equal(watch.seconds_of(text), None)

# SSH servers of many kinds, and what runs below them.
def run(*lines):
    found = [host.Process(*l) for l in lines]
    logins, commands = work.over_ssh({p.pid: p for p in found}, {})
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
# One that has ended and is still listed, or has not begun yet.
equal(run(*openssh("sshd: ubuntu@notty", (4, 3, "", "Z", "1", ""))), ([], []))
# One that its server has forked, and that has not become a program yet.
equal(run(*openssh("sshd: ubuntu@notty", (4, 3, "", "S", "1", "sshd: ubuntu@notty"))), ([], []))
found = [host.Process(5, 1, "", "S", "1", "host.test -test.v"), host.Process(6, 5, "", "S", "1", "host.test -test.v")]
work.SANDBOX, of_this_host, work.of_this_host = "i-1", work.of_this_host, lambda pid: True
equal(work.over_ssh({p.pid: p for p in found}, {"ssh_server": 5}), (set(), []))
work.SANDBOX, work.of_this_host = None, of_this_host
# What a login runs by itself, and what was left behind by one.
equal(run(*openssh("sshd: ubuntu", (4, 2, "", "S", "1", "run-parts /etc/update-motd.d"), (5, 1, "", "S", "1", "sleep 9"))), ([], []))
equal(run((1, 0, "", "S", "1", "/usr/sbin/dropbear -F"), (2, 1, "", "S", "1", "/usr/sbin/dropbear -F"),
          (3, 2, "", "S", "1", "scp -t copied")), ([], ["scp"]))

# ps, as macOS prints it.
p = host.from_ps("  501   1   501 ttys001  S+   1:02.50 Fri Nov 27 12:00:00 2026 -zsh --login")
equal((p.pid, p.parent, p.tty, p.started, p.args, p.name, p.cpu, p.user),
      (501, 1, "ttys001", "Fri Nov 27 12:00:00 2026", "-zsh --login", "zsh", 62.5, 501))
equal(host.from_ps("501 1 0 ?? Ss 0:00.01 Fri Nov 27 12:00:00 2026 sshd").tty, "")

equal(host.gpu("NVIDIA A10G, 37, 23028, 512"), {"name": "NVIDIA A10G", "use": 0.37, "memory": 23028, "memory_used": 512})
equal(host.gpu("Tesla, T4, [N/A], 15360, [N/A]"), {"name": "Tesla, T4", "use": -1, "memory": 15360, "memory_used": 0})
equal(host.gpu("NVIDIA-SMI has failed"), None)
equal(host.gpu("T4, \u00b2, 15360, 1")["use"], -1)

# Linux's own, with a name that is meant to confuse.
stat = "7 (a) S 1 (b) R 1 7 7 34816 7 0 0 0 0 0 150 50 25 25 20 0 1 0 4242 0 0"
p = host.from_stat(stat, "/usr/bin/python3\0-u\0/home/u/train.py\0--token=x\0")
equal((p.pid, p.parent, p.tty, p.started, p.cpu * host.TICKS, p.command()), (7, 1, "34816", "4242", 250, "python3 train.py"))
for args, want in (("/bin/sh -c while :; do :; done", "sh"), ("python -m torch.train --lr 1", "python -m torch.train"),
                   ("/opt/ffmpeg -i secret", "ffmpeg"), ("-bash", "bash"), ("", ""), ("bash", "bash")):
    equal(host.Process(1, 0, "", "R", "1", args).command(), want)
for text, want in (("0:01.25", 1.25), ("1:02:03", 3723), ("2-01:00:00", 176400), ("soon", 0)):
    equal(host.clock(text), want)

# Work: what each process used, over a minute; a tenth of a core is work.
class Machine:
    def __init__(self, **config):
        self.config, self.work, self.now, self.all = config, work.Work(), 1000.0, {}
        self.work.of_the_user = lambda p: p.args.find("root's") < 0

    def run(self, pid, args, parent=1):
        self.all[pid] = host.Process(pid, parent, "", "R", "1", args)

    def passes(self, seconds, **used):
        """Time goes by, in looks, while each process uses that much of a core."""
        for _ in range(0, seconds, 5):
            self.now += 5
            for name, share in used.items():
                self.all[int(name[1:])].cpu += share * 5
            found = self.work.look(self.now, dict(self.all), self.config, {"0" * 36}, {900})
        return [(p["command"], round(p["cpu"], 2)) for p in found]

    def ends(self, pid):
        """Its parent waits for it, and has its time among its own from then on."""
        gone = self.all.pop(pid)
        if gone.parent in self.all:
            self.all[gone.parent].cpu += gone.cpu

m = Machine()
m.run(5, "python3 train.py")
equal(m.passes(5, p5=0), [])
equal(m.passes(5, p5=0.98), [])  # not yet 6 seconds
equal(m.passes(5, p5=0.98), [("python3 train.py", 0.98)])
equal(m.passes(60, p5=0.09), [])
equal(m.passes(60, p5=0.11), [("python3 train.py", 0.11)])
m.run(6, "ffmpeg")
equal(m.passes(60, p5=0.06, p6=0.07), [("ffmpeg", 0.07), ("python3 train.py", 0.06)])  # together
m.config["work"] = 0.2
equal(m.passes(5, p5=0.06, p6=0.07), [])

# What watches, serves, connects or is another's is no work; what they start is.
m = Machine()
for pid, args, parent in ((9, "/v/python /h/.jupyter-ec2/venv/bin/jupyter-notebook --config=/h/.jupyter-ec2/server/config.py", 1),
                          (10, "python -m ipykernel_launcher -f /r/kernel-%s.json" % ("0" * 36), 9),
                          (11, "sshd: ubuntu@notty", 2), (12, "sh -c s=$(cat) jupyter-ec2-watch", 11), (13, "cat status.json", 12),
                          (14, "apt root's", 1), (15, "watch.py", 1), (16, "nvidia-smi", os.getpid()), (900, "pip", 1), (901, "cc1", 900)):
    m.run(pid, args, parent)
m.run(os.getpid(), "python watch.py")
m.passes(5)
equal(m.passes(60, p9=1, p10=1, p11=1, p12=1, p13=1, p14=1, p16=1, p900=1, p901=1, **{"p%d" % os.getpid(): 1}), [])
for pid, args, parent in ((20, "python in_terminal.py", 9), (21, "python of_a_kernel.py", 10), (22, "python over_ssh.py", 11),
                          (23, "python -m ipykernel_launcher -f /r/kernel-%s.json" % ("1" * 36), 1)):
    m.run(pid, args, parent)
    equal(m.passes(60, **{"p%d" % pid: 0.5}), [(m.all[pid].command(), 0.5)])
    m.ends(pid)
    m.passes(65)

# What the user's own programs use of all cores, since the look before: a host
# that shares its computer shows this.
m = Machine()
m.run(5, "python3 train.py")
m.run(6, "another's, root's")
m.run(9, "/v/python /h/.jupyter-ec2/venv/bin/jupyter-notebook --config=/h/.jupyter-ec2/server/config.py")
equal(work.Work().share(2), -1)
m.passes(5)
equal(m.work.share(2), -1)
m.passes(60, p5=0.5, p6=1.5, p9=0.1)
equal(round(m.work.share(2), 3), 0.3)
m.passes(5, p6=2)
equal(m.work.share(2), 0)
m.passes(5, p5=4)
equal(m.work.share(2), 1)
equal(m.work.share(0), -1)

# A loop of short commands works, whose time comes only when each has ended;
# one long command's time is not counted again at its end.
m = Machine()
m.run(5, "sh make.sh")
m.passes(5)
for _ in range(12):
    m.all[5].cpu += 2.5
    short = m.passes(5)
equal(short, [("sh make.sh", 0.5)])
m.run(6, "python long.py", 5)
m.passes(600, p6=1)
m.ends(6)
equal(m.passes(5), [])

# A rule leaves a program out, with what it starts; not what a server started.
m = Machine(ignore=["monitor.sh", "sh monitor*", "*--daemon*", "python*jupyter*"])
for pid, args, parent in ((5, "sh /o/monitor.sh", 1), (6, "awk", 5), (7, "thing --daemon", 1),
                          (8, "python jupyter --config=/h/.jupyter-ec2/server/config.py", 1), (9, "python train.py", 8)):
    m.run(pid, args, parent)
m.passes(5)
equal(m.passes(60, p5=1, p6=1, p7=1), [])
equal(m.passes(60, p5=1, p6=1, p7=1, p9=1), [("python train.py", 1)])
equal(work.in_words([{"command": "python train.py", "cpu": 0.98}]), "python train.py, 98 % of a core")
equal(work.in_words([{"command": "", "cpu": 2}] * 3), "a program, 200 % of a core, and 2 more")

# What sshd's journal has: a connection that is not the program's own was a
# person's, and nothing else is one.
import json, pwd
me, journal = pwd.getpwuid(os.getuid()).pw_name, []
def entry(at, text):
    return json.dumps({"__MONOTONIC_TIMESTAMP": "%d" % (at * 1e6), "MESSAGE": text})
work.Connections.journal = lambda self, now: journal
work.shutil.which = lambda name: "/bin/" + name
c = work.Connections(1000)
equal(c.look(1000, 995, 5), 0)
journal = [entry(1001, "Accepted publickey for %s from 203.0.113.7 port 50001 ssh2: ED25519 SHA256:x" % me),
           entry(1002, "Accepted publickey for %s from 2001:db8::1 port 50002 ssh2: ED25519 SHA256:x" % me)]
equal(c.look(1005, 1000, 5), 0)
equal(c.look(1015, 1010, 5), 1002)
equal(c.look(1030, 1025, 5), 0)  # once
open("watch/ours-203.0.113.7 50003", "w").close()
journal += [entry(1031, "Accepted publickey for %s from 203.0.113.7 port 50003 ssh2" % me), entry(1032, "Accepted publickey for x%s from 203.0.113.7 port 50004 ssh2" % me),
            entry(1033, "Failed publickey for %s from 203.0.113.7 port 50005 ssh2" % me), entry(9999, "Accepted publickey for %s from 203.0.113.7 port 50006 ssh2" % me),
            '{"__MONOTONIC_TIMESTAMP": "1034000000", "MESSAGE": [255, 1]}', "{", "[1]"]
equal(c.look(1045, 1040, 5), 0)
equal(c.look(1060, 1055, 5), 0)
# A tunnel logs in four times at once, and a person meanwhile.
for port in range(50011, 50015):
    open("watch/ours-203.0.113.7 %d" % port, "w").close()
journal += [entry(1061, "Accepted publickey for %s from 203.0.113.7 port %d ssh2" % (me, port)) for port in range(50011, 50015)]
equal(c.look(1078, 1073, 5), 0)
journal += [entry(1079, "Accepted publickey for %s from 203.0.113.7 port 50015 ssh2" % me)]
equal([c.look(at, at - 5, 5) for at in (1094, 1110)], [1079, 0])
os.utime("watch/ours-203.0.113.7 50003", (1, 1))
c.look(1125, 1120, 5)
equal(os.path.exists("watch/ours-203.0.113.7 50003"), False)
open("watch/used", "w").close()
assert 1128 < c.look(1130, 1125, 5) <= 1130
equal(c.look(1131, 1130, 5), 0)

# Who has come just before the stop, since the journal was read, keeps it off
# until it is known whether that was a person.
now = time.monotonic()
w = watch.Watch()
w.configure = lambda: None
w.config, w.active = {"idle": 10, "armed": True, "every": 5}, now - 100
w.look_at_server = lambda: {"up": False, "dead": False, "note": "", "kernels": [], "terminals": 0}
w.busy = lambda now, server, running: {"busy": "", "logins": 0, "transfers": 0, "gpus": [], "work": []}
offs = []
w.power_off = lambda: offs.append(1) or ""
w.connections.since, w.connections.next = now - 50, now + 1000
journal = [entry(now, "Accepted publickey for %s from 203.0.113.7 port 50021 ssh2" % me)]
w.tick()
equal(offs, [])
w.connections.pending["203.0.113.7 50021"] -= 50  # a person's, it is known by then
w.tick()
equal(offs, [1])
w.active, w.connections.since, w.retry_at = now - 100, now - 50, 0
del offs[:]
open("watch/ours-203.0.113.7 50021", "w").close()
w.tick()
equal(offs, [1])

# GPUs, as nvidia-smi tells of them.
with open("nvidia-smi", "w") as f:
    f.write("""#!/bin/sh
case $1 in
--query-gpu=*) echo 'NVIDIA A10G, 97, 23028, 512' ;;
*) echo 5; echo '[N/A]' ;;
esac
""")
os.chmod("nvidia-smi", 0o700)
os.environ["PATH"] = os.getcwd() + ":" + os.environ["PATH"]
gpus, users = host.GPUs().look()
equal((gpus[0]["use"], users), (0.97, [5]))
said = "a GPU is in use by python train.py, 97 % of NVIDIA A10G"
train = {5: host.Process(5, 1, "", "S", "1", "python train.py")}
equal(work.on_gpus(gpus, users, train, {}), said)
equal(work.on_gpus(gpus, users, train, {"ignore": ["python train.py"]}), "")
equal(work.on_gpus(gpus, [5, 6], train, {"ignore": ["python train.py"]}), said.replace(" by python train.py", ""))
equal(work.on_gpus(gpus, [], {}, {"ignore": ["*"]}), said.replace(" by python train.py", ""))
gpus[0]["use"] = 0
equal(work.on_gpus(gpus, users, train, {}), "")
equal(work.on_gpus([], [], {}, {}), "")
`

func TestWatcherParts(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	dir := watcherFolder(t, map[string]string{"checks.py": watcherChecks})
	cmd := exec.CommandContext(t.Context(), python, "checks.py")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
