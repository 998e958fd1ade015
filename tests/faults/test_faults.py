"""Every fault of the table, played through the real definition and functions for both task types.

The promise: nothing is lost, nothing is told twice where the provider answered, and no message
promises what does not come.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import groupby

import pytest

from embedded.scenario import TaskType
from embedded.slack_workspace import SCOPES
from tests.faults import aws_rows, slack_rows, start_rows, task_rows
from tests.faults.row import Row
from tests.support.product import ROOT
from tests.support.slack import Slack

FILE = ROOT / "docs" / "faults.md"
# Of how a watch starts the channels know nothing.
WATCHES = [*task_rows.ROWS, *aws_rows.ROWS, *slack_rows.ROWS]
ROWS = [*start_rows.ROWS, *WATCHES]
CASES = [(row, task_type) for row in ROWS for task_type in row.types]
IDS = [f"{row.group}: {row.name} ({task_type})" for row, task_type in CASES]
# What is about one way to reach Slack makes no sense with the other.
OF_SLACK = [row for row in ROWS if row.slack or row.secret or row.app or row.scopes]
WITH_AN_APP = [row for row in WATCHES if row not in OF_SLACK and "detect" in row.types]

play = cache(Row.run)  # once, however many tests look at it


@pytest.mark.parametrize(("row", "task_type"), CASES, ids=IDS)
def test_the_fault_comes_to_what_is_expected(row: Row, task_type: TaskType, server: Slack) -> None:
    seen = play(row, task_type, server)
    assert str(seen.outcome) == str(row.expected)
    assert (seen.lost, seen.broken) == (0, 0)
    assert seen.twice == 0 or row.answer_lost


@pytest.mark.parametrize("row", WITH_AN_APP, ids=lambda row: f"{row.group}: {row.name}")
def test_with_a_slack_app_the_same_comes_of_it(row: Row, server: Slack) -> None:
    """But nothing is told twice, for the channel's history is asked first."""
    seen = replace(row, scopes=SCOPES).run("detect", server)
    slack = (
        row.expected.slack.replace("2 x told", "told") if row.answer_lost else row.expected.slack
    )
    assert str(seen.outcome) == str(row.expected._replace(slack=slack))
    assert (seen.lost, seen.broken) == (0, 0)


def test_the_table_in_docs_is_what_was_seen(server: Slack) -> None:
    """Below its head, which people write."""
    assert len(set(IDS)) == len(IDS)
    written = FILE.read_text(encoding="utf-8")
    table = written.partition("\n**")[0] + "\n" + "\n".join(_table(server))
    if os.environ.get("UPDATE"):
        FILE.write_text(table, encoding="utf-8")
    elif written != table:
        pytest.fail("docs/faults.md is out of date: UPDATE=1 make test ARGS=tests/faults")


def _table(server: Slack) -> Iterator[str]:
    seen = [(row, play(row, task_type, server)) for row, task_type in CASES]
    again = sum(found.twice for row, found in seen if not row.answer_lost)
    yield (
        f"**{len(ROWS)} faults, {len(seen)} plays: lost {sum(f.lost for _, f in seen)}, "
        f"told twice where the provider answered {again}, "
        f"promised and not told {sum(f.broken for _, f in seen)}. "
        f"In {sum(row.answer_lost for row in ROWS)} of them the answer is lost.**\n"
    )
    for group, rows in groupby(ROWS, key=lambda row: row.group):
        yield f"## {group}\n\n| Fault | Expected | Seen |\n| --- | --- | --- |"
        for row in rows:
            came = [str(play(row, task_type, server).outcome) for task_type in row.types]
            yield f"| {row.name} | {row.expected} | {'; '.join(dict.fromkeys(came))} |"
        yield ""
