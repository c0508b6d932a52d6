"""Lists what a venv has, as one line of JSON: list.py VENV

By the packages' own records: none of their code runs, and no Python of the venv.

list.py VENV BROUGHT BEFORE: lists what was brought to the venv instead. BROUGHT
is the last such list, or not there, and BEFORE what the venv had before it was
brought to again: what is since then as it was is told as in BROUGHT.
"""
import glob
import json
import os
import re
import sys

try:
    from importlib.metadata import distributions
except ImportError:  # Python 3.7 and before have none
    sys.exit("error: this Python is too old to read what packages say of themselves")


def requires(found):
    """The names of what a package always needs: not those of an extra."""
    for text in found.requires or []:
        needed, _, marker = text.partition(";")
        name = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", needed)
        if name and "extra" not in marker:
            yield name.group(1)


def read(found, name):
    try:
        return found.read_text(name)
    except (OSError, UnicodeDecodeError):
        return None


def describe(found):
    url = {}
    try:
        url = json.loads(read(found, "direct_url.json") or "{}")
        editable = bool(url.get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        editable = False
    return {
        "name": found.metadata["Name"], "version": found.version, "editable": editable, "url": bool(url),
        "requires": sorted(set(requires(found))),
    }


def known(path):
    """The packages of a list in a file, by name."""
    try:
        with open(path, encoding="utf-8") as f:
            return {p["name"]: p for p in json.load(f)["packages"]}
    except FileNotFoundError:
        return {}


def brought(packages, last, before):
    last, before = known(last), known(before)
    for p in packages:
        untouched = p["name"] in before and before[p["name"]]["version"] == p["version"]
        p = last.get(p["name"]) if untouched else p
        if p:
            yield p


def main():
    venv = sys.argv[1]
    sites = glob.glob(os.path.join(glob.escape(venv), "lib", "python3*", "site-packages"))
    packages = []
    for found in distributions(path=sites):
        try:
            packages.append(describe(found))
        except (OSError, KeyError, TypeError, ValueError, UnicodeDecodeError):
            continue  # half a record: uv has it under another name, or is at work
    python = ""
    try:
        with open(os.path.join(venv, "pyvenv.cfg"), encoding="utf-8") as f:
            settings = dict(line.replace(" ", "").strip().split("=", 1) for line in f if "=" in line)
        python = settings.get("version_info") or settings.get("version") or ""
    except (OSError, UnicodeDecodeError):
        pass
    packages = [p for p in packages if p["name"] and p["version"]]
    if len(sys.argv) > 2:
        packages = list(brought(packages, *sys.argv[2:4]))
    print(json.dumps({"python": python, "packages": packages}))


main()
