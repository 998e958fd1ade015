"""The fault table: all rows, and how it is shown to people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from embedded.scenario import TaskType
from tests.faults import (
    aws_rows,
    lambda_rows,
    member_rows,
    outage_rows,
    slack_app_rows,
    slack_rows,
    start_rows,
    sweep_rows,
    task_rows,
)
from tests.faults.outcome import Seen
from tests.faults.row import Row

_MODULES = (
    start_rows,
    sweep_rows,
    task_rows,
    outage_rows,
    aws_rows,
    member_rows,
    lambda_rows,
    slack_rows,
    slack_app_rows,
)
ROWS = [row for module in _MODULES for row in module.rows()]

_HEAD = """\
<!-- Made by the fault suite from what it saw: UPDATE=1 make test ARGS=tests/faults -->
# What comes of faults

Every started task ends in exactly one final message on every channel, or where a channel can't be
told, in a dead letter, a failed execution and an alarm. Where a provider's answer is lost, nobody
can know whether the message arrived: it is sent again, so at least one arrives. Whoever was told
that a final message will follow gets one, whatever the filter says. A start that fails
for good lies in the start-failures queue, with an alarm, and the next sweep tries it again.

Each fault below is played through `template.yaml`'s real definition and functions, for a detect and
for an audit task, with Slack as a webhook. Those of the watch are played for a detect task with a
Slack app as well: the same comes of them, but nothing is told twice in Slack. `make test` plays
them all, and fails where this table is not what it saw. A channel that is down is given up after an
hour here instead of twelve, unless the row says so.
`told` is the message about how the task ended; other messages are named by their labels, and
`so far` is one after which the watch goes on.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """What was seen, by row and by the type of the task."""

    played: Mapping[tuple[str, str, TaskType], Seen]

    def totals(self) -> str:
        seen = [(row, found) for row in ROWS for found in self._seen(row).values()]
        excused = sum(1 for row in ROWS if row.answer_lost)
        again = sum(found.twice for row, found in seen if not row.answer_lost)
        return (
            f"{len(ROWS)} faults, {len(seen)} plays: lost {sum(f.lost for _, f in seen)}, "
            f"told twice where the provider answered {again}, "
            f"promised and not told {sum(f.broken for _, f in seen)}. "
            f"In {excused} of them the answer is lost."
        )

    def markdown(self) -> str:
        parts = [_HEAD, f"**{self.totals()}**\n"]
        for group, rows in groupby(ROWS, key=lambda row: row.group):
            parts.append(f"## {group}\n\n| Fault | Expected | Seen |\n| --- | --- | --- |")
            parts += [
                f"| {row.name} | {row.expected} | {seen} |" for row, seen in self._lines(rows)
            ]
            parts.append("")
        return "\n".join(parts)

    def text(self) -> Iterator[str]:
        for row, seen in self._lines(ROWS):
            yield f"{row.group}: {row.name} | {row.expected} | {seen}"
        yield self.totals()

    def _lines(self, rows: "Iterator[Row] | list[Row]") -> Iterator[tuple[Row, str]]:
        for row in rows:
            outcomes = {t: str(seen.outcome) for t, seen in self._seen(row).items()}
            if len(set(outcomes.values())) == 1:
                yield row, next(iter(outcomes.values()))
            else:
                yield row, "; ".join(f"{t}: {outcome}" for t, outcome in outcomes.items())

    def _seen(self, row: Row) -> dict[TaskType, Seen]:
        keys = {task_type: (row.group, row.name, task_type) for task_type in row.types}
        return {t: self.played[key] for t, key in keys.items() if key in self.played}
