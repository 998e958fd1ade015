"""The one message in Slack that tells how far a task is, and the thread below it: what is kept.

It is shown by an app only; an incoming webhook can't edit what it has posted.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from mitigation.kind import TaskStatus
from mitigation.task import Task

CHANNEL = "slack"  # as Notify calls it
AMAZON_Q = "amazon-q"  # which is told once that a task runs: it edits nothing
# The head is edited when so many seconds have passed, and so large a share of the task's age: an
# edit that nobody would miss costs a transition, and five of the execution's history events.
EDIT_SECONDS = 30
EDIT_SHARE = 0.01
# An end is estimated from so many outcomes, and so large a share of all that are expected.
ESTIMATE_OUTCOMES = 5
ESTIMATE_SHARE = 0.1
# For which tasks a channel gets a head while they run; no enumeration, for every look imports this.
NO_HEADS = "none"  # there is no app to show one
ALL_HEADS = "all"
PROBLEM_HEADS = "problems"  # only once there is a problem


class Thread(NamedTuple):
    """What stands in the channel; `ts` is how Slack names the head, as a text, always."""

    channel: str = ""  # where the head is, by Slack's id
    ts: str | None = None  # None while there is no head
    shown: str = ""  # the counts that it shows
    tried_at: datetime | None = None  # when it was posted or edited last, or that was tried
    is_lost: bool = False  # it can't be edited or answered any more
    has_verdict: bool = False  # it says how the task ended…
    is_new: bool = False  # …as a new message, which an edit is not: people were notified
    in_doubt: bool = False  # the answer to the last post was lost: it may stand there


def counts_of(task: Task) -> str:
    """What must have changed for the head to be edited."""
    s = task.statistics
    return "/".join(map(str, (s.executed, s.skipped, s.failed, s.canceled, task.expected_total)))


def is_due(task: Task, thread: Thread, heads: str, *, troubled: bool, now: datetime) -> bool:
    """Whether the head is to be posted, or edited. `troubled`: the channel knows of a problem."""
    if heads == NO_HEADS or thread.is_lost:
        return False
    if heads == PROBLEM_HEADS and not (troubled or task.statistics.failed):
        return False
    if thread.ts and thread.shown == counts_of(task):
        return False
    if thread.tried_at is None:
        return True
    age = (now - task.started).total_seconds() if task.started else 0
    return now - thread.tried_at >= timedelta(seconds=max(EDIT_SECONDS, EDIT_SHARE * age))


def is_start_due(task: Task, starts: str) -> bool:
    """Whether Amazon Q is to be told that the task runs; a button beside it can cancel it."""
    if task.status != TaskStatus.IN_PROGRESS or starts == NO_HEADS:
        return False
    return starts == ALL_HEADS or bool(task.statistics.failed)


def estimate_end(task: Task, age_seconds: float) -> datetime | None:
    """When the task will end if it goes on as it did; None where that is a mere guess."""
    total, done = task.expected_total, task.statistics.done
    if not total or not task.started or age_seconds <= 0:
        return None
    if done < ESTIMATE_OUTCOMES or done < ESTIMATE_SHARE * total or done >= total:
        return None
    try:
        return task.started + timedelta(seconds=age_seconds * total / done)
    except OverflowError:
        return None
