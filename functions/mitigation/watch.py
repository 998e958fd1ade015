"""When to look at a task again, when it is overdue, and when to stop watching or trying.

All of it is arithmetic over seconds: the clock is the caller's. A watch keeps no state but what the
state machine hands back to it from the look before.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from mitigation.task import Task
from mitigation.wire import Json, Reader

# Progress may only shorten the wait, and only to this share of it: so a task that stalls near its
# end stays cheap, and the number of looks stays bounded.
SHORTEST_SHARE = 1 / 3
# Jitter only lengthens, so that the minimum holds; the cap comes after it, so that the cap holds.
JITTER = 0.3

# A channel that is down is tried again after 15 s, 30 s, 60 s … 15 min, for at least 12 hours.
FIRST_RETRY_SECONDS = 15
LONGEST_RETRY_SECONDS = 900
PATIENCE_SECONDS = 12 * 3600
# The watch goes on after "still running", so a channel that is down may hold it only this long.
INTERIM_PATIENCE_SECONDS = 240

# Step Functions ends an execution at its 25,000th history event, and nobody is told. So the watch
# counts its own, and gives up while there is room for telling. A round of DescribeTask, TaskEnded?
# and Wait takes nine of them, each retry three more.
MOST_EVENTS = 20_000
ROUND_EVENTS = 9
RETRY_EVENTS = 3

# The sweep looks this far back for tasks whose start was missed…
SWEEP_WINDOW_SECONDS = 6 * 3600
# …and leaves the youngest to CloudTrail's event, which knows who started them.
SWEEP_GRACE_SECONDS = 120


class Policy(NamedTuple):
    """The polling constants, in seconds: of a wait, or of the task's age."""

    min_seconds: int
    max_seconds: int
    overdue_seconds: int
    limit_seconds: int


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a task decides; the next look gets it back as `previous`."""

    age_seconds: int
    wait_seconds: int
    overdue: bool
    gave_up: bool
    ended: bool  # the watch: the task has ended, or the limit is reached
    tell: bool  # people are told now
    events: int = 0  # of the execution's history, by all looks so far

    @classmethod
    def from_wire(cls, look: Reader) -> Self:
        return cls(
            age_seconds=look.count("ageSeconds") or 0,
            wait_seconds=look.count("waitSeconds") or 0,
            overdue=look.flag("overdue") or False,
            gave_up=look.flag("gaveUp") or False,
            ended=look.flag("ended") or False,
            tell=look.flag("tell") or False,
            # The state machine adds how often it had to retry for this look.
            events=(look.count("events") or 0) + RETRY_EVENTS * (look.count("retries") or 0),
        )

    def to_wire(self) -> dict[str, Json]:
        return {
            "ageSeconds": self.age_seconds,
            "waitSeconds": self.wait_seconds,
            "overdue": self.overdue,
            "gaveUp": self.gave_up,
            "ended": self.ended,
            "tell": self.tell,
            "events": self.events,
        }


def look_at(task: Task, *, now: datetime, policy: Policy, previous: Look | None) -> Look:
    """Decide what follows from this look.

    The age is at least what the watch has waited itself: so a start that is missing, or lies in the
    future, can't make it spin, and the limit is reached in a bounded number of looks.
    """
    age = int((now - task.started).total_seconds()) if task.started else 0
    waited = previous.age_seconds + previous.wait_seconds if previous else 0
    age = max(age, waited, 0)
    events = ROUND_EVENTS + (previous.events if previous else 0)
    too_long = age >= policy.limit_seconds or events >= MOST_EVENTS
    gave_up = not task.is_terminal and too_long
    overdue = not task.is_terminal and age >= policy.overdue_seconds
    ended = task.is_terminal or gave_up
    wait = wait_seconds(age, policy, progress(task), _hash(f"{task.id}/{age}"))
    return Look(
        age_seconds=age,
        wait_seconds=min(wait, max(policy.limit_seconds - age, 1)),
        overdue=overdue,
        gave_up=gave_up,
        ended=ended,
        tell=ended or (overdue and not (previous and previous.overdue)),
        events=events,
    )


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


def progress(task: Task) -> float | None:
    """The share that is done, or None where the total isn't known or doesn't fit.

    The outcome that is under way counts half.
    """
    total = task.expected_total
    if not total or task.statistics.done >= total:
        return None
    return (task.statistics.done + 0.5) / total


def retry_seconds(waited: int, retry_after: int | None, *, final: bool) -> int | None:
    """Seconds until a channel that is down is tried again; None when patience has ended.

    `waited` is what was waited for this message so far. A Retry-After is honored.
    """
    if waited >= PATIENCE_SECONDS:
        return None
    backoff = min(max(FIRST_RETRY_SECONDS, waited), LONGEST_RETRY_SECONDS)
    wait = max(backoff, min(retry_after or 0, PATIENCE_SECONDS))
    return wait if final or waited + wait <= INTERIM_PATIENCE_SECONDS else None


def _hash(text: str) -> float:
    """A number from 0 to 1 that is always the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
