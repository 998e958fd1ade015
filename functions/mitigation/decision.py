"""What follows from one look at a task: wait, or tell people.

A watch keeps no state but what the state machine hands back to it from the look before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from mitigation.polling import Policy, fraction_of, progress, wait_seconds
from mitigation.task import Task
from mitigation.wire import Json, Reader

# Step Functions ends an execution at its 25,000th history event, and nobody is told. So the watch
# counts its own, and gives up while there is room for telling. A round of DescribeTask, TaskEnded?
# and Wait takes nine of them, each retry three more.
MOST_EVENTS = 20_000
ROUND_EVENTS = 9
RETRY_EVENTS = 3


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
    wait = wait_seconds(age, policy, progress(task), fraction_of(f"{task.id}/{age}"))
    return Look(
        age_seconds=age,
        wait_seconds=min(wait, max(policy.limit_seconds - age, 1)),
        overdue=overdue,
        gave_up=gave_up,
        ended=ended,
        tell=ended or (overdue and not (previous and previous.overdue)),
        events=events,
    )
