"""Fixtures of the tests that run the functions, or the machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support import functions
from tests.support.machine import World
from tests.support.slack import Slack


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    """Slack's server, which all share; and functions that are loaded anew, as of now."""
    functions.forget()
    with Slack() as server:
        server.variables = server.environment(tmp_path_factory.mktemp("slack"))
        yield server


@pytest.fixture
def slack(server: Slack, monkeypatch: pytest.MonkeyPatch) -> Slack:
    """It plays anew, and functions in this environment reach it as they would the true one."""
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    server.play()
    return server


@pytest.fixture
def world(slack: Slack) -> Iterator[Callable[..., World]]:
    """Makes worlds with these tasks in them; they end with the test."""
    with ExitStack() as running:
        yield lambda *tasks, **more: running.enter_context(World(slack, tasks, **more))
