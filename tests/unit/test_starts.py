"""Which execution watches a task, when the name that it would have is taken already."""

import json
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from mitigation.decision import Decision, Look, Memory
from mitigation.kind import TaskType
from mitigation.starts import NoNameLeft, start
from mitigation.state import write_look
from mitigation.watch import StartedBy, Watch
from tests.support.looks import START as STARTED

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:WatchTask"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:"
WATCH = Watch(TaskType.DETECT, "t", StartedBy("arn:ada", None, STARTED))
INPUT, BY_HAND = json.dumps(WATCH.to_input()), {"taskId": "t"}


def at(minutes: float) -> datetime:
    return STARTED + timedelta(minutes=minutes)


class States(Stubber):
    """Step Functions' answers, in order; whatever else is asked is an error."""

    def __init__(self) -> None:
        super().__init__(boto3.client("stepfunctions", region_name="eu-west-1"))
        self.activate()

    def has(self, name: str, *, execution_input: object = BY_HAND, **found: Any) -> None:
        """The name is taken, by this execution."""
        asked = {"stateMachineArn": MACHINE, "name": name, "input": INPUT}
        self.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=asked)
        arn = {"executionArn": EXECUTION + name}
        status = "SUCCEEDED" if "stopDate" in found else "RUNNING"
        known = {"stateMachineArn": MACHINE, "name": name, "status": status, "startDate": at(-60)}
        execution = arn | known | {"input": json.dumps(execution_input)} | found
        self.add_response("describe_execution", execution, arn)

    def takes(self, name: str) -> None:
        asked = {"stateMachineArn": MACHINE, "name": name, "input": INPUT}
        answer = {"executionArn": EXECUTION + name, "startDate": STARTED}
        self.add_response("start_execution", answer, asked)

    def start(self, task_started: datetime | None = STARTED) -> str:
        """The name of the execution that is the watch; every answer was asked for."""
        states: Any = self.client
        arn = start(states, MACHINE, WATCH, task_started)
        self.assert_no_pending_responses()
        return arn.removeprefix(EXECUTION)


def told(decision: Decision, looked: datetime, first: datetime) -> str:
    """The output of a watch that ended with this decision."""
    memory = Memory(since=first, age_seconds=int((looked - first).total_seconds()))
    look = {**write_look(Look(decision, memory=memory)), "retries": 0}
    return json.dumps({"machine": {"version": 2}, "input": BY_HAND, "look": look})


SAW_NONE, SAW_NONE_BEFORE = (told(Decision.VANISHED, at(look), at(-10)) for look in (5, 4.9))
IS_THE_WATCH: dict[str, dict[str, Any]] = {
    "ended as the task started": {"stopDate": STARTED},
    "ended after it, with what nobody can read": {"stopDate": at(1), "output": "{}"},
    "looked for five minutes after the task's start": {"stopDate": at(11), "output": SAW_NONE},
    "told its end": {"stopDate": at(1), "output": told(Decision.ENDED, at(0.5), STARTED)},
}


@pytest.mark.parametrize("found", IS_THE_WATCH.values(), ids=IS_THE_WATCH)
def test_an_execution_is_the_watch_that(found: dict[str, Any]) -> None:
    states = States()
    states.has("detect-t", **found)
    assert states.start() == "detect-t"


IS_NOT: dict[str, dict[str, Any]] = {
    "ended before the task's start": {"stopDate": at(-0.01)},
    "saw no task before, by a clock that is ahead, and was long in telling it": {
        "stopDate": at(300), "output": SAW_NONE_BEFORE,
    },
    "names another task": {"execution_input": {"taskId": "u"}},
    "names no task": {"execution_input": {"taskID": "t"}, "stopDate": at(1), "status": "FAILED"},
    "has an input that nobody may see": {"input": "", "stopDate": at(1)},
}  # fmt: skip


@pytest.mark.parametrize("found", IS_NOT.values(), ids=IS_NOT)
def test_the_next_name_is_taken_after_an_execution_that(found: dict[str, Any]) -> None:
    states = States()
    states.has("detect-t", **found)
    states.takes("detect-t-2")
    assert states.start() == "detect-t-2"


def test_a_task_whose_start_is_not_known_is_not_told_twice() -> None:
    states = States()
    states.has("detect-t", stopDate=at(-1))
    assert states.start(task_started=None) == "detect-t"


def test_when_all_names_are_used_up_it_is_raised() -> None:
    states = States()
    for name in WATCH.execution_names:
        states.has(name, stopDate=at(-1))
    with pytest.raises(NoNameLeft, match="start one under any other name"):
        states.start()
