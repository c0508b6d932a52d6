"""Fetches a wheel from the package index: fetch.py uv|pip DESTINATION

For uv, DESTINATION becomes the program itself; for pip, the wheel. "fetch.py
index" and "fetch.py cert" print the settings it goes by, "fetch.py ask NAME"
finds out whether the index gives a package. Needs nothing but a Python 3.6. The index, certificates and proxy are those that pip
and uv are told of. The wheel is chosen by its platform tags, and checked
against the SHA-256 in the index's answer (PEP 691 JSON, else PEP 503 HTML).

Exit codes: 11 Python too old, 14 no connection, 15 TLS, 16 the index refuses
or lacks it, 18 wrong checksum, 19 no wheel for this platform.
"""
import base64
import configparser
import hashlib
import html.parser
import http.client
import json
import os
import platform
import re
import shutil
import ssl
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile


def fail(code, text):
    print("error: " + text, file=sys.stderr)
    sys.exit(code)


def pip_setting(name):
    """A setting of pip's configuration files, the user's before the system's."""
    home = os.path.expanduser("~")
    for path in (os.path.join(home, ".config/pip/pip.conf"), os.path.join(home, ".pip/pip.conf"), "/etc/pip.conf"):
        conf = configparser.RawConfigParser()
        try:
            conf.read(path)
            return conf.get("global", name)
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
    return ""


def index_url():
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name].split("=", 1)[-1] if name == "UV_DEFAULT_INDEX" else os.environ[name]
    return pip_setting("index-url") or "https://pypi.org/simple"


def split_user(url):
    """The URL without user and password, and the header that carries them."""
    parts = urllib.parse.urlsplit(url)
    if "@" not in parts.netloc:
        return url, {}
    user, _, host = parts.netloc.rpartition("@")
    secret = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
    return urllib.parse.urlunsplit(parts._replace(netloc=host)), {"Authorization": "Basic " + secret}


def cert_path():
    """The certificate authorities to trust, or nothing for the system's."""
    for value in (os.environ.get("PIP_CERT"), os.environ.get("SSL_CERT_FILE"),
                  os.environ.get("REQUESTS_CA_BUNDLE"), os.environ.get("CURL_CA_BUNDLE"), pip_setting("cert")):
        if value and os.path.exists(value):
            return value
    return ""


def tls_context():
    path = cert_path()
    if not path:
        return ssl.create_default_context()
    return ssl.create_default_context(**{"capath" if os.path.isdir(path) else "cafile": path})


def get(url, headers, accept="*/*"):
    host = urllib.parse.urlsplit(url).hostname
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "jupyter-ec2"})
    for key, value in headers.items():
        request.add_unredirected_header(key, value)  # a redirect may lead to another host
    try:
        return urllib.request.urlopen(request, timeout=60, context=tls_context())
    except urllib.error.HTTPError as e:
        fail(16, "the package index %s answers %d %s for %s" % (host, e.code, e.reason, urllib.parse.urlsplit(url).path))
    except urllib.error.URLError as e:
        if isinstance(e.reason, ssl.SSLError):
            fail(15, "the TLS certificate of %s cannot be verified: %s" % (host, e.reason))
        fail(14, "could not reach the package index %s: %s" % (host, e.reason))
    except (OSError, http.client.HTTPException) as e:
        fail(14, "could not reach the package index %s: %s" % (host, e))


def read(answer, size=None):
    try:
        return answer.read(size)
    except (OSError, http.client.HTTPException) as e:
        fail(14, "the connection to %s broke: %s" % (urllib.parse.urlsplit(answer.geturl()).hostname, e))


class Links(html.parser.HTMLParser):
    """The files of a PEP 503 page."""

    def __init__(self, base):
        super().__init__()
        self.base, self.files = base, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag != "a" or not attrs.get("href"):
            return
        url, _, fragment = urllib.parse.urljoin(self.base, attrs["href"]).partition("#")
        name, _, value = fragment.partition("=")
        self.files.append({
            "filename": urllib.parse.unquote(url.rsplit("/", 1)[-1]), "url": url,
            "hashes": {name: value} if value else {}, "requires-python": attrs.get("data-requires-python"),
            "yanked": "data-yanked" in attrs,
        })


def files_of(name):
    index, headers = split_user(index_url())
    url = index.rstrip("/") + "/" + name + "/"
    print("Asking %s for %s" % (urllib.parse.urlsplit(url).hostname, name))
    answer = get(url, headers, "application/vnd.pypi.simple.v1+json, text/html;q=0.5")
    body = read(answer)
    if "json" in answer.headers.get("Content-Type", ""):
        try:
            files = json.loads(body.decode())["files"]
            for f in files:
                f["url"] = urllib.parse.urljoin(answer.geturl(), f["url"])
        except (ValueError, KeyError, TypeError):
            fail(16, "the package index %s answers something else than a list of files" % urllib.parse.urlsplit(url).hostname)
    else:
        page = Links(answer.geturl())
        page.feed(body.decode("utf-8", "replace"))
        files = page.files
    # The password goes to the index's own host only.
    host = urllib.parse.urlsplit(index).netloc
    return files, lambda u: headers if urllib.parse.urlsplit(u).netloc == host else {}


def platform_fits(tag):
    """Whether one platform tag, such as manylinux_2_17_x86_64, fits here."""
    machine = platform.machine().lower()
    if tag == "any":
        return True
    m = re.match(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)_(\w+)$", tag)
    if not m:
        return False
    kind, version, arch = m.group(1), (int(m.group(2)), int(m.group(3))), m.group(4)
    if kind == "macosx":
        here = tuple(int(n) for n in (platform.mac_ver()[0] or "0").split(".")[:2])
        return sys.platform == "darwin" and arch in (machine, "universal2") and version <= (here + (0,))[:2]
    if not sys.platform.startswith("linux") or arch != machine:
        return False
    try:
        libc, number = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
    except ValueError:  # not glibc
        libc, number = "", ""
    if libc == "glibc":
        return kind == "manylinux" and version <= tuple(int(n) for n in re.findall(r"\d+", number)[:2])
    return kind == "musllinux"


def python_fits(requires):
    for least in re.findall(r">=\s*(\d+(?:\.\d+)*)", requires or ""):
        if sys.version_info[:3] < tuple(int(n) for n in least.split(".")):
            return False
    return True


def newest_wheel(files, name):
    best = None
    for f in files:
        parts = f["filename"][:-4].split("-") if f["filename"].endswith(".whl") else []
        if len(parts) < 5 or parts[0].lower() != name or f.get("yanked") or not re.match(r"[\d.]+$", parts[1]):
            continue
        if not any(platform_fits(t) for t in parts[-1].split(".")):
            continue
        if not python_fits(f.get("requires-python")):
            continue
        version = tuple(int(n) for n in parts[1].split(".") if n)
        if best is None or version > best[0]:
            best = (version, f)
    if best is None:
        fail(19, "the package index has no %s for %s %s with Python %s"
             % (name, sys.platform, platform.machine(), platform.python_version()))
    return best[1]


def download(f, headers, target):
    answer = get(f["url"], headers)
    total = int(answer.headers.get("Content-Length") or 0)
    title = "Downloading " + " ".join(f["filename"].split("-")[:2])
    done, told, sha = 0, -1, hashlib.sha256()
    with open(target, "wb") as out:
        for chunk in iter(lambda: read(answer, 1 << 16), b""):
            out.write(chunk)
            sha.update(chunk)
            done += len(chunk)
            if total and done * 20 // total > told:
                told = done * 20 // total
                print("%s  %3d%% of %.1f MB" % (title, done * 100 // total, total / 1e6), end="\r")
                sys.stdout.flush()
    print()
    if total and done != total:
        fail(14, "the connection broke after %d of %d bytes" % (done, total))
    want = (f.get("hashes") or {}).get("sha256")
    if not want:
        print("The index gives no SHA-256 for it; going on without")
    elif sha.hexdigest() != want.lower():
        fail(18, "the checksum of %s is not the index's" % f["filename"])
    else:
        print("SHA-256 matches the index: " + want)


def unpack_program(wheel, name, target):
    """The program NAME of a wheel becomes TARGET, all at once."""
    with zipfile.ZipFile(wheel) as z:
        member = next((m for m in z.namelist() if m.endswith(".data/scripts/" + name)), None)
        if member is None:
            fail(19, "the wheel holds no program called " + name)
        with z.open(member) as src, open(wheel + ".bin", "wb") as out:
            shutil.copyfileobj(src, out)
    os.chmod(wheel + ".bin", 0o755)
    os.replace(wheel + ".bin", target)


def main():
    name = sys.argv[1]
    if name in ("index", "cert"):
        print(index_url() if name == "index" else cert_path())
        return
    if name == "ask":
        if not files_of(sys.argv[2])[0]:
            fail(16, "the package index %s has no files of %s" % (urllib.parse.urlsplit(index_url()).hostname, sys.argv[2]))
        return
    target = sys.argv[2]
    folder = os.path.dirname(os.path.abspath(target))
    os.makedirs(folder, exist_ok=True)
    files, headers_for = files_of(name)
    f = newest_wheel(files, name)
    with tempfile.TemporaryDirectory(dir=folder) as tmp:
        wheel = os.path.join(tmp, f["filename"])
        download(f, headers_for(f["url"]), wheel)
        if name == "uv":
            unpack_program(wheel, name, target)
        else:
            os.replace(wheel, target)


if sys.version_info < (3, 6):
    fail(11, "this is Python %s; 3.8 is the oldest that will do" % platform.python_version())
main()
