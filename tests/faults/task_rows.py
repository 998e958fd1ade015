"""Tasks that behave strangely, or whose answers do; and trouble that lasts: AWS IoT or Lambda out
for minutes, for hours, or until the watch limit.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

from embedded.scenario import Failure, SlackAnswer, TaskType
from tests.faults.outcome import SLACK_DEAD, TOLD, UNREADABLE, VANISHED, Outcome, both
from tests.faults.row import (
    DENIED,
    DESCRIBE,
    FAILS,
    THROTTLED,
    Describe,
    Looks,
    Row,
    ended,
    ends,
    in_turn,
    named,
    passes,
    ticks,
)
from tests.faults.start_rows import after_deployment, event_then_sweep
from tests.support.aws import NO_CONNECTION, Fault, Outage
from tests.support.functions import Mishap
from tests.support.machine import NOW
from tests.support.product import ROOT
from tests.support.slack import OK, REVOKED
from tests.support.watched import STARTED, answer, running

SUCCESS = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}
NO_TASK = Failure("ResourceNotFoundException", 404, "no such task")
NOT_ALLOWED = Failure("AccessDeniedException", 403, "no")
MINUTE, HOUR = 60, 3600
AN_HOUR = {"WatchLimitHours": "1", "OverdueMinutes": "1440"}
SOON_OVERDUE = {"OverdueMinutes": "5"}
RUNS, SO_FAR = "told STILL RUNNING", "told UNREADABLE so far"


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
    def row(name: str, told: str, describe: Describe, **parameters: str) -> Row:
        return Row("The task", name, both(told), describe=describe, parameters=parameters)

    def unknown(task_type: TaskType) -> Looks:
        return [running(task_type, taskStatus="PAUSED")]

    def no_numbers(task_type: TaskType) -> Looks:
        return [answer(task_type, taskStatistics={"actionsFailed": "x", "CHECK": "x"})]

    yield row("ended before the first look", "told", ended)
    flips = "flips back to running after its end"
    yield row(flips, "told", lambda t: 2 * [running(t), answer(t)])
    yield row("is canceled", "told CANCELED", canceled)
    comes_to_life = "is canceled and comes to life again"
    yield row(comes_to_life, "told CANCELED", lambda t: [*canceled(t), running(t)])
    yield row("succeeds with nothing done", "told NOTHING DONE", nothing_done)
    yield row("vanishes midway", VANISHED.sns, lambda t: [running(t), NO_TASK])
    forbidden = "can't be read any more midway"
    yield row(forbidden, UNREADABLE.sns, lambda t: [running(t), NOT_ALLOWED])
    yield row("has an unknown status", "told UNKNOWN STATUS", unknown, **AN_HOUR)
    for_a_while = "has an unknown status for a while"
    yield row(for_a_while, "told", lambda t: [*unknown(t), running(t), answer(t)], **AN_HOUR)
    yield row("has no status", UNREADABLE.sns, lambda _: [{}], **AN_HOUR)
    no_text = "has a status that is no text"
    yield row(no_text, UNREADABLE.sns, lambda t: [answer(t, taskStatus=7)])
    yield row("has counts that are no numbers", UNREADABLE.sns, no_numbers, **AN_HOUR)
    yield row("is overdue, then ends", f"{RUNS}, told", overdue, **SOON_OVERDUE)
    limits = {"WatchLimitHours": "1", "OverdueMinutes": "30"}
    yield row("never ends", f"{RUNS}, told GAVE UP", lambda t: [running(t)], **limits)
    yield longest_row("has the longest answer that AWS allows", TOLD)


def channel_rows() -> Iterator[Row]:
    """The watch goes on while a channel can't be told that it does."""
    row = partial(Row, "An overdue task", describe=overdue, parameters=SOON_OVERDUE)
    then, down = f"{RUNS}, told", SlackAnswer(503, {}, "down")
    late = Outcome(then, "told, dead letter STILL RUNNING")
    revoked = Outcome(then, "dead letter STILL RUNNING, dead letter", "1 failed")
    yield row("Slack is away for a moment", both(then), slack=[down, OK])
    yield row("Slack is away until the end", late, slack=[*(6 * [down]), OK])
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
    return [json.loads((ROOT / "events/describe/detect-longest.json").read_text(encoding="utf-8"))]


LONGEST_ID = "longest-" + "x" * 120
longest_row = partial(Row, "The task", describe=longest, task_ids=[LONGEST_ID], types=("detect",))


def iot_rows() -> Iterator[Row]:
    trouble = {**named(THROTTLED, FAILS, DENIED), "no connection": NO_CONNECTION}
    # The first look comes at 0 s, the second within half a minute.
    moments: dict[str, tuple[float, Describe]] = {
        "before the first look": (0, ends),
        "midway": (1, lambda t: [running(t), running(t), answer(t)]),
        "while the task ends": (1, ends),
    }
    lengths = {
        "1 minute": MINUTE,
        "5 minutes": 5 * MINUTE,
        "20 minutes": 20 * MINUTE,
        "1 hour": HOUR,
        "13 hours": 13 * HOUR,
    }
    seldom = {"PollMaxSeconds": "900"}  # fewer looks make a cheaper play
    for (name, fault), (moment, (begin, describe)) in product(trouble.items(), moments.items()):
        row = partial(Row, f"AWS IoT is out {moment}", describe=describe)
        for length, seconds in lengths.items():
            told = [SO_FAR] if seconds > 15 * MINUTE else []
            told += [RUNS] if seconds >= HOUR and moment != "while the task ends" else []
            out = {DESCRIBE: Outage(fault, [(begin, begin + seconds)])}
            expected = both(", ".join([*told, "told"]))
            yield row(f"{name}, for {length}", expected, aws=out, parameters=seldom)
        out, short = {DESCRIBE: Outage(fault, [(begin, 2 * HOUR)])}, {"WatchLimitHours": "1"}
        too_long = f"{name}, for longer than the watch limit"
        yield row(too_long, UNREADABLE, aws=out, parameters=seldom | short)


def lambda_rows() -> Iterator[Row]:
    row = partial(Row, "Lambda is out")
    for (length, seconds), (name, mishap) in product(
        {"5 minutes": 5 * MINUTE, "1 hour": HOUR}.items(),
        {"it throttles": Mishap.THROTTLED, "it fails": Mishap.LAMBDA_FAILS}.items(),
    ):
        runs = f"{RUNS}, told" if seconds >= HOUR else "told"
        for function, moment, begin, describe, told in (
            ("DescribeTask", "before the first look", 0, ends, runs),
            ("DescribeTask", "midway", 1, ends, "told"),
            ("Notify", "when people are to be told", 0, ended, "told"),
            ("StartWatch", "when the task starts", 0, ended, "told"),
        ):
            out = {f"{function}Function": Outage(mishap, [(begin, begin + seconds)])}
            says = f"{moment}, for {length}: {name}"
            yield row(says, both(told), describe=describe, lambdas=out)
    gone = Outage(Mishap.EXIT_BEFORE, [(0, HOUR)])
    yield row(
        "when the task starts, for 1 hour: the function ends; a sweep after that finds the task",
        both("told", start_failures=1, failed_sweeps=1),
        in_turn(event_then_sweep, passes(HOUR), ticks),
        describe=after_deployment,
        lambdas={"StartWatchFunction": gone, "SweepFunction": gone},
    )


def interim_rows() -> Iterator[Row]:
    """Whoever was told in between is told the end, whatever the filter says."""
    endings: Mapping[str, tuple[Describe, str]] = {
        "succeeds": (succeeds, "told SUCCEEDED"),
        "fails": (ended, "told"),
        "is canceled": (canceled, "told CANCELED"),
    }
    once, again = (1, 20 * MINUTE), (30 * MINUTE, 50 * MINUTE)
    out: list[dict[str, Outage[Fault]]] = [
        {DESCRIBE: Outage(THROTTLED, periods)} for periods in ([once], [once, again])
    ]
    for (interim, aws, more, looks, told), (end, (describe, end_told)) in product(
        (
            ("is overdue", {}, SOON_OVERDUE, 20, RUNS),
            ("is out of sight", out[0], {}, 1, SO_FAR),
            ("is out of sight twice", out[1], {"OverdueMinutes": "1440"}, 25, f"2 x {SO_FAR}"),
        ),
        endings.items(),
    ):
        for sns, slack in product(("all", "problems"), repeat=2):
            yield Row(
                "A message in between, then the end",
                f"{interim}, then {end}; SNS wants {sns}, Slack {slack}",
                both(f"{told}, {end_told}"),
                describe=partial(_after, looks, describe),
                aws=aws,
                parameters={**more, "SnsVerdicts": sns, "SlackVerdicts": slack},
            )


def _after(looks: int, describe: Describe, task_type: TaskType) -> Looks:
    """So many looks at a task that runs, then its end."""
    return [*(looks * [running(task_type, taskStatistics=None)]), *describe(task_type)]


def rows() -> Iterator[Row]:
    yield from clock_rows()
    yield from way_rows()
    yield from channel_rows()
    yield from iot_rows()
    yield from lambda_rows()
    yield from interim_rows()
    yield Row(
        "Filters",
        "both channels want problems only, and all went well",
        both("nothing"),
        describe=succeeds,
        parameters={"SnsVerdicts": "problems", "SlackVerdicts": "problems"},
    )
