# Keeps its side of a project: says what is there, and does what it is told if
# what was seen is still there. It reads requests and writes answers, each a
# line of JSON, until its input ends.
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import queue
import re
import signal
import stat
import sys
import threading
import time

OWN = ".jupyter-ec2-"
IGNORE = ".jupyter-ec2-ignore"
REPOSITORIES = (".git", ".hg")
STAGE = OWN + "sync"
SEEN = STAGE + "/seen.json"
HIDES = STAGE + "/.gitignore"  # git need not see the stage
NAMES = STAGE + "/id"  # has the folder's name: another folder in its place has another, or none
OLD = STAGE + "/old-"  # begins the names of what was replaced
RACY = 2 * 10**9  # a file changed so lately may change again unseen, in ns
PATIENCE = 600  # seconds for which what was replaced is kept where the system does not tell who writes to it
MAX_NAME, MAX_EXT = 255, 32  # bytes of a name, and of an extension that stays one
MAX_PATH, MAX_DEPTH = 4096, 256  # bytes of a path, and folders that it is in
MIN_TIME, MAX_TIME = -(2**63), 2**63 - 1  # nanoseconds since 1970


def is_own(name):
    """Reports whether a name is one of this program's own, which nobody sees."""
    return name.startswith(OWN) and name != IGNORE


class Changed(Exception):
    """Something else is there than was seen."""


def say(**what):
    sys.stdout.write(json.dumps(what, separators=(",", ":")) + "\n")


def identity(info):
    return [info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns]


def lasting(info):
    # A rename and a link change the time of change, ctime.
    return identity(info)[:3]


def told_time(info):
    """Returns when the content was changed, as the other side reads it."""
    return min(max(info.st_mtime_ns, MIN_TIME), MAX_TIME)


def look(path):
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def inside(path, target):
    """Reports whether the target of a link is in the project. None is that leads up
    after a name: that may be a link, from which it leads elsewhere."""
    depth, named = path.count("/"), False
    for part in target.split("/"):
        if part == "..":
            depth -= 1
            if depth < 0 or named:
                return False
        elif part not in ("", "."):
            named = True
    return target != "" and not target.startswith("/")


def valid(text):
    """Reports whether what the system said is UTF-8."""
    try:
        text.encode()
        return True
    except UnicodeEncodeError:
        return False


class Rules:
    def __init__(self, given):
        self.all = [
            {
                folder: [(self.compiled(g.get("files")), self.compiled(g.get("folders")), g.get("keep", False)) for g in reversed(groups)]
                for folder, groups in one.items()
            }
            for one in given
        ]
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
        if is_own(name) or name in REPOSITORIES:
            return True
        return any(self.leaves_out(groups, path, folder) for groups in self.all)

    @staticmethod
    def leaves_out(all, path, folder):
        above = path
        while above:
            above = above.rpartition("/")[0]
            rel = path[len(above) + 1:] if above else path
            for files, folders, keep in all.get(above, ()):
                match = folders if folder else files
                if match and match(rel):
                    return not keep
        return False

    def skips_all(self, path, folder):
        """Reports whether a path, or a folder that it is in, is left out."""
        above = [path[:i] for i, c in enumerate(path) if c == "/"]
        return any(self.skips(one, True) for one in above) or self.skips(path, folder)


class Scan:
    """One look at what is on this side."""

    def __init__(self, side, device):
        self.side, self.device = side, device
        self.found, self.ids, self.todo = {}, {}, []

    def walk(self, folder):
        """Looks at a folder, and reports whether something in it stays as it is."""
        if folder.count("/") >= MAX_DEPTH - 1:
            raise OSError(errno.ENAMETOOLONG, "it has too many folders in each other")
        holds = False
        with os.scandir(folder or ".") as entries:
            for entry in entries:
                path = folder + "/" + entry.name if folder else entry.name
                if len(os.fsencode(path)) > MAX_PATH:
                    raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
                holds = self.entry(path, entry) or holds
        return holds

    def entry(self, path, entry):
        """Notes what is at a path, and reports whether it stays as it is."""
        try:
            folder = entry.is_dir(follow_symlinks=False)
            if self.side.rules.skips(path, folder):
                return not is_own(entry.name) and self.leave(path, "left out", folder)
            path.encode()
            return self.note(path, entry.stat(follow_symlinks=False))
        except FileNotFoundError:
            return False  # it has gone meanwhile
        except UnicodeEncodeError:
            return self.leave(path, "name")
        except OSError:
            return self.leave(path, "closed")

    def note(self, path, info):
        mode = stat.S_IMODE(info.st_mode) & 0o777 if self.side.modes else 0
        item = ["file", mode, info.st_size, told_time(info), "", "", False]
        if stat.S_ISDIR(info.st_mode):
            if info.st_dev != self.device:
                return self.leave(path, "mount")
            item[:3] = "folder", mode | 0o700, 0
            try:
                item[6] = self.walk(path)
            except OSError:
                return self.leave(path, "closed")
        elif stat.S_ISREG(info.st_mode):
            seen = self.side.seen.get(path)
            if seen and seen[0] == identity(info):
                item[4] = seen[1]
            else:
                self.todo.append((path, info))
        elif stat.S_ISLNK(info.st_mode):
            item[:3] = "link", 0, 0
            item[5] = os.readlink(path)
            if not inside(path, item[5]) or not valid(item[5]):
                return self.leave(path, "link")
        else:
            return self.leave(path, "kind")
        self.found[path], self.ids[path] = item, identity(info)
        return False

    def leave(self, path, why, folder=False):
        """Notes why something stays as it is."""
        said = os.fsencode(path).decode("utf-8", "replace")
        if len(said.encode()) > MAX_PATH:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        self.found[said] = ["unknown", 0, 0, 0, "", why, folder]
        return True


class Seen:
    """What is on this side."""

    def __init__(self):
        self.seen = {}  # what a file's content was, by path: identity and hash
        self.items = {}  # what the other side was told
        self.ids = {}  # the identities of what it was told
        self.root, self.id, self.fold, self.modes = "", "", False, True
        self.rules = Rules([])
        self.given = None
        self.staged = {}
        self.dirty = False

    def open(self, root, make, id, **_):
        os.chdir(os.path.expanduser("~"))
        if make:
            os.makedirs(root, exist_ok=True)
        os.chdir(root)
        self.id = id
        if look(NAMES) is not None:
            with open(NAMES, encoding="utf-8") as f:
                self.id = f.read(len(id)) or id
        self.tidy()
        try:
            with open(SEEN, encoding="utf-8") as f:
                self.seen = json.load(f)
        except (OSError, ValueError):
            self.seen = {}
        self.root = os.getcwd()
        self.tries()
        say(fold=self.fold, modes=self.modes, path=self.root, id=self.id)

    def tries(self):
        """Finds out what the file system can."""
        name = STAGE + "/Case"
        with open(name, "w"):
            pass
        self.fold = os.path.lexists(STAGE + "/cASE")
        self.modes = self.takes(name, 0o600) and self.takes(name, 0o700)
        os.unlink(name)

    @staticmethod
    def takes(name, mode):
        """Reports whether a file takes a mode."""
        try:
            os.chmod(name, mode)
            return stat.S_IMODE(os.lstat(name).st_mode) == mode
        except OSError:
            return False

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
        if look(NAMES) is None or os.lstat(NAMES).st_size != len(self.id):
            with open(NAMES, "w", encoding="utf-8") as f:
                f.write(self.id)

    # What is there.

    def scan(self, rules=None, **_):
        if rules is not None and rules != self.given:
            self.rules, self.given = Rules(rules), rules
        scan = Scan(self, self.same().st_dev)
        self.tidy()
        scan.walk("")
        self.hash(scan)
        new = [path for path, item in scan.found.items() if self.items.get(path) != item]
        gone = [path for path in self.items if path not in scan.found]
        flush([path for path in new if scan.found[path][0] != "unknown"] + gone)
        for path in new:
            say(p=path, i=scan.found[path])
        for path in gone:
            say(p=path, gone=True)
        self.items, self.ids = scan.found, scan.ids
        with self.turn():
            self.keep()
        say(done=True)

    def same(self):
        """Returns what the folder is, if it still is the one that was opened."""
        ours = os.stat(".")
        try:
            if os.path.samestat(ours, os.stat(self.root)):
                return ours
        except OSError:
            pass
        raise OSError(errno.ESTALE, "the project's folder is another one by now")

    def hash(self, scan):
        answers = self.contents(scan.todo)
        now = time.time_ns()
        for path, info in scan.todo:
            hash, why = answers[path]
            if why:
                scan.leave(path, why)
                continue
            scan.found[path][4] = hash
            if now - info.st_ctime_ns > RACY:
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
