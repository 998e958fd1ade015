"""AWS answers with an error, with something else, or not at all: each call, once and for ever."""

from collections.abc import Iterator, Mapping

from embedded.scenario import TaskType
from tests.faults.outcome import Outcome
from tests.faults.row import (
    REFUSED,
    SLACK_DEAD,
    SNS_DEAD,
    TOLD,
    UNREADABLE,
    VANISHED,
    Looks,
    Row,
    ended,
    ends,
    once,
)
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
IOT = {
    **named(
        THROTTLED,
        Refusal("InternalFailureException", 500),
        Refusal("ServiceUnavailableException", 503),
        DENIED,
        Refusal("ExpiredTokenException", 403),
    ),
    **NETWORK,
}


def describe_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, *faults: Fault) -> Row:
        return Row(
            "Describe…MitigationActionsTask",
            name,
            expected,
            describe=ends,
            aws={DESCRIBE: faults},
        )

    for name, fault in IOT.items():
        yield row(f"{name}, once", TOLD, *once(fault))
        if fault != Page():  # it reads as an empty answer: see "has no status"
            yield row(f"{name}, for ever", UNREADABLE, fault)
    yield row("ResourceNotFoundException, once: too young", TOLD, *once(NOT_FOUND))
    yield row("ResourceNotFoundException, for ever", VANISHED, NOT_FOUND)
    yield row("InvalidRequestException: told at once", REFUSED, *once(INVALID))
    yield row("throttled at every second look", TOLD, *(5 * once(THROTTLED)))


def list_rows() -> Iterator[Row]:
    """The message comes without details rather than not at all."""
    group = "List…MitigationActionsExecutions"
    for name, fault in {**IOT, **named(NOT_FOUND, INVALID)}.items():
        yield Row(group, f"{name}, once", TOLD, aws={LIST_ROWS: once(fault)})
        yield Row(group, f"{name}, for ever", TOLD, aws={LIST_ROWS: [fault]})
    for fault in (THROTTLED, DENIED, NOT_FOUND, NoConnection()):
        for operation, describe in (
            ("ListAuditFindings", ended),
            ("DescribeAuditFinding", by_finding),
        ):
            yield Row(
                "What tells which resource an audit finding is about",
                f"{operation}: {fault.code if isinstance(fault, Refusal) else 'no connection'}",
                TOLD,
                describe=describe,
                aws={operation: [fault]},
                types=("audit",),
            )


def by_finding(task_type: TaskType) -> Looks:
    """A task whose target are findings, not a whole audit: each is asked for by its id."""
    return [answer(task_type, target={"findingIds": finding_ids()})]


def publish_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, *faults: Fault, hours: int = 1) -> Row:
        return Row("SNS Publish", name, expected, aws={"Publish": faults}, patience_hours=hours)

    later = named(
        Refusal("Throttling", 429),
        Refusal("InternalError", 500),
        Refusal("KMSThrottling"),
        Refusal("ExpiredToken", 403),
    )
    network = {name: fault for name, fault in NETWORK.items() if fault != AnswerLost()}
    for name, fault in {**later, **network}.items():
        yield row(f"{name}, once", TOLD, *once(fault))
        yield row(f"{name}, for ever", SNS_DEAD, fault)
    yield row("InternalError for twelve hours", SNS_DEAD, later["InternalError"], hours=12)
    for refused in (
        Refusal("NotFound", 404),
        Refusal("AuthorizationError", 403),
        Refusal("InvalidParameter"),
        Refusal("InvalidClientTokenId", 403),
        Refusal("KMSDisabled"),
    ):
        yield row(f"{refused.code}: not tried again", SNS_DEAD, *once(refused))
    yield Row(
        "SNS Publish",
        "the answer is lost, once",
        Outcome("2 x told", "told"),
        aws={"Publish": [AnswerLost(), WORKS]},
        answer_lost=True,
    )


def secret_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, *faults: Fault, secret: str = WEBHOOK) -> Row:
        return Row(
            "Secrets Manager GetSecretValue",
            name,
            expected,
            aws={"GetSecretValue": faults},
            secret=secret,
        )

    later = named(THROTTLED, Refusal("InternalServiceError", 500))
    for name, fault in {**later, **NETWORK}.items():
        yield row(f"{name}, once", TOLD, *once(fault))
        yield row(f"{name}, for ever", SLACK_DEAD, fault)
    for refused in (
        Refusal("ResourceNotFoundException"),
        Refusal("AccessDeniedException"),
        Refusal("DecryptionFailure"),
        Refusal("InvalidRequestException"),
        Refusal("InvalidParameterException"),
    ):
        yield row(f"{refused.code}: not tried again", SLACK_DEAD, *once(refused))
    yield row("holds one pair, as the console makes it", TOLD, secret=f'{{"url": "{WEBHOOK}"}}')
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
