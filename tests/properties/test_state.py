"""What travels through the state machine comes out as it went in, and fits."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mitigation.codec import decode, encode
from mitigation.decision import Look
from mitigation.kind import TaskType
from mitigation.state import State, write_look
from mitigation.task import parse_task
from mitigation.wire import to_wire
from tests.support.hostile import TASK_IDS, TASK_TYPES, answers, looks

# What the definition of version 1 kept of DescribeTask's answer.
FIRST_VERSION = (
    *("ended", "tell", "overdue", "gaveUp", "ageSeconds", "waitSeconds", "events"),
    *("task", "details"),
)
ANSWERS = TASK_TYPES.flatmap(lambda task_type: st.tuples(st.just(task_type), answers(task_type)))


@given(ANSWERS)
def test_a_task_on_the_wire_is_the_task(drawn: tuple[TaskType, Any]) -> None:
    task_type, answer = drawn
    wire = json.loads(json.dumps(to_wire(answer)))
    assert to_wire(wire) == wire
    assert parse_task(wire, task_type) == parse_task(answer, task_type)


@given(st.data(), TASK_TYPES, TASK_IDS)
def test_a_look_on_the_wire_is_the_look(
    data: st.DataObject, task_type: TaskType, task_id: str
) -> None:
    look = to_wire(json.loads(json.dumps(data.draw(looks(task_type, task_id)))))
    assert encode(decode(Look, look)) == look


@given(st.data(), TASK_TYPES, TASK_IDS)
def test_a_look_that_an_older_definition_carries_is_the_same_look(
    data: st.DataObject, task_type: TaskType, task_id: str
) -> None:
    """What that one's ResultSelector picks is enough."""
    look = data.draw(looks(task_type, task_id))
    known = decode(Look, look)
    older = {name: write_look(known, 1)[name] for name in FIRST_VERSION}
    watch = {"taskType": task_type.value, "taskId": task_id}
    read = State.read(watch | {"look": {**older, "retries": look["retries"]}})
    assert read == State.read(watch | {"look": look})
