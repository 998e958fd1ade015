"""Tasks of other accounts and regions: whose they are, and a member role that refuses."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from unittest import mock

from embedded.places import MEMBER
from embedded.scenario import TaskType
from mitigation.member import Hub, Member, NotListed
from tests.faults.aws_rows import DENIED, NETWORK, THROTTLED, named
from tests.faults.outcome import NOT_STARTED, NOTHING, REFUSED, TOLD, UNREADABLE, Outcome, both
from tests.faults.plays import in_turn
from tests.faults.row import Row, ends, once
from tests.faults.sweep_rows import after_deployment, sweep_later
from tests.support.aws import WORKS, Outage, Refusal
from tests.support.machine import World
from tests.support.watched import TASK_IDS, Json, started

LISTED = {"MemberAccounts": MEMBER.account, "MemberRegions": MEMBER.region}
STRANGER = {"account": "999999999999", "region": MEMBER.region}
REFUSES = Refusal("AccessDenied", 403)
HALF_AN_HOUR = 1800
START_AND_FIRST_LOOK = 2


def event(task_type: TaskType, place: Json | None = None, **detail: object) -> Json:
    """The start of a member's task, as it comes over the members' bus."""
    return {**started(task_type, None, **detail), **(place or MEMBER._asdict())}


def starts(world: World, task_type: TaskType) -> None:
    world.happens(event(task_type))


def rows() -> Iterator[Row]:
    usual = partial(Row, "A member's task", parameters=LISTED, place=MEMBER, describe=ends)
    row, unlisted = partial(usual, play=starts), partial(usual, nothing_due=True)
    yield row("its events come over the members' bus", TOLD)
    yield usual("its event comes 20 times at once", TOLD, twenty_at_once)
    swept = partial(usual, describe=after_deployment)
    yield swept("no event tells of it: the sweep finds it", TOLD, sweep_later)
    yield unlisted("is of an account that is not listed", NOTHING, from_a_stranger)
    yield usual("its record claims another account", TOLD, claims_another)
    yield unlisted("StartWatch is handed a forged envelope", NOT_STARTED, forged_envelope)
    yield usual("is of a member that was never listed", REFUSED, by_hand, parameters={})
    yield usual("its member is taken from the list while it runs", REFUSED, removed_midway)
    for_a_while = both("told UNREADABLE so far, told")
    away = {"AssumeRole": Outage(REFUSES, [(0, HALF_AN_HOUR)])}
    gone = {"AssumeRole": [WORKS, REFUSES]}
    yield row("its member's role is deleted while it runs", UNREADABLE, aws=gone)
    yield row("its member's role refuses for half an hour", for_a_while, aws=away)
    for name, fault in {**named(THROTTLED, DENIED), **NETWORK}.items():
        yield row(f"STS: {name}, once", TOLD, aws={"AssumeRole": once(fault)})
    yield swept(
        "its member's role refuses the sweep too",
        Outcome("told", "told", failed_sweeps=1),
        in_turn(sweep_later, starts),
        aws={"AssumeRole": [REFUSES, WORKS]},
    )


def twenty_at_once(world: World, task_type: TaskType) -> None:
    world.happens(*(20 * [event(task_type)]))


def from_a_stranger(world: World, task_type: TaskType) -> None:
    world.happens(event(task_type, STRANGER))


def claims_another(world: World, task_type: TaskType) -> None:
    world.happens(event(task_type, recipientAccountId="999999999999", awsRegion="eu-west-3"))


def forged_envelope(world: World, task_type: TaskType) -> None:
    """No rule takes it: whoever hands it over may invoke the function."""
    world.is_handed("StartWatchFunction", event(task_type, STRANGER))


def by_hand(world: World, task_type: TaskType) -> None:
    task = {"taskType": task_type, "taskId": TASK_IDS[task_type], "member": MEMBER._asdict()}
    world.starts(f"by-hand-{task_type}", task)


def removed_midway(world: World, task_type: TaskType) -> None:
    """After the first look the stack is updated, and the functions have another list."""
    checks = count(1)

    def check(_: Hub, member: Member) -> Member:
        if next(checks) > START_AND_FIRST_LOOK:
            raise NotListed(f"{member} is not listed")
        return member

    with mock.patch.object(Hub, "check", check):
        starts(world, task_type)
