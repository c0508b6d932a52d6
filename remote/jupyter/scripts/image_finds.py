"""What image.py works on, and what of people's own is there. It is the first
part of one program, whose others are image_names.py and image.py.
"""
import base64, collections, fcntl, fnmatch, glob, hashlib, io, json, os, re, shutil, stat, subprocess, sys, tarfile, time

HOME = sys.argv[1]
BASE = os.path.join(HOME, ".jupyter-ec2")
DIR = os.path.join(BASE, "image")
ARCHIVE = os.path.join(DIR, "left-out")
ENDED = os.path.join(DIR, "ended")
UNIT = "/etc/systemd/system/jupyter-ec2-image.service"
LIB = "/var/lib/jupyter-ec2-image"
ROOT = os.geteuid() == 0


def homes():
    found = [HOME]
    if ROOT:
        found += ["/root"] + sorted(glob.glob("/home/*"))
    return [h for n, h in enumerate(found) if h not in found[:n] and os.path.isdir(h) and not os.path.islink(h)]


def size(path):
    total, seen = 0, set()
    for top, dirs, files in os.walk(path):
        for name in files:
            try:
                s = os.lstat(os.path.join(top, name))
            except OSError:
                continue
            if s.st_ino not in seen:
                seen.add(s.st_ino)
                total += s.st_size
    if not os.path.isdir(path) or os.path.islink(path):
        total = os.lstat(path).st_size
    return total


def content(path):
    """The beginning of a file, empty where it is none that can be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as f:
            return f.read(1 << 20) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return b""


def has_password(text):
    text = text.lower()
    return any(word in text for word in (b"password", b"token", b"_auth")) or URL_PASSWORD.search(text) is not None


def tells_secret(text):
    """Whether a line of a script or of settings gives a secret."""
    for line in text.split(b"\n"):
        if line.lstrip().startswith(b"#"):
            continue
        given = SECRET_LINE.search(line) or SECRET_SET.search(line)
        if given and not NO_SECRET.match(given.group(1)) or KNOWN_SECRET.search(line) or URL_PASSWORD.search(line):
            return True
    return False


def as_distributed(path):
    """Whether a start file is the one that each new account gets."""
    name = os.path.basename(path)
    text = content(path)
    return any(os.path.isfile(p) and content(p) == text for p in ("/etc/skel/" + name, "/usr/share/base-files/dot" + name))


def ends(path, patterns):
    """Whether the last parts of a path are those of one of the patterns."""
    have = path.split("/")
    for pattern in patterns:
        want = pattern.split("/")
        if all(fnmatch.fnmatchcase(h, w) for h, w in zip(have[-len(want):], want)):
            return True
    return False


def kind_of(home, path, folder):
    """What kind of private thing a file or a folder is, or None."""
    name, above = os.path.basename(path), os.path.dirname(path)
    if ends(path, CREDENTIALS_OF.get(name, ())) or name in IN_HOME and above == home:
        return None if folder and not size(path) else "credentials"
    if ends(path, HISTORIES):
        return "history"
    if folder:
        return None
    low = name.lower()
    if os.path.basename(above) == ".ssh" and not name.startswith(("authorized_keys", "known_hosts", "config")) and not low.endswith(".pub"):
        return "credentials"
    if SECRET_NAME.match(low):
        return "credentials"
    if HISTORY_NAME.match(low):
        return "history"
    if low.endswith((".pem", ".key")):  # but what holds certificates alone
        text = content(path)
        return "credentials" if b"PRIVATE KEY" in text or b"-----BEGIN" not in text else None
    secret = name in SETTINGS and has_password(content(path)) or name in GIT and GIT_PASSWORD.search(content(path))
    if secret or ends(path, START) and tells_secret(content(path)):
        return "credentials"
    return None


def allowed(path):
    """Whether a path may be left out: it is below a home, and no part of what
    the machine is reached and worked by."""
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    if real != os.path.normpath(path):
        return False
    name = os.path.basename(path)
    return any(os.path.commonpath([h, path]) == h and h != path for h in homes()) and not (
        path == BASE or path.startswith(BASE + os.sep) or name == ".ssh" or name.startswith("authorized_keys"))


class Search:
    """A search of homes for what is likely to be a secret, or tells what its
    owner did. It looks at what is nearest to a home first, and ends at a bound:
    unsearched are the folders in a home that it has not been through by then."""

    def __init__(self, tops, names, seconds):
        self.found, self.unsearched, self.names, self.until = {}, set(), names, time.monotonic() + seconds
        self.ahead = collections.deque((home, home) for home in tops)
        while self.ahead:
            home, folder = self.ahead.popleft()
            if self.names <= 0 or time.monotonic() > self.until or not self.look(home, folder):
                self.unsearched.add(os.path.join(home, os.path.relpath(folder, home).split("/")[0]) if folder != home else home)

    def look(self, home, folder):
        try:
            with os.scandir(folder) as inside:
                for e in inside:
                    if self.names <= 0:
                        return False
                    self.names -= 1
                    self.entry(home, e)
        except FileNotFoundError:
            pass
        except OSError:  # it may not be read
            return False
        return True

    def entry(self, home, e):
        if e.path == BASE:
            return
        folder = e.is_dir(follow_symlinks=False)
        kind = kind_of(home, e.path, folder)
        if kind:
            self.found.setdefault(e.path, kind)
            if e.is_symlink():
                real = os.path.realpath(e.path)
                if os.path.exists(real) and allowed(real):
                    self.found.setdefault(real, kind)
        elif folder and e.name not in UNSEARCHED and not ends(e.path, (".git/objects", ".git/lfs/objects")):
            self.ahead.append((home, e.path))


def shown(path):
    """Whether something at the top of a home, which is not private, is to be
    told of: not what a new account has, or nobody's own is."""
    name = os.path.basename(path)
    if name in NOBODYS:
        return False
    if name == ".cache":
        return size(path) > 0
    return not (name in START and as_distributed(path))


def entries(search):
    """Everything that a person may want in no image: what is private, and the
    top of each home."""
    found = dict(search.found)
    for home in homes():
        for name in sorted(os.listdir(home)):
            path = os.path.join(home, name)
            if path not in found and shown(path):
                found[path] = "files"
        for path in glob.glob(os.path.join(glob.escape(home), ".ssh", "*")):
            name = os.path.basename(path)
            if path not in found and not name.startswith(("authorized_keys", "known_hosts")):
                found[path] = "files"
    return found


def entry(path, kind):
    return {"path": path, "kind": kind, "bytes": size(path), "folder": os.path.isdir(path) and not os.path.islink(path)}


def named(said):
    """What a person named as to be left out: where it is, and whether it can be."""
    path = os.path.normpath(os.path.join(HOME, said[2:] if said.startswith("~/") else said))
    there = os.path.lexists(path)
    told = entry(path, "files") if there else {"path": path}
    return dict(told, said=said, there=there, allowed=allowed(path))


def listing(ask):
    free = shutil.disk_usage(HOME).free
    search = Search(homes(), *(ask["bounds"] or [500000, 30]))
    return {"entries": [entry(p, k) for p, k in sorted(entries(search).items())], "named": [named(n) for n in ask["named"] or []],
            "unsearched": sorted(search.unsearched), "free": free, "can_leave_out": shutil.which("openssl") is not None}
