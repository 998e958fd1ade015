"""Lambda fails: a function ends or takes too long, before or after its work, or never runs."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tests.faults.outcome import NOT_STARTED, SLACK_DEAD, SNS_DEAD, TOLD, Outcome, both
from tests.faults.row import Row, ends
from tests.support.aws import WORKS, Refusal
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
AFTER = {"ends after its work": Mishap.EXIT_AFTER, "times out after its work": Mishap.TIMEOUT_AFTER}
CHANNELS = {
    "sns": (SNS_DEAD, Outcome("2 x told", "told")),
    "slack": (SLACK_DEAD, Outcome("told", "2 x told")),
}


def once_and_for_ever(
    row: Callable[..., Row], function: str, mishaps: Mapping[str, Mishap], dead: Outcome
) -> Iterator[Row]:
    for name, mishap in mishaps.items():
        yield row(f"{name}, once", TOLD, lambdas={function: [mishap, Mishap.NONE]})
        yield row(f"{name}, for ever", dead, lambdas={function: [mishap]})


def notify_rows() -> Iterator[Row]:
    for name, mishap in BEFORE.items():
        for channel, (dead, _) in CHANNELS.items():
            row = partial(Row, f"Notify function, for {channel}")
            yield from once_and_for_ever(row, f"NotifyFunction/{channel}", {name: mishap}, dead)
    for name, mishap in AFTER.items():
        for channel, (_, twice) in CHANNELS.items():
            plan = {f"NotifyFunction/{channel}": [mishap, Mishap.NONE]}
            row = partial(Row, f"Notify function, for {channel}", lambdas=plan)
            yield row(f"{name}, once", twice, answer_lost=True)


def start_rows() -> Iterator[Row]:
    row, function = partial(Row, "StartWatch function"), "StartWatchFunction"
    own = {name: BEFORE[name] for name in ("ends before its work", "times out before its work")}
    yield from once_and_for_ever(row, function, own, NOT_STARTED)
    for name, mishap in AFTER.items():
        yield row(f"{name}, once", TOLD, lambdas={function: [mishap, Mishap.NONE]})


def letter_rows() -> Iterator[Row]:
    """What can't even be laid into the dead-letter queue stays in the execution's history."""
    row = partial(Row, "SQS SendMessage of a dead letter", slack=[REVOKED])
    busy, denied = Refusal("ServiceUnavailable", 503), Refusal("AccessDenied", 403)
    remembered = Outcome("told", "letter in the history", "1 failed")
    yield row("fails once", SLACK_DEAD, aws={"SendMessage": [busy, WORKS]})
    yield row("is denied for ever", remembered, aws={"SendMessage": [denied]})


def rows() -> Iterator[Row]:
    row = partial(Row, "DescribeTask function", describe=ends)
    yield from once_and_for_ever(row, "DescribeTaskFunction", {**BEFORE, **AFTER}, BROKE_OFF)
    yield from notify_rows()
    yield from start_rows()
    yield from letter_rows()
