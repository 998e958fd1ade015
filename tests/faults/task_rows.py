"""Tasks that behave strangely, or whose answers do; and what is told about them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from embedded.scenario import Failure, SlackAnswer, TaskType
from tests.faults.outcome import Outcome
from tests.faults.row import SLACK_DEAD, TOLD, UNREADABLE, VANISHED, Looks, Row
from tests.support.machine import NOW
from tests.support.product import ROOT
from tests.support.slack import OK, REVOKED
from tests.support.watched import STARTED, answer, running

SUCCESS = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}
LONGEST_ID = "longest-" + "x" * 120
HOUR = {"WatchLimitHours": "1", "OverdueMinutes": "1440"}
GONE = Failure("ResourceNotFoundException", 404, "no such task")


def same(label: str) -> Outcome:
    return Outcome(label, label)


def clock_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, describe: Callable[[TaskType], Looks]) -> Row:
        return Row("Clock skew", name, expected, describe=describe)

    before = STARTED - timedelta(hours=2)
    soon = NOW + timedelta(hours=1)
    far = datetime(2099, 1, 1, tzinfo=UTC)
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    yield row("the end lies before the start", TOLD, lambda t: [answer(t, end=before)])
    yield row("the start lies an hour ahead", TOLD, lambda t: [running(t, start=soon), answer(t)])
    yield row(
        "the start lies decades ahead",
        TOLD,
        lambda t: [*(5 * [running(t, start=far)]), answer(t, start=far, end=None)],
    )
    yield row(
        "the start lies in 1970 and the task runs",
        same("told GAVE UP"),
        lambda t: [running(t, start=long_ago), answer(t)],
    )
    yield row("no start and no end", TOLD, lambda t: [answer(t, start=None, end=None)])


def way_rows() -> Iterator[Row]:
    def row(
        name: str,
        expected: Outcome,
        describe: Callable[[TaskType], Looks],
        parameters: dict[str, str] | None = None,
    ) -> Row:
        return Row(
            "The task",
            name,
            expected,
            describe=describe,
            parameters=parameters or {},
        )

    yield row("ended before the first look", TOLD, lambda t: [answer(t)])
    yield row(
        "flips back to running after its end",
        TOLD,
        lambda t: [running(t), answer(t), running(t), answer(t)],
    )
    yield row(
        "is canceled",
        same("told CANCELED"),
        lambda t: [answer(t, taskStatus="CANCELED", taskStatistics={})],
    )
    yield row(
        "is canceled and comes to life again",
        same("told CANCELED"),
        lambda t: [answer(t, taskStatus="CANCELED", taskStatistics={}), running(t)],
    )
    yield row(
        "succeeds with nothing done",
        same("told NOTHING DONE"),
        lambda t: [answer(t, taskStatus=SUCCESS[t], taskStatistics=nothing_done(t))],
    )
    yield row("vanishes midway", VANISHED, lambda t: [running(t), GONE])
    yield row(
        "can't be read any more midway",
        UNREADABLE,
        lambda t: [running(t), Failure("AccessDeniedException", 403, "no")],
    )
    yield row("has an unknown status", same("told UNKNOWN STATUS"), unknown, HOUR)
    yield row(
        "has an unknown status for a while",
        TOLD,
        lambda t: [*unknown(t), running(t), answer(t)],
        HOUR,
    )
    yield row("has no status", UNREADABLE, lambda _: [{}], HOUR)
    yield row("has a status that is no text", UNREADABLE, lambda t: [answer(t, taskStatus=7)])
    yield row(
        "has counts that are no numbers",
        UNREADABLE,
        lambda t: [answer(t, taskStatistics={"actionsFailed": "x", "CHECK": "x"})],
        HOUR,
    )
    yield row(
        "is overdue, then ends",
        same("told STILL RUNNING, told"),
        lambda t: [*(20 * [running(t, taskStatistics=None)]), answer(t)],
        {"OverdueMinutes": "5"},
    )
    yield row(
        "never ends",
        same("told STILL RUNNING, told GAVE UP"),
        lambda t: [running(t)],
        {"WatchLimitHours": "1", "OverdueMinutes": "30"},
    )
    yield Row(
        "The task",
        "has the longest answer that AWS allows",
        TOLD,
        describe=longest,
        task_ids=[LONGEST_ID],
        types=("detect",),
    )


def channel_rows() -> Iterator[Row]:
    """The watch goes on while a channel can't be told that it does."""
    down, late = SlackAnswer(503, {}, "down"), {"OverdueMinutes": "5"}

    def row(name: str, slack: str, answers: list[SlackAnswer], executions: str) -> Row:
        return Row(
            "An overdue task",
            name,
            Outcome("told STILL RUNNING, told", slack, executions),
            describe=lambda t: [*(20 * [running(t, taskStatistics=None)]), answer(t)],
            slack=answers,
            parameters=late,
        )

    yield row("Slack is away for a moment", "told STILL RUNNING, told", [down, OK], "1 succeeded")
    yield row(
        "Slack is away until the end",
        "told, dead letter STILL RUNNING",
        [*(6 * [down]), OK],
        "1 succeeded",
    )
    yield row(
        "Slack is revoked",
        "dead letter STILL RUNNING, dead letter",
        [REVOKED],
        "1 failed",
    )
    yield Row(
        "The task",
        "has the longest answer that AWS allows, and Slack is revoked",
        SLACK_DEAD,
        describe=longest,
        task_ids=[LONGEST_ID],
        slack=[REVOKED],
        types=("detect",),
    )


def unknown(task_type: TaskType) -> Looks:
    return [running(task_type, taskStatus="PAUSED")]


def nothing_done(task_type: TaskType) -> dict[str, object]:
    zeros = dict.fromkeys(("actionsExecuted", "actionsSkipped", "actionsFailed"), 0)
    counts = dict.fromkeys(("totalFindingsCount", "succeededFindingsCount"), 0)
    return dict(zeros) if task_type == "detect" else {"LOGGING_DISABLED_CHECK": counts}


def longest(_: TaskType) -> Looks:
    saved = (ROOT / "events/describe/detect-longest.json").read_text(encoding="utf-8")
    return [json.loads(saved)]


def rows() -> Iterator[Row]:
    yield from clock_rows()
    yield from way_rows()
    yield from channel_rows()
