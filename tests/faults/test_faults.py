"""Every fault of the table, played through the real definition and functions for both task types.

The promise: nothing is lost, nothing is told twice where the provider answered, and no message
promises what does not come.
"""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from embedded.scenario import TaskType
from embedded.slack_workspace import SCOPES
from tests.faults import start_rows, sweep_rows
from tests.faults.outcome import Seen
from tests.faults.row import Row
from tests.faults.table import ROWS, Table
from tests.support.product import ROOT
from tests.support.slack import Slack

FILE = ROOT / "docs" / "faults.md"
CASES = [(row, task_type) for row in ROWS for task_type in row.types]
# Of how a watch starts the channels know nothing.
STARTS = {row.group for module in (start_rows, sweep_rows) for row in module.rows()}
WITH_AN_APP = [
    row for row in ROWS if not row.is_slack_s and "detect" in row.types and row.group not in STARTS
]
IDS = [f"{row.group}: {row.name} ({task_type})" for row, task_type in CASES]

type Play = Callable[[Row, TaskType], Seen]


@pytest.mark.parametrize(("row", "task_type"), CASES, ids=IDS)
def test_the_fault_comes_to_what_is_expected(row: Row, task_type: TaskType, play: Play) -> None:
    seen = play(row, task_type)
    assert str(seen.outcome) == str(row.expected)
    assert seen.lost == 0
    assert seen.twice == 0 or row.answer_lost
    assert seen.broken == 0


@pytest.mark.parametrize("row", WITH_AN_APP, ids=lambda row: f"{row.group}: {row.name}")
def test_with_a_slack_app_the_same_comes_of_it(row: Row, slack: Slack) -> None:
    """But nothing is told twice, for the channel's history is asked first."""
    seen = replace(row, scopes=SCOPES).run("detect", slack)
    expected = row.expected
    if row.answer_lost:
        expected = replace(expected, slack=expected.slack.replace("2 x told", "told"))
    assert str(seen.outcome) == str(expected)
    assert (seen.lost, seen.broken) == (0, 0)


def test_every_row_has_a_name_of_its_own() -> None:
    assert len(set(IDS)) == len(IDS)
    assert len(ROWS) >= 60


def test_the_table_in_docs_is_what_was_seen(play: Play) -> None:
    seen = {(row.group, row.name, task_type): play(row, task_type) for row, task_type in CASES}
    table = Table(seen).markdown()
    if os.environ.get("UPDATE"):
        FILE.write_text(table, encoding="utf-8")
    written = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    assert written == table, "docs/faults.md is out of date: UPDATE=1 make test ARGS=tests/faults"
