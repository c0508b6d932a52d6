"""Runs a cell on a Jupyter server by clients that are not ours: requests and
websocket-client. Usage: client.py URL TOKEN [CERTIFICATE]"""
import json
import sys
import uuid

import requests
import websocket

base, token = sys.argv[1].rstrip("/"), sys.argv[2]
certificate = sys.argv[3] if len(sys.argv) > 3 else None
headers = {"Authorization": "token " + token}
http = requests.Session()
http.headers.update(headers)
http.verify = certificate or True
http.trust_env = False  # neither a proxy nor other certificates

answer = http.post(base + "/api/kernels", json={"name": "python3"}, timeout=60)
answer.raise_for_status()
kernel = answer.json()["id"]
socket = websocket.create_connection(
    "ws" + base[len("http"):] + "/api/kernels/" + kernel + "/channels",
    header=["Authorization: " + headers["Authorization"]],
    sslopt={"ca_certs": certificate} if certificate else {},
    timeout=60,
    suppress_origin=True,
)
session = uuid.uuid4().hex
socket.send(json.dumps({
    "channel": "shell", "parent_header": {}, "metadata": {}, "buffers": [],
    "header": {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": session, "version": "5.3"},
    "content": {"code": "print(6*7)", "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False},
}))
while True:
    message = json.loads(socket.recv())
    if message["header"]["msg_type"] == "stream":
        print(message["content"]["text"], end="")
        break
    if message["header"]["msg_type"] == "error":
        sys.exit("\n".join(message["content"]["traceback"]))
socket.close()
http.delete(base + "/api/kernels/" + kernel, timeout=60).raise_for_status()
