"""What image.py works on, and what of people's own is there. It is the first
part of one program, whose second one is image.py.
"""
import base64, fcntl, fnmatch, glob, hashlib, io, json, os, shutil, stat, subprocess, sys, tarfile, time

HOME = sys.argv[1]
BASE = os.path.join(HOME, ".jupyter-ec2")
DIR = os.path.join(BASE, "image")
ARCHIVE = os.path.join(DIR, "left-out")
ENDED = os.path.join(DIR, "ended")
UNIT = "/etc/systemd/system/jupyter-ec2-image.service"
LIB = "/var/lib/jupyter-ec2-image"
ROOT = os.geteuid() == 0

CREDENTIALS = """.aws .azure .boto .config/gcloud .config/gh .config/git/credentials .config/github-copilot .config/hub
.config/rclone .config/wandb .databrickscfg .docker .dockercfg .cache/huggingface/token .git-credentials .gnupg .huggingface
.kaggle .kube .my.cnf .netrc .npmrc .pgpass .pypirc .s3cfg .snowflake .terraform.d .vault-token
.jupyter/jupyter_notebook_config.json .jupyter/jupyter_server_config.json .local/share/jupyter/notebook_secret
.local/share/jupyter/nbsignatures.db""".split()
HISTORIES = """.bash_history .zsh_history .python_history .node_repl_history .psql_history .mysql_history .sqlite_history
.lesshst .viminfo .wget-hsts .local/share/fish/fish_history .ipython/profile_*/history.sqlite
.ipython/profile_*/history.sqlite-*""".split()
# They may name an index with a password.
SETTINGS = [".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml", ".condarc"]
SECRET_NAMES = [".env", ".env.*", "*.pem", "*.p12", "*.pfx", "id_rsa", "id_ed25519", "id_ecdsa", "credentials.json", "service-account*.json"]
# A new account has these, or they are nobody's own.
ORDINARY = {".bashrc", ".bash_logout", ".profile", ".bash_profile", ".bash_login", ".zprofile", ".cache", ".ssh", ".jupyter-ec2",
            ".sudo_as_admin_successful", ".cloud-locale-test.skip", ".tmp", ".run"}


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


def has_password(path):
    try:
        with open(path, "rb") as f:
            text = f.read(1 << 20)
    except OSError:
        return False
    return any(b"@" in part.split(b"/")[0] for part in text.split(b"://")[1:]) or b"password" in text or b"token" in text


def private(home):
    """Yields what is likely to be a secret, or tells what its owner typed."""
    for kind, patterns in (("credentials", CREDENTIALS), ("history", HISTORIES)):
        for pattern in patterns:
            for path in glob.glob(os.path.join(glob.escape(home), pattern)):
                yield kind, path
    for name in SETTINGS:
        if has_password(os.path.join(home, name)):
            yield "credentials", os.path.join(home, name)
    for path in sorted(glob.glob(os.path.join(glob.escape(home), ".ssh", "*"))):
        if not os.path.basename(path).startswith(("authorized_keys", "known_hosts")):
            yield "credentials", path
    for top, dirs, files in os.walk(home):
        depth = os.path.relpath(top, home).count(os.sep)
        dirs[:] = [d for d in dirs if not d.startswith(".") and d not in ("node_modules", "site-packages") and depth < 3]
        for name in files:
            if any(fnmatch.fnmatch(name, p) for p in SECRET_NAMES):
                yield "credentials", os.path.join(top, name)


def entries():
    """Everything that a person may want in no image: what is private, and the
    top of each home."""
    found = {}
    for home in homes():
        for kind, path in private(home):
            found.setdefault(path, kind)
        for name in sorted(os.listdir(home)):
            path = os.path.join(home, name)
            if name not in ORDINARY:
                found.setdefault(path, "files")
    return found


def listing(ask):
    free = shutil.disk_usage(HOME).free
    said = [{"path": p, "kind": k, "bytes": size(p), "folder": os.path.isdir(p)} for p, k in sorted(entries().items())]
    return {"entries": said, "free": free, "can_leave_out": shutil.which("openssl") is not None}
