"""A module's tests share an engine with `auth`: the roles are enforced."""

from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from embedded.engine import Engine


@pytest.fixture
def account(engine: Engine) -> Engine:
    """It, as good as new."""
    with closing(HTTPConnection(urlsplit(engine.endpoint).netloc, timeout=30)) as connection:
        connection.request("POST", "/_ministack/reset")
        assert connection.getresponse().status == HTTPStatus.OK
    return engine
