"""Whatever the watcher reads, it goes on: nothing that lies in its files, and
nothing that a server or a process says, may keep a machine from being stopped,
or make its status unreadable.

Run by TestWatcherProperties; the number of examples is its argument.
"""
import json
import math
import os
import sys
import time

from hypothesis import HealthCheck, assume, given, settings, strategies as st

sys.path.insert(0, "watch")
import watch
import watch_host as host
import watch_server as server
import watch_work as work

EXAMPLES = int(sys.argv[1])
settings.register_profile("bounded", max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES <= 1000,
                          suppress_health_check=list(HealthCheck))
settings.load_profile("bounded")

text = st.text()
digits = st.one_of(st.integers().map(str), st.text("0123456789\u00b2\u0663", min_size=1), text)
value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text, st.just(10 ** 400),
              st.datetimes().map(lambda d: d.isoformat() + "Z")),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)), max_leaves=10)


def strict(content):
    """Reads JSON as Go does: without NaN and its like."""
    def bad(name):
        raise AssertionError("a status with " + name)
    return json.loads(content, parse_constant=bad)


def place(name, content):
    with open(os.path.join("watch", name), "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


@given(st.one_of(value, st.datetimes().map(lambda d: d.isoformat() + "Z")))
def seconds(said):
    got = host.seconds_of(said)
    assert got is None or isinstance(got, float) and math.isfinite(got), got


@given(st.datetimes(min_value=__import__("datetime").datetime(1970, 1, 1)))
def seconds_of_a_time(at):
    import datetime
    want = (at - datetime.datetime(1970, 1, 1)) / datetime.timedelta(seconds=1)
    assert abs(host.seconds_of(at.isoformat() + "Z") - want) < 0.001


@given(st.one_of(text, st.tuples(text, digits, digits, digits).map(", ".join)))
def gpus(line):
    got = host.gpu(line)
    if got is not None:
        assert got["use"] == -1 or got["use"] >= 0
        assert got["memory"] >= 0 and got["memory_used"] >= 0
        strict(json.dumps(got))
        work.on_gpus([got], [1, 2], {}, {})


@given(st.one_of(text, st.lists(digits, max_size=30).map(" ".join)), text)
def stat(line, cmdline):
    p = host.from_stat(line, cmdline)
    if p is not None:
        assert p.pid >= 0 and p.parent >= 0 and p.cpu >= 0
        named(p)


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=15), st.integers(1, 1 << 22), st.integers(0, 1 << 22),
       st.lists(st.integers(0, 1 << 62), min_size=4, max_size=4), text)
def stat_of_a_process(comm, pid, parent, times, cmdline):
    line = "%d (%s) S %d 1 1 0 -1 0 0 0 0 0 %s 20 0 1 0 77 0 0" % (pid, comm, parent, " ".join(map(str, times)))
    p = host.from_stat(line, cmdline)
    assert p is not None and (p.pid, p.parent, p.started, p.tty) == (pid, parent, "77", ""), line
    assert math.isclose(p.cpu, sum(times) / host.TICKS)
    named(p)


@given(st.one_of(text, st.tuples(digits, digits, digits, text, text, digits, text).map(" ".join)))
def ps(line):
    p = host.from_ps(line)
    if p is not None:
        assert p.pid >= 0 and math.isfinite(p.cpu) and p.cpu >= 0
        named(p)


def named(p):
    assert isinstance(p.command(), str)
    assert len(p.command()) <= len(p.args)
    p.matches("*[")
    work.serves_ssh(p, {})
    work.Aside({p.pid: p}, {"ignore": ["x*"]}).leaves(p)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5), st.sampled_from(["sh a", "sshd: u", "x jupyter-ec2-watch", ""]),
                          st.floats(0, 1e6)), max_size=12),
       st.lists(st.integers(0, 3), max_size=12), st.floats(0.1, 100))
def usage(seen, kept, step):
    """Processes come, go, change their parents, and are their own parents."""
    w, running, now = work.Work(), {}, 100.0
    w.of_the_user = lambda p: True
    for (pid, parent, args, cpu), drop in zip(seen, kept + [0] * len(seen)):
        running = {k: p for k, p in running.items() if k % 4 != drop}
        before = running.get(pid)
        running[pid] = host.Process(pid, parent, "", "S", "1", args, max(cpu, before.cpu if before else 0))
        now += step
        for program in w.look(now, dict(running), {}, set(), set()):
            assert math.isfinite(program["cpu"]) and program["cpu"] >= 0
    assert len(w.usage.samples) == len(w.usage.running) and w.usage.debt.keys() <= w.usage.running.keys()


class Says:
    """A server that answers whatever it likes, in JSON."""
    answers = []

    def __init__(self, config):
        pass

    def look(self, paths):
        found = (Says.answers + [None] * 3)[:len(paths)]
        return [[x for x in f if isinstance(x, dict)] if isinstance(f, list) else f for f in found]


about = st.fixed_dictionaries({}, optional={
    "id": value, "name": value, "execution_state": st.one_of(st.just("busy"), value), "last_activity": value,
    "connections": value, "kernel": value, "path": value})
listed = st.one_of(st.none(), st.lists(about, max_size=3))


def ticks(w):
    """One look ends, and leaves a status that can be read, as often as it is asked."""
    for _ in range(2):
        w.tick()
        with open("watch/status.json") as f:
            status = strict(f.read())
        for k in status["server"]["kernels"]:
            assert all(isinstance(k[n], str) for n in ("id", "name", "state", "path")), k
            assert isinstance(k["connections"], int) and isinstance(k["last"], (int, float)), k
        for n in ("at", "every", "idle_since", "born", "held", "stop_at", "idle_limit", "life_limit", "work_least"):
            assert isinstance(status[n], (int, float)) and not isinstance(status[n], bool), (n, status[n])
        assert all(isinstance(i, str) for i in status["ignore"])
        assert isinstance(status["unarmed"], str)
    assert not os.path.exists("watch/hold")


def begin():
    for name in ("config.json", "status.json", "state.json", "hold"):
        if os.path.exists("watch/" + name):
            os.remove("watch/" + name)


@given(st.lists(listed, max_size=3))
def answers(said):
    begin()
    place("config.json", '{"idle": 3600, "armed": true}')
    Says.answers = said
    ticks(watch.Watch())
    Says.answers = []


CONFIG = ("every", "idle", "lifetime", "armed", "unarmed", "mode", "bind", "port", "tls", "work", "window", "ignore", "poweroff", "retry", "ssh_server")


@given(st.one_of(value.map(json.dumps), st.binary(max_size=40),
                 st.dictionaries(st.sampled_from(CONFIG), value).map(json.dumps)),
       st.one_of(st.binary(max_size=40), st.tuples(text, digits).map(" ".join)))
def config(said, hold):
    begin()
    w = watch.Watch()
    place("config.json", said)
    place("hold", hold)
    if not hold:
        os.remove("watch/hold")
    ticks(w)


number = st.one_of(st.floats(), st.just(10 ** 400), value, st.floats(0, time.monotonic()))


@given(st.one_of(value, st.fixed_dictionaries({
    "boot": st.sampled_from([host.boot(), ""]), "saved": number, "born": number, "active": number, "looked": number,
    "held": number, "hold_id": value, "marks": value})))
def state(said):
    begin()
    place("config.json", '{"idle": 3600, "lifetime": 7200, "armed": true}')
    place("state.json", json.dumps(said))
    w = watch.Watch()
    now = time.monotonic()
    assert w.born <= now and w.active <= now and w.looked <= now and w.held < now + 2 * watch.LONGEST
    ticks(w)
    assert w.stop("")[0] <= now + 7200 + 2 * watch.LONGEST


def state_without_end():
    begin()
    place("state.json", "[" * 100000)
    place("config.json", "{\"idle\": " * 100000)
    ticks(watch.Watch())


@given(st.one_of(text, digits.map("port={}".format)))
def spec(said):
    os.makedirs("server", exist_ok=True)
    for name in ("spec", "token", "cert.pem"):
        with open("server/" + name, "wb") as f:
            f.write(said.encode("utf-8", "surrogatepass"))
    for tls in (False, True):
        w = watch.Watch()
        w.config = {"tls": tls, "bind": "127.0.0.1", "port": 1}
        real, watch.Server = watch.Server, server.Server
        try:
            assert w.look_at_server()["up"] is False
        finally:
            watch.Server = real


@given(st.one_of(text, value.map(json.dumps), st.fixed_dictionaries({
    "__MONOTONIC_TIMESTAMP": value, "MESSAGE": st.one_of(value, text.map("Accepted publickey for root from {} port 1".format))}).map(json.dumps)))
def journal(line):
    got = work.accepted(line)
    assert got is None or math.isfinite(got[0]) and "/" not in got[1]


@given(st.one_of(st.binary(max_size=60), st.tuples(digits, text, text).map(" ".join)))
def job(said):
    os.makedirs("jobs/x", exist_ok=True)
    with open("jobs/x/pid", "wb") as f:
        f.write(said if isinstance(said, bytes) else said.encode("utf-8", "surrogatepass"))
    work.jobs({1: host.Process(1, 0, "", "S", "1", "init")}, "boot")


watch.Server = Says
watch.Watch.power_off = lambda self: "not in a test"
for check in (seconds, seconds_of_a_time, gpus, stat, stat_of_a_process, ps, usage, answers, config, state, state_without_end, spec, job, journal):
    try:
        check()
    except BaseException:
        print("property: " + check.__name__, file=sys.stderr)
        raise
