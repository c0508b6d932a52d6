

# Says a line whenever something in a project's folder has changed, until its
# input ends. The system tells of changes; where it does not, the folder is looked
# at again and again.
import ctypes
import select
import struct

CHANGES = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200  # modify, attrib, close_write, moved from and to, create, delete
ONLY_FOLDER, NO_FOLLOW, NONBLOCK, CLOEXEC = 0x01000000, 0x02000000, 0o4000, 0o2000000
IS_FOLDER, OVERFLOW = 0x40000000, 0x4000
GATHER = 0.1  # seconds for which changes that come together are told once
LEAST = 1.0  # seconds between two looks, where the system does not tell


class Untold(Exception):
    """The system does not tell of changes."""


class Changes:
    def __init__(self, rules):
        self.rules = rules
        self.folders = {}  # by the system's number of them
        try:
            self.libc = ctypes.CDLL(None, use_errno=True)
            self.told = self.libc.inotify_init1(NONBLOCK | CLOEXEC)
        except (AttributeError, OSError):
            raise Untold()
        if self.told < 0:
            raise Untold()
        self.follow()

    def follow(self):
        """Has the system tell of all folders that are not left out."""
        self.folders = {}
        for folder in walked(self.rules):
            n = self.libc.inotify_add_watch(self.told, os.fsencode(folder or "."), CHANGES | ONLY_FOLDER | NO_FOLLOW)
            if n >= 0:
                self.folders[n] = folder
            elif ctypes.get_errno() in (errno.ENOSPC, errno.ENOMEM):
                raise Untold()

    def matters(self):
        """Reads what the system has told, and reports whether it is of the project."""
        found = made = False
        while True:
            try:
                data = os.read(self.told, 1 << 16)
            except BlockingIOError:
                break
            at = 0
            while at < len(data):
                n, mask, _, size = struct.unpack_from("iIII", data, at)
                name = os.fsdecode(data[at + 16:at + 16 + size].split(b"\0", 1)[0])
                at += 16 + size
                folder = self.folders.get(n)
                if mask & OVERFLOW:
                    found = made = True
                elif folder is not None and name:
                    path = folder + "/" + name if folder else name
                    if not self.rules.skips(path, bool(mask & IS_FOLDER)):
                        found = True
                        made = made or bool(mask & IS_FOLDER)
        if made:
            self.follow()
        return found

    def wait(self):
        """Reports whether something has changed, or else its input has something."""
        while True:
            ready = select.select([self.told, sys.stdin.buffer], [], [])[0]
            if sys.stdin.buffer in ready:
                return False
            time.sleep(GATHER)
            if self.matters():
                return True


class Looks:
    """Looks at all that is there."""

    def __init__(self, rules):
        self.rules = rules
        self.took = 0.0
        self.was = self.look()

    def look(self):
        began, seen = time.monotonic(), hashlib.sha256()
        for folder in walked(self.rules):
            try:
                with os.scandir(folder or ".") as entries:
                    for entry in sorted(entries, key=lambda e: e.name):
                        path = folder + "/" + entry.name if folder else entry.name
                        info = entry.stat(follow_symlinks=False)
                        is_folder = stat.S_ISDIR(info.st_mode)
                        if not self.rules.skips(path, is_folder):
                            seen.update(repr((path, info.st_mode, None if is_folder else identity(info))).encode("utf-8", "surrogateescape"))
            except OSError:
                pass  # it has gone meanwhile, or cannot be read
        self.took = time.monotonic() - began
        return seen.digest()

    def wait(self):
        while True:
            if select.select([sys.stdin.buffer], [], [], max(LEAST, 5 * self.took))[0]:
                return False
            now = self.look()
            if now != self.was:
                self.was = now
                return True


def walked(rules):
    """Returns all folders that are not left out, each before what is in it is seen:
    who has the system tell of it at once misses none that is made in it meanwhile."""
    todo = [""]
    while todo:
        folder = todo.pop()
        yield folder
        try:
            with os.scandir(folder or ".") as entries:
                for entry in entries:
                    path = folder + "/" + entry.name if folder else entry.name
                    if entry.is_dir(follow_symlinks=False) and not rules.skips(path, True):
                        todo.append(path)
        except OSError:
            pass  # it has gone meanwhile, or cannot be read


def watch():
    asked = json.loads(sys.stdin.buffer.readline())
    os.chdir(asked["root"])
    rules = Rules(asked["rules"])
    kinds = [Looks] if asked.get("looks") else [Changes, Looks]
    while kinds:
        try:
            changes = kinds[0](rules)
            say(watches=kinds[0].__name__)
            sys.stdout.flush()
            while changes.wait():
                say(changed=True)
                sys.stdout.flush()
            return
        except Untold:
            kinds = kinds[1:]


try:
    watch()
except (BrokenPipeError, KeyboardInterrupt):
    pass  # nobody listens any more
