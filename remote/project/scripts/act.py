# What is done on this side, after look.py.

class Side(Seen):
    """This side, and what is done there."""

    def apply(self, ops, **_):
        todo = []
        for op in ops:
            info = look(STAGE + "/" + op["staged"]) if op.get("staged") else None
            if info is not None:
                todo.append((STAGE + "/" + op["staged"], info))
        self.staged = self.contents(todo)
        for n, op in enumerate(ops):
            try:
                self.note(n, op, getattr(self, "do_" + op["do"])(op["p"], op))
            except Changed:
                say(n=n, changed=True)
            except OSError as e:
                say(n=n, error=e.strerror or str(e), code=e.errno)
        say(done=True)

    def note(self, n, op, info):
        path, item = op["p"], None
        if info is None:
            self.items.pop(path, None)
            self.ids.pop(path, None)
        else:
            item = op["i"][:3] + [info.st_mtime_ns] + op["i"][4:]
            self.items[path], self.ids[path] = item, identity(info)
        say(n=n, i=item)

    def must_be(self, path, op):
        """Returns what is there, if it is what was seen."""
        info = look(path)
        if op["was"] is None:
            if info is not None:
                raise Changed
            return None
        told = self.items.get(path)
        if info is None or told is None or told[:2] + told[4:6] != op["was"][:2] + op["was"][4:6]:
            raise Changed
        if stat.S_ISDIR(info.st_mode) and told[0] == "folder":
            return info
        if identity(info) != self.ids.get(path):
            raise Changed
        return info

    def free(self, path, hash):
        """Reports whether a name is free; it is not needed where the same content has it."""
        info = look(path)
        if info is None:
            return True
        if stat.S_ISREG(info.st_mode) and self.content(path, info) == (hash, ""):
            return False
        raise Changed

    def do_aside(self, path, op):
        self.must_be(path, op)
        if look(op["aside"]) is not None:
            raise Changed
        os.rename(path, op["aside"])

    def do_remove(self, path, op):
        info = self.must_be(path, op)
        if stat.S_ISDIR(info.st_mode):
            os.rmdir(path)
            return
        old = self.old(info)
        os.rename(path, old)
        self.put_by(old, info, path)

    def do_folder(self, path, op):
        self.must_be(path, op)
        os.mkdir(path)
        os.chmod(path, op["i"][1] | 0o700)
        return os.lstat(path)

    def do_link(self, path, op):
        was = self.must_be(path, op)
        half = self.old(was)
        os.symlink(op["i"][5], half)
        self.bring(half, path, was)
        return os.lstat(path)

    def do_mode(self, path, op):
        was = self.must_be(path, op)
        os.chmod(path, op["i"][1] | (0o700 if stat.S_ISDIR(was.st_mode) else 0))
        info = os.lstat(path)
        self.remember(path, info, was, op["i"][4])
        return info

    def do_file(self, path, op):
        _, mode, _, changed, hash, _, _ = op["i"]
        staged = STAGE + "/" + op["staged"]
        if self.staged.get(staged) != (hash, ""):
            if look(staged) is not None:
                os.unlink(staged)
            raise Changed  # what was sent is not what was to be sent
        was = self.must_be(path, op)
        half = self.old(was)
        os.rename(staged, half)
        try:
            os.chmod(half, mode)
            os.utime(half, ns=(changed, changed))
            new = os.lstat(half)
            if op.get("aside") and self.free(op["aside"], op["was"][4]):
                os.link(path, op["aside"])
            self.bring(half, path, was)
        except BaseException:
            if look(half) is not None:
                os.replace(half, staged)  # for the next time
            raise
        info = os.lstat(path)
        self.remember(path, info, new, hash)
        return info

    def remember(self, path, info, was, hash):
        """Notes the content of what was seen before it was moved, unless it was written to since."""
        if stat.S_ISREG(info.st_mode) and lasting(info) == lasting(was):
            self.seen[path], self.dirty = [identity(info), hash], True

    def old(self, was):
        """Returns a name for what is not in its place yet, and then for what was there before."""
        return OLD + "-".join("%x" % n for n in (lasting(was) if was else [0, 0, 0]) + [os.getpid(), time.time_ns()])

    def bring(self, half, path, was):
        if was is None:
            self.place(half, path)
        else:
            self.swap(half, path, was)

    def place(self, half, path):
        try:
            os.link(half, path, follow_symlinks=False)
        except FileExistsError:
            raise Changed
        except OSError:  # no links on this file system
            if look(path) is not None:
                raise Changed
            os.rename(half, path)
            return
        os.unlink(half)

    def swap(self, half, path, was):
        """Replaces what is at a path, which is kept for a while: somebody may have it open."""
        if exchange(half, path):
            self.put_by(half, was, path)
            return
        now = look(path)
        if now is None or identity(now) != identity(was):
            raise Changed
        os.replace(half, path)

    def put_by(self, old, was, path):
        info = os.lstat(old)
        if not stat.S_ISREG(info.st_mode):
            os.unlink(old)
        elif lasting(info) != lasting(was):
            self.save(old, path)
        else:
            self.replaced.append((old, path, identity(info), time.monotonic()))

    def settle(self, all=False):
        """Lets go of what was replaced, unless it was written to since."""
        kept = []
        for one in self.replaced:
            old, path, was, since = one
            try:
                info = os.lstat(old)
                if identity(info) != was and info.st_nlink == 1:
                    self.save(old, path)
                elif all or info.st_nlink > 1 or time.monotonic() - since > PATIENCE:
                    os.unlink(old)
                else:
                    kept.append(one)
            except OSError:
                pass
        self.replaced = kept

    def save(self, old, path):
        """Gives what was written to a file that was replaced its name again, or one beside it."""
        folder, _, name = path.rpartition("/")
        stem, dot, end = name.rpartition(".")
        if not stem:
            stem, dot, end = name, "", ""
        if folder:
            os.makedirs(folder, exist_ok=True)
            folder += "/"
        for n in range(1000):
            to = "%s.conflict-%d%s%s" % (stem, n, dot, end) if n else name
            try:
                os.link(old, folder + to)
            except FileExistsError:
                continue
            os.unlink(old)
            return


def renamer():
    """Returns the call that exchanges two names, where there is one."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            call = libc.renamex_np
            return lambda a, b: call(a, b, EXCHANGE)
        call = libc.renameat2
        return lambda a, b: call(AT_CWD, a, AT_CWD, b, EXCHANGE)
    except (OSError, AttributeError, TypeError):
        return None


RENAME = renamer()


def exchange(a, b):
    """Exchanges two files, and reports whether it did: not all file systems can."""
    if RENAME is None:
        return False
    if RENAME(os.fsencode(a), os.fsencode(b)) == 0:
        return True
    code = ctypes.get_errno()
    if code == 2:  # ENOENT: it has gone
        raise Changed
    return False


def main():
    side = Side()
    does = {"open": side.open, "scan": side.scan, "apply": side.apply}
    say(speaks="a project's host", version=1)
    sys.stdout.flush()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            does[asked.pop("do")](**asked)
        except OSError as e:
            say(error=e.strerror or str(e), code=e.errno)
        sys.stdout.flush()
    side.settle(all=True)


try:
    main()
except (BrokenPipeError, KeyboardInterrupt):
    pass  # nobody listens any more
