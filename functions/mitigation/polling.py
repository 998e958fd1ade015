"""How often AWS IoT is asked: arithmetic over seconds; the clock is the caller's."""

import hashlib
import math
from typing import NamedTuple

from mitigation.task import Task

# Progress may only shorten the wait, and only to this share of it: so a task that stalls near its
# end stays cheap, and the number of looks stays bounded.
SHORTEST_SHARE = 1 / 3
# Jitter only lengthens, so that the minimum holds; the cap comes after it, so that the cap holds.
JITTER = 0.3


class Policy(NamedTuple):
    """The polling constants, in seconds: of a wait, or of the task's age."""

    min_seconds: int
    max_seconds: int
    overdue_seconds: int
    limit_seconds: int


def wait_seconds(age: float, policy: Policy, progress: float | None, jitter: float) -> int:
    """Seconds until the next look at a task of this age, in whole seconds.

    The wait grows with the square root of the age: over tasks from seconds to days no steeper or
    flatter growth costs less at the same mean delay (docs/benchmarks.md). Where `progress` (0 to 1)
    is known, it predicts the end, and the wait is no longer than that; `jitter` (0 to 1) keeps
    tasks that started together from asking together.
    """
    wait = math.sqrt(policy.min_seconds * age)
    if progress:
        rest = age * (1 - progress) / progress
        wait = min(wait, max(rest, SHORTEST_SHARE * wait))
    wait = max(wait, policy.min_seconds) * (1 + JITTER * jitter)
    return min(round(wait), policy.max_seconds)


def backoff_seconds(age: float, lasted: float, policy: Policy, jitter: float) -> int:
    """Seconds until the next look while AWS is in trouble that has `lasted` so many seconds.

    It doubles, up to the longest wait; and trouble that comes and goes makes the looks at a task of
    this `age` no more frequent than progress may.
    """
    wait = max(lasted, SHORTEST_SHARE * math.sqrt(policy.min_seconds * age), policy.min_seconds)
    return min(round(wait * (1 + JITTER * jitter)), policy.max_seconds)


def progress(task: Task) -> float | None:
    """The share that is done, or None where the total isn't known or doesn't fit.

    The outcome that is under way counts half.
    """
    total = task.expected_total
    if not total or task.statistics.done >= total:
        return None
    return (task.statistics.done + 0.5) / total


def fraction_of(text: str) -> float:
    """A number from 0 to 1 that is always the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
