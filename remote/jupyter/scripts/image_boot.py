"""Runs early in each boot of a machine whose disk was made ready for an image.

On the machine itself, which has the ID that was written down, it does nothing.
On a machine that was made from the image it takes off what lets the first
machine's people in, before anybody can log in, and what tells of the first
machine. It is there once: it removes itself. Where nobody has told the machine
yet whom it lets in, it leaves that to image.py, which gives it the machine's ID
and a key that is let in as arguments.
"""
import glob, json, os, shutil, subprocess, sys

LIB = "/var/lib/jupyter-ec2-image"


def told():
    """What cloud-init knows of this machine: its ID, and whom it lets in, which
    is None where nobody knows."""
    try:
        with open("/run/cloud-init/instance-data.json") as f:
            v1 = json.load(f).get("v1", {})
        return str(v1.get("instance_id") or v1.get("instance-id") or ""), v1.get("public_ssh_keys") or []
    except (OSError, ValueError):
        pass
    try:  # of Nitro machines
        with open("/sys/class/dmi/id/board_asset_tag") as f:
            return f.read().strip(), None
    except OSError:
        return "", None


def rewrite(path, old, own):
    """Takes the first machine's keys out, and leaves those of this launch."""
    with open(path, errors="replace") as f:
        lines = [line.rstrip("\n") for line in f]
    body = lambda line: " ".join(line.split()[:2])
    kept = [line for line in lines if line.strip() not in old or body(line) in own]
    if kept != lines:
        with open(path, "r+") as f:
            f.write("".join(line + "\n" for line in kept))
            f.truncate()


def main():
    with open(LIB + "/made.json") as f:
        made = json.load(f)
    here, keys = told()
    if len(sys.argv) > 2:
        here, keys = sys.argv[1], (keys or []) + sys.argv[2:]
    if keys is None or not here.startswith("i-") or here == made["instance"]:
        return
    own = {" ".join(k.split()[:2]) for k in keys}
    for path, old in made["keys"].items():
        if os.path.isfile(path):
            rewrite(path, set(old), own)
    for path in glob.glob("/home/*/.jupyter-ec2/image/left-out*") + glob.glob("/root/.jupyter-ec2/image/left-out*"):
        os.unlink(path)
    shutil.rmtree(os.path.join("/var/lib/cloud/instances", made["instance"]), ignore_errors=True)
    # Taken into use with the next boot; until then two machines may share it.
    with open("/etc/machine-id", "w"):
        pass
    subprocess.call(["systemd-machine-id-setup"])
    subprocess.call(["systemctl", "disable", "jupyter-ec2-image.service"])
    os.unlink("/etc/systemd/system/jupyter-ec2-image.service")
    shutil.rmtree(LIB, ignore_errors=True)


main()
