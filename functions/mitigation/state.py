"""The state machine's state, in the versions that this code reads: its own, and those before.

    {"machine": {"version", "channels"},                           what its definition says
     "input": {"taskType", "taskId", "startedBy"},                 of the execution
     "look": {"decision", "waitSeconds", "progress", "memory",     DescribeTask's last answer
              "retries"},
     "deliveries": {"all": [{"channel", "delivered", "memory"}]},  what channels were told, or shown
     "crash": {"Error", "Cause"}}                                  why DescribeTask can't go on

A dead letter holds it whole, so an update may find both in flight: an execution goes on under the
definition that it began with, with the functions of today. Version 2 shows no progress, version 1
knew no versions.
"""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple, Self

from mitigation.codec import decode, encode
from mitigation.decision import (
    VERSION,
    ChannelMemory,
    Decision,
    Look,
    Memory,
    Problem,
)
from mitigation.watch import Watch
from mitigation.wire import Json, Reader, to_wire

MESSAGE_LENGTH = 500
# boto3 has a class for some errors; the others are all ClientError and name their code here.
_ERROR_CODE = r"An error occurred \((\w+)\)"  # not compiled before it is wanted


class UnknownVersion(ValueError):  # noqa: N818  named for what it is, like the others
    """A state or a letter that newer code has written."""


class State(NamedTuple):
    watch: Watch
    look: Look | None  # None before the first one
    version: int = 1  # of the definition that runs

    @classmethod
    def read(cls, state: object) -> Self:
        """Raises InvalidWatch, InvalidTask or UnknownVersion, each in one line."""
        root = Reader.of(state, "the state")
        # In version 1 the input was the state; a person who invokes the function gives no more.
        watch = Watch.from_input((root.optional("input") or root).members)
        version = root.child("machine").count("version") or 1
        check_version(version)
        look = _read_look(root)
        if look:
            look = look._replace(memory=_with_deliveries(look.memory, root.child("deliveries")))
        return cls(watch, look, version)


def check_version(version: int | None) -> None:
    """Raises UnknownVersion for what is newer than this code; nothing is lost by waiting."""
    if version is not None and version > VERSION:
        raise UnknownVersion(
            f"version {version} was written by newer code; this code reads versions up to "
            f"{VERSION}: update the stack, then try again"
        )


def write_look(look: Look, version: int = VERSION) -> dict[str, Json]:
    """DescribeTask's answer: what the definition of that version reads of it.

    The first one hands `details` on as it is, so all that is known travels there.
    """
    known: dict[str, Json] = {
        "decision": look.decision.value,
        "waitSeconds": look.wait_seconds,
        "progress": look.progress,
        "memory": encode(look.memory),
    }
    if version > 1:
        return known
    return {
        "ended": look.decision.is_final,
        "tell": look.decision is not Decision.WAIT,
        "overdue": look.decision is Decision.STILL_RUNNING,
        "gaveUp": look.decision is Decision.GAVE_UP,
        "ageSeconds": look.memory.age_seconds,
        "waitSeconds": look.wait_seconds,
        "events": look.memory.events,
        "task": None,
        "details": known,
    }


def problem_of(caught: Reader) -> Problem:
    """An error as Step Functions catches it: Cause is JSON where the function raised."""
    cause = caught.text("Cause") or ""
    try:
        parsed = json.loads(cause)
    except ValueError:
        parsed = None
    message = str((parsed.get("errorMessage") if isinstance(parsed, Mapping) else cause) or "")
    code = re.match(_ERROR_CODE, message)
    name = code[1] if code else caught.text("Error") or "unknown error"
    return Problem(name, message[:MESSAGE_LENGTH] or None)


def _read_look(root: Reader) -> Look | None:
    found, crash = root.optional("look"), root.optional("crash")
    if found is None or "decision" not in found.members:
        return _read_first_version(found, root.optional("error"))
    check_version(found.child("memory").count("version"))
    look = decode(Look, found.members, "look")
    if crash:
        look = look._replace(memory=look.memory._replace(problem=problem_of(crash)))
    return look


def _with_deliveries(memory: Memory, deliveries: Reader) -> Memory:
    """Who was told what: a channel that could not be told in between may yet be, by a replay."""
    channels = dict(memory.channels)
    for delivery in deliveries.items("all"):
        channel = delivery.text("channel") or ""
        if remembered := delivery.optional("memory"):
            channels[channel] = decode(ChannelMemory, remembered.members, remembered.path)
        if not delivery.flag("delivered"):
            known = channels.get(channel, ChannelMemory())
            channels[channel] = known._replace(told_interim=True)
    return memory._replace(channels=channels)


# --- Version 1, until no execution and no letter of it is left (90 days) ----------------------


def _read_first_version(look: Reader | None, error: Reader | None) -> Look | None:
    """`{"ended", "gaveUp", "overdue", "tell", "ageSeconds", …, "task", "details"}`, and `error`."""
    if look is None:
        return Look(_decision_of(error), memory=_after(error, Memory())) if error else None
    details = look.child("details")
    if "decision" in details.members:  # this code's, in a definition of version 1
        check_version(details.child("memory").count("version"))
        kept = decode(Look, details.members, "look.details")
        kept = kept._replace(
            wait_seconds=look.count("waitSeconds") or 0, retries=look.count("retries") or 0
        )
    else:
        kept = _first_look(look)
    if error:
        return kept._replace(decision=_decision_of(error), memory=_after(error, kept.memory))
    return kept


def _first_look(look: Reader) -> Look:
    overdue, tell = look.flag("overdue") or False, look.flag("tell") or False
    if look.flag("ended"):
        decision = Decision.GAVE_UP if look.flag("gaveUp") else Decision.ENDED
    else:
        decision = Decision.STILL_RUNNING if tell else Decision.WAIT
    details, task = look.optional("details"), look.optional("task")
    return Look(
        decision,
        look.count("waitSeconds") or 0,
        Memory(
            age_seconds=look.count("ageSeconds") or 0,
            events=look.count("events") or 0,
            reminders=int(overdue),
            channels={"sns": _TOLD, "slack": _TOLD} if overdue and not tell else {},
            task=to_wire(task.members) if task else None,
            details=to_wire(details.members) if details else None,
        ),
        look.count("retries") or 0,
    )


_TOLD = ChannelMemory(told_interim=True)


def _decision_of(error: Reader) -> Decision:
    gone = problem_of(error).error == "ResourceNotFoundException"
    return Decision.VANISHED if gone else Decision.UNREADABLE


def _after(error: Reader, memory: Memory) -> Memory:
    return memory._replace(problem=problem_of(error))
