"""What lies in the two queues, read back into what the functions take; and what they answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitigation.notice import Notice
from mitigation.trigger import from_cloudtrail
from mitigation.watch import InvalidWatch
from mitigation.wire import InvalidTask
from ops.aws import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# What the state machine adds to Notify's input on the way to the dead-letter queue.
_ADDED = {"attempt", "failure", "reason"}


class NoLetter(ValueError):  # noqa: N818  reads as what it is
    """A message that nothing of ours wrote."""


@dataclass(frozen=True, slots=True)
class Letter:
    title: str  # what a person knows it by, in one line
    payload: Mapping[str, object]  # what the function takes
    channel: str | None = None  # None for an event that starts a watch
    failure: str | None = None  # why it came to lie here


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the stack's two queues: by which outputs it is found, and how it is read."""

    name: str
    queue_output: str
    function_output: str
    parse: Callable[[str], Letter]
    complaint: Callable[[object], str | None]  # about the function's answer; None: it worked


def parse_dead_letter(body: str) -> Letter:
    """`{"channel", "executionArn", "watch", "attempt"?, "failure", "reason"}`, as JSON."""
    letter = _object(body)
    if letter.get("Type") == "Notification":
        raise NoLetter("SNS could not hand it to a subscriber: tell them, for all others know it")
    channel = letter.get("channel")
    if not isinstance(channel, str) or not isinstance(letter.get("watch"), dict):
        raise NoLetter("neither a channel nor a watch is in it")
    payload = {name: value for name, value in letter.items() if name not in _ADDED}
    return Letter(_notice_title(payload), payload, fit(channel), _failure(letter))


def parse_start(body: str) -> Letter:
    """An event, as EventBridge leaves it; or in the record that Lambda writes when it gave up."""
    record = _object(body)
    request = record.get("requestPayload") if "requestContext" in record else None
    event = request if isinstance(request, dict) else record
    if not isinstance(event.get("source"), str):
        raise NoLetter("no event is in it")
    answer = record.get("responsePayload")
    failure = answer.get("errorMessage") if isinstance(answer, dict) else None
    return Letter(_event_title(event), event, failure=fit(str(failure)) if failure else None)


def delivery_complaint(answer: object) -> str | None:
    match answer:
        case {"delivered": True}:
            return None
        case {"delivered": False, "waitSeconds": int(seconds)}:
            return f"the channel is still unavailable; it asks for {seconds} s"
        case {"delivered": False}:
            return "the channel is still unavailable"
    return f"the function's answer is not understood: {fit(json.dumps(answer))}"


def start_complaint(answer: object) -> str | None:
    match answer:
        case {"tasksSeen": int()}:
            return None
    return f"the function's answer is not understood: {fit(json.dumps(answer))}"


DEAD_LETTERS = Kind(
    "dead-letter", "DeadLetterQueueUrl", "NotifyFunctionName", parse_dead_letter, delivery_complaint
)
START_FAILURES = Kind(
    "start-failures",
    "StartFailuresQueueUrl",
    "StartWatchFunctionName",
    parse_start,
    start_complaint,
)


def _object(body: str) -> dict[str, object]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise NoLetter("it is not JSON") from None
    if not isinstance(value, dict):
        raise NoLetter("it is not a JSON object")
    return value


def _notice_title(payload: Mapping[str, object]) -> str:
    try:
        report = Notice.parse(payload).report
    except (InvalidTask, InvalidWatch) as error:
        return fit(f"unreadable here ({error})")
    return fit(f"[{report.verdict.label}] {report.name}: {report.headline}")


def _event_title(event: Mapping[str, object]) -> str:
    try:
        watch = from_cloudtrail(event)
    except InvalidWatch as error:
        return fit(f"an event that names no task ({error})")
    return fit(f"start of {watch.task_type} task {watch.task_id}")


def _failure(letter: Mapping[str, object]) -> str | None:
    match letter:
        case {
            "failure": {"Error": str(name)},
            "reason": {"raised": {"errorMessage": str(message)}},
        }:
            return fit(f"{name}: {message}")
        case {"failure": {"Error": str(name)}}:
            return fit(name)
    return None
