"""Asks Jupyter's server for watch.py what it does, without counting as use."""
import http.client
import json
import os
import re
import socket
import ssl

from watch_host import BASE, MOST, read, sane, seconds_of


class Trouble(Exception):
    """Why the server does not answer, for a person."""


class Dead(Trouble):
    """It is not there, where one that is busy only takes its time."""


class Server:
    """Asks the server for its kernels and terminals, without counting as use."""

    def __init__(self, config):
        folder = os.path.join(BASE, "server")
        port = re.search(r"^port=(\d+)$", read(os.path.join(folder, "spec")), re.M)
        self.address = config.get("bind") or "127.0.0.1", min(int(port.group(1) if port else config.get("port") or 8888), 65535)
        self.token = read(os.path.join(folder, "token"))
        self.cert = read(os.path.join(folder, "cert.pem")) if config.get("tls") else ""
        self.tls = bool(config.get("tls"))

    def connect(self):
        try:
            sock = socket.create_connection(self.address, timeout=10)
        except ConnectionRefusedError:
            raise Dead("nothing listens at %s, port %d" % self.address)
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the comparison below is the check
            sock = context.wrap_socket(sock)
            if sock.getpeercert(True) != ssl.PEM_cert_to_DER_cert(self.cert):
                sock.close()
                raise Trouble("another certificate is shown than the server's")
        connection = http.client.HTTPConnection(*self.address)
        connection.sock, connection.auto_open = sock, 0  # another one would be without TLS
        return connection

    def get(self, connection, path):
        connection.request("GET", path + "?no_track_activity=1", headers={"Authorization": "token " + self.token})
        answer = connection.getresponse()
        body = answer.read(MOST)
        if answer.status == 404:
            return None
        if answer.status in (401, 403):
            raise Trouble("it refuses its own token")
        if answer.status != 200:
            raise Trouble("it answers with the error %d" % answer.status)
        found = json.loads(body.decode("utf-8", "replace"))
        return [x for x in found if isinstance(x, dict)] if isinstance(found, list) else []

    def look(self, paths):
        """What each path answered, None where there is no such thing."""
        try:
            connection = self.connect()
            try:
                return [self.get(connection, p) for p in paths]
            finally:
                connection.close()
        except socket.timeout:
            raise Trouble("it does not answer in time")
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise Trouble("asking it fails: %s" % e)


def kernel(k, paths):
    return {"id": str(k.get("id", "")), "name": str(k.get("name", "")), "state": str(k.get("execution_state", "")),
            "last": seconds_of(k.get("last_activity")) or 0, "connections": int(sane(k.get("connections"))),
            "path": paths.get(k.get("id"), "")}
