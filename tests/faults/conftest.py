"""Plays each row once, however many tests look at it, and prints the table in the end."""

from collections.abc import Callable

import pytest

from embedded.scenario import TaskType
from tests.faults.outcome import Seen
from tests.faults.row import Row
from tests.faults.table import ROWS, Table
from tests.support.fixtures import moto, server, slack
from tests.support.slack import Slack

__all__ = ["moto", "server", "slack"]

type Played = dict[tuple[str, str, TaskType], Seen]

PLAYED = pytest.StashKey[Played]()


@pytest.fixture(scope="module")
def play(server: Slack, request: pytest.FixtureRequest) -> Callable[[Row, TaskType], Seen]:
    played = request.config.stash.setdefault(PLAYED, {})

    def play_once(row: Row, task_type: TaskType) -> Seen:
        key = (row.group, row.name, task_type)
        if key not in played:
            played[key] = row.run(task_type, server)
        return played[key]

    return play_once


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    played = config.stash.get(PLAYED, {})
    if len(played) == sum(len(row.types) for row in ROWS):
        terminalreporter.section("fault | expected | seen")
        for line in Table(played).text():
            terminalreporter.write_line(line)
