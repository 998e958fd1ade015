"""What follows from one look at a task: wait, tell people in between, or tell them the end.

    what a look brought            while it lasts                     and in the end
    ─────────────────────────────────────────────────────────────────────────────────────────────
    the task, still running        WAIT; at 1 h (OverdueMinutes),     GAVE_UP at the watch limit
                                   4 h and 24 h STILL_RUNNING
    the task, ended                                                   ENDED at once
    AWS does not know the task     WAIT                               VANISHED after 10 minutes
    AWS refuses the request                                           REFUSED at once
    trouble: throttled, denied,    WAIT; after 15 minutes             UNREADABLE at the watch limit
    no network, not readable …     OUT_OF_SIGHT, once an outage
    (the function fails for 12 h)                                     CRASHED, by the state machine

The decision is made here, once; it stands in the state machine's state, and whoever acts on it
reads it there. A watch keeps nothing but what the look before left in that state.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from mitigation.polling import Policy, backoff_seconds, fraction_of, progress, wait_seconds
from mitigation.task import Task
from mitigation.thread import AMAZON_Q, CHANNEL, NO_HEADS, Thread, is_due, is_start_due
from mitigation.wire import Json

VERSION = 3  # of Memory and of the letters that hold it; see state.py

# A task that AWS does not know may be too young, or a list not yet consistent.
MISSING_SECONDS = 10 * 60
# Trouble that lasts this long is told, for it is no hiccup…
OUTAGE_SECONDS = 15 * 60
# …but an AWS that comes and goes for days must not become a flood.
MOST_OUTAGES_TOLD = 3
# After OverdueMinutes, people are reminded of a task that still runs at these ages.
REMINDER_SECONDS = (4 * 3600, 24 * 3600)

# Step Functions ends an execution at its 25,000th history event, and nobody is told. So the watch
# counts its own, and gives up while there is room for telling. A round of DescribeTask, TaskEnded?
# and Wait takes nine of them, showing progress five, each retry three, telling in between at most
# so many.
MOST_EVENTS = 20_000
ROUND_EVENTS = 9
PROGRESS_EVENTS = 5
RETRY_EVENTS = 3
INTERIM_EVENTS = 500


class Decision(StrEnum):
    """The value stands in the state; the state machine matches its first word."""

    WAIT = "wait"
    STILL_RUNNING = "interim/still-running"
    OUT_OF_SIGHT = "interim/out-of-sight"
    ENDED = "final/ended"
    GAVE_UP = "final/gave-up"
    VANISHED = "final/vanished"
    REFUSED = "final/refused"
    UNREADABLE = "final/unreadable"
    CRASHED = "final/crashed"

    @property
    def is_interim(self) -> bool:
        return self.startswith("interim/")

    @property
    def is_final(self) -> bool:
        return self.startswith("final/")


class Seen(NamedTuple):
    """AWS told of the task; `answer` is what it said, as JSON."""

    task: Task
    answer: Json


class Missing(NamedTuple):
    """AWS answered that there is no such task."""


class Problem(NamedTuple):
    """Why the task could not be seen: an error's name and AWS's words."""

    error: str
    message: str | None = None


# Problems of ours, not of AWS: their messages are our own words.
MEMBER_NOT_LISTED, MEMBER_ROLE_REFUSED = "NotListed", "RoleRefused"


class Refused(NamedTuple):
    """AWS answered that it will never answer this request."""

    problem: Problem


class Trouble(NamedTuple):
    """An answer that is not about the task, or none at all: the next one may be better."""

    problem: Problem


type Sight = Seen | Missing | Refused | Trouble


class ChannelMemory(NamedTuple):
    """What one channel was told so far, and what stands there."""

    told_interim: bool = False
    unsure: int = 0  # tries of the present message after which nobody knows whether it arrived
    thread: Thread | None = None  # of a Slack app


class Memory(NamedTuple):
    """What a watch knows; ages are in seconds, of the task or, until it is seen, of the watch."""

    version: int = VERSION
    age_seconds: int = 0  # at the last look; it never shrinks
    since: datetime | None = None  # when that age was 0
    events: int = 0  # of the execution's history, at the most, by all looks so far
    reminders: int = 0  # how many ages have passed at which people are told that it still runs
    missing_since: int | None = None  # the age at which AWS first did not know the task
    trouble_since: int | None = None  # the age at which the trouble began that lasts
    trouble_told: bool = False  # whether people know of it
    outages_told: int = 0
    problem: Problem | None = None  # the last one; None once the task was seen
    channels: dict[str, ChannelMemory] = {}  # noqa: RUF012  never changed in place
    task: Json = None  # AWS's answer when the task was last seen
    details: Json = None  # Details of its action executions, where people are told; see causes.py
    shows: tuple[str, ...] = ()  # who is to be shown, while the watch waits, how far it is
    announced: bool = False  # whether Amazon Q was to be told that it runs: once


class Look(NamedTuple):
    """One look's outcome, as it stands in the state; the next look gets it back."""

    decision: Decision
    wait_seconds: int = 0
    memory: Memory = Memory()
    retries: int = 0  # how often the state machine had to call for this look
    progress: bool = False  # whether the memory's `shows` names anybody


def decide(
    sight: Sight,
    before: Look | None,
    *,
    now: datetime,
    policy: Policy,
    seed: str,
    heads: str = NO_HEADS,
    starts: str = NO_HEADS,
) -> Look:
    """What follows from `sight`, after all that was `before`.

    `seed` names the watch: watches that started together don't ask together. `heads` are for
    Slack, `starts` for Amazon Q. Raises ValueError where the watch is over already.
    """
    if before and before.decision.is_final:
        raise ValueError(f"the watch is over: {before.decision}")
    memory = _remember(sight, before, now)
    decision = _decide(sight, memory, policy)
    if decision is Decision.STILL_RUNNING:
        memory = memory._replace(reminders=_reminders(memory.age_seconds, policy))
    if decision is Decision.OUT_OF_SIGHT:
        memory = memory._replace(trouble_told=True, outages_told=memory.outages_told + 1)
    wait = 0 if decision.is_final else _wait(sight, memory, policy, seed)
    shows: tuple[str, ...] = ()
    if decision is Decision.WAIT and isinstance(sight, Seen):
        shows = tuple(_shows(sight.task, memory, heads, starts, now))
    memory = memory._replace(shows=shows, announced=memory.announced or AMAZON_Q in shows)
    return Look(decision, wait, memory, progress=bool(shows))


def _decide(sight: Sight, memory: Memory, policy: Policy) -> Decision:
    age = memory.age_seconds
    too_long = age >= policy.limit_seconds or memory.events >= MOST_EVENTS
    match sight:
        case Seen(task) if task.is_terminal:
            return Decision.ENDED
        case Seen() if too_long:
            return Decision.GAVE_UP
        case Seen() if _reminders(age, policy) > memory.reminders:
            return Decision.STILL_RUNNING
        case Missing() if too_long or _lasted(memory.missing_since, age) >= MISSING_SECONDS:
            return Decision.VANISHED
        case Refused():
            return Decision.REFUSED
        case Trouble() if too_long:
            return Decision.UNREADABLE
        case Trouble() if _may_tell(memory) and (
            _lasted(memory.trouble_since, age) >= OUTAGE_SECONDS
        ):
            return Decision.OUT_OF_SIGHT
    return Decision.WAIT


def _remember(sight: Sight, before: Look | None, now: datetime) -> Memory:
    """What is known after this look.

    The age is at least what the watch has waited itself: so a start that is missing, or lies in the
    future, can't make it spin, and the limit is reached in a bounded number of looks.
    """
    memory = before.memory if before else Memory()
    events, waited = memory.events + ROUND_EVENTS, 0
    if before:
        events += RETRY_EVENTS * before.retries
        events += INTERIM_EVENTS if before.decision.is_interim else 0
        events += PROGRESS_EVENTS if before.progress else 0
        waited = memory.age_seconds + before.wait_seconds
    since = memory.since or now
    if isinstance(sight, Seen):
        since = sight.task.started or since
    age = max(int((now - since).total_seconds()), waited, 0)
    memory = memory._replace(age_seconds=age, since=since, events=events, details=None)
    missing, trouble = memory.missing_since, memory.trouble_since
    match sight:
        case Seen(_, answer):
            return memory._replace(
                task=answer,
                problem=None,
                missing_since=None,
                trouble_since=None,
                trouble_told=False,
            )
        case Missing():
            return memory._replace(
                missing_since=age if missing is None else missing,
                trouble_since=None,
                trouble_told=False,
            )
        case Refused(problem) | Trouble(problem):
            return memory._replace(
                problem=problem, trouble_since=age if trouble is None else trouble
            )


def _wait(sight: Sight, memory: Memory, policy: Policy, seed: str) -> int:
    """Seconds until the next look: never past a moment at which something is to be decided."""
    age = memory.age_seconds
    jitter = fraction_of(f"{seed}/{age}")
    until = policy.limit_seconds - age
    match sight:
        case Seen(task):
            wait = wait_seconds(age, policy, progress(task), jitter)
        case Missing():
            wait = wait_seconds(age, policy, None, 0)
            until = min(until, MISSING_SECONDS - _lasted(memory.missing_since, age))
        case _:
            lasted = _lasted(memory.trouble_since, age)
            wait = backoff_seconds(age, lasted, policy, jitter)
            if _may_tell(memory):
                until = min(until, OUTAGE_SECONDS - lasted)
    return min(wait, max(until, 1))


def _shows(task: Task, memory: Memory, heads: str, starts: str, now: datetime) -> Iterator[str]:
    if _is_head_due(task, memory, heads, now):
        yield CHANNEL
    # What is told in between has the button too: after a reminder a start would be no news.
    if not (memory.announced or memory.reminders) and is_start_due(task, starts):
        yield AMAZON_Q


def _is_head_due(task: Task, memory: Memory, heads: str, now: datetime) -> bool:
    channel = memory.channels.get(CHANNEL, ChannelMemory())
    thread = channel.thread or Thread()
    troubled = channel.told_interim or thread.ts is not None
    return is_due(task, thread, heads, troubled=troubled, now=now)


def _reminders(age: int, policy: Policy) -> int:
    """How many ages have passed at which people are told that the task still runs."""
    first = policy.overdue_seconds
    return sum(age >= mark for mark in (first, *(s for s in REMINDER_SECONDS if s > first)))


def _may_tell(memory: Memory) -> bool:
    return not memory.trouble_told and memory.outages_told < MOST_OUTAGES_TOLD


def _lasted(since: int | None, age: int) -> int:
    return age - (since or 0)
