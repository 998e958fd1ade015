"""Tasks to watch, and when to look at them: the product's own way, and how others go about it.

How long tasks take, and when their outcomes come in, AWS does not publish: both are assumptions.
"""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from mitigation.decision import ChannelMemory, Look, Seen, decide
from mitigation.kind import TaskType
from mitigation.polling import Policy, wait_seconds
from mitigation.task import Statistics, Task, parse_task
from mitigation.thread import CHANNEL, NO_HEADS, Thread, counts_of
from tests.support.product import product

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3600, 86_400
# Share of the tasks, shortest and longest of them; in between no order of magnitude is preferred.
# The watch limit is three days: what runs longer is told as such.
MIX = ((0.40, 1, MINUTE), (0.35, MINUTE, HOUR), (0.20, HOUR, DAY), (0.05, DAY, 3 * DAY))
KNOWN_TOTAL_LONGEST = 5.5 * HOUR
MAX_VIOLATIONS, MAX_ACTIONS = 25, 5  # AWS's own limits of a task

type Outcomes = Sequence[float]
type Progress = Callable[[random.Random, float, int], Outcomes]


@dataclass(frozen=True)
class SimulatedTask:
    """`outcomes` are the ages at which each comes in; without `actions` their total isn't known."""

    number: int
    seconds: float
    outcomes: Outcomes = ()
    actions: int = 0

    def at(self, age: float) -> Task:
        """What AWS would say of it at that age, in seconds; it is running still."""
        if not self.outcomes:
            return self._task
        done = bisect_right(self.outcomes, age)
        return self._task._replace(statistics=Statistics(executed=done, skipped=0, failed=0))

    @cached_property
    def _task(self) -> Task:
        violations = len(self.outcomes) // self.actions if self.actions else 0
        summary = {
            "taskStatus": "IN_PROGRESS",
            "taskStartTime": START.isoformat(),
            "target": {"violationIds": ["violation"] * violations},
            "actionsDefinition": [{"name": "Quarantine"}] * self.actions,
            "taskStatistics": {},
        }
        return parse_task({"taskSummary": summary}, TaskType.DETECT, f"task-{self.number}")


def draw_mix(count: int, progress: Progress | None = None, seed: int = 1) -> list[SimulatedTask]:
    """Tasks whose total isn't known: they were started for a profile and a behavior."""
    rng, own = random.Random(seed), random.Random(seed)
    every = [_seconds(rng) for _ in range(count)]
    outcomes = [progress(own, one, _total(own)[0]) if progress else () for one in every]
    return list(map(SimulatedTask, range(count), every, outcomes))


def draw_known(count: int, progress: Progress | None, seed: int = 2) -> list[SimulatedTask]:
    """The tasks of the mix that take under 5.5 hours, for violation ids: their total is known.

    With `progress` None they are the same tasks, but nobody knows their totals.
    """
    rng, drawn = random.Random(seed), []
    for number in range(count):
        while (seconds := _seconds(rng)) > KNOWN_TOTAL_LONGEST:
            pass
        total, actions = _total(rng)
        own = random.Random(rng.random())
        outcomes = progress(own, seconds, total) if progress else ()
        drawn.append(SimulatedTask(number, seconds, outcomes, actions))
    return drawn


def steady(_rng: random.Random, seconds: float, total: int) -> Outcomes:
    """Each outcome takes as long as the others."""
    return tuple(seconds * ((n + 1) / total) for n in range(total))


def noisy(rng: random.Random, seconds: float, total: int) -> Outcomes:
    """Outcomes come in at random; in half of the tasks ever faster, in the others ever slower."""
    bend = rng.lognormvariate(0, 0.5)
    return (*sorted(seconds * rng.random() ** bend for _ in range(total - 1)), seconds)


def stalling(rng: random.Random, seconds: float, total: int) -> Outcomes:
    """A share comes in steadily, early on; then nothing does until all the rest at the end."""
    early = min(int(total * rng.uniform(0.1, 1)), total - 1)
    stalls = seconds * rng.uniform(0.05, 0.5)
    return tuple([stalls * (n + 1) / early for n in range(early)] + [seconds] * (total - early))


def ceaseless(_rng: random.Random, seconds: float, _total: int) -> Outcomes:
    """One a second, so that no look finds the counts of the last one."""
    return range(1, int(seconds))


def _total(rng: random.Random) -> tuple[int, int]:
    """Of outcomes, and of actions."""
    actions = rng.randint(1, MAX_ACTIONS)
    return rng.randint(1, MAX_VIOLATIONS) * actions, actions


def _seconds(rng: random.Random) -> float:
    [(_, shortest, longest)] = rng.choices(MIX, [share for share, *_ in MIX])
    return float(shortest * (longest / shortest) ** rng.random())


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
