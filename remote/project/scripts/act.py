# What is done on this side, after look.py.

FEW = 64  # paths that the disk is waited for one by one


class Missing(Exception):
    """A file has not come, or is not what was to come."""


class Side(Seen):
    """This side, and what is done there."""

    def apply(self, ops, **_):
        todo = []
        for op in ops:
            info = look(STAGE + "/" + op["staged"]) if op.get("staged") else None
            if info is not None:
                todo.append((STAGE + "/" + op["staged"], info))
        self.staged = self.contents(todo)
        with self.turn():
            answers = [self.answer(op) for op in ops]
        flush([STAGE + "/old"] + [op["p"] for op in ops] + [op["aside"] for op in ops if op.get("aside")])
        for n, answer in enumerate(answers):  # when others have their turn: nobody may listen
            say(n=n, **answer)
        say(done=True)

    def sizes(self, names, **_):
        """Says how large the files are that are staged."""
        for n, name in enumerate(names):
            info = look(STAGE + "/" + name)
            if info is not None and stat.S_ISREG(info.st_mode):
                say(n=n, size=info.st_size)
        say(done=True)

    def answer(self, op):
        try:
            if op["i"] and self.rules.skips_all(op["p"], op["i"][0] == "folder"):
                raise OSError(errno.EINVAL, "it is left out there")
            return {"i": self.note(op, getattr(self, "do_" + op["do"])(op["p"], op))}
        except Missing:
            return {"missing": True}
        except (Changed, FileExistsError, FileNotFoundError, NotADirectoryError):
            return {"changed": True}
        except OSError as e:
            return {"error": e.strerror or str(e), "code": e.errno}

    def note(self, op, info):
        """Notes what is at a path, and returns it as it is told."""
        path = op["p"]
        if info is None:
            self.items.pop(path, None)
            self.ids.pop(path, None)
            return None
        item = op["i"][:3] + [told_time(info)] + op["i"][4:]
        self.items[path], self.ids[path] = item, identity(info)
        return item

    def must_be(self, path, op):
        """Returns what is there, if it is what was seen."""
        folder = os.path.dirname(path)
        if folder and os.path.realpath(folder) != os.path.join(self.root, folder):
            raise Changed  # one is a link by now, which leads elsewhere
        info = look(path)
        if op["was"] is None:
            if info is not None:
                raise Changed
            return None
        told = self.items.get(path)
        if info is None or told is None or told[:1] + told[4:6] != op["was"][:1] + op["was"][4:6]:
            raise Changed
        if stat.S_ISDIR(info.st_mode) and told[0] == "folder":
            return info
        if identity(info) != self.ids.get(path):
            raise Changed
        if told[0] == "file" and self.seen.get(path) != [identity(info), told[4]]:
            # It was so young that a later change may look the same.
            if self.content(path, info) != (told[4], ""):
                raise Changed
        return info

    def do_aside(self, path, op):
        self.must_be(path, op)
        self.save(path, op["aside"])

    def do_remove(self, path, op):
        info = self.must_be(path, op)
        if stat.S_ISDIR(info.st_mode):
            os.rmdir(path)
        else:
            os.rename(path, kept_as(info, 0, path))

    def do_folder(self, path, op):
        self.must_be(path, op)
        os.mkdir(path)
        self.chmod(path, op["i"][1] | 0o700)
        return os.lstat(path)

    def do_link(self, path, op):
        was = self.must_be(path, op)
        staged = "%s/in-link-%x-%x" % (STAGE, os.getpid(), time.time_ns())
        try:
            os.symlink(op["i"][5], staged)
            self.bring(staged, path, was)
        finally:
            if look(staged) is not None:
                os.unlink(staged)
        return os.lstat(path)

    def do_mode(self, path, op):
        was = self.must_be(path, op)
        self.chmod(path, op["i"][1] | (0o700 if stat.S_ISDIR(was.st_mode) else 0))
        info = os.lstat(path)
        self.remember(path, info, was, op["i"][4])
        return info

    def do_file(self, path, op):
        _, mode, _, changed, hash, _, _ = op["i"]
        staged = STAGE + "/" + op["staged"]
        if self.staged.get(staged) != (hash, ""):
            if look(staged) is not None:
                os.unlink(staged)
            raise Missing
        aside = op.get("aside")
        if aside and self.has(aside, op["was"][4]):
            aside = None  # what is replaced is kept already
        was = self.must_be(path, op)
        self.chmod(staged, mode)
        os.utime(staged, ns=(changed, changed))
        new = os.lstat(staged)
        self.bring(staged, path, was, aside)
        info = os.lstat(path)
        self.remember(path, info, new, hash)
        return info

    def chmod(self, path, mode):
        if self.modes:
            os.chmod(path, mode)

    def has(self, path, hash):
        """Reports whether a file of that content is there."""
        info = look(path)
        return info is not None and stat.S_ISREG(info.st_mode) and self.content(path, info) == (hash, "")

    def remember(self, path, info, was, hash):
        """Notes the content of what was seen before it was moved, unless it was written to
        since. Only of one with an older time is that certain."""
        if stat.S_ISREG(info.st_mode) and lasting(info) == lasting(was) and time.time_ns() - info.st_mtime_ns > RACY:
            self.seen[path], self.dirty = [identity(info), hash], True

    def bring(self, staged, path, was, aside=None):
        """Puts what is staged in its place. Nothing is lost of what was there: it
        has the name aside then, or is in the stage, whatever it is by now."""
        if was is None:
            move(staged, path)
        elif aside:
            self.save(path, aside)
            move(staged, path)
        else:
            self.swap(staged, path, was)

    def swap(self, staged, path, was):
        old = kept_as(was, os.lstat(staged).st_ino, path)
        os.rename(staged, old)
        if rename(old, path, EXCHANGE) == 0:
            return
        os.rename(old, staged)
        os.rename(path, old)  # there is no exchange here: for a moment nothing is there
        try:
            move(staged, path)
        except FileExistsError:
            raise  # somebody has put something newer there
        except OSError:
            move(old, path)
            raise

    def settle(self):
        """Lets go of what was replaced, and of halves that nobody continues."""
        try:
            entries = list(os.scandir(STAGE))
        except OSError:
            return  # a later one tries again
        for entry in entries:
            try:
                info = entry.stat(follow_symlinks=False)
                if entry.path.startswith(OLD):
                    self.let_go(entry.path)
                elif entry.path not in (SEEN, HIDES, NAMES) and time.time() - info.st_ctime > 24 * 3600:
                    os.unlink(entry.path)
            except (OSError, ValueError):
                pass  # a later one tries again

    def let_go(self, old):
        """Removes what was replaced, unless somebody may still write to it. What was
        written to since gets its name again, or one beside it."""
        was, half, path = kept_in(old)
        busy = written(old)  # before it is compared: who closes it now has written to it
        info = os.lstat(old)
        same, file = lasting(info) == was, stat.S_ISREG(info.st_mode)
        if busy is None:
            busy = time.time() - info.st_ctime < PATIENCE
        if info.st_ino == half or file and info.st_nlink > 1:
            os.unlink(old)  # it did not come to its place, or has another name
        elif not same:
            self.save(old, path)
        elif not (file and busy):
            os.unlink(old)

    def save(self, old, path):
        """Gives something a name, or one beside it where that is taken."""
        folder = os.path.dirname(path)
        try:
            os.makedirs(folder or ".", exist_ok=True)
        except (FileExistsError, NotADirectoryError):  # a file is there by now
            path = os.path.basename(path)
        for n in range(1000):
            try:
                return move(old, beside(path, "conflict-%d" % n) if n else path)
            except FileExistsError:
                pass
        raise Changed


def beside(path, word):
    """Returns the path of a file beside another, with a word before its extension."""
    folder, name = os.path.split(path)
    stem, dot, end = name.rpartition(".")
    if not stem or len(os.fsencode(end)) >= MAX_EXT:
        stem, dot, end = name, "", ""
    end = "." + word + dot + end
    while stem and len(os.fsencode(stem + end)) > MAX_NAME:
        stem = stem[:-1]
    return os.path.join(folder, stem + end)


def kept_as(was, half, path):
    """Returns a name in the stage for what was at a path. What comes in its place,
    whose inode half is, has it before."""
    ids = ",".join("%x" % n for n in lasting(was) + [half, time.time_ns()])
    for there in (path, os.path.basename(path), ""):
        name = OLD + ids + "," + there.replace("%", "%25").replace("/", "%2F")
        if len(os.fsencode(os.path.basename(name))) <= MAX_NAME:
            break
    return name


def kept_in(old):
    """Returns what such a name says: what was there, the inode, and the path."""
    ids = old[len(OLD):].split(",", 5)
    path = ids.pop().replace("%2F", "/").replace("%25", "%")
    ino, size, changed, half = (int(n, 16) for n in ids[:4])
    return [ino, size, changed], half, path or "replaced"


def written(path):
    """Reports whether somebody has a file open for writing, or mapped; None where
    the system does not tell. Linux gives a lease to read only where nobody has."""
    try:
        f = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        return False
    except AttributeError:
        return None  # another system
    except OSError as e:
        # Some file systems give no lease for a file that nobody writes to either.
        busy = e.errno == errno.EAGAIN and path != HIDES and written(HIDES) is False
        return busy or None
    finally:
        os.close(f)


def renamer():
    """Returns the system's call that renames in other ways; its result is not 0 where it did not."""
    number = {"x86_64": 316, "aarch64": 276}.get(os.uname().machine)  # renameat2, which not every libc has
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        if sys.platform == "darwin":
            return libc.renamex_np
        if sys.platform == "linux" and number and sys.maxsize > 2**32:
            return lambda a, b, how: libc.syscall(number, AT_CWD, a, AT_CWD, b, how)
    except (ImportError, OSError, AttributeError):
        pass  # a Python without it
    return lambda a, b, how: -1


def flush(paths):
    """Has the disk keep what is at these paths, or is no more: the other side counts
    on what it is told, and less of it would look as if it had been changed here. Only
    where they are many is all that is not on the disk yet waited for."""
    if not paths:
        return
    if len(paths) > FEW:
        on_disk(".", FLUSH)
        return
    for path in paths:
        on_disk(path, os.fsync)
    for folder in sorted({os.path.dirname(path) or "." for path in paths}):
        on_disk(folder, os.fsync)


def on_disk(path, call):
    """Has the disk keep what is at a path, unless that cannot be opened: only the
    folder that it is in has it then."""
    try:
        f = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return
    try:
        call(f)
    except OSError as e:
        if e.errno not in (errno.EINVAL, errno.ENOTSUP):  # it has no disk
            raise
    finally:
        os.close(f)


def flusher():
    """Returns the system's call that has the disk keep a file system."""
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        call = libc.syncfs

        def flush(folder):
            if call(folder) != 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        return flush
    except (ImportError, OSError, AttributeError):
        return lambda folder: os.sync()


FLUSH = flusher()
RENAME = renamer()
AT_CWD, EXCHANGE, NOREPLACE = -100, 2, 4 if sys.platform == "darwin" else 1


def rename(a, b, how):
    return RENAME(os.fsencode(a), os.fsencode(b), how)


def move(a, b):
    """Gives something another name, which nothing may have."""
    if rename(a, b, NOREPLACE) == 0:
        return
    try:
        os.link(a, b, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # it cannot be linked
        if look(b) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), b)
        os.rename(a, b)
        return
    try:
        os.unlink(a)
    except OSError:
        os.unlink(b)
        raise


def main():
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # somebody wants to write to what is asked about in written
    side = Side()
    does = {"open": side.open, "scan": side.scan, "staged": side.sizes, "apply": side.apply}
    say(speaks="a project's host", version=1)
    sys.stdout.flush()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            does[asked.pop("do")](**asked)
        except OSError as e:
            say(error=e.strerror or str(e), code=e.errno)
        sys.stdout.flush()
    with side.turn():
        side.settle()


try:
    main()
except (BrokenPipeError, KeyboardInterrupt):
    pass  # nobody listens any more
