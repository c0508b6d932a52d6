"""Runs the cell in the environment's CELL on a new kernel of the Jupyter
server at URL, with the token TOKEN, and prints what it printed."""
import asyncio
import json
import os
import uuid

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

URL = os.environ["URL"]
HEADERS = {"Authorization": "token " + os.environ["TOKEN"]}


async def main():
    http = AsyncHTTPClient()
    made = await http.fetch(HTTPRequest(URL + "/api/kernels", method="POST", headers=HEADERS, body="{}", request_timeout=60))
    kernel = URL + "/api/kernels/" + json.loads(made.body)["id"]
    socket = await websocket_connect(HTTPRequest(kernel.replace("http", "ws", 1) + "/channels", headers=HEADERS))
    asked = uuid.uuid4().hex
    await socket.write_message(json.dumps({
        "header": {"msg_id": asked, "msg_type": "execute_request", "session": asked, "username": "", "version": "5.3"},
        "parent_header": {}, "metadata": {}, "channel": "shell",
        "content": {"code": os.environ["CELL"], "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False},
    }))
    while True:
        message = json.loads(await socket.read_message())
        if message["parent_header"].get("msg_id") != asked:
            continue
        if message["msg_type"] in ("stream", "error"):
            print(message["content"].get("text") or message["content"], end="")
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    socket.close()
    await http.fetch(HTTPRequest(kernel, method="DELETE", headers=HEADERS))


asyncio.run(asyncio.wait_for(main(), 90))
