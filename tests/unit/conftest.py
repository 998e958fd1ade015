"""Slack as a function in its own environment reaches it; and worlds for the functions."""

from collections.abc import Callable, Iterator

import pytest

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import Workspace
from tests.support.fixtures import world
from tests.support.slack import Slack

__all__ = ["world"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    with Slack() as server:
        server.variables = server.environment(tmp_path_factory.mktemp("slack"))
        yield server


@pytest.fixture
def slack(server: Slack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    server.play([])
    yield server
    server.stop()


@pytest.fixture
def play(server: Slack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Slack]:
    """Starts anew, with answers by method: `chat_postMessage=[…]`."""
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)

    def play(workspace: Workspace | None = None, **answers: list[SlackAppAnswer]) -> Slack:
        named = {name.replace("_", ".", 1): each for name, each in answers.items()}
        server.play((), named, workspace)
        return server

    return play
