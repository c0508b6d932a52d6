"""Watches this machine for jupyter-ec2, and switches it off when nothing has
gone on for long enough. Only Python's own library, 3.8 or later.

Its folder, the one this file is in, holds:

  watch_*.py   its other parts
  config.json  what to look for; read anew at each look
  status.json  what was seen; replaced at each look
  pid          the number of the process
  hold         "ID SECONDS", written by who puts the stop off; taken at once
  state.json   what a restarted watcher must know, valid for one boot; beside
               the others, or in a folder that does not outlive the boot

HUP makes it look at once. All times it decides by are monotonic, so that a
clock that is set while it runs changes nothing.
"""
import hashlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time

# Its folder is its own; python -I does not look there by itself. What is
# compiled would be kept by time and size, and could be another version's.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import watch_work as work
from watch_host import CPU, FOLDER, MOST, SANDBOX, GPUs, boot, disk, memory, processes, read, sane, say, seconds_of, state_folder, write
from watch_server import Dead, Server, Trouble, kernel


LONGEST = 10 * 365 * 86400  # seconds: no time that is planned is longer


def settings(said):
    """What of a config is what it should be."""
    numbers = {k: sane(said.get(k), LONGEST) for k in ("idle", "lifetime", "retry", "work", "window", "port", "ssh_server")}
    numbers["every"] = sane(said.get("every"), 3600)
    texts = {k: said[k] for k in ("unarmed", "mode", "bind") if isinstance(said.get(k), str)}
    lists = {k: [i for i in said[k] if isinstance(i, str)] for k in ("ignore", "poweroff") if isinstance(said.get(k), list)}
    return dict(numbers, armed=said.get("armed") is True, tls=said.get("tls") is True, **texts, **lists)


class Watch:
    def __init__(self):
        self.config, self.config_id = {}, ""
        self.cpu, self.gpus, self.work = CPU(), GPUs(), work.Work()
        self.boot = boot()
        self.ticks = 0
        now = time.monotonic()
        self.connections = work.Connections(now)
        # When the watcher began in this boot, when something last went on, and
        # when the server was last seen; what was seen there by its name.
        self.born = self.active = self.looked = self.ticked = now
        self.marks, self.held, self.hold_id = {}, 0, ""
        self.kernels, self.absent = [], set()
        self.stopping, self.stop_failed, self.retry_at = False, "", 0
        self.state_file = os.path.join(state_folder(), "state.json")
        self.restore(now)

    def restore(self, now):
        try:
            old = json.loads(read(self.state_file, MOST))
            saved, born, active, looked, held = [float(old[k]) for k in ("saved", "born", "active", "looked", "held")]
            times = saved, born, active, looked
            if not self.boot or old["boot"] != self.boot or not all(0 <= t <= now for t in times) or not 0 <= held < now + LONGEST:
                return
            marks, hold_id = dict(old["marks"]), str(old["hold_id"])
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
            return  # none, or of another version: begin again
        self.marks, self.hold_id, self.born, self.looked, self.held = marks, hold_id, born, looked, held
        self.active = min(active + now - saved, now)  # while nobody looked, nobody knows

    def save(self):
        write(self.state_file, {
            "boot": self.boot, "saved": time.monotonic(), "born": self.born, "active": self.active, "looked": self.looked,
            "held": self.held, "hold_id": self.hold_id, "marks": self.marks})

    def configure(self):
        text = read(os.path.join(FOLDER, "config.json"))
        try:
            config = json.loads(text)
        except (RecursionError, ValueError):
            return  # as before
        name = hashlib.sha256(text.encode()).hexdigest()
        if isinstance(config, dict) and name != self.config_id:
            self.config, self.config_id = settings(config), name
            self.stopping, self.stop_failed, self.retry_at = False, "", 0

    def take_hold(self):
        path = os.path.join(FOLDER, "hold")
        said = read(path, 1000)
        now = time.monotonic()  # not before: who writes it counts from then on
        words = said.split()
        if len(words) == 2 and words[1].isdecimal() and words[0] != self.hold_id:
            self.hold_id, self.held = words[0], max(self.held, now + min(int(words[1]), LONGEST))
            self.save()
        if said:
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

    def look_at_server(self):
        try:
            return self.ask_server()
        except Exception as e:
            # What answers is no Jupyter server's: it keeps nothing awake, and
            # must not keep the machine from being stopped.
            self.kernels = []
            return {"up": False, "dead": False, "note": "its answer cannot be read (%s)" % type(e).__name__, "kernels": [], "terminals": 0}

    def ask_server(self):
        paths = [p for p in ("/api/kernels", "/api/sessions", "/api/terminals") if p not in self.absent]
        if self.config.get("mode") == "gateway" and "/api/terminals" in paths:
            paths.remove("/api/terminals")
        try:
            answers = dict(zip(paths, Server(self.config).look(paths)))
        except Trouble as e:
            self.absent = set()
            return {"up": False, "dead": isinstance(e, Dead), "note": str(e), "kernels": [], "terminals": 0}
        now = time.monotonic()  # it may have taken seconds to answer
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

    def busy(self, now, server, running):
        """What goes on right now: in words, and as the status has it."""
        logins, commands = work.over_ssh(running, self.config)
        cells = [k for k in self.kernels if k["state"] == "busy"]
        if not server["up"]:  # it may be too busy to answer: its kernels are believed while they live
            cells = [k for k in cells if any("kernel-%s.json" % k["id"] in p.args for p in running.values())]
        jobs = work.jobs(running, self.boot)
        programs = self.work.look(now, running, self.config, {k["id"] for k in self.kernels}, jobs)
        gpus, users = self.gpus.look()
        said = []
        if cells:
            where = os.path.basename(cells[0]["path"])
            said.append("a cell runs in %skernel %s" % (where + ", " if where else "", cells[0]["id"][:8]))
        if jobs:
            said.append("the installation runs")
        if logins:
            said.append("someone is logged in over SSH")
        if commands:
            said.append("a transfer or command runs over SSH (%s)" % commands[0])
        said += filter(None, [work.in_words(programs), work.on_gpus(gpus, users, running, self.config)])
        return {"busy": "; ".join(said), "logins": len(logins), "transfers": len(commands), "gpus": gpus, "work": programs[:20]}

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
        self.configure()
        self.take_hold()
        server = self.look_at_server()
        now = time.monotonic()
        status = self.busy(now, server, processes())
        busy = status["busy"]
        every = self.config.get("every") or 5
        self.active = max(self.active, self.connections.look(now, self.ticked, every))
        self.ticked = now
        if busy:
            self.active = now
        self.ticks += 1
        self.save()
        stop = self.stop(busy)
        due = stop is not None and stop[0] <= now
        if due and stop[1] == "idle":  # nobody who has just come is left without the machine
            self.active = max(self.active, self.connections.look(now, now, every, soon=True))
            stop = self.stop(busy)
            due = stop[0] <= now and not self.connections.undecided()
        if not due:
            self.stopping, self.stop_failed, self.retry_at = False, "", 0
        cores = os.cpu_count() or 0
        # A sandbox host shares the computer: what others use there is not its.
        cpu = self.work.share(cores) if SANDBOX else self.cpu.share()
        status.update(server=server, cpu=cpu, cores=cores)
        status.update(memory())
        status.update(disk())
        self.tell(status, now, stop)
        if due and now >= self.retry_at:
            self.stopping = True
            self.tell(status, now, stop)
            self.stop_failed = self.power_off()
            now = time.monotonic()
            self.retry_at = now + (self.config.get("retry") or 60)
            self.tell(status, now, stop)

    def tell(self, status, now, stop):
        wall = time.time() - time.monotonic()  # of the monotonic clock's zero
        limited = self.config.get("idle") or self.config.get("lifetime")
        write(os.path.join(FOLDER, "status.json"), dict(
            status, version=1, pid=os.getpid(), ticks=self.ticks, config=self.config_id, at=wall + now,
            every=self.config.get("every") or 5, hold_id=self.hold_id,
            idle_since=0 if status["busy"] else wall + self.active, born=wall + self.born,
            held=wall + self.held if self.held > now else 0,
            stop_at=wall + stop[0] if stop else 0, stop_why=stop[1] if stop else "",
            work_least=self.config.get("work") or work.LEAST, ignore=self.config.get("ignore") or [],
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
