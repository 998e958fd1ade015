"""Trouble that lasts: AWS IoT or Lambda out for minutes, for hours, or until the watch limit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from embedded.scenario import TaskType
from tests.faults.aws_rows import DENIED, DESCRIBE, NETWORK, THROTTLED, named
from tests.faults.outcome import Outcome
from tests.faults.row import TOLD, UNREADABLE, Looks, Row, both, ended, ends
from tests.faults.sweep_rows import after_deployment, event_then_sweep
from tests.faults.task_rows import SUCCESS
from tests.support.aws import Fault, Outage, Refusal
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.watched import answer, running

MINUTE, HOUR = 60, 3600
TROUBLE: Mapping[str, Fault] = {
    **named(THROTTLED, Refusal("InternalFailureException", 500), DENIED),
    "no connection": NETWORK["no connection"],
}
LENGTHS = {
    "1 minute": MINUTE,
    "5 minutes": 5 * MINUTE,
    "20 minutes": 20 * MINUTE,
    "1 hour": HOUR,
    "13 hours": 13 * HOUR,
}
# The first look comes at 0 s, the second within half a minute.
MOMENTS: Mapping[str, tuple[float, Callable[[TaskType], Looks]]] = {
    "before the first look": (0, ends),
    "midway": (1, lambda t: [running(t), running(t), answer(t)]),
    "while the task ends": (1, ends),
}
# Fewer looks make a cheaper play.
SELDOM = {"PollMaxSeconds": "900"}
SO_FAR, RUNS = "told UNREADABLE so far", "told STILL RUNNING"


def iot_rows() -> Iterator[Row]:
    for (name, fault), (moment, (begin, describe)) in product(TROUBLE.items(), MOMENTS.items()):
        for length, seconds in LENGTHS.items():
            expected = [
                *([SO_FAR] if seconds > 15 * MINUTE else []),
                *([RUNS] if seconds >= HOUR and moment != "while the task ends" else []),
                "told",
            ]
            yield Row(
                f"AWS IoT is out {moment}",
                f"{name}, for {length}",
                both(", ".join(expected)),
                describe=describe,
                aws={DESCRIBE: Outage(fault, [(begin, begin + seconds)])},
                parameters=SELDOM,
            )
        yield Row(
            f"AWS IoT is out {moment}",
            f"{name}, for longer than the watch limit",
            UNREADABLE,
            describe=describe,
            aws={DESCRIBE: Outage(fault, [(begin, 2 * HOUR)])},
            parameters={**SELDOM, "WatchLimitHours": "1"},
        )


def lambda_rows() -> Iterator[Row]:
    for (length, seconds), (name, mishap) in product(
        {"5 minutes": 5 * MINUTE, "1 hour": HOUR}.items(),
        {"it throttles": Mishap.THROTTLED, "it fails": Mishap.LAMBDA_FAILS}.items(),
    ):
        runs = f"{RUNS}, told" if seconds >= HOUR else "told"
        for function, moment, begin, describe, told in (
            ("DescribeTask", "before the first look", 0, ends, runs),
            ("DescribeTask", "midway", 1, ends, "told"),
            ("Notify", "when people are to be told", 0, ended, "told"),
        ):
            yield Row(
                "Lambda is out",
                f"{moment}, for {length}: {name}",
                both(told),
                describe=describe,
                lambdas={f"{function}Function": Outage(mishap, [(begin, begin + seconds)])},
            )
        yield Row(
            "Lambda is out",
            f"when the task starts, for {length}: {name}",
            TOLD,
            lambdas={"StartWatchFunction": Outage(mishap, [(0, seconds)])},
        )
    yield Row(
        "Lambda is out",
        "when the task starts, for 1 hour: the function ends; a sweep after that finds the task",
        Outcome("told", "told", start_failures=1, failed_sweeps=1),
        play=_swept_after_an_hour,
        describe=after_deployment,
        lambdas={
            function: Outage(Mishap.EXIT_BEFORE, [(0, HOUR)])
            for function in ("StartWatchFunction", "SweepFunction")
        },
    )


def _swept_after_an_hour(world: World, task_type: TaskType) -> None:
    event_then_sweep(world, task_type)
    world.passes(HOUR)
    world.ticks()


def interim_rows() -> Iterator[Row]:
    """Whoever was told in between is told the end, whatever the filter says."""
    endings: Mapping[str, tuple[Callable[[TaskType], Looks], str]] = {
        "succeeds": (lambda t: [answer(t, taskStatus=SUCCESS[t], taskStatistics={})], "SUCCEEDED"),
        "fails": (ended, ""),
        "is canceled": (
            lambda t: [answer(t, taskStatus="CANCELED", taskStatistics={})],
            "CANCELED",
        ),
    }
    once, twice = [(1, 20 * MINUTE)], [(1, 20 * MINUTE), (30 * MINUTE, 50 * MINUTE)]
    interims: Mapping[str, tuple[Sequence[tuple[float, float]], Mapping[str, str], int, str]] = {
        "is overdue": ((), {"OverdueMinutes": "5"}, 20, RUNS),
        "is out of sight": (once, {}, 1, SO_FAR),
        "is out of sight twice": (twice, {"OverdueMinutes": "1440"}, 25, f"2 x {SO_FAR}"),
    }
    for (interim, (periods, more, looks, told)), (end, (describe, label)) in product(
        interims.items(), endings.items()
    ):
        for sns, slack in product(("all", "problems"), repeat=2):
            yield Row(
                "A message in between, then the end",
                f"{interim}, then {end}; SNS wants {sns}, Slack {slack}",
                both(f"{told}, told {label}".rstrip()),
                describe=_after(looks, describe),
                aws={DESCRIBE: Outage(THROTTLED, periods)} if periods else {},
                parameters={**more, "SnsVerdicts": sns, "SlackVerdicts": slack},
            )


def filter_rows() -> Iterator[Row]:
    yield Row(
        "Filters",
        "both channels want problems only, and all went well",
        Outcome("nothing", "nothing"),
        describe=lambda t: [answer(t, taskStatus=SUCCESS[t], taskStatistics={})],
        parameters={"SnsVerdicts": "problems", "SlackVerdicts": "problems"},
        nothing_due=True,
    )


def _after(looks: int, describe: Callable[[TaskType], Looks]) -> Callable[[TaskType], Looks]:
    """So many looks at a task that runs, then its end."""
    return lambda t: [*(looks * [running(t, taskStatistics=None)]), *describe(t)]


def rows() -> Iterator[Row]:
    yield from iot_rows()
    yield from lambda_rows()
    yield from interim_rows()
    yield from filter_rows()
