"""Trouble that lasts: AWS IoT or Lambda out for minutes, for hours, or until the watch limit."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product

from tests.faults.aws_rows import DENIED, DESCRIBE, FAILS, NETWORK, THROTTLED, named
from tests.faults.outcome import UNREADABLE, Outcome, both
from tests.faults.plays import in_turn, passes, ticks
from tests.faults.row import Describe, Row, ended, ends
from tests.faults.sweep_rows import after_deployment, event_then_sweep
from tests.faults.task_rows import canceled, succeeds
from tests.support.aws import Fault, Outage
from tests.support.functions import Mishap
from tests.support.watched import answer, running

MINUTE, HOUR = 60, 3600
NO_CONNECTION = {"no connection": NETWORK["no connection"]}
TROUBLE: Mapping[str, Fault] = {**named(THROTTLED, FAILS, DENIED), **NO_CONNECTION}
LENGTHS = {
    "1 minute": MINUTE,
    "5 minutes": 5 * MINUTE,
    "20 minutes": 20 * MINUTE,
    "1 hour": HOUR,
    "13 hours": 13 * HOUR,
}
# The first look comes at 0 s, the second within half a minute.
MOMENTS: Mapping[str, tuple[float, Describe]] = {
    "before the first look": (0, ends),
    "midway": (1, lambda t: [running(t), running(t), answer(t)]),
    "while the task ends": (1, ends),
}
# Fewer looks make a cheaper play.
SELDOM = {"PollMaxSeconds": "900"}
SO_FAR, RUNS = "told UNREADABLE so far", "told STILL RUNNING"


def iot_rows() -> Iterator[Row]:
    for (name, fault), (moment, (begin, describe)) in product(TROUBLE.items(), MOMENTS.items()):
        row = partial(Row, f"AWS IoT is out {moment}", describe=describe)
        for length, seconds in LENGTHS.items():
            expected = [
                *([SO_FAR] if seconds > 15 * MINUTE else []),
                *([RUNS] if seconds >= HOUR and moment != "while the task ends" else []),
                "told",
            ]
            outage = {DESCRIBE: Outage(fault, [(begin, begin + seconds)])}
            told = both(", ".join(expected))
            yield row(f"{name}, for {length}", told, aws=outage, parameters=SELDOM)
        outage, short = {DESCRIBE: Outage(fault, [(begin, 2 * HOUR)])}, {"WatchLimitHours": "1"}
        too_long = f"{name}, for longer than the watch limit"
        yield row(too_long, UNREADABLE, aws=outage, parameters=SELDOM | short)


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
            out = Outage(mishap, [(begin, begin + seconds)])
            yield row(
                f"{moment}, for {length}: {name}",
                both(told),
                describe=describe,
                lambdas={f"{function}Function": out},
            )
    out = Outage(Mishap.EXIT_BEFORE, [(0, HOUR)])
    yield row(
        "when the task starts, for 1 hour: the function ends; a sweep after that finds the task",
        Outcome("told", "told", start_failures=1, failed_sweeps=1),
        in_turn(event_then_sweep, passes(HOUR), ticks),
        describe=after_deployment,
        lambdas={"StartWatchFunction": out, "SweepFunction": out},
    )


def interim_rows() -> Iterator[Row]:
    """Whoever was told in between is told the end, whatever the filter says."""
    endings: Mapping[str, tuple[Describe, str]] = {
        "succeeds": (succeeds, "told SUCCEEDED"),
        "fails": (ended, "told"),
        "is canceled": (canceled, "told CANCELED"),
    }
    once, twice = [(1, 20 * MINUTE)], [(1, 20 * MINUTE), (30 * MINUTE, 50 * MINUTE)]
    interims: Mapping[str, tuple[Sequence[tuple[float, float]], Mapping[str, str], int, str]] = {
        "is overdue": ((), {"OverdueMinutes": "5"}, 20, RUNS),
        "is out of sight": (once, {}, 1, SO_FAR),
        "is out of sight twice": (twice, {"OverdueMinutes": "1440"}, 25, f"2 x {SO_FAR}"),
    }
    for (interim, (periods, more, looks, told)), (end, (describe, end_told)) in product(
        interims.items(), endings.items()
    ):
        for sns, slack in product(("all", "problems"), repeat=2):
            yield Row(
                "A message in between, then the end",
                f"{interim}, then {end}; SNS wants {sns}, Slack {slack}",
                both(f"{told}, {end_told}"),
                describe=_after(looks, describe),
                aws={DESCRIBE: Outage(THROTTLED, periods)} if periods else {},
                parameters={**more, "SnsVerdicts": sns, "SlackVerdicts": slack},
            )


def _after(looks: int, describe: Describe) -> Describe:
    """So many looks at a task that runs, then its end."""
    return lambda t: [*(looks * [running(t, taskStatistics=None)]), *describe(t)]


def rows() -> Iterator[Row]:
    yield from iot_rows()
    yield from lambda_rows()
    yield from interim_rows()
    problems = {"SnsVerdicts": "problems", "SlackVerdicts": "problems"}
    quiet = partial(Row, "Filters", describe=succeeds, parameters=problems, nothing_due=True)
    nothing = Outcome("nothing", "nothing")
    yield quiet("both channels want problems only, and all went well", nothing)
