"""Slack as a function in its own environment reaches it, and a machine to start watches of."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from types import ModuleType

import pytest
import time_machine

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import Workspace
from tests.support.slack import Slack

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
NUMBERS = count()


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


@pytest.fixture
def machine(loaded: ModuleType) -> Iterator[str]:
    """One that was made a day before NOW, for the handler `loaded`; time stands still at NOW."""
    with time_machine.travel(NOW - timedelta(days=1), tick=False) as clock:
        made = loaded.states.create_state_machine(
            name=f"WatchTask-{next(NUMBERS)}",
            definition=json.dumps(DEFINITION),
            roleArn="arn:aws:iam::123456789012:role/machine",
        )
        clock.move_to(NOW)
        yield made["stateMachineArn"]
