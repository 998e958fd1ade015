"""AWS answers with an error, with something else, or not at all, and Lambda fails: each call, and
each function, once and for ever. And tasks of other accounts and regions: whose they are.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count, product
from unittest import mock

from embedded.places import MEMBER, Place
from mitigation.member import Hub, Member, NotListed
from tests.faults import fault
from tests.faults.fault import NETWORK, PAGE, named, once
from tests.faults.outcome import NOT_STARTED, SLACK_DEAD, SNS_DEAD, TOLD, TWICE, UNREADABLE, both
from tests.faults.row import DESCRIBE, ENDED, ENDS, Look, Row, event, once_and_for_ever
from tests.faults.start_rows import OWN, SWEEP
from tests.support.aws import ANSWER_LOST, NO_CONNECTION, WORKS, Outage, Refusal
from tests.support.deployment import WEBHOOK
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import REVOKED
from tests.support.watched import answer, finding_ids, started

EXPIRED = Refusal("ExpiredTokenException", 403)
IOT = named(fault.THROTTLED, fault.FAILS, fault.AWAY, fault.DENIED, EXPIRED) | NETWORK
STRANGER = Place("999999999999", MEMBER.region)
HALF_AN_HOUR = 1800
START_AND_FIRST_LOOK = 2
AT_ONCE = both("told UNREADABLE")
BEFORE = {
    "ends before its work": Mishap.EXIT_BEFORE,
    "times out before its work": Mishap.TIMEOUT_BEFORE,
    "is throttled by Lambda": Mishap.THROTTLED,
    "is failed by Lambda": Mishap.LAMBDA_FAILS,
    "never answers": Mishap.SILENCE,
}
AFTER = {"ends after its work": Mishap.EXIT_AFTER, "times out after its work": Mishap.TIMEOUT_AFTER}


def describe_rows() -> Iterator[Row]:
    row = partial(Row, "Describe…MitigationActionsTask", describe=ENDS)
    # A web page reads as an empty answer: see "has no status".
    yield from once_and_for_ever(row, DESCRIBE, IOT, UNREADABLE, but=PAGE)
    young, vanished = once(fault.NOT_FOUND), both("told VANISHED")
    at_once, often = once(fault.INVALID), 5 * once(fault.THROTTLED)
    yield row("ResourceNotFoundException, once: too young", TOLD, aws={DESCRIBE: young})
    yield row("ResourceNotFoundException, for ever", vanished, aws={DESCRIBE: [fault.NOT_FOUND]})
    yield row("InvalidRequestException: told at once", AT_ONCE, aws={DESCRIBE: at_once})
    yield row("throttled at every second look", TOLD, aws={DESCRIBE: often})


def list_rows() -> Iterator[Row]:
    """The message comes without details rather than not at all."""
    row = partial(Row, "List…MitigationActionsExecutions")
    operation, faults = (
        "List{}MitigationActionsExecutions",
        IOT | named(fault.NOT_FOUND, fault.INVALID),
    )
    yield from once_and_for_ever(row, operation, faults, TOLD)
    row = partial(Row, "What tells which resource an audit finding is about", types=("audit",))
    # Its target are findings, not a whole audit: each is asked for by its id.
    by_finding = partial(answer, target={"findingIds": finding_ids()})
    ways: dict[str, Sequence[Look]] = {
        "ListAuditFindings": ENDED,
        "DescribeAuditFinding": (by_finding,),
    }
    faults = named(fault.THROTTLED, fault.DENIED, fault.NOT_FOUND)
    for name, error in {**faults, "no connection": NO_CONNECTION}.items():
        for operation, describe in ways.items():
            yield row(f"{operation}: {name}", TOLD, describe=describe, aws={operation: [error]})


def publish_rows() -> Iterator[Row]:
    row, fails = partial(Row, "SNS Publish"), Refusal("InternalError", 500)
    busy, expired = Refusal("KMSThrottling"), Refusal("ExpiredToken", 403)
    network = {name: error for name, error in NETWORK.items() if error != ANSWER_LOST}
    later = named(Refusal("Throttling", 429), fails, busy, expired) | network
    yield from once_and_for_ever(row, "Publish", later, SNS_DEAD)
    for_long = partial(row, patience_hours=12, aws={"Publish": [fails]})
    yield for_long("InternalError for twelve hours", SNS_DEAD)
    for refused in (
        Refusal("NotFound", 404), Refusal("AuthorizationError", 403), Refusal("InvalidParameter"),
        Refusal("InvalidClientTokenId", 403), Refusal("KMSDisabled"),
    ):  # fmt: skip
        yield row(f"{refused.code}: not tried again", SNS_DEAD, aws={"Publish": once(refused)})
    lost = partial(row, aws={"Publish": [ANSWER_LOST, WORKS]}, answer_lost=True)
    yield lost("the answer is lost, once", TWICE["sns"])


def secret_rows() -> Iterator[Row]:
    operation = "GetSecretValue"
    row = partial(Row, "Secrets Manager GetSecretValue", secret=WEBHOOK)
    later = named(fault.THROTTLED, Refusal("InternalServiceError", 500)) | NETWORK
    yield from once_and_for_ever(row, operation, later, SLACK_DEAD)
    for refused in (
        Refusal("ResourceNotFoundException"), Refusal("AccessDeniedException"),
        Refusal("DecryptionFailure"), fault.INVALID, Refusal("InvalidParameterException"),
    ):  # fmt: skip
        yield row(f"{refused.code}: not tried again", SLACK_DEAD, aws={operation: once(refused)})
    pair = partial(row, secret=f'{{"url": "{WEBHOOK}"}}')
    yield pair("holds one pair, as the console makes it", TOLD)
    for content, secret in {
        "no URL": "xoxb-not-a-webhook",
        "a web page of somebody else": "https://example.com/services/T0/B0/x",
        "two pairs": '{"one": "1", "two": "2"}',
    }.items():
        yield row(f"holds {content}", SLACK_DEAD, secret=secret)


def member_rows() -> Iterator[Row]:
    listed = {"MemberAccounts": MEMBER.account, "MemberRegions": MEMBER.region}
    usual = partial(Row, "A member's task", parameters=listed, place=MEMBER, describe=ENDS)
    starts, role = event(place=MEMBER), Refusal("AccessDenied", 403)
    row, swept = partial(usual, play=[starts]), partial(usual, describe=OWN)
    claims = event(place=MEMBER, recipientAccountId="999999999999", awsRegion="eu-west-3")
    yield row("its events come over the members' bus", TOLD)
    yield usual("its event comes 20 times at once", TOLD, [event(20, place=MEMBER)])
    yield swept("no event tells of it: the sweep finds it", TOLD, SWEEP)
    stranger = [event(place=STRANGER)]
    yield usual("is of an account that is not listed", both("nothing", "none"), stranger)
    yield usual("its record claims another account", TOLD, [claims])
    yield usual("StartWatch is handed a forged envelope", NOT_STARTED, [forged_envelope])
    yield usual("is of a member that was never listed", AT_ONCE, [by_hand], parameters={})
    yield usual("its member is taken from the list while it runs", AT_ONCE, [removed_midway])
    gone, away = {"AssumeRole": [WORKS, role]}, {"AssumeRole": Outage(role, [(0, HALF_AN_HOUR)])}
    for_a_while = both("told UNREADABLE so far, told")
    yield row("its member's role is deleted while it runs", UNREADABLE, aws=gone)
    yield row("its member's role refuses for half an hour", for_a_while, aws=away)
    for name, error in (named(fault.THROTTLED, fault.DENIED) | NETWORK).items():
        yield row(f"STS: {name}, once", TOLD, aws={"AssumeRole": once(error)})
    refused, late = {"AssumeRole": [role, WORKS]}, both("told", failed_sweeps=1)
    yield swept("its member's role refuses the sweep too", late, [*SWEEP, starts], aws=refused)


def forged_envelope(world: World) -> None:
    """No rule takes it: whoever hands it over may invoke the function."""
    forged = started(world.tasks[0].task_type) | STRANGER._asdict()
    world.hands("StartWatchFunction", forged)
    world.ends()


def by_hand(world: World) -> None:
    task = world.tasks[0]
    known = {"taskType": task.task_type, "taskId": task.task_id, "member": MEMBER._asdict()}
    world.starts("by-hand", known)


def removed_midway(world: World) -> None:
    """After the first look the stack is updated, and the functions have another list."""
    checks = count(1)

    def check(_: Hub, member: Member) -> Member:
        if next(checks) > START_AND_FIRST_LOOK:
            raise NotListed(f"{member} is not listed")
        return member

    with mock.patch.object(Hub, "check", check):
        event(place=MEMBER)(world)


def lambda_rows() -> Iterator[Row]:
    row = partial(Row, "DescribeTask function", describe=ENDS)
    broke_off = both("told UNREADABLE", "1 failed")
    yield from once_and_for_ever(row, "DescribeTaskFunction", BEFORE | AFTER, broke_off)
    dead = {"sns": SNS_DEAD, "slack": SLACK_DEAD}
    for (name, mishap), channel in product((BEFORE | AFTER).items(), dead):
        row, function = partial(Row, f"Notify function, for {channel}"), f"NotifyFunction/{channel}"
        if name in BEFORE:
            yield from once_and_for_ever(row, function, {name: mishap}, dead[channel])
        else:
            lambdas = {function: once(mishap)}
            yield row(f"{name}, once", TWICE[channel], lambdas=lambdas, answer_lost=True)
    row, function = partial(Row, "StartWatch function"), "StartWatchFunction"
    own = dict([*BEFORE.items()][:2])
    yield from once_and_for_ever(row, function, own, NOT_STARTED)
    for name, mishap in AFTER.items():
        yield row(f"{name}, once", TOLD, lambdas={function: once(mishap)})
    # What can't even be laid into the dead-letter queue stays in the execution's history.
    row = partial(Row, "SQS SendMessage of a dead letter", slack=[REVOKED])
    busy, denied = Refusal("ServiceUnavailable", 503), Refusal("AccessDenied", 403)
    remembered = SLACK_DEAD._replace(slack="letter in the history")
    yield row("fails once", SLACK_DEAD, aws={"SendMessage": [busy, WORKS]})
    yield row("is denied for ever", remembered, aws={"SendMessage": [denied]})


ROWS = [
    *(*describe_rows(), *list_rows(), *publish_rows(), *secret_rows(), *member_rows()),
    *lambda_rows(),
]
