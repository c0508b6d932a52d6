# Written by jupyter-ec2 for the server it runs. The tokens are in files beside
# this one, so that they are in no command line, environment or log.
import hashlib
import logging
import os
import re
from pathlib import Path

c = get_config()  # noqa: F821
token = Path(__file__).with_name("token").read_text().strip()
c.IdentityProvider.token = token
c.KernelGatewayApp.auth_token = token
c.JupyterWebsocketPersonality.list_kernels = True
# A gateway would start a notebook's kernels with a PATH alone, without HOME,
# language or CUDA's paths. It holds no secret in its environment.
c.KernelGatewayApp.env_process_whitelist = list(os.environ)

secrets = [token]
gateway = Path(__file__).with_name("gateway-token")
if gateway.exists():  # its kernels run on the gateway that the command names
    secrets.append(gateway.read_text().strip())
    c.GatewayClient.auth_token = secrets[-1]

_record = logging.getLogRecordFactory()


def _without_token(*args, **kwargs):
    """Clients may send ?token=, and requests are logged with their URL."""
    record = _record(*args, **kwargs)
    try:
        text = record.getMessage()
    except Exception:
        return record
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, "[secret]")
            record.msg, record.args = text, None
    return record


logging.setLogRecordFactory(_without_token)


class _NoPolls(logging.Filter):
    """A gateway logs each request: what watchers and notebooks ask again and
    again would fill its log. Failures, and what is done with a kernel, stay,
    but for jupyter-ec2's own check that nobody is let in without the token."""

    poll = re.compile(r"\b(200|304) GET /api/(kernels|kernelspecs|sessions|status)(\?\S*)? ")

    check = "401 GET /api/kernels?check=%s " % hashlib.sha256(b"jupyter-ec2 check " + token.encode()).hexdigest()[:16]

    def filter(self, record):
        if record.getMessage().startswith(self.check):
            return False
        return record.levelno > logging.INFO or not self.poll.search(record.getMessage())


logging.getLogger("tornado.access").addFilter(_NoPolls())
