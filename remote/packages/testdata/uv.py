#!/usr/bin/env python3
"""Stands for uv: knows the packages of the file ~/index, and installs their
records alone. It notes its arguments in ~/asked, and where there is a file
~/tells, prints its environment."""
import os
import re
import subprocess
import sys

home = os.environ["HOME"]
args = sys.argv[1:]
with open(home + "/asked", "a") as f:
    f.write(" ".join(args) + "\n")
if os.path.exists(home + "/tells"):
    for k, v in os.environ.items():
        print(k + "=" + v)
with open(home + "/index") as f:
    index = [line.strip().split("==") for line in f]
needs = {"rich": ["numpy"], "demo-pkg": ["idna"]}


def fail(text):
    sys.exit("error: No solution found when resolving dependencies\n  cause: Because %s, we can conclude that your requirements are unsatisfiable." % text)


def lines(name):
    for line in open(name):
        line = line.split("#")[0].strip()
        if line and not line.startswith("-"):
            yield line


def wanted():
    for i, a in enumerate(args):
        if a == "-r":
            yield from lines(args[i + 1])
        elif a == "-e":
            yield "demo-pkg"
        elif i >= 4 and re.match(r"[a-z]", a) and not args[i - 1].startswith("-"):
            yield a


def find(text):
    name, version = re.match(r"([\w.-]+?)(?:==(.+)|>=.*)?$", text).groups()
    there = [v for n, v in index if n == name]
    if not there:
        fail("%s was not found in the package registry and you require %s" % (name, name))
    if version and version not in there:
        fail("there is no version of %s and you require %s" % (text, text))
    return name, version or there[0]


def site(python):
    venv = os.path.dirname(os.path.dirname(python))
    lib = venv + "/lib"
    return "%s/%s/site-packages" % (lib, os.listdir(lib)[0])


def install(python, name, version):
    at = site(python)
    stem = name.replace("-", "_")
    for old in os.listdir(at):
        if old.startswith(stem + "-"):
            os.rename(at + "/" + old, "%s/%s-%s.dist-info" % (at, stem, version))
    info = "%s/%s-%s.dist-info" % (at, stem, version)
    os.makedirs(info, exist_ok=True)
    with open(info + "/METADATA", "w") as f:
        f.write("Name: %s\nVersion: %s\n" % (name, version) + "".join("Requires-Dist: %s\n" % n for n in needs.get(name, [])))
    if name == "demo-pkg":
        with open(info + "/direct_url.json", "w") as f:
            f.write('{"url": "file:///x", "dir_info": {"editable": true}}')
    if name == "ipywidgets":
        os.makedirs(os.path.dirname(os.path.dirname(os.path.dirname(at))) + "/share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager", exist_ok=True)
    if name == "ipykernel":
        for module in ("ipykernel", "jupyter_core"):
            os.makedirs(at + "/" + module, exist_ok=True)
            open(at + "/" + module + "/__init__.py", "w").close()
        with open(at + "/ipykernel/kernelspec.py", "w") as f:
            f.write("import sys\nRESOURCES = '/none'\ndef get_kernel_dict():\n"
                    "    return {'argv': [sys.executable, '-m', 'ipykernel_launcher'], 'metadata': {'supported_encryption': 'curve'}}\n")
        with open(at + "/jupyter_core/paths.py", "w") as f:
            f.write("import os\ndef jupyter_data_dir(): return os.path.expanduser('~/.local/share/jupyter')\n")


python = args[args.index("--python") + 1] if "--python" in args else ""
if args[0] == "--version":
    print("uv 0.0.0")
elif args[:2] == ["python", "find"]:
    if "3.9" in args[-1] and len(args[-1]) > 4 or args[-1] == "3.99":
        sys.exit("error: No interpreter found")
    print("/usr/bin/python3")
elif args[0] == "venv":
    subprocess.run([python, "-m", "venv", "--without-pip", "--clear", args[-1]], check=True)
elif args[:2] == ["pip", "freeze"]:
    for name in sorted(os.listdir(site(python))):
        if name.endswith(".dist-info"):
            print("==".join(name[:-10].split("-")))
elif args[:2] == ["pip", "install"]:
    excluded = []
    if "--excludes" in args:
        excluded = list(lines(args[args.index("--excludes") + 1]))
    found = [find(w) for w in wanted() if not re.match(r"[\w.-]+?(?=[=>]|$)", w).group() in excluded]
    for name, version in found:
        if "--dry-run" not in args:
            install(python, name, version)
    print("Installed %d packages in 3ms" % len(found))
elif args[0] == "sync":
    for name, version in (("demo-pkg", "0.1.0"), ("idna", "3.20")):
        if "--reinstall" in args:
            print(" + %s==%s" % (name, version))
        elif "--dry-run" not in args:
            install(python, name, version)
else:
    sys.exit("error: unknown " + " ".join(args))
