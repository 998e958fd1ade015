"""When to look again: the product's own way, and the ways that others go about it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from bench.tasks import START, SimulatedTask
from mitigation.decision import ChannelMemory, Look, Seen, decide
from mitigation.polling import Policy, wait_seconds
from mitigation.task import Task
from mitigation.thread import CHANNEL, NO_HEADS, Thread, counts_of
from tests.support.stack import product


class Schedule(NamedTuple):
    """`ages` are those at which it looks at a task, in seconds; at the last one it has ended."""

    name: str
    ages: Callable[[SimulatedTask], Iterator[float]]
    waits_first: bool = False


def default_policy(**parameters: str) -> Policy:
    """The template's own, with these parameters instead."""
    values = product().parameters(parameters)
    return Policy(
        min_seconds=int(values["PollMinSeconds"]),
        max_seconds=int(values["PollMaxSeconds"]),
        overdue_seconds=60 * int(values["OverdueMinutes"]),
        limit_seconds=3600 * int(values["WatchLimitHours"]),
    )


def ours(policy: Policy) -> Schedule:
    """functions/mitigation/decision.py, asked as DescribeTask asks it."""
    return Schedule("**ours**", lambda task: (age for age, _ in watch(task, policy, NO_HEADS)))


def watch(task: SimulatedTask, policy: Policy, heads: str) -> Iterator[tuple[float, bool]]:
    """The age at each look, in seconds, and whether a Slack app shows progress after it."""
    age = 0.0
    look: Look | None = None
    while age < task.seconds:
        now, task_now = START + timedelta(seconds=age), task.at(age)
        sight, seed = Seen(task_now, None), str(task_now.id)
        look = decide(sight, look, now=now, policy=policy, seed=seed, heads=heads)
        if look.decision.is_final:
            raise ValueError(f"gave up on a task of {task.seconds:.0f} s")
        yield age, look.progress
        if look.progress:
            channels = {CHANNEL: ChannelMemory(thread=shown(task_now, now))}
            look = look._replace(memory=look.memory._replace(channels=channels))
        age += look.wait_seconds
    yield age, False


def shown(task: Task, now: datetime) -> Thread:
    return Thread(ts="1", shown=counts_of(task), tried_at=now)


def timetable(name: str, wait: Callable[[float], float], first: float = 0) -> Schedule:
    """The same for every task: the first look, and the next wait from the age, in seconds."""

    def ages(task: SimulatedTask) -> Iterator[float]:
        age = first
        while age < task.seconds:
            yield age
            age += wait(age)
        yield age

    return Schedule(name, ages, waits_first=first > 0)


def fixed(seconds: float, first: float = 0, name: str = "fixed") -> Schedule:
    return timetable(f"{name} {seconds:g} s", lambda _age: seconds, first)


def _clamped(name: str, share: float, shift: float = 0) -> Schedule:
    """Waits of a share of the age, between 10 and 300 s.

    With a shift of 10 s: the n-th wait is 10 s times factor^n, seen from the age, by a series' sum.
    """
    return timetable(name, lambda age: min(max(share * age + shift, 10), 300))


def _other_defaults(shortest: int, longest: int) -> Schedule:
    """The product's own wait with other parameters, and its jitter at the mean."""
    policy = default_policy(PollMinSeconds=str(shortest), PollMaxSeconds=str(longest))
    name = f"ours, but {shortest} to {longest} s"
    return timetable(name, lambda age: wait_seconds(age, policy, None, 0.5))


JOB_POLLER = fixed(60, 60, "AWS's job poller:")
OTHERS = [
    *map(fixed, (30, 120, 300)),
    *(_clamped(f"10 s, then {f:g} times the last, to 300 s", f - 1, 10) for f in (1.1, 1.5, 2)),
    *(_clamped(f"{share:.0%} of the age, 10 to 300 s", share) for share in (0.05, 0.10, 0.20)),
    *(_other_defaults(*bounds) for bounds in ((5, 240), (8, 300), (12, 300), (30, 300), (5, 600))),
]
