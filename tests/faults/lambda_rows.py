"""Lambda fails: a function ends or takes too long, before or after its work, or never runs."""

from collections.abc import Iterator

from tests.faults.outcome import Outcome
from tests.faults.row import (
    NOT_STARTED,
    SLACK_DEAD,
    SNS_DEAD,
    TOLD,
    Row,
    both,
    ends,
)
from tests.support.aws import WORKS, Fault, Refusal
from tests.support.functions import Mishap
from tests.support.slack import REVOKED

BROKE_OFF = both("told UNREADABLE", "1 failed")
BEFORE = {
    "ends before its work": Mishap.EXIT_BEFORE,
    "times out before its work": Mishap.TIMEOUT_BEFORE,
    "is throttled by Lambda": Mishap.THROTTLED,
    "is failed by Lambda": Mishap.LAMBDA_FAILS,
    "never answers": Mishap.SILENCE,
}
AFTER = {
    "ends after its work": Mishap.EXIT_AFTER,
    "times out after its work": Mishap.TIMEOUT_AFTER,
}


def describe_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, *mishaps: Mishap) -> Row:
        lambdas = {"DescribeTaskFunction": mishaps}
        return Row("DescribeTask function", name, expected, describe=ends, lambdas=lambdas)

    for name, mishap in {**BEFORE, **AFTER}.items():
        yield row(f"{name}, once", TOLD, mishap, Mishap.NONE)
        yield row(f"{name}, for ever", BROKE_OFF, mishap)


def notify_rows() -> Iterator[Row]:
    def row(
        name: str, channel: str, expected: Outcome, *mishaps: Mishap, answer_lost: bool = False
    ) -> Row:
        return Row(
            f"Notify function, for {channel}",
            name,
            expected,
            lambdas={f"NotifyFunction/{channel}": mishaps},
            answer_lost=answer_lost,
        )

    for name, mishap in BEFORE.items():
        for channel, dead in (("sns", SNS_DEAD), ("slack", SLACK_DEAD)):
            yield row(f"{name}, once", channel, TOLD, mishap, Mishap.NONE)
            yield row(f"{name}, for ever", channel, dead, mishap)
    for name, mishap in AFTER.items():
        told_twice = {
            "sns": Outcome("2 x told", "told"),
            "slack": Outcome("told", "2 x told"),
        }
        for channel, expected in told_twice.items():
            mishaps = (mishap, Mishap.NONE)
            yield row(f"{name}, once", channel, expected, *mishaps, answer_lost=True)


def start_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, *mishaps: Mishap) -> Row:
        lambdas = {"StartWatchFunction": mishaps}
        return Row("StartWatch function", name, expected, lambdas=lambdas)

    for name, mishap in {"ends before its work": Mishap.EXIT_BEFORE,
                         "times out before its work": Mishap.TIMEOUT_BEFORE}.items():  # fmt: skip
        yield row(f"{name}, once", TOLD, mishap, Mishap.NONE)
        yield row(f"{name}, for ever", NOT_STARTED, mishap)
    for name, mishap in AFTER.items():
        yield row(f"{name}, once", TOLD, mishap, Mishap.NONE)


def letter_rows() -> Iterator[Row]:
    """What can't even be laid into the dead-letter queue stays in the execution's history."""
    busy = Refusal("ServiceUnavailable", 503)
    remembered = Outcome("told", "letter in the history", "1 failed")
    cases: list[tuple[str, list[Fault], Outcome]] = [
        ("fails once", [busy, WORKS], SLACK_DEAD),
        ("is denied for ever", [Refusal("AccessDenied", 403)], remembered),
    ]
    for name, faults, expected in cases:
        yield Row(
            "SQS SendMessage of a dead letter",
            name,
            expected,
            slack=[REVOKED],
            aws={"SendMessage": faults},
        )


def rows() -> Iterator[Row]:
    yield from describe_rows()
    yield from notify_rows()
    yield from start_rows()
    yield from letter_rows()
