"""Makes a kernel of a venv: kernel.py VENV SERVERS_VENV PROJECTS_FOLDER

It is run by the venv's own Python, isolated, and writes the kernelspec into the
user's Jupyter data folder, where each of the user's servers finds it. Its names
come in JE_KERNEL (of the kernelspec), JE_ID (where another one has that) and
JE_TITLE. Another one's kernelspec stays as it is.
"""
import json
import os
import shutil
import sys
import tempfile

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_core.paths import jupyter_data_dir

OURS = "jupyter-ec2"  # in a kernelspec's metadata: the project's folder
WIDGETS = os.path.join("share", "jupyter", "labextensions", "@jupyter-widgets", "jupyterlab-manager")


def free(folder, project):
    """Whether a kernelspec's folder is not there, or is this project's."""
    try:
        with open(os.path.join(folder, "kernel.json"), encoding="utf-8") as f:
            return json.load(f)["metadata"][OURS] == project
    except FileNotFoundError:
        return not os.path.lexists(folder) or os.path.isdir(folder) and not os.listdir(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def spec(venv, project):
    """What this ipykernel says of itself, and what makes it the project's."""
    kernel = get_kernel_dict()
    kernel["display_name"] = os.environ["JE_TITLE"]
    # A cell's !pip and !python are the project's.
    kernel["env"] = {"VIRTUAL_ENV": venv, "PATH": os.path.join(venv, "bin") + os.pathsep + "${PATH}"}
    kernel["metadata"] = dict(kernel.get("metadata", {}), **{OURS: project})
    return kernel


def write(path, text):
    """Writes a file, whole or not at all."""
    fd, new = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(new, 0o644)
    os.replace(new, path)


def logos(folder):
    for name in ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"):
        try:
            shutil.copyfile(os.path.join(RESOURCES, name), os.path.join(folder, name))
        except OSError:
            pass  # a kernel without a picture


def widgets(venv, servers, data):
    """Has JupyterLab show the project's widgets: their half of it is in the
    project's venv, where the server does not look."""
    here, link = os.path.join(venv, WIDGETS), os.path.join(data, os.path.relpath(WIDGETS, os.path.join("share", "jupyter")))
    if os.path.islink(link) and not os.path.exists(link):
        os.unlink(link)  # of a venv that is gone
    if os.path.isdir(here) and not os.path.exists(os.path.join(servers, WIDGETS)) and not os.path.lexists(link):
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(here, link)
        print("JupyterLab shows the project's widgets from now on; reload its page.")


def main():
    venv, servers, project = sys.argv[1:4]
    data = jupyter_data_dir()
    name, folder = "", ""
    for name in (os.environ["JE_KERNEL"], os.environ["JE_ID"]):
        folder = os.path.join(data, "kernels", name)
        if free(folder, project):
            break
    else:
        sys.exit("error: the kernels %s and %s are there already, and not this project's" % (os.environ["JE_KERNEL"], name))
    os.makedirs(folder, exist_ok=True)
    text = json.dumps(spec(venv, project), indent=1) + "\n"
    logos(folder)
    write(os.path.join(folder, "kernel.json"), text)
    write(os.path.join(os.path.dirname(venv), "kernel"), name + "\n")
    widgets(venv, servers, data)
    print("The kernel %s is ready." % os.environ["JE_TITLE"])


main()
