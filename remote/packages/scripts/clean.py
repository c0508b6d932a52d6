"""Passes on what it reads, line by line, without the credentials of package
indexes: those in the URLs of index settings, those in variables of their own,
and those in the variables that JE_SECRETS names.
"""
import base64
import os
import sys
import urllib.parse


def credentials():
    named = os.environ.get("JE_SECRETS", "").split()
    for name, value in os.environ.items():
        if name in named or name.startswith("UV_INDEX_") and name.endswith(("_PASSWORD", "_USERNAME")):
            yield value
        if not name.startswith(("UV_", "PIP_")):
            continue
        for word in value.split():
            user, at, _ = word.partition("://")[2].rpartition("@")
            if at:
                name, _, password = user.partition(":")
                yield password or name
                yield base64.b64encode(urllib.parse.unquote(user).encode()).decode()


def spellings(secret):
    plain = urllib.parse.unquote(secret)
    return {secret, plain, urllib.parse.quote(plain, safe=""), urllib.parse.quote(plain)}


def main():
    secrets = {s.encode() for c in credentials() for s in spellings(c) if len(s) >= 4}
    ordered = sorted(secrets, key=len, reverse=True)  # one may hold another
    for line in iter(sys.stdin.buffer.readline, b""):
        for secret in ordered:
            line = line.replace(secret, b"[secret]")
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


main()
