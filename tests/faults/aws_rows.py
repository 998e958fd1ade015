"""AWS answers with an error, with something else, or not at all: each call, once and for ever.

And tasks of other accounts and regions: whose they are, and a member role that refuses.
"""

from collections.abc import Iterator
from functools import partial
from itertools import count
from unittest import mock

from embedded.places import MEMBER, Place
from embedded.scenario import TaskType
from mitigation.member import Hub, Member, NotListed
from tests.faults.outcome import (
    NOT_STARTED,
    NOTHING,
    REFUSED,
    SLACK_DEAD,
    SNS_DEAD,
    TOLD,
    UNREADABLE,
    VANISHED,
    Outcome,
    both,
)
from tests.faults.row import (
    AWAY,
    DENIED,
    DESCRIBE,
    FAILS,
    INVALID,
    NETWORK,
    NOT_FOUND,
    PAGE,
    THROTTLED,
    Looks,
    Play,
    Row,
    ended,
    ends,
    in_turn,
    named,
    once,
    once_and_for_ever,
)
from tests.faults.start_rows import after_deployment, sweep
from tests.support.aws import ANSWER_LOST, NO_CONNECTION, WORKS, Outage, Refusal
from tests.support.deployment import WEBHOOK
from tests.support.machine import World
from tests.support.watched import TASK_IDS, Json, answer, finding_ids, started

IOT = {**named(THROTTLED, FAILS, AWAY, DENIED, Refusal("ExpiredTokenException", 403)), **NETWORK}
STRANGER = Place("999999999999", MEMBER.region)
HALF_AN_HOUR = 1800
START_AND_FIRST_LOOK = 2


def describe_rows() -> Iterator[Row]:
    row = partial(Row, "Describe…MitigationActionsTask", describe=ends)
    rows = once_and_for_ever(row, DESCRIBE, IOT, UNREADABLE)
    # A web page reads as an empty answer: see "has no status".
    yield from (each for each in rows if each.name != f"{PAGE}, for ever")
    young = {DESCRIBE: once(NOT_FOUND)}
    yield row("ResourceNotFoundException, once: too young", TOLD, aws=young)
    yield row("ResourceNotFoundException, for ever", VANISHED, aws={DESCRIBE: [NOT_FOUND]})
    yield row("InvalidRequestException: told at once", REFUSED, aws={DESCRIBE: once(INVALID)})
    yield row("throttled at every second look", TOLD, aws={DESCRIBE: 5 * once(THROTTLED)})


def list_rows() -> Iterator[Row]:
    """The message comes without details rather than not at all."""
    row, faults = partial(Row, "List…MitigationActionsExecutions"), named(NOT_FOUND, INVALID)
    operation = "List{}MitigationActionsExecutions"
    yield from once_and_for_ever(row, operation, {**IOT, **faults}, TOLD)
    row = partial(Row, "What tells which resource an audit finding is about", types=("audit",))
    ways = {"ListAuditFindings": ended, "DescribeAuditFinding": by_finding}
    network = {"no connection": NO_CONNECTION}
    for name, fault in {**named(THROTTLED, DENIED, NOT_FOUND), **network}.items():
        for operation, describe in ways.items():
            yield row(f"{operation}: {name}", TOLD, describe=describe, aws={operation: [fault]})


def by_finding(task_type: TaskType) -> Looks:
    """A task whose target are findings, not a whole audit: each is asked for by its id."""
    return [answer(task_type, target={"findingIds": finding_ids()})]


def publish_rows() -> Iterator[Row]:
    row, fails = partial(Row, "SNS Publish"), Refusal("InternalError", 500)
    busy, expired = Refusal("KMSThrottling"), Refusal("ExpiredToken", 403)
    network = {name: fault for name, fault in NETWORK.items() if fault != ANSWER_LOST}
    later = {**named(Refusal("Throttling", 429), fails, busy, expired), **network}
    yield from once_and_for_ever(row, "Publish", later, SNS_DEAD)
    patient = partial(row, patience_hours=12)
    yield patient("InternalError for twelve hours", SNS_DEAD, aws={"Publish": [fails]})
    for refused in (
        Refusal("NotFound", 404), Refusal("AuthorizationError", 403), Refusal("InvalidParameter"),
        Refusal("InvalidClientTokenId", 403), Refusal("KMSDisabled"),
    ):  # fmt: skip
        yield row(f"{refused.code}: not tried again", SNS_DEAD, aws={"Publish": once(refused)})
    lost = partial(row, aws={"Publish": [ANSWER_LOST, WORKS]}, answer_lost=True)
    yield lost("the answer is lost, once", Outcome("2 x told", "told"))


def secret_rows() -> Iterator[Row]:
    operation = "GetSecretValue"
    row = partial(Row, "Secrets Manager GetSecretValue", secret=WEBHOOK)
    later = {**named(THROTTLED, Refusal("InternalServiceError", 500)), **NETWORK}
    yield from once_and_for_ever(row, operation, later, SLACK_DEAD)
    for refused in (
        Refusal("ResourceNotFoundException"), Refusal("AccessDeniedException"),
        Refusal("DecryptionFailure"), INVALID, Refusal("InvalidParameterException"),
    ):  # fmt: skip
        yield row(f"{refused.code}: not tried again", SLACK_DEAD, aws={operation: once(refused)})
    for content, secret, expected in (
        ("one pair, as the console makes it", f'{{"url": "{WEBHOOK}"}}', TOLD),
        ("no URL", "xoxb-not-a-webhook", SLACK_DEAD),
        ("a web page of somebody else", "https://example.com/services/T0/B0/x", SLACK_DEAD),
        ("two pairs", '{"one": "1", "two": "2"}', SLACK_DEAD),
    ):
        yield row(f"holds {content}", expected, secret=secret)


def of_member(task_type: TaskType, place: Place = MEMBER, **detail: object) -> Json:
    """The start of a member's task, as it comes over the members' bus."""
    return {**started(task_type, None, **detail), **place._asdict()}


def starts(times: int = 1, place: Place = MEMBER, **detail: object) -> Play:
    return lambda world, t: world.happens(*(times * [of_member(t, place, **detail)]))


def member_rows() -> Iterator[Row]:
    listed = {"MemberAccounts": MEMBER.account, "MemberRegions": MEMBER.region}
    usual = partial(Row, "A member's task", parameters=listed, place=MEMBER, describe=ends)
    row, swept = partial(usual, play=starts()), partial(usual, describe=after_deployment)
    yield row("its events come over the members' bus", TOLD)
    yield usual("its event comes 20 times at once", TOLD, starts(20))
    yield swept("no event tells of it: the sweep finds it", TOLD, sweep)
    yield usual("is of an account that is not listed", NOTHING, starts(place=STRANGER))
    claims = starts(recipientAccountId="999999999999", awsRegion="eu-west-3")
    yield usual("its record claims another account", TOLD, claims)
    yield usual("StartWatch is handed a forged envelope", NOT_STARTED, forged_envelope)
    yield usual("is of a member that was never listed", REFUSED, by_hand, parameters={})
    yield usual("its member is taken from the list while it runs", REFUSED, removed_midway)
    role, for_a_while = Refusal("AccessDenied", 403), both("told UNREADABLE so far, told")
    gone, away = {"AssumeRole": [WORKS, role]}, {"AssumeRole": Outage(role, [(0, HALF_AN_HOUR)])}
    yield row("its member's role is deleted while it runs", UNREADABLE, aws=gone)
    yield row("its member's role refuses for half an hour", for_a_while, aws=away)
    for name, fault in {**named(THROTTLED, DENIED), **NETWORK}.items():
        yield row(f"STS: {name}, once", TOLD, aws={"AssumeRole": once(fault)})
    refused, late = {"AssumeRole": [role, WORKS]}, both("told", failed_sweeps=1)
    name = "its member's role refuses the sweep too"
    yield swept(name, late, in_turn(sweep, starts()), aws=refused)


def forged_envelope(world: World, task_type: TaskType) -> None:
    """No rule takes it: whoever hands it over may invoke the function."""
    world.hands("StartWatchFunction", of_member(task_type, STRANGER))
    world.ends()


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
        starts()(world, task_type)


def rows() -> Iterator[Row]:
    yield from describe_rows()
    yield from list_rows()
    yield from publish_rows()
    yield from secret_rows()
    yield from member_rows()
