"""Who may ask the fake AWS IoT for what: it has no IAM of its own, so the engine's is asked."""

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

from embedded.iot_wire import Refused

type Check = Callable[[str, str, bytes, Mapping[str, str]], None]

_PER_CONNECTION = {"connection", "transfer-encoding"}


def by_the_roles_of(endpoint: Callable[[], str]) -> Check:
    """Raises Refused where the policies of whoever signed the request do not allow it.

    The request goes to the engine as it was signed, for the fake's address: it authorizes first,
    and what it answers to a request that is allowed does not matter.
    """

    def check(method: str, target: str, body: bytes, headers: Mapping[str, str]) -> None:
        address = urlsplit(endpoint()).netloc
        with closing(HTTPConnection(address, timeout=30)) as engine:
            engine.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name.lower() not in _PER_CONNECTION:
                    engine.putheader(name, value)
            engine.endheaders(body or None)
            answer = engine.getresponse()
            said = answer.read()
        if answer.status == HTTPStatus.FORBIDDEN:
            raise Refused("AccessDeniedException", json.loads(said)["message"], answer.status)

    return check
