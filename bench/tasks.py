"""Tasks to watch: how long they take, and when their outcomes come in.

AWS publishes neither, so both are assumptions. They stand here and on the page.
"""

import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from mitigation.kind import TaskType
from mitigation.task import Statistics, Task, parse_task

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
