"""Makes a machine ready for an image of its disk, and puts it back afterwards.

What must be in no image and is needed again is put into an archive that only a
key decrypts which is never on this disk; the files themselves are overwritten,
because a disk's free blocks are in its image too. See image.go.
"""

class Run:
    """The work for one image, which its key tells from any other. A client that
    lost the connection to a cleaning ends it: what is cleaned after that is lost."""

    def __init__(self, ask):
        self.id = hashlib.sha256(b"run " + ask["key"].encode()).hexdigest()

    def ended(self):
        try:
            with open(ENDED) as f:
                return self.id in f.read().split()
        except FileNotFoundError:
            return False

    def check(self):
        if self.ended():
            raise RuntimeError("this image was given up meanwhile")

    def end(self):
        """Has a cleaning stop at its next step. One that begins late stops too,
        so that the mark stays."""
        if self.ended():
            return
        try:
            with open(ENDED) as f:
                before = f.read().split()[-20:]
        except FileNotFoundError:
            before = []
        with open(ENDED + ".new", "w") as f:
            f.write("".join(line + "\n" for line in before + [self.id]))
        os.replace(ENDED + ".new", ENDED)


def alone(patience):
    """Waits until nothing else here is cleaned or put back. The kernel ends it
    with this program; the folder itself is locked, which takes no file."""
    lock, until = os.open(DIR, os.O_RDONLY), time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise RuntimeError("an earlier cleaning for an image, or its undoing, still runs there") from None
        time.sleep(0.05)


def overwrite(path, check=lambda: None):
    """Removes a file or a folder so that its content is not left on the disk. A
    file with another name elsewhere is not overwritten: it stays there."""
    check()
    try:
        s = os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(s.st_mode):
        os.chmod(path, 0o700)
        for name in os.listdir(path):
            overwrite(os.path.join(path, name), check)
        os.rmdir(path)
        return
    if stat.S_ISREG(s.st_mode) and s.st_nlink == 1 and s.st_size > 0:
        os.chmod(path, 0o600)
        fd = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        try:
            left, blank = s.st_size, bytes(1 << 20)
            while left > 0:
                check()
                left -= os.write(fd, blank[: min(left, len(blank))])
            os.fsync(fd)
        finally:
            os.close(fd)
    os.unlink(path)


class Cipher:
    """openssl at work between this program and a file; the key reaches it
    through a pipe, and no list of processes."""

    def __init__(self, mode, key, path):
        read, write = os.pipe()
        os.write(write, key.encode() + b"\n")
        os.close(write)
        self.file = open(path, "wb" if mode == "-e" else "rb")
        ends = {"stdin": subprocess.PIPE, "stdout": self.file} if mode == "-e" else {"stdin": self.file, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(["openssl", "enc", mode, "-aes-256-ctr", "-pbkdf2", "-pass", "fd:%d" % read],
                                        pass_fds=[read], stderr=subprocess.DEVNULL, **ends)
        os.close(read)
        self.stream = self.process.stdin or self.process.stdout

    def end(self):
        if self.process.stdout:
            while self.stream.read(1 << 20):
                pass
        self.stream.close()
        if self.process.stdin:
            os.fsync(self.file.fileno())
        self.file.close()
        if self.process.wait() != 0:
            raise RuntimeError("openssl failed")


class Summed(io.RawIOBase):
    """A stream that sums up what goes through it, as long as the run lasts."""

    def __init__(self, stream, run):
        self.stream, self.sum, self.run = stream, hashlib.sha256(), run

    def write(self, data):
        self.run.check()
        self.sum.update(data)
        self.stream.write(data)
        return len(data)

    def read(self, n=-1):
        self.run.check()
        data = self.stream.read(n)
        self.sum.update(data)
        return data


def leave_out(paths, key, run):
    """Puts the paths into the archive, checks it, and overwrites them."""
    for p in paths:
        if not allowed(p):
            raise RuntimeError("cannot be left out: " + p)
        # What SQLite keeps beside a history goes with its last reader.
        if not os.path.lexists(p) and "history.sqlite-" not in p:
            raise RuntimeError("there is nothing at " + p)
    # What is in a folder that is left out goes with it.
    paths = sorted(p for p in set(paths) if os.path.lexists(p) and not any(p.startswith(q + os.sep) for q in paths))
    if not paths:
        return
    if os.path.exists(ARCHIVE):
        raise RuntimeError("an earlier image left an archive behind")
    out = Cipher("-e", key, ARCHIVE + ".new")
    wrote = Summed(out.stream, run)
    with tarfile.open(fileobj=wrote, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 20) as tar:
        for p in paths:
            tar.add(p, arcname=p.lstrip("/"))
    out.end()
    back = Cipher("-d", key, ARCHIVE + ".new")
    check = Summed(back.stream, run)
    while check.read(1 << 20):
        pass
    back.end()
    if check.sum.digest() != wrote.sum.digest():
        raise RuntimeError("the archive cannot be read back")
    run.check()
    os.rename(ARCHIVE + ".new", ARCHIVE)
    sync(DIR)
    for p in paths:
        overwrite(p, run.check)


def sync(folder):
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def room(members):
    """Yields each after what is in its place, half overwritten, is gone."""
    for m in members:
        path = "/" + m.name
        if not m.isdir() and os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):
            os.unlink(path)
        yield m


def bring_back(key):
    if not os.path.exists(ARCHIVE):
        return False
    back = Cipher("-d", key, ARCHIVE)
    with tarfile.open(fileobj=back.stream, mode="r|") as tar:
        trusted = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
        tar.extractall("/", room(tar), numeric_owner=True, **trusted)
    back.end()
    os.sync()
    os.unlink(ARCHIVE)
    return True


def quietly(*command):
    return subprocess.call(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def clear_ours(check):
    """Removes what is ours or a running server's: all of it is made again."""
    for name in ("server", "jobs"):
        overwrite(os.path.join(BASE, name), check)
    for name in ("status.json", "status.json.new", "watch.log", "hold"):
        overwrite(os.path.join(BASE, "watch", name), check)
    check()
    shutil.rmtree(os.path.join(BASE, "cache"), ignore_errors=True)
    for name in ("apt.log", "pip.log"):
        overwrite(os.path.join(BASE, name), check)
    for home in homes():
        overwrite(os.path.join(home, ".local/share/jupyter/runtime"), check)


def clear_logs():
    quietly("journalctl", "--rotate")
    for path in glob.glob("/var/log/journal/*/*@*.journal*"):  # what was rotated
        overwrite(path)
    for pattern in ("syslog*", "messages*", "user.log*", "auth.log*", "secure*"):
        for path in glob.glob("/var/log/" + pattern):
            os.truncate(path, 0)


def authorized():
    """The lines that let people in, by file."""
    found = {}
    for home in homes():
        path = os.path.join(home, ".ssh/authorized_keys")
        if os.path.isfile(path):
            with open(path, errors="replace") as f:
                found[path] = [line.strip() for line in f if line.strip()]
    return found


def prepare_boot(instance):
    """Has a machine that is made from the image begin as a new one: see image_boot.py."""
    os.makedirs(LIB, mode=0o700, exist_ok=True)
    shutil.copyfile(os.path.join(DIR, "image_boot.py"), LIB + "/boot.py")
    with open(LIB + "/made.json", "w") as f:
        json.dump({"instance": instance, "keys": authorized()}, f)
    with open(UNIT, "w") as f:
        f.write("""[Unit]
Description=Takes what was the first machine's off a machine made from its image, set up by jupyter-ec2
DefaultDependencies=no
After=local-fs.target cloud-init-local.service cloud-init.service cloud-init-network.service
Before=ssh.service sshd.service ssh.socket jupyter-ec2-watch.service jupyter-ec2.service

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I %s/boot.py

[Install]
WantedBy=multi-user.target
""" % LIB)
    quietly("systemctl", "daemon-reload")
    if quietly("systemctl", "enable", "jupyter-ec2-image.service") != 0:
        raise RuntimeError("systemd does not take jupyter-ec2-image.service")


def forget_boot():
    if ROOT and os.path.exists(UNIT):
        quietly("systemctl", "disable", "jupyter-ec2-image.service")
        os.unlink(UNIT)
        quietly("systemctl", "daemon-reload")
    if ROOT:
        shutil.rmtree(LIB, ignore_errors=True)


def clean(ask):
    run = Run(ask)
    alone(ask["patience"])
    run.check()
    with open(os.path.join(DIR, "instance"), "w") as f:
        f.write(ask["instance"] + "\n")
    if ask["systemd"]:
        # An idle machine must not stop in the middle. A client that is killed
        # now leaves one that still stops, once nothing here runs any more.
        quietly("systemd-run", "--on-active=900", "sh", "-c", 'flock "$0" true; systemctl start jupyter-ec2-watch.service', DIR)
        quietly("systemctl", "stop", "jupyter-ec2-watch.service")
    leave_out(ask["leave_out"] or [], ask["key"], run)
    run.check()
    clear_ours(run.check)
    if ask["systemd"]:
        run.check()
        clear_logs()
        run.check()
        prepare_boot(ask["instance"])
    os.sync()
    return {}


def restore(ask):
    Run(ask).end()
    alone(ask["patience"])
    back = bring_back(ask["key"])
    forget_boot()
    for path in (ARCHIVE + ".new", os.path.join(DIR, "instance")):
        if os.path.exists(path):
            os.unlink(path)
    # No cleaning runs while this one is alone, and a late one does nothing.
    return {"back": back, "whole": not os.path.lexists(ARCHIVE)}


def fresh(ask):
    """Takes what was the first machine's off one that was made from its image."""
    alone(ask["patience"])
    try:
        with open(os.path.join(DIR, "instance")) as f:
            made_of = f.read().strip()
    except FileNotFoundError:
        return {"made_of": ""}
    if made_of != ask["instance"]:
        for path in (ARCHIVE, ARCHIVE + ".new", ENDED):
            overwrite(path)
        # It has not run at boot where nobody had told whom this machine lets in.
        if ROOT and ask["login"] and os.path.exists(LIB + "/made.json"):
            boot = [sys.executable, "-I", os.path.join(DIR, "image_boot.py"), ask["instance"], ask["login"]]
            if quietly(*boot) != 0:
                raise RuntimeError("the first machine's people are still let in")
        os.unlink(os.path.join(DIR, "instance"))
        forget_boot()
    return {"made_of": made_of}


def main():
    ask = json.load(sys.stdin)
    tasks = {"list": listing, "clean": clean, "restore": restore, "fresh": fresh}
    try:
        said = tasks[ask["task"]](ask)
    except (OSError, RuntimeError, tarfile.TarError) as e:
        said = {"error": str(e)}
    # base64: names on a disk may hold anything.
    print(base64.b64encode(json.dumps(said).encode("utf-8", "surrogateescape")).decode())


main()
