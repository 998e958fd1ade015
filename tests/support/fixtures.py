"""Fixtures of the tests that run the machine."""

from collections.abc import Iterator

import pytest

from tests.support.slack import Slack


@pytest.fixture(scope="session")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    """Slack's server, which worlds share; the functions reach it as they would the true one."""
    with Slack() as server:
        server.variables = server.environment(tmp_path_factory.mktemp("slack"))
        yield server
