"""The state is read as what it meant when it was written, by this code or by that before it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mitigation.codec import encode
from mitigation.decision import ChannelMemory, Decision, Look, Memory, Problem
from mitigation.kind import TaskType
from mitigation.state import State, UnknownVersion, problem_of, write_look
from mitigation.watch import InvalidWatch, Watch
from mitigation.wire import InvalidTask, Reader
from tests.support.looks import look

WATCH = Watch(TaskType.AUDIT, "weekly")
INPUT: dict[str, Any] = {"taskType": "audit", "taskId": "weekly"}
TOLD = {"sns": ChannelMemory(told_interim=True), "slack": ChannelMemory(told_interim=True)}
TASK: dict[str, Any] = {"taskStatus": "IN_PROGRESS"}
UNSURE: dict[str, Any] = {"unsure": "1"}  # which should be a number
GONE = {"Error": "ResourceNotFoundException", "Cause": ""}
BROKEN = {"Error": "Runtime.ExitError", "Cause": '{"errorMessage": "exit status 1"}'}


def read(version: int = 3, **state: Any) -> State:
    return State.read({"machine": {"version": version}, "input": INPUT, **state})


def first_version(**state: Any) -> Look | None:
    """Of a definition that knew no versions: its input is the state."""
    return State.read(INPUT | state).look


def test_an_operator_s_input_is_a_state_of_the_first_version() -> None:
    assert State.read(INPUT) == State(WATCH, None, 1)


def test_the_definition_says_its_version_and_keeps_the_input_apart() -> None:
    assert read(version=2) == State(WATCH, None, 2)


@pytest.mark.parametrize(
    ("state", "error", "complaint"),
    [
        ([], InvalidTask, "the state: expected an object, got []"),
        ({"input": {}}, InvalidWatch, "taskId is missing"),
        (INPUT | {"machine": {"version": "3"}}, InvalidTask, "the state.machine.version: expected"),
        (INPUT | {"look": {"decision": "end"}}, InvalidTask, "look.decision: 'end' is not known"),
        (
            INPUT | {"look": {"details": {"decision": "end"}}},
            InvalidTask,
            "look.details.decision: 'end' is not known",
        ),
        (
            INPUT | {"look": {"decision": "wait"}, "deliveries": {"all": [{"memory": UNSURE}]}},
            InvalidTask,
            "the state.deliveries.all[0].memory.unsure: expected a whole number",
        ),
    ],
)
def test_what_is_no_state_is_refused_by_the_name_of_the_member(
    state: Any, error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error) as raised:
        State.read(state)
    assert str(raised.value).startswith(complaint)


@pytest.mark.parametrize(
    "state",
    [
        {"machine": {"version": 4}},
        {"look": {"decision": "wait", "memory": {"version": 4}}},
        {"look": {"details": {"decision": "wait", "memory": {"version": 4}}}},
    ],
    ids=["definition", "look", "look in a definition of the first version"],
)
def test_what_newer_code_has_written_waits_for_it(state: dict[str, Any]) -> None:
    with pytest.raises(UnknownVersion) as raised:
        State.read(INPUT | state)
    assert str(raised.value) == (
        "version 4 was written by newer code; this code reads versions up to 3: "
        "update the stack, then try again"
    )


# --- What is written -------------------------------------------------------------------------

MEMORY = Memory(age_seconds=70, since=datetime(2026, 11, 22, tzinfo=UTC), events=18, task=TASK)


def test_a_look_is_written_with_what_the_definition_goes_by() -> None:
    known = Look(Decision.WAIT, 30, MEMORY, retries=2, progress=True)
    assert write_look(known) == write_look(known, 2) == {
        "decision": "wait",
        "waitSeconds": 30,
        "progress": True,
        "memory": encode(MEMORY),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("decision", "true"),
    [
        (Decision.WAIT, set()),
        (Decision.STILL_RUNNING, {"tell", "overdue"}),
        (Decision.OUT_OF_SIGHT, {"tell"}),
        (Decision.ENDED, {"ended", "tell"}),
        (Decision.GAVE_UP, {"ended", "tell", "gaveUp"}),
    ],
)
def test_the_first_definition_gets_the_flags_that_it_reads_and_hands_the_look_on(
    decision: Decision, true: set[str]
) -> None:
    known = Look(decision, 30, MEMORY)
    flags = {name: name in true for name in ("ended", "tell", "overdue", "gaveUp")}
    assert write_look(known, 1) == {
        **flags,
        "ageSeconds": 70,
        "waitSeconds": 30,
        "events": 18,
        "task": None,
        "details": write_look(known),
    }


# --- What is read ----------------------------------------------------------------------------


def test_a_look_is_read_back_with_the_retries_that_it_took() -> None:
    known = Look(Decision.WAIT, 30, MEMORY, progress=True)
    assert read(look=write_look(known) | {"retries": 2}).look == known._replace(retries=2)
    older = write_look(known, 1) | {"waitSeconds": 40, "retries": 2}
    assert first_version(look=older) == known._replace(wait_seconds=40, retries=2)
    assert first_version(look={"details": write_look(known)}) == known._replace(wait_seconds=0)


@pytest.mark.parametrize(
    ("caught", "problem"),
    [
        (BROKEN, Problem("Runtime.ExitError", "exit status 1")),
        ({"Error": "E", "Cause": "not JSON"}, Problem("E", "not JSON")),
        ({"Error": "E", "Cause": "[1]"}, Problem("E", "[1]")),
        ({"Error": "E", "Cause": '{"errorType": "E"}'}, Problem("E", None)),
        ({"Error": "E", "Cause": "x" * 501}, Problem("E", "x" * 500)),
        ({"Error": "E"}, Problem("E", None)),
        ({}, Problem("unknown error", None)),
        (
            {"Error": "ClientError", "Cause": "An error occurred (Denied) when calling Describe"},
            Problem("Denied", "An error occurred (Denied) when calling Describe"),
        ),
        (
            {"Error": "E", "Cause": "Not at once: An error occurred (Denied)"},
            Problem("E", "Not at once: An error occurred (Denied)"),
        ),
    ],
)
def test_an_error_that_the_state_machine_caught_is_named_as_aws_named_it(
    caught: dict[str, str], problem: Problem
) -> None:
    assert problem_of(Reader.of(caught)) == problem


def test_a_crash_is_the_problem_of_the_last_look() -> None:
    crashed = read(look=write_look(Look(Decision.CRASHED, memory=MEMORY)), crash=BROKEN).look
    problem = Problem("Runtime.ExitError", "exit status 1")
    assert crashed == Look(Decision.CRASHED, memory=MEMORY._replace(problem=problem))


KNOWN = ChannelMemory(unsure=1)


@pytest.mark.parametrize(
    ("deliveries", "expected"),
    [
        ([], {"sns": KNOWN}),
        ([{"channel": "sns", "delivered": True}], {"sns": KNOWN}),
        (
            [{"channel": "sns", "delivered": True, "memory": {"toldInterim": True}}],
            {"sns": ChannelMemory(told_interim=True)},
        ),
        (
            [{"channel": "sns", "delivered": False}, {"channel": "slack"}],
            {**TOLD, "sns": KNOWN._replace(told_interim=True)},
        ),
        (
            [{"channel": "slack", "delivered": False, "memory": {"unsure": 2}}],
            {"sns": KNOWN, "slack": ChannelMemory(told_interim=True, unsure=2)},
        ),
        ([{"delivered": True, "memory": {}}], {"sns": KNOWN, "": ChannelMemory()}),
    ],
    ids=[
        "nobody was told anything",
        "a channel that says nothing of its memory keeps it",
        "a channel's new memory takes the old one's place",
        "who could not be told may be told yet, by a replay",
        "and keeps the memory that it has",
        "a channel without a name",
    ],
)
def test_what_the_channels_were_told_is_part_of_the_look(
    deliveries: list[dict[str, Any]], expected: dict[str, ChannelMemory]
) -> None:
    written = write_look(look(Decision.WAIT, channels={"sns": KNOWN}))
    known = read(look=json.loads(json.dumps(written)), deliveries={"all": deliveries}).look
    assert known is not None
    assert known.memory.channels == expected


# --- Version 1: flags for a decision, and an error beside the look ----------------------------

FLAGS: dict[str, Any] = {
    "ended": False, "gaveUp": False, "overdue": False, "tell": False,
    "waitSeconds": 60, "ageSeconds": 90, "events": 27, "task": TASK, "details": {"rows": 1},
}  # fmt: skip
SEEN = Memory(age_seconds=90, events=27, task=TASK, details={"rows": 1})


@pytest.mark.parametrize(
    ("flags", "decision", "changes"),
    [
        ({}, Decision.WAIT, {}),
        ({"ended": True, "tell": True}, Decision.ENDED, {}),
        ({"ended": True, "gaveUp": True}, Decision.GAVE_UP, {}),
        ({"overdue": True, "tell": True}, Decision.STILL_RUNNING, {"reminders": 1}),
        ({"overdue": True}, Decision.WAIT, {"reminders": 1, "channels": TOLD}),
        ({"task": None, "details": None}, Decision.WAIT, {"task": None, "details": None}),
    ],
)
def test_a_look_of_the_first_version_is_known_by_its_flags(
    flags: dict[str, Any], decision: Decision, changes: dict[str, Any]
) -> None:
    known = first_version(look={**FLAGS, "retries": 2, **flags})
    assert known == Look(decision, 60, SEEN._replace(**changes), retries=2)


def test_what_the_first_version_does_not_say_is_nothing() -> None:
    assert first_version(look={}) == Look(Decision.WAIT)
    assert first_version() is None


@pytest.mark.parametrize(
    ("error", "decision", "problem"),
    [
        (GONE, Decision.VANISHED, Problem("ResourceNotFoundException")),
        (BROKEN, Decision.UNREADABLE, Problem("Runtime.ExitError", "exit status 1")),
    ],
)
def test_an_error_ended_a_watch_of_the_first_version(
    error: dict[str, str], decision: Decision, problem: Problem
) -> None:
    assert first_version(error=error) == Look(decision, memory=Memory(problem=problem))
    seen = first_version(look=FLAGS, error=error)
    assert seen == Look(decision, 60, SEEN._replace(problem=problem))
    carried = first_version(
        look={"details": write_look(Look(Decision.WAIT, 30, MEMORY))}, error=error
    )
    assert carried == Look(decision, memory=MEMORY._replace(problem=problem))
