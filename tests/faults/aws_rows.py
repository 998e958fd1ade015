"""AWS answers with an error, with something else, or not at all: each call, once and for ever."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from embedded.scenario import TaskType
from tests.faults.outcome import REFUSED, SLACK_DEAD, SNS_DEAD, TOLD, UNREADABLE, VANISHED, Outcome
from tests.faults.row import Looks, Row, ended, ends, once
from tests.support.aws import WORKS, AnswerLost, Fault, NoConnection, Page, Refusal
from tests.support.machine import WEBHOOK
from tests.support.watched import answer, finding_ids

DESCRIBE = "Describe{}MitigationActionsTask"
LIST_ROWS = "List{}MitigationActionsExecutions"

# Whatever is asked, of whichever service.
NETWORK: Mapping[str, Fault] = {
    "no connection": NoConnection(),
    "the answer is lost": AnswerLost(),
    "a proxy's web page instead of an answer": Page(),
    "a proxy's web page with status 502": Page(502),
}


def named(*refusals: Refusal) -> dict[str, Fault]:
    return {refusal.code: refusal for refusal in refusals}


THROTTLED = Refusal("ThrottlingException")
DENIED = Refusal("AccessDeniedException", 403)
NOT_FOUND = Refusal("ResourceNotFoundException", 404)
INVALID = Refusal("InvalidRequestException")
FAILS = Refusal("InternalFailureException", 500)
AWAY = Refusal("ServiceUnavailableException", 503)
IOT = {**named(THROTTLED, FAILS, AWAY, DENIED, Refusal("ExpiredTokenException", 403)), **NETWORK}


def once_and_for_ever(
    row: Callable[..., Row], operation: str, faults: Mapping[str, Fault], dead: Outcome
) -> Iterator[Row]:
    for name, fault in faults.items():
        yield row(f"{name}, once", TOLD, aws={operation: once(fault)})
        yield row(f"{name}, for ever", dead, aws={operation: [fault]})


def describe_rows() -> Iterator[Row]:
    row = partial(Row, "Describe…MitigationActionsTask", describe=ends)
    # A web page reads as an empty answer: see "has no status".
    page = "a proxy's web page instead of an answer, for ever"
    rows = once_and_for_ever(row, DESCRIBE, IOT, UNREADABLE)
    yield from (each for each in rows if each.name != page)
    young = {DESCRIBE: once(NOT_FOUND)}
    yield row("ResourceNotFoundException, once: too young", TOLD, aws=young)
    yield row("ResourceNotFoundException, for ever", VANISHED, aws={DESCRIBE: [NOT_FOUND]})
    yield row("InvalidRequestException: told at once", REFUSED, aws={DESCRIBE: once(INVALID)})
    yield row("throttled at every second look", TOLD, aws={DESCRIBE: 5 * once(THROTTLED)})


def list_rows() -> Iterator[Row]:
    """The message comes without details rather than not at all."""
    row = partial(Row, "List…MitigationActionsExecutions")
    yield from once_and_for_ever(row, LIST_ROWS, {**IOT, **named(NOT_FOUND, INVALID)}, TOLD)
    row = partial(Row, "What tells which resource an audit finding is about", types=("audit",))
    ways = {"ListAuditFindings": ended, "DescribeAuditFinding": by_finding}
    for fault in (THROTTLED, DENIED, NOT_FOUND, NoConnection()):
        name = fault.code if isinstance(fault, Refusal) else "no connection"
        for operation, describe in ways.items():
            yield row(f"{operation}: {name}", TOLD, describe=describe, aws={operation: [fault]})


def by_finding(task_type: TaskType) -> Looks:
    """A task whose target are findings, not a whole audit: each is asked for by its id."""
    return [answer(task_type, target={"findingIds": finding_ids()})]


def publish_rows() -> Iterator[Row]:
    row = partial(Row, "SNS Publish")
    fails = Refusal("InternalError", 500)
    later = named(
        Refusal("Throttling", 429), fails, Refusal("KMSThrottling"), Refusal("ExpiredToken", 403)
    )
    network = {name: fault for name, fault in NETWORK.items() if fault != AnswerLost()}
    yield from once_and_for_ever(row, "Publish", {**later, **network}, SNS_DEAD)
    patient = partial(row, patience_hours=12)
    yield patient("InternalError for twelve hours", SNS_DEAD, aws={"Publish": [fails]})
    for refused in (
        Refusal("NotFound", 404), Refusal("AuthorizationError", 403), Refusal("InvalidParameter"),
        Refusal("InvalidClientTokenId", 403), Refusal("KMSDisabled"),
    ):  # fmt: skip
        yield row(f"{refused.code}: not tried again", SNS_DEAD, aws={"Publish": once(refused)})
    lost = partial(row, aws={"Publish": [AnswerLost(), WORKS]}, answer_lost=True)
    yield lost("the answer is lost, once", Outcome("2 x told", "told"))


def secret_rows() -> Iterator[Row]:
    operation = "GetSecretValue"
    row = partial(Row, "Secrets Manager GetSecretValue", secret=WEBHOOK)
    later = named(THROTTLED, Refusal("InternalServiceError", 500))
    yield from once_and_for_ever(row, operation, {**later, **NETWORK}, SLACK_DEAD)
    for refused in (
        Refusal("ResourceNotFoundException"), Refusal("AccessDeniedException"),
        Refusal("DecryptionFailure"), INVALID, Refusal("InvalidParameterException"),
    ):  # fmt: skip
        yield row(f"{refused.code}: not tried again", SLACK_DEAD, aws={operation: once(refused)})
    pair = f'{{"url": "{WEBHOOK}"}}'
    yield row("holds one pair, as the console makes it", TOLD, secret=pair)
    for content, secret in {
        "no URL": "xoxb-not-a-webhook",
        "a web page of somebody else": "https://example.com/services/T0/B0/x",
        "two pairs": '{"one": "1", "two": "2"}',
    }.items():
        yield row(f"holds {content}", SLACK_DEAD, secret=secret)


def rows() -> Iterator[Row]:
    yield from describe_rows()
    yield from list_rows()
    yield from publish_rows()
    yield from secret_rows()
