# Written by jupyter-ec2 for the server it runs. The token is in the file
# beside this one, so that it is in no command line, environment or log.
import logging
from pathlib import Path

c = get_config()  # noqa: F821
token = Path(__file__).with_name("token").read_text().strip()
c.IdentityProvider.token = token
c.KernelGatewayApp.auth_token = token
c.JupyterWebsocketPersonality.list_kernels = True

_record = logging.getLogRecordFactory()


def _without_token(*args, **kwargs):
    """Clients may send ?token=, and requests are logged with their URL."""
    record = _record(*args, **kwargs)
    try:
        text = record.getMessage()
    except Exception:
        return record
    if token in text:
        record.msg, record.args = text.replace(token, "[secret]"), None
    return record


logging.setLogRecordFactory(_without_token)
