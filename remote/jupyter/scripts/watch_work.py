"""What is done on the machine: over SSH, by jobs, and by programs that run
whether somebody is logged in or not."""
import collections
import glob
import json
import os
import pwd
import re
import shutil
import time

from watch_host import BASE, FOLDER, LABEL, LINUX, SANDBOX, of_this_host, output, read

ACCEPTED = re.compile(r"Accepted \S+ for (\S+) from ([0-9A-Fa-f.:%\w]+) port (\d+)\b", re.ASCII)
KERNEL = re.compile(r"kernel-([0-9a-f-]{36})\.json")
GPU_IN_USE = 0.05
WINDOW = 60  # seconds over which the use of the CPU is taken
LEAST = 0.1  # of a core: what counts as work


def serves_ssh(p, config):
    """Whether the processes right below p are what a person runs over SSH.

    An OpenSSH connection is served by a privileged process, "sshd: user [priv]",
    which also runs what a login runs by itself, and by one of the user's below it.
    """
    if SANDBOX:
        return p.args.endswith("sandbox run") or p.pid == config.get("ssh_server")
    return p.name == "dropbear" or re.match(r"sshd(-session)?: [^\[]+$", p.args)


def over_ssh(all_of_them, config):
    """The terminals that are logged in, and the names of other commands over SSH."""
    servers = {p.pid for p in all_of_them.values() if serves_ssh(p, config)}
    logins, commands = set(), []
    for p in all_of_them.values():
        # One without arguments has ended, or has not begun, as one has not that
        # still has those of what started it: the next look has them.
        if p.parent not in servers or p.args in ("", all_of_them[p.parent].args) or LABEL in p.args or SANDBOX and not of_this_host(p.pid):
            continue
        if p.pid in servers:
            if "@internal-sftp" in p.args:
                commands.append("sftp")
        elif p.tty:
            logins.add(p.tty)
        else:
            commands.append(p.name)
    return logins, commands


def jobs(all_of_them, this_boot):
    """The processes of jobs that run: their "pid" is number, boot, start."""
    running = set()
    for path in glob.glob(os.path.join(glob.escape(BASE), "jobs", "*", "pid")):
        said = read(path, 1000).split()
        p = all_of_them.get(int(said[0])) if said and said[0].isdecimal() else None
        if p and not os.path.exists(os.path.join(os.path.dirname(path), "status")) and \
                " ".join(said) == " ".join([said[0], this_boot, p.started]):
            running.add(p.pid)
    return running


NOTED = 5  # seconds that a connection of the program's has for its note, on a busy machine too


class Connections:
    """SSH commands that were over before the look: each leaves a note when this
    program runs it, and sshd's log has the connections of all others."""

    def __init__(self, now):
        self.since, self.next, self.pending = now, now, {}
        self.used = changed(os.path.join(FOLDER, "used"))

    def look(self, now, before, every, soon=False):
        """When the last one came, as far as is known; 0 for none. The journal is
        read now and then, or soon."""
        last, used = 0, changed(os.path.join(FOLDER, "used"))
        if used != self.used:
            # How long ago, two clocks say together; not before the look before.
            last, self.used = now - min(max(time.time() - used, 0), now - before), used
        if now < self.next and not soon or SANDBOX or not shutil.which("journalctl"):
            return last
        self.next = now + 3 * every
        for at, peer in filter(None, map(accepted, self.journal(now))):
            if self.since < at <= now:
                self.pending[peer] = at
        self.since = max([self.since, *self.pending.values()])
        for peer, at in list(self.pending.items()):
            if at < now - max(2 * every, NOTED):  # its first command has left a note by now
                del self.pending[peer]
                if not self.ours(peer):
                    last = max(last, at)
        for path in glob.glob(os.path.join(glob.escape(FOLDER), "ours-*")):
            if changed(path) < time.time() - 86400:
                os.remove(path)
        return last

    def ours(self, peer):
        return os.path.exists(os.path.join(FOLDER, "ours-" + peer))

    def undecided(self):
        """Whether somebody came of late who may be a person: no note has come yet."""
        return not all(map(self.ours, self.pending))

    def journal(self, now):
        """What sshd said of late; nothing where the user may not read it."""
        return output(["journalctl", "-q", "-b", "--no-pager", "-o", "json", "--output-fields=MESSAGE", "-t", "sshd", "-t", "sshd-session",
                       "--since=@%d" % (time.time() - (now - self.since) - 2)]).splitlines()


def changed(path):
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0


def accepted(line):
    """When sshd let the user in, and from where: "IP PORT"."""
    try:
        entry = json.loads(line)
        m = ACCEPTED.match(entry["MESSAGE"])
        at = int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return None
    return (at, m.group(2) + " " + m.group(3)) if m and m.group(1) == pwd.getpwuid(os.getuid()).pw_name else None


class Usage:
    """How much of the CPU each process has used of late.

    A process is its number and its start. What its children used counts as its
    own once they have ended, so that a loop of short commands is seen; of a
    child that was seen itself nothing counts twice.
    """

    def __init__(self):
        self.running, self.by_pid = {}, {}
        self.samples = {}  # of each: (when, seconds), from about a window ago
        self.debt = collections.Counter()  # of each: its children's seconds that are counted already
        self.looked, self.span = None, 0  # when it last looked, and how long after the look before

    def look(self, now, running, window):
        self.span = now - self.looked if self.looked is not None else 0
        seen = {(p.pid, p.started): p for p in running.values()}
        for key in self.running.keys() - seen.keys():
            gone = self.running[key]
            if gone.parent in self.by_pid:
                self.debt[self.by_pid[gone.parent]] += gone.cpu
        for kept in (self.samples, self.debt):
            for key in kept.keys() - seen.keys():
                del kept[key]
        for key, p in seen.items():
            used = p.cpu - self.debt[key]
            # What began since the look before has used all of it since then.
            first = (now, used) if self.looked is None else (self.looked, 0.0)
            samples = self.samples.setdefault(key, collections.deque([first]))
            samples.append((now, used))
            while len(samples) > 2 and samples[1][0] <= now - window:
                samples.popleft()
        self.running, self.by_pid, self.looked = seen, {p.pid: key for key, p in seen.items()}, now

    def since_before(self):
        """Seconds used since the look before, and by whom."""
        return [(s[-1][1] - s[-2][1], self.running[key]) for key, s in self.samples.items()]

    def busiest(self):
        """Seconds used within the window, the share of a core, and by whom."""
        found = []
        for key, samples in self.samples.items():
            used, span = samples[-1][1] - samples[0][1], samples[-1][0] - samples[0][0]
            if used > 0 and span > 0:
                found.append((used, used / span, self.running[key]))
        return sorted(found, key=lambda f: -f[0])


class Work:
    """Finds the programs of the user that work. The server, its kernels and the
    watcher are none: what they do counts elsewhere. What they start is one."""

    def __init__(self):
        self.usage, self.whose = Usage(), {}

    def look(self, now, running, config, kernels, others):
        """The programs that together use more of the CPU than an idle machine
        may, the busiest first; others are jobs, which count by themselves."""
        window, least = config.get("window") or WINDOW, config.get("work") or LEAST
        self.usage.look(now, running, window)
        aside = Aside(running, config, kernels, others)
        found = []
        for used, share, p in self.usage.busiest():
            if used < least * window / 50:
                break  # of these, many would not matter
            if self.of_the_user(p) and not aside.leaves(p):
                found.append((used, share, p))
        self.whose = {key: w for key, w in self.whose.items() if key in self.usage.running}
        if sum(used for used, _, _ in found) < least * window:
            return []
        return [{"pid": p.pid, "command": p.command(), "cpu": round(share, 4)} for _, share, p in found]

    def share(self, cores):
        """The share of all cores that the user's programs have used since the
        look before, ours among them; -1 where that is not known yet."""
        span = self.usage.span
        if span <= 0 or cores <= 0:
            return -1
        used = sum(u for u, p in self.usage.since_before() if u >= span / 100 and self.of_the_user(p))
        return min(used / span / cores, 1)

    def of_the_user(self, p):
        key = p.pid, p.started
        if key not in self.whose:
            self.whose[key] = of_the_user(p)
        return self.whose[key]


def of_the_user(p):
    """Whether a process is the user's, also by sudo or in a container."""
    if SANDBOX:
        return of_this_host(p.pid)
    if not LINUX:
        return p.user == os.getuid()
    try:
        if os.stat("/proc/%d" % p.pid).st_uid == os.getuid():
            return True
    except OSError:
        return False
    return read("/proc/%d/loginuid" % p.pid).strip() == str(os.getuid()) or \
        bool(re.search(r"docker|libpod|containerd", read("/proc/%d/cgroup" % p.pid)))


class Aside:
    """Tells the processes whose use of the machine is no work of a person."""

    def __init__(self, running, config, kernels=(), jobs=()):
        self.running, self.config, self.kernels, self.jobs = running, config, kernels, jobs
        said = config.get("ignore")
        self.patterns = [str(i) for i in said] if isinstance(said, list) else []

    def above(self, p):
        """A process and all those above it, the nearest first."""
        chain = []
        while p and p not in chain:
            chain.append(p)
            p = self.running.get(p.parent)
        return chain

    def leaves(self, p):
        chain = self.above(p)
        return self.starts_work(p) or self.ignores(p) or self.ours_alone(chain) or \
            any(q.pid == os.getpid() or q.pid in self.jobs or LABEL in q.args for q in chain)

    def ours_alone(self, chain):
        """Whether it is a kernel of the server, and not of one that a person runs."""
        m = KERNEL.search(chain[0].args)
        return bool(m) and (m.group(1) in self.kernels or any(map(serves, chain)))

    def starts_work(self, p):
        return serves(p) or bool(serves_ssh(p, self.config)) or p.name == "sshd"

    def ignores(self, p):
        """Whether a rule leaves it out, by itself or by what started it."""
        for q in self.above(p):
            if q is not p and (self.starts_work(q) or KERNEL.search(q.args) or q.pid == 1):
                break
            if any(q.matches(i) for i in self.patterns):
                return True
        return False


def serves(p):
    """Whether a process is the server, or keeps it running."""
    return "/.jupyter-ec2/server/" in p.args


def on_gpus(gpus, users, running, config):
    """What uses a GPU, in words; empty when nothing does, or nothing but what
    a rule leaves out."""
    busiest = max(gpus, key=lambda g: g["use"], default=None)
    if not busiest or busiest["use"] < GPU_IN_USE:
        return ""
    aside = Aside(running, config)
    counted = [running[n] for n in users if n in running and not aside.ignores(running[n])]
    if users and not counted and all(n in running for n in users):
        return ""
    by = " by " + counted[0].command() if counted else ""
    return "a GPU is in use%s, %d %% of %s" % (by, round(busiest["use"] * 100), busiest["name"])


def in_words(programs):
    """Names what uses the CPU."""
    if not programs:
        return ""
    text = "%s, %d %% of a core" % (programs[0]["command"] or "a program", round(programs[0]["cpu"] * 100))
    return text + (", and %d more" % (len(programs) - 1) if len(programs) > 1 else "")
