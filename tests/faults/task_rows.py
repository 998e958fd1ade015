"""Tasks that behave strangely, or whose answers do; and what is told about them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from embedded.scenario import Failure, SlackAnswer, TaskType
from tests.faults.outcome import SLACK_DEAD, TOLD, UNREADABLE, VANISHED, Outcome, both
from tests.faults.row import Describe, Looks, Row, ended
from tests.support.machine import NOW
from tests.support.product import ROOT
from tests.support.slack import OK, REVOKED
from tests.support.watched import STARTED, answer, running

SUCCESS = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}
HOUR = {"WatchLimitHours": "1", "OverdueMinutes": "1440"}
SOON_OVERDUE = {"OverdueMinutes": "5"}
GONE = Failure("ResourceNotFoundException", 404, "no such task")
DENIED = Failure("AccessDeniedException", 403, "no")
THEN = "told STILL RUNNING, told"


def clock_rows() -> Iterator[Row]:
    before, soon = STARTED - timedelta(hours=2), NOW + timedelta(hours=1)
    far, long_ago = datetime(2099, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
    ways: dict[str, tuple[Outcome, Describe]] = {
        "the end lies before the start": (TOLD, lambda t: [answer(t, end=before)]),
        "the start lies an hour ahead": (TOLD, lambda t: [running(t, start=soon), answer(t)]),
        "the start lies decades ahead": (
            TOLD,
            lambda t: [*(5 * [running(t, start=far)]), answer(t, start=far, end=None)],
        ),
        "the start lies in 1970 and the task runs": (
            both("told GAVE UP"),
            lambda t: [running(t, start=long_ago), answer(t)],
        ),
        "no start and no end": (TOLD, lambda t: [answer(t, start=None, end=None)]),
    }
    for name, (expected, describe) in ways.items():
        yield Row("Clock skew", name, expected, describe=describe)


def way_rows() -> Iterator[Row]:
    def row(
        name: str, told: str | Outcome, describe: Describe, parameters: dict[str, str] | None = None
    ) -> Row:
        expected = both(told) if isinstance(told, str) else told
        return Row("The task", name, expected, describe=describe, parameters=parameters or {})

    def flips(task_type: TaskType) -> Looks:
        return 2 * [running(task_type), answer(task_type)]

    def unknown(task_type: TaskType) -> Looks:
        return [running(task_type, taskStatus="PAUSED")]

    def no_numbers(task_type: TaskType) -> Looks:
        return [answer(task_type, taskStatistics={"actionsFailed": "x", "CHECK": "x"})]

    yield row("ended before the first look", "told", ended)
    yield row("flips back to running after its end", "told", flips)
    yield row("is canceled", "told CANCELED", canceled)
    comes_to_life = "is canceled and comes to life again"
    yield row(comes_to_life, "told CANCELED", lambda t: [*canceled(t), running(t)])
    yield row("succeeds with nothing done", "told NOTHING DONE", nothing_done)
    yield row("vanishes midway", VANISHED, lambda t: [running(t), GONE])
    yield row("can't be read any more midway", UNREADABLE, lambda t: [running(t), DENIED])
    yield row("has an unknown status", "told UNKNOWN STATUS", unknown, HOUR)
    for_a_while = "has an unknown status for a while"
    yield row(for_a_while, "told", lambda t: [*unknown(t), running(t), answer(t)], HOUR)
    yield row("has no status", UNREADABLE, lambda _: [{}], HOUR)
    yield row("has a status that is no text", UNREADABLE, lambda t: [answer(t, taskStatus=7)])
    yield row("has counts that are no numbers", UNREADABLE, no_numbers, HOUR)
    yield row("is overdue, then ends", THEN, overdue, SOON_OVERDUE)
    limits = {"WatchLimitHours": "1", "OverdueMinutes": "30"}
    yield row("never ends", f"{THEN} GAVE UP", lambda t: [running(t)], limits)
    yield longest_row("has the longest answer that AWS allows", TOLD)


def channel_rows() -> Iterator[Row]:
    """The watch goes on while a channel can't be told that it does."""
    row = partial(Row, "An overdue task", describe=overdue, parameters=SOON_OVERDUE)
    down, late = SlackAnswer(503, {}, "down"), "told, dead letter STILL RUNNING"
    revoked = Outcome(THEN, "dead letter STILL RUNNING, dead letter", "1 failed")
    yield row("Slack is away for a moment", both(THEN), slack=[down, OK])
    yield row("Slack is away until the end", Outcome(THEN, late), slack=[*(6 * [down]), OK])
    yield row("Slack is revoked", revoked, slack=[REVOKED])
    name = "has the longest answer that AWS allows, and Slack is revoked"
    yield longest_row(name, SLACK_DEAD, slack=[REVOKED])


def succeeds(task_type: TaskType) -> Looks:
    return [answer(task_type, taskStatus=SUCCESS[task_type], taskStatistics={})]


def canceled(task_type: TaskType) -> Looks:
    return [answer(task_type, taskStatus="CANCELED", taskStatistics={})]


def overdue(task_type: TaskType) -> Looks:
    return [*(20 * [running(task_type, taskStatistics=None)]), answer(task_type)]


def nothing_done(task_type: TaskType) -> Looks:
    zeros = dict.fromkeys(("actionsExecuted", "actionsSkipped", "actionsFailed"), 0)
    counts = dict.fromkeys(("totalFindingsCount", "succeededFindingsCount"), 0)
    statistics = zeros if task_type == "detect" else {"LOGGING_DISABLED_CHECK": counts}
    return [answer(task_type, taskStatus=SUCCESS[task_type], taskStatistics=statistics)]


def longest(_: TaskType) -> Looks:
    saved = (ROOT / "events/describe/detect-longest.json").read_text(encoding="utf-8")
    return [json.loads(saved)]


LONGEST_ID = "longest-" + "x" * 120
longest_row = partial(Row, "The task", describe=longest, task_ids=[LONGEST_ID], types=("detect",))


def rows() -> Iterator[Row]:
    yield from clock_rows()
    yield from way_rows()
    yield from channel_rows()
