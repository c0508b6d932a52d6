"""The machine that watch.py watches: its files, its load, its processes."""
import calendar
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import time

LABEL = "jupyter-ec2-watch"  # whose process trees are the program's own looks
FOLDER = os.path.dirname(os.path.abspath(__file__))
BASE = os.path.dirname(FOLDER)
SANDBOX = os.environ.get("JUPYTER_EC2_SANDBOX_HOST")
MOST = 4 << 20  # of an answer
LINUX = os.path.isdir("/proc/self")


def read(path, most=64 << 10):
    """Files of /proc/sys refuse to be read by megabytes."""
    try:
        with open(path, "rb") as f:
            return f.read(most).decode("utf-8", "replace")
    except OSError:
        return ""


def say(text):
    print("jupyter-ec2-watch: " + text, file=sys.stderr, flush=True)


def write(path, content):
    """Replaces a file of the owner's alone; nobody ever reads half of it. A
    full disk must not keep the machine from being stopped."""
    try:
        fd = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as f:
            json.dump(content, f)
        os.replace(path + ".new", path)
    except OSError as e:
        say("writing %s: %s" % (path, e))


def output(command, within=10):
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=within)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def sane(value, most=1 << 40):
    """A number that can be reckoned with, 0 for what is none: JSON has others."""
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value
    return min(value, most) if ok else 0  # which is never true of NaN


def boot():
    """Names this boot of the machine; empty where that cannot be told."""
    return read("/proc/sys/kernel/random/boot_id").strip() or output(["sysctl", "-n", "kern.bootsessionuuid"]).strip()


def state_folder():
    if os.environ.get("RUNTIME_DIRECTORY"):
        return os.environ["RUNTIME_DIRECTORY"].split(":")[0]
    run = os.environ.get("XDG_RUNTIME_DIR")
    # A sandbox host boots while the computer does not.
    return run if SANDBOX and run and os.path.isdir(run) else FOLDER


def seconds_of(text):
    """Reads Jupyter's 2026-01-02T03:04:05.678901Z as seconds, or None."""
    m = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]00:?00)?$", str(text))
    if not m:
        return None
    try:
        return calendar.timegm(time.strptime(m.group(1), "%Y-%m-%dT%H:%M:%S")) + float(m.group(2) or 0)
    except ValueError:
        return None


# The machine


class CPU:
    """The share of all cores that worked since the look before."""

    def __init__(self):
        self.before, self.last = None, -1

    def share(self):
        fields = read("/proc/stat").split("\n", 1)[0].split()[1:9]  # guests are in user already
        if len(fields) < 8 or not all(f.isdecimal() for f in fields):
            return -1
        now = [int(n) for n in fields]
        before = self.before or now
        total = sum(now) - sum(before)
        if total <= 0 and self.before:  # two looks within one tick of that clock: as before
            return self.last
        self.before = now
        if total > 0:
            idle = now[3] + now[4] - before[3] - before[4]  # idle and waiting for a disk
            self.last = min(max(1 - idle / total, 0), 1)
        return self.last


def memory():
    kb = {k: int(v) for k, v in re.findall(r"^(\w+): +(\d+) kB", read("/proc/meminfo"), re.M)}
    if not kb:
        return darwin_memory()
    total, swap = kb.get("MemTotal", 0), kb.get("SwapTotal", 0)
    free = kb.get("MemAvailable", kb.get("MemFree", 0))
    return {"memory": total >> 10, "memory_used": (total - free) >> 10,
            "swap": swap >> 10, "swap_used": (swap - kb.get("SwapFree", 0)) >> 10}


def darwin_memory():
    said = output(["vm_stat"])
    size = re.search(r"page size of (\d+)", said)
    pages = sum(int(n) for n in re.findall(r"^Pages (?:active|wired down|occupied by compressor): +(\d+)", said, re.M))
    total = output(["sysctl", "-n", "hw.memsize"]).strip()
    return {"memory": int(total or 0) >> 20, "memory_used": pages * int(size.group(1) if size else 0) >> 20}


def disk():
    try:
        s = os.statvfs(os.path.expanduser("~"))
    except OSError:
        return {}
    return {"disk": s.f_blocks * s.f_frsize >> 20, "disk_free": s.f_bavail * s.f_frsize >> 20}


class GPUs:
    """What nvidia-smi says. Asking takes a second, so not at each look."""

    def __init__(self):
        self.seen, self.users, self.next = [], [], 0

    def look(self):
        """The GPUs, and the numbers of the processes that use them."""
        if time.monotonic() < self.next or not shutil.which("nvidia-smi"):
            return self.seen, self.users
        asked = ["--query-gpu=name,utilization.gpu,memory.total,memory.used", "--query-compute-apps=pid"]
        gpus, users = [output(["nvidia-smi", a, "--format=csv,noheader,nounits"]).splitlines() for a in asked]
        self.seen = [g for g in map(gpu, gpus) if g]
        self.users = sorted({int(n) for n in map(str.strip, users) if n.isdecimal()})
        self.next = time.monotonic() + 15
        return self.seen, self.users


def gpu(line):
    fields = [f.strip() for f in line.rsplit(",", 3)]
    if len(fields) < 4:
        return None
    use, total, used = [int(n) if n.isdecimal() else -1 for n in fields[1:]]
    return {"name": fields[0], "use": use / 100 if use >= 0 else -1, "memory": max(total, 0), "memory_used": max(used, 0)}


# Its processes


class Process:
    def __init__(self, pid, parent, tty, state, started, args, cpu=0.0, user=None):
        self.pid, self.parent, self.tty, self.started, self.args = pid, parent, tty, started, args
        self.cpu = cpu  # seconds, with those of its children that have ended
        self.user = user  # None: whoever owns its folder in /proc
        self.ended = state[:1] in ("Z", "X")
        self.name = os.path.basename(args.split(" ", 1)[0]).lstrip("-")

    def command(self):
        """What it is to a person: "python train.py". The rest of its
        arguments may be long, and may be secret."""
        words = self.args.split()
        if not INTERPRETER.match(self.name):
            return self.name
        for i, word in enumerate(words[1:], 1):
            if word == "-m":
                return " ".join([self.name, *words[i:i + 2]])
            if word == "-c":
                break
            if not word.startswith("-"):
                return self.name + " " + os.path.basename(word)
        return self.name

    def matches(self, pattern):
        """Whether a person's pattern means it: its name, or what is run."""
        return any(fnmatch.fnmatchcase(text, pattern) for text in (self.name, self.command(), self.args))


INTERPRETER = re.compile(r"(python[\d.]*|pypy\d*|(ba|da|z|k)?sh|fish|perl|ruby|node|Rscript|julia|java)$")
TICKS = os.sysconf("SC_CLK_TCK")


def processes():
    found = map(from_proc, filter(str.isdecimal, os.listdir("/proc"))) if LINUX else map(from_ps, ps("-ax"))
    return {p.pid: p for p in found if p and not p.ended}


def from_proc(pid):
    p = from_stat(read("/proc/%s/stat" % pid), read("/proc/%s/cmdline" % pid))
    return p if p and p.pid == int(pid) else None


def from_stat(stat, cmdline):
    pid = stat.split(" ", 1)[0]
    f = stat[stat.rfind(")") + 1:].split()  # from field 3 on: see proc_pid_stat(5)
    if len(f) < 20 or not all(n.isdecimal() for n in (pid, f[1], *f[11:15])):
        return None
    cpu = sum(int(n) for n in f[11:15]) / TICKS
    return Process(int(pid), int(f[1]), f[4] if f[4] != "0" else "", f[0], f[19], cmdline.replace("\0", " ").strip(), cpu)


def ps(*which):
    return output(["ps", *which, "-ww", "-o", "pid=,ppid=,uid=,tty=,stat=,time=,lstart=,command="]).splitlines()


def from_ps(line):
    f = line.split(None, 11)
    if len(f) < 12 or not all(n.isdecimal() for n in f[:3]):
        return None
    return Process(int(f[0]), int(f[1]), f[3] if f[3] not in ("?", "??") else "", f[4], " ".join(f[6:11]), f[11],
                   clock(f[5]), int(f[2]))


def clock(text):
    """Reads the seconds of 1-02:03:04 or 2:03.45; 0 for what is none."""
    m = re.match(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$", text, re.ASCII)
    if not m:
        return 0.0
    days, hours, minutes = [int(n or 0) for n in m.groups()[:3]]
    return (days * 24 + hours) * 3600.0 + minutes * 60 + float(m.group(4))


def of_this_host(pid):
    """Whether a process belongs to this host and not to another one of the same sandbox."""
    marks = [k + "=" + os.environ.get(k, "") for k in ("JUPYTER_EC2_SANDBOX_HOST", "JUPYTER_EC2_SANDBOX_HOME")]
    env = read("/proc/%d/environ" % pid).split("\0") if LINUX else " ".join(ps("-E", "-p", str(pid))).split()
    return all(m in env for m in marks)
