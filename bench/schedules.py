"""When to look again: the product's own way, and the ways that others go about it."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from bench.tasks import DAY, START, SimulatedTask
from mitigation.decision import Look, Seen, decide
from mitigation.polling import Policy, wait_seconds
from tests.support.product import Product


class Watched(NamedTuple):
    """What a watch cost and brought: how often it looked, how late it saw the end, in seconds."""

    looks: int
    delay: float


class Schedule(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def waits_first(self) -> bool: ...
    def watch(self, task: SimulatedTask) -> Watched: ...


def default_policy(**parameters: str) -> Policy:
    """The template's own, with these parameters instead."""
    values = Product.load().parameters(parameters)
    return Policy(
        min_seconds=int(values["PollMinSeconds"]),
        max_seconds=int(values["PollMaxSeconds"]),
        overdue_seconds=60 * int(values["OverdueMinutes"]),
        limit_seconds=3600 * int(values["WatchLimitHours"]),
    )


@dataclass(frozen=True, slots=True)
class Ours:
    """functions/mitigation/polling.py, asked as DescribeTask asks it."""

    name: str
    policy: Policy
    waits_first: bool = False

    def watch(self, task: SimulatedTask) -> Watched:
        ages = list(self.ages(task))
        return Watched(len(ages), ages[-1] - task.seconds)

    def ages(self, task: SimulatedTask) -> Iterator[float]:
        """The ages at which it looks; at the last one the task has ended."""
        age = 0.0
        look: Look | None = None
        while age < task.seconds:
            yield age
            now = START + timedelta(seconds=age)
            look = decide(
                Seen(task.at(age), None),
                look,
                now=now,
                policy=self.policy,
                seed=str(task.at(age).id),
            )
            if look.decision.is_final:
                raise ValueError(f"{self.name} gave up on a task of {task.seconds:.0f} s")
            age += look.wait_seconds
        yield age


@dataclass(frozen=True)
class Timetable:
    """The same times for every task: `wait` gives the next wait from the age, in seconds."""

    name: str
    wait: Callable[[float], float]
    waits_first: bool = False

    @cached_property
    def ages(self) -> list[float]:
        ages = [self.wait(0) if self.waits_first else 0.0]
        while ages[-1] < 4 * DAY:
            ages.append(ages[-1] + self.wait(ages[-1]))
        return ages

    def watch(self, task: SimulatedTask) -> Watched:
        index = bisect_left(self.ages, task.seconds)
        return Watched(index + 1, self.ages[index] - task.seconds)


JOB_POLLER = Timetable("AWS's job poller: 60 s", lambda _age: 60, waits_first=True)


def clamped(shortest: float, wait: float, longest: float = 300) -> float:
    return min(max(wait, shortest), longest)


def geometric(factor: float) -> Timetable:
    """The n-th wait is 10 s times factor^n, to 300 s; seen from the age, by a series' sum."""

    def wait(age: float) -> float:
        return clamped(10, 10 + age * (factor - 1))

    return Timetable(f"10 s, then {factor:g} times the last, to 300 s", wait)


def proportional(share: float) -> Timetable:
    return Timetable(f"{share:.0%} of the age, 10 to 300 s", lambda age: clamped(10, share * age))


def root(scale: float) -> Timetable:
    return Timetable(f"{scale:g}√age, 10 to 300 s", lambda age: clamped(10, scale * age**0.5))


def fixed(seconds: float) -> Timetable:
    return Timetable(f"fixed {seconds:g} s", lambda _age: seconds)


def other_defaults(shortest: int, longest: int) -> Timetable:
    """The product's own wait with other parameters, and its jitter at the mean."""
    policy = default_policy(PollMinSeconds=str(shortest), PollMaxSeconds=str(longest))
    return Timetable(
        f"ours, but {shortest} to {longest} s", lambda age: wait_seconds(age, policy, None, 0.5)
    )


FAMILIES: dict[str, list[Timetable]] = {
    "fixed": [fixed(s) for s in (30, 60, 120, 300)],
    "geometric": [geometric(f) for f in (1.1, 1.5, 2)],
    "proportional": [proportional(s) for s in (0.05, 0.10, 0.20)],
    "√age": [root(s) for s in (1, 2, 4)],
    "ours, other parameters": [
        other_defaults(shortest, longest)
        for shortest, longest in ((5, 240), (8, 300), (12, 300), (30, 300), (5, 600))
    ],
}
