# Keeps its side of a project: says what is there, and does what it is told if
# what was seen is still there. It reads requests and writes answers, each a
# line of JSON, until its input ends.
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import posixpath
import queue
import re
import signal
import stat
import sys
import threading
import time

OWN = ".jupyter-ec2-"
IGNORE = ".jupyter-ec2-ignore"
STAGE = OWN + "sync"
SEEN = STAGE + "/seen.json"
HIDES = STAGE + "/.gitignore"  # git need not see the stage
OLD = STAGE + "/old-"  # begins the names of what was replaced
RACY = 2 * 10**9  # a file changed so lately may change again unseen, in ns
PATIENCE = 600  # seconds for which what was replaced is kept where the system does not tell who writes to it
MAX_NAME, MAX_EXT = 255, 32  # bytes of a name, and of an extension that stays one


class Changed(Exception):
    """Something else is there than was seen."""


def say(**what):
    sys.stdout.write(json.dumps(what, separators=(",", ":")) + "\n")


def identity(info):
    return [info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns]


def lasting(info):
    # A rename and a link change the time of change, ctime.
    return identity(info)[:3]


def look(path):
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def inside(path, target):
    to = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return not target.startswith("/") and to != ".." and not to.startswith("../")


class Rules:
    def __init__(self, given):
        self.groups = {
            folder: [(self.compiled(g.get("files")), self.compiled(g.get("folders")), g.get("keep", False)) for g in reversed(groups)]
            for folder, groups in given.items()
        }
        self.known = {}

    @staticmethod
    def compiled(expr):
        return re.compile(expr).fullmatch if expr else None

    def skips(self, path, folder):
        key = (path, folder)
        if key not in self.known:
            self.known[key] = self.decide(path, folder)
        return self.known[key]

    def decide(self, path, folder):
        name = path.rpartition("/")[2]
        if name.startswith(OWN) and name != IGNORE:
            return True
        above = path
        while above:
            above = above.rpartition("/")[0]
            rel = path[len(above) + 1:] if above else path
            for files, folders, keep in self.groups.get(above, ()):
                match = folders if folder else files
                if match and match(rel):
                    return not keep
        return False


class Seen:
    """What is on this side."""

    def __init__(self):
        self.seen = {}  # what a file's content was, by path: identity and hash
        self.items = {}  # what the other side was told
        self.ids = {}  # the identities of what it was told
        self.unknown = {}
        self.rules = Rules({})
        self.given = None
        self.staged = {}
        self.dirty = False

    def open(self, root, make, **_):
        os.chdir(os.path.expanduser("~"))
        if make:
            os.makedirs(root, exist_ok=True)
        os.chdir(root)
        self.tidy()
        try:
            with open(SEEN, encoding="utf-8") as f:
                self.seen = json.load(f)
        except (OSError, ValueError):
            self.seen = {}
        say(fold=self.folds(), system=os.name, path=os.getcwd())

    def folds(self):
        name = STAGE + "/Case"
        with open(name, "w"):
            pass
        try:
            return os.path.lexists(STAGE + "/cASE")
        finally:
            os.unlink(name)

    @contextlib.contextmanager
    def turn(self):
        """Waits until nobody else changes anything here: what a lost connection has left behind may still work."""
        folder = os.open(".", os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some file systems have no locks
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def tidy(self):
        with self.turn():
            self.stage()
            self.settle()

    def stage(self):
        """Makes the stage where it is missing: it is easily taken for rubbish."""
        os.makedirs(STAGE, 0o700, exist_ok=True)
        if look(HIDES) is None or not os.lstat(HIDES).st_size:
            with open(HIDES, "w", encoding="utf-8") as f:
                f.write("*\n")

    # What is there.

    def scan(self, rules=None, **_):
        if rules is not None and rules != self.given:
            self.rules, self.given = Rules(rules), rules
        self.tidy()
        found, ids, unknown, todo = {}, {}, {}, []
        try:
            self.walk("", found, ids, unknown, todo)
        except OSError as e:
            say(error=str(e))
            return
        self.hash(todo, found, unknown)
        for path in list(unknown):
            found.pop(path, None)
        for path, item in found.items():
            if self.items.get(path) != item:
                say(p=path, i=item)
        gone = [path for path in self.items if path not in found]
        self.items, self.ids, self.unknown = found, ids, unknown
        with self.turn():
            self.keep()
        say(gone=gone, unknown=unknown, done=True)

    def walk(self, folder, found, ids, unknown, todo):
        holds = False
        with os.scandir(folder or ".") as entries:
            for entry in entries:
                path = folder + "/" + entry.name if folder else entry.name
                try:
                    path.encode()
                except UnicodeEncodeError:
                    unknown[path.encode("utf-8", "backslashreplace").decode()] = "name"
                    holds = True
                    continue
                try:
                    info = entry.stat(follow_symlinks=False)
                    is_folder = stat.S_ISDIR(info.st_mode)
                    if self.rules.skips(path, is_folder):
                        holds = holds or not entry.name.startswith(OWN)
                    elif is_folder:
                        mine = self.walk(path, found, ids, unknown, todo)
                        found[path] = ["folder", stat.S_IMODE(info.st_mode) & 0o777, 0, info.st_mtime_ns, "", "", mine]
                        ids[path] = identity(info)
                    elif stat.S_ISLNK(info.st_mode):
                        target = os.readlink(path)
                        target.encode()
                        if inside(path, target):
                            found[path] = ["link", 0, 0, info.st_mtime_ns, "", target, False]
                            ids[path] = identity(info)
                        else:
                            unknown[path], holds = "link", True
                    elif stat.S_ISREG(info.st_mode):
                        item = ["file", stat.S_IMODE(info.st_mode) & 0o777, info.st_size, info.st_mtime_ns, "", "", False]
                        found[path], ids[path] = item, identity(info)
                        seen = self.seen.get(path)
                        if seen and seen[0] == ids[path]:
                            item[4] = seen[1]
                        else:
                            todo.append((path, info))
                    else:
                        unknown[path], holds = "kind", True
                except FileNotFoundError:
                    pass  # it has gone meanwhile
                except (OSError, UnicodeEncodeError):
                    unknown[path], holds = "closed", True
        return holds

    def hash(self, todo, found, unknown):
        answers = self.contents(todo)
        now = time.time_ns()
        for path, info in todo:
            hash, why = answers[path]
            if why:
                unknown[path] = why
                continue
            found[path][4] = hash
            if now - max(info.st_mtime_ns, info.st_ctime_ns) > RACY:
                self.seen[path] = [identity(info), hash]
                self.dirty = True

    def contents(self, todo):
        """Returns the hashes of files, and why there is none."""
        work, answers = queue.SimpleQueue(), {}
        for one in todo:
            work.put(one)

        def run():
            while True:
                try:
                    path, info = work.get_nowait()
                except queue.Empty:
                    return
                answers[path] = self.content(path, info)

        many = min(os.cpu_count() or 1, 8, len(todo) // 32 + 1)
        threads = [threading.Thread(target=run) for _ in range(many - 1)]
        for t in threads:
            t.start()
        run()
        for t in threads:
            t.join()
        return answers

    @staticmethod
    def content(path, info):
        sum = hashlib.sha256()
        try:
            f = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            return "", "moving"
        except OSError:
            return "", "closed"
        try:
            while True:
                piece = os.read(f, 1 << 20)
                if not piece:
                    break
                sum.update(piece)
            same = identity(os.fstat(f)) == identity(info)
        except OSError:
            return "", "closed"
        finally:
            os.close(f)
        return sum.hexdigest(), "" if same else "moving"

    def keep(self):
        if not self.dirty:
            return
        self.dirty = False
        for path in [p for p in self.seen if p not in self.items]:
            del self.seen[path]
        half = STAGE + "/seen.new"
        try:
            with open(half, "w", encoding="utf-8") as f:
                json.dump(self.seen, f, separators=(",", ":"))
            os.replace(half, SEEN)
        except OSError:
            pass  # it is only sooner next time
