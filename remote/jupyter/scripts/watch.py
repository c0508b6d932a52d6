"""Watches this machine for jupyter-ec2, and switches it off when nothing has
gone on for long enough. Only Python's own library, 3.8 or later.

Its folder, the one this file is in, holds:

  config.json  what to look for; read anew at each look
  status.json  what was seen; replaced at each look
  pid          the number of the process
  hold         "ID SECONDS", written by who puts the stop off; taken at once
  state.json   what a restarted watcher must know, valid for one boot; beside
               the others, or in a folder that does not outlive the boot

HUP makes it look at once. All times it decides by are monotonic, so that a
clock that is set while it runs changes nothing.
"""
import calendar
import glob
import hashlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
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
        self.before = None

    def share(self):
        fields = read("/proc/stat").split("\n", 1)[0].split()[1:9]  # guests are in user already
        if len(fields) < 8:
            return -1
        now = [int(n) for n in fields]
        before, self.before = self.before, now
        total = sum(now) - sum(before or now)
        if total <= 0:
            return -1
        idle = now[3] + now[4] - before[3] - before[4]  # idle and waiting for a disk
        return min(max(1 - idle / total, 0), 1)


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
        self.seen, self.next = [], 0

    def look(self):
        if time.monotonic() < self.next or not shutil.which("nvidia-smi"):
            return self.seen
        said = output(["nvidia-smi", "--query-gpu=name,utilization.gpu,memory.total,memory.used",
                       "--format=csv,noheader,nounits"])
        self.seen = [g for g in map(gpu, said.splitlines()) if g]
        self.next = time.monotonic() + 15
        return self.seen


def gpu(line):
    fields = [f.strip() for f in line.rsplit(",", 3)]
    if len(fields) < 4:
        return None
    use, total, used = [int(n) if n.isdigit() else -1 for n in fields[1:]]
    return {"name": fields[0], "use": use / 100 if use >= 0 else -1, "memory": max(total, 0), "memory_used": max(used, 0)}


# Its processes


class Process:
    def __init__(self, pid, parent, tty, state, started, args):
        self.pid, self.parent, self.tty, self.started, self.args = pid, parent, tty, started, args
        self.ended = state[:1] in ("Z", "X")
        self.name = os.path.basename(args.split(" ", 1)[0]).lstrip("-")


def processes():
    found = map(from_proc, filter(str.isdigit, os.listdir("/proc"))) if LINUX else map(from_ps, ps("-ax"))
    return {p.pid: p for p in found if p and not p.ended}


def from_proc(pid):
    stat = read("/proc/%s/stat" % pid)
    f = stat[stat.rfind(")") + 1:].split()  # from field 3 on: see proc_pid_stat(5)
    if len(f) < 20:
        return None
    args = read("/proc/%s/cmdline" % pid).replace("\0", " ").strip()
    return Process(int(pid), int(f[1]), f[4] if f[4] != "0" else "", f[0], f[19], args)


def ps(*which):
    return output(["ps", *which, "-ww", "-o", "pid=,ppid=,tty=,stat=,lstart=,command="]).splitlines()


def from_ps(line):
    f = line.split(None, 9)
    if len(f) < 10 or not f[0].isdigit():
        return None
    return Process(int(f[0]), int(f[1]), f[2] if f[2] not in ("?", "??") else "", f[3], " ".join(f[4:9]), f[9])


def of_this_host(pid):
    """Whether a process belongs to this host and not to another one of the same sandbox."""
    marks = [k + "=" + os.environ.get(k, "") for k in ("JUPYTER_EC2_SANDBOX_HOST", "JUPYTER_EC2_SANDBOX_HOME")]
    env = read("/proc/%d/environ" % pid).split("\0") if LINUX else " ".join(ps("-E", "-p", str(pid))).split()
    return all(m in env for m in marks)


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
        if p.parent not in servers or LABEL in p.args or SANDBOX and not of_this_host(p.pid):
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
    """The names of jobs that run: their "pid" is number, boot, start."""
    running = []
    for path in glob.glob(os.path.join(glob.escape(BASE), "jobs", "*", "pid")):
        folder = os.path.dirname(path)
        said = read(path, 1000).strip()
        number = said.split(" ", 1)[0]
        p = all_of_them.get(int(number)) if number.isdigit() else None
        if p and not os.path.exists(os.path.join(folder, "status")) and \
                " ".join(said.split()) == " ".join([number, this_boot, p.started]):
            running.append(os.path.basename(folder))
    return running


# Its server


class Trouble(Exception):
    """Why the server does not answer, for a person."""


class Dead(Trouble):
    """It is not there, where one that is busy only takes its time."""


class Server:
    """Asks the server for its kernels and terminals, without counting as use."""

    def __init__(self, config):
        folder = os.path.join(BASE, "server")
        port = re.search(r"^port=(\d+)$", read(os.path.join(folder, "spec")), re.M)
        self.address = config.get("bind") or "127.0.0.1", int(port.group(1)) if port else int(config.get("port") or 8888)
        self.token = read(os.path.join(folder, "token"))
        self.cert = read(os.path.join(folder, "cert.pem")) if config.get("tls") else ""
        self.tls = bool(config.get("tls"))

    def connect(self):
        try:
            sock = socket.create_connection(self.address, timeout=10)
        except ConnectionRefusedError:
            raise Dead("nothing listens at %s, port %d" % self.address)
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the comparison below is the check
            sock = context.wrap_socket(sock)
            if sock.getpeercert(True) != ssl.PEM_cert_to_DER_cert(self.cert):
                sock.close()
                raise Trouble("another certificate is shown than the server's")
        connection = http.client.HTTPConnection(*self.address)
        connection.sock, connection.auto_open = sock, 0  # another one would be without TLS
        return connection

    def get(self, connection, path):
        connection.request("GET", path + "?no_track_activity=1", headers={"Authorization": "token " + self.token})
        answer = connection.getresponse()
        body = answer.read(MOST)
        if answer.status == 404:
            return None
        if answer.status in (401, 403):
            raise Trouble("it refuses its own token")
        if answer.status != 200:
            raise Trouble("it answers with the error %d" % answer.status)
        found = json.loads(body.decode("utf-8", "replace"))
        return [x for x in found if isinstance(x, dict)] if isinstance(found, list) else []

    def look(self, paths):
        """What each path answered, None where there is no such thing."""
        try:
            connection = self.connect()
            try:
                return [self.get(connection, p) for p in paths]
            finally:
                connection.close()
        except socket.timeout:
            raise Trouble("it does not answer in time")
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise Trouble("asking it fails: %s" % e)


def kernel(k, paths):
    return {"id": str(k.get("id", "")), "name": str(k.get("name", "")), "state": str(k.get("execution_state", "")),
            "last": seconds_of(k.get("last_activity")) or 0, "connections": k.get("connections") or 0,
            "path": paths.get(k.get("id"), "")}


# What it comes to


class Watch:
    def __init__(self):
        self.config, self.config_id = {}, ""
        self.cpu, self.gpus = CPU(), GPUs()
        self.boot = boot()
        self.ticks = 0
        now = time.monotonic()
        # When the watcher began in this boot, when something last went on, and
        # when the server was last seen; what was seen there by its name.
        self.born = self.active = self.looked = now
        self.marks, self.held, self.hold_id = {}, 0, ""
        self.kernels, self.absent = [], set()
        self.stopping, self.stop_failed, self.retry_at = False, "", 0
        self.state_file = os.path.join(state_folder(), "state.json")
        self.restore(now)

    def restore(self, now):
        try:
            old = json.loads(read(self.state_file, MOST))
            saved, born, active, looked, held = [float(old[k]) for k in ("saved", "born", "active", "looked", "held")]
            if not self.boot or old["boot"] != self.boot or max(saved, born, active, looked) > now:
                return
            self.marks, self.hold_id = dict(old["marks"]), str(old["hold_id"])
            self.born, self.looked, self.held = born, looked, held
            self.active = active + now - saved  # while nobody looked, nobody knows
        except (ValueError, KeyError, TypeError):
            pass  # none, or of another version: begin anew

    def save(self):
        write(self.state_file, {
            "boot": self.boot, "saved": time.monotonic(), "born": self.born, "active": self.active, "looked": self.looked,
            "held": self.held, "hold_id": self.hold_id, "marks": self.marks})

    def configure(self):
        text = read(os.path.join(FOLDER, "config.json"))
        try:
            config = json.loads(text)
        except ValueError:
            return  # as before
        name = hashlib.sha256(text.encode()).hexdigest()
        if isinstance(config, dict) and name != self.config_id:
            self.config, self.config_id = config, name
            self.stopping, self.stop_failed, self.retry_at = False, "", 0

    def take_hold(self, now):
        path = os.path.join(FOLDER, "hold")
        words = read(path, 1000).split()
        if len(words) == 2 and words[1].isdigit() and words[0] != self.hold_id:
            self.hold_id, self.held = words[0], max(self.held, now + int(words[1]))
            self.save()
        if words:
            os.remove(path)

    def note(self, now, name, last):
        """Takes when a kernel or terminal was last active, by the server's clock.

        Only that it changed is believed: then something went on since the look
        before. How long ago, the two clocks say together, within that bound.
        """
        if self.marks.get(name) == last:
            return
        ago = time.time() - (seconds_of(last) or time.time())
        self.active = max(self.active, now - min(max(ago, 0), now - self.looked))

    def look_at_server(self, now):
        try:
            return self.ask_server(now)
        except (AttributeError, KeyError, TypeError, ValueError) as e:
            # What answers is no Jupyter server's: it keeps nothing awake, and
            # must not keep the machine from being stopped.
            self.kernels = []
            return {"up": False, "dead": False, "note": "its answer cannot be read (%s)" % type(e).__name__, "kernels": [], "terminals": 0}

    def ask_server(self, now):
        paths = [p for p in ("/api/kernels", "/api/sessions", "/api/terminals") if p not in self.absent]
        if self.config.get("mode") == "gateway" and "/api/terminals" in paths:
            paths.remove("/api/terminals")
        try:
            answers = dict(zip(paths, Server(self.config).look(paths)))
        except Trouble as e:
            self.absent = set()
            return {"up": False, "dead": isinstance(e, Dead), "note": str(e), "kernels": [], "terminals": 0}
        self.absent |= {p for p, found in answers.items() if found is None}
        kernels, terminals = answers.get("/api/kernels") or [], answers.get("/api/terminals") or []
        marks = {"kernel " + str(k.get("id")): k.get("last_activity") for k in kernels}
        marks.update({"terminal " + str(t.get("name")): t.get("last_activity") for t in terminals})
        for name, last in marks.items():
            self.note(now, name, last)
        self.marks, self.looked = marks, now
        of_kernel = {(s.get("kernel") or {}).get("id"): str(s.get("path", "")) for s in answers.get("/api/sessions") or []}
        self.kernels = [kernel(k, of_kernel) for k in kernels]
        return {"up": True, "dead": False, "note": "", "kernels": self.kernels, "terminals": len(terminals)}

    def busy(self, server, running):
        """What goes on right now, in words, and how many logins and transfers."""
        logins, commands = over_ssh(running, self.config)
        cells = [k for k in self.kernels if k["state"] == "busy"]
        if not server["up"]:  # it may be too busy to answer: its kernels are believed while they live
            cells = [k for k in cells if any("kernel-%s.json" % k["id"] in p.args for p in running.values())]
        text = ""
        if cells:
            where = os.path.basename(cells[0]["path"])
            text = "a cell runs in %skernel %s" % (where + ", " if where else "", cells[0]["id"][:8])
        elif jobs(running, self.boot):
            text = "the installation runs"
        elif logins:
            text = "someone is logged in over SSH"
        elif commands:
            text = "a transfer or command runs over SSH (%s)" % commands[0]
        return text, len(logins), len(commands)

    def stop(self, busy):
        """When the machine is to be stopped and why, or None."""
        limits = []
        if self.config.get("idle") and not busy:
            limits.append((self.active + self.config["idle"], "idle"))
        if self.config.get("lifetime"):
            limits.append((self.born + self.config["lifetime"], "lifetime"))
        if not limits or not self.config.get("armed"):
            return None
        at, why = min(limits)
        return max(at, self.held), why

    def tick(self):
        now = time.monotonic()
        self.configure()
        self.take_hold(now)
        server = self.look_at_server(now)
        busy, logins, transfers = self.busy(server, processes())
        now = time.monotonic()
        if busy:
            self.active = now
        self.ticks += 1
        self.save()
        stop = self.stop(busy)
        due = stop is not None and stop[0] <= now
        if not due:
            self.stopping, self.stop_failed, self.retry_at = False, "", 0
        status = {"server": server, "busy": busy, "logins": logins, "transfers": transfers,
                  "cpu": self.cpu.share(), "cores": os.cpu_count() or 0, "gpus": self.gpus.look()}
        status.update(memory())
        status.update(disk())
        self.tell(status, now, stop)
        if due and now >= self.retry_at:
            self.stopping = True
            self.tell(status, now, stop)
            self.stop_failed = self.power_off()
            self.retry_at = time.monotonic() + (self.config.get("retry") or 60)
            self.tell(status, now, stop)

    def tell(self, status, now, stop):
        wall = time.time() - now  # of the monotonic clock's zero
        limited = self.config.get("idle") or self.config.get("lifetime")
        write(os.path.join(FOLDER, "status.json"), dict(
            status, version=1, pid=os.getpid(), ticks=self.ticks, config=self.config_id, at=wall + now,
            every=self.config.get("every") or 5, hold_id=self.hold_id,
            idle_since=0 if status["busy"] else wall + self.active, born=wall + self.born,
            held=wall + self.held if self.held > now else 0,
            stop_at=wall + stop[0] if stop else 0, stop_why=stop[1] if stop else "",
            idle_limit=self.config.get("idle") or 0, life_limit=self.config.get("lifetime") or 0,
            unarmed=self.config.get("unarmed") or "" if limited and not self.config.get("armed") else "",
            stopping=self.stopping, stop_failed=self.stop_failed))

    def power_off(self):
        """Switches the machine off, and answers why it could not be. Never by
        halt: an instance that is halted goes on and is billed."""
        command = ["sudo", "-n", "shutdown", "-h", "now"]
        if self.config.get("poweroff"):
            command = self.config["poweroff"]
        elif SANDBOX:
            command = ["poweroff"]
        elif os.path.isdir("/run/systemd/system"):
            command = ["sudo", "-n", "systemctl", "poweroff"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=60)
        except (OSError, subprocess.SubprocessError) as e:
            return str(e)
        if done.returncode == 0:
            return ""
        said = done.stdout.decode("utf-8", "replace").strip()[-500:]
        return said or "%s ended with status %d" % (command[0], done.returncode)


def main():
    os.umask(0o077)
    # A signal writes into the pipe, which ends the wait below.
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGHUP, lambda *_: None)
    watch = Watch()
    write(os.path.join(FOLDER, "pid"), os.getpid())
    while True:
        began = time.monotonic()
        try:
            watch.tick()
        except Exception as e:  # one look that failed must not be the last
            say("%s: %s" % (type(e).__name__, e))
        every = max(watch.config.get("every") or 5, 0.1)
        select.select([woken], [], [], max(began + every - time.monotonic(), 0.05))
        try:
            os.read(woken, 1000)
        except BlockingIOError:
            pass


if __name__ == "__main__":
    main()
