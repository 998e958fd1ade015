"""The state is read as what it meant when it was written, by this code or by that before it."""

import json
from typing import Any

import pytest

from mitigation.codec import encode
from mitigation.decision import ChannelMemory, Decision, Look, Memory, Problem
from mitigation.kind import TaskType
from mitigation.state import State, UnknownVersion, problem_of, write_look
from mitigation.watch import Watch
from mitigation.wire import InvalidTask, Reader
from tests.support.looks import START, look

WATCH = Watch(TaskType.AUDIT, "weekly")
INPUT: dict[str, Any] = {"taskType": "audit", "taskId": "weekly"}
TOLD = {"sns": ChannelMemory(told_interim=True), "slack": ChannelMemory(told_interim=True)}
TASK: dict[str, Any] = {"taskStatus": "IN_PROGRESS"}
GONE = {"Error": "ResourceNotFoundException", "Cause": ""}
NO_TASK = Problem("ResourceNotFoundException")
EXITED = Problem("Runtime.ExitError", "exit status 1")
BROKEN = {"Error": "Runtime.ExitError", "Cause": '{"errorMessage": "exit status 1"}'}


def read(version: int = 3, **state: Any) -> State:
    return State.read({"machine": {"version": version}, "input": INPUT, **state})


def first_version(**state: Any) -> Look | None:
    """Of a definition that knew no versions: its input is the state."""
    return State.read(INPUT | state).look


def test_the_definition_says_its_version_and_keeps_the_input_apart_but_for_the_first() -> None:
    assert read(version=2) == State(WATCH, None, 2)
    assert State.read(INPUT) == State(WATCH, None, 1)  # an operator's input too


END, WAITS = {"decision": "end"}, {"decision": "wait"}
UNSURE = {"deliveries": {"all": [{"memory": {"unsure": "1"}}]}}  # which should be a number


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ([], "the state: expected an object, got []"),
        (INPUT | {"machine": {"version": "3"}}, "the state.machine.version: expected"),
        (INPUT | {"look": END}, "look.decision: 'end' is not known"),
        (INPUT | {"look": {"details": END}}, "look.details.decision: 'end' is not known"),
        (INPUT | {"look": WAITS} | UNSURE, "the state.deliveries.all[0].memory.unsure: expected"),
    ],
)
def test_what_is_no_state_is_refused_by_the_name_of_the_member(state: Any, complaint: str) -> None:
    with pytest.raises(InvalidTask) as raised:
        State.read(state)
    assert str(raised.value).startswith(complaint)


NEWER = {**WAITS, "memory": {"version": 4}}


@pytest.mark.parametrize(
    "state", [{"machine": {"version": 4}}, {"look": NEWER}, {"look": {"details": NEWER}}]
)
def test_what_newer_code_has_written_waits_for_it(state: dict[str, Any]) -> None:
    why = "version 4 was written by newer code; this code reads versions up to 3: update the stack"
    with pytest.raises(UnknownVersion, match=f"^{why}, then try again$"):
        State.read(INPUT | state)


MEMORY = Memory(age_seconds=70, since=START, events=18, task=TASK)


def test_a_look_is_written_with_what_the_definition_goes_by() -> None:
    known = Look(Decision.WAIT, 30, MEMORY, retries=2, progress=True)
    memory = encode(MEMORY)
    written = {"decision": "wait", "waitSeconds": 30, "progress": True, "memory": memory}
    assert write_look(known) == write_look(known, 2) == written


@pytest.mark.parametrize(
    ("decision", "true"),
    [
        (Decision.WAIT, set()),
        (Decision.STILL_RUNNING, {"tell", "overdue"}),
        (Decision.OUT_OF_SIGHT, {"tell"}),
        (Decision.GAVE_UP, {"ended", "tell", "gaveUp"}),
    ],
)
def test_the_first_definition_gets_the_flags_that_it_reads(decision: Any, true: set[str]) -> None:
    known = Look(decision, 30, MEMORY)
    flags = {name: name in true for name in ("ended", "tell", "overdue", "gaveUp")}
    seen = {"ageSeconds": 70, "waitSeconds": 30, "events": 18, "task": None}
    assert write_look(known, 1) == {**flags, **seen, "details": write_look(known)}


def test_a_look_is_read_back_with_the_retries_that_it_took() -> None:
    known = Look(Decision.WAIT, 30, MEMORY, progress=True)
    assert read(look=write_look(known) | {"retries": 2}).look == known._replace(retries=2)
    older = write_look(known, 1) | {"waitSeconds": 40, "retries": 2}
    assert first_version(look=older) == known._replace(wait_seconds=40, retries=2)
    assert first_version(look={"details": write_look(known)}) == known._replace(wait_seconds=0)


DENIED = "An error occurred (Denied) when calling Describe"


@pytest.mark.parametrize(
    ("caught", "problem"),
    [
        ({"Error": "E", "Cause": "[1]"}, Problem("E", "[1]")),
        ({"Error": "E", "Cause": '{"errorType": "E"}'}, Problem("E", None)),
        ({"Error": "E", "Cause": "x" * 501}, Problem("E", "x" * 500)),
        ({}, Problem("unknown error", None)),
        ({"Error": "ClientError", "Cause": DENIED}, Problem("Denied", DENIED)),
        ({"Error": "E", "Cause": f"Not at once: {DENIED}"}, Problem("E", f"Not at once: {DENIED}")),
    ],
)
def test_an_error_is_named_as_aws_named_it(caught: dict[str, str], problem: Problem) -> None:
    assert problem_of(Reader.of(caught)) == problem


def test_a_crash_is_the_problem_of_the_last_look() -> None:
    crashed = read(look=write_look(Look(Decision.CRASHED, memory=MEMORY)), crash=BROKEN).look
    assert crashed == Look(Decision.CRASHED, memory=MEMORY._replace(problem=EXITED))


def test_what_the_channels_were_told_is_part_of_the_look() -> None:
    known, told = ChannelMemory(unsure=1), ChannelMemory(told_interim=True)
    written = json.loads(json.dumps(write_look(look(Decision.WAIT, channels={"sns": known}))))

    def after(*deliveries: dict[str, Any]) -> dict[str, ChannelMemory]:
        found = read(look=written, deliveries={"all": [*deliveries]}).look
        return found.memory.channels if found else {}

    new = {"channel": "sns", "delivered": True, "memory": {"toldInterim": True}}
    assert after({"channel": "sns", "delivered": True}) == {"sns": known}  # it says nothing of it
    assert after(new) == {"sns": told}
    # Who could not be told may be told yet, by a replay, and keeps the memory that it has.
    failed = {"channel": "slack", "delivered": False, "memory": {"unsure": 2}}
    assert after({"channel": "sns", "delivered": False}) == {"sns": told._replace(unsure=1)}
    assert after({"channel": "slack"}) == {"sns": known, "slack": told}
    assert after(failed) == {"sns": known, "slack": told._replace(unsure=2)}


# --- Version 1: flags for a decision, and an error beside the look ----------------------------

FLAGS: dict[str, Any] = {
    "ended": False, "gaveUp": False, "overdue": False, "tell": False,
    "waitSeconds": 60, "ageSeconds": 90, "events": 27, "task": TASK, "details": {"rows": 1},
}  # fmt: skip
SEEN = Memory(age_seconds=90, events=27, task=TASK, details={"rows": 1})


@pytest.mark.parametrize(
    ("flags", "decision", "changes"),
    [
        ({"ended": True, "tell": True}, Decision.ENDED, {}),
        ({"ended": True, "gaveUp": True}, Decision.GAVE_UP, {}),
        ({"overdue": True, "tell": True}, Decision.STILL_RUNNING, {"reminders": 1}),
        ({"overdue": True}, Decision.WAIT, {"reminders": 1, "channels": TOLD}),
        ({"task": None, "details": None}, Decision.WAIT, {"task": None, "details": None}),
    ],
)
def test_a_first_look_is_known_by_its_flags(flags: Any, decision: Decision, changes: Any) -> None:
    known = first_version(look={**FLAGS, "retries": 2, **flags})
    assert known == Look(decision, 60, SEEN._replace(**changes), retries=2)


def test_what_the_first_version_does_not_say_is_nothing() -> None:
    assert first_version(look={}) == Look(Decision.WAIT)
    assert first_version() is None


@pytest.mark.parametrize(
    ("error", "decision", "problem"),
    [(GONE, Decision.VANISHED, NO_TASK), (BROKEN, Decision.UNREADABLE, EXITED)],
)
def test_an_error_ended_a_first_watch(error: Any, decision: Decision, problem: Problem) -> None:
    assert first_version(error=error) == Look(decision, memory=Memory(problem=problem))
    seen = first_version(look=FLAGS, error=error)
    assert seen == Look(decision, 60, SEEN._replace(problem=problem))
    written = write_look(Look(Decision.WAIT, 30, MEMORY))
    carried = first_version(look={"details": written}, error=error)
    assert carried == Look(decision, memory=MEMORY._replace(problem=problem))
