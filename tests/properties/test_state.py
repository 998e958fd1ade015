"""What travels through the state machine comes out as it went in, and fits."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mitigation.causes import Details
from mitigation.task import TaskType, parse_task
from mitigation.wire import Reader, to_wire
from tests.support.hostile import TASK_IDS, TASK_TYPES, answers, looks

ANSWERS = TASK_TYPES.flatmap(lambda task_type: st.tuples(st.just(task_type), answers(task_type)))


@given(ANSWERS)
def test_a_task_on_the_wire_is_the_task(drawn: tuple[TaskType, Any]) -> None:
    task_type, answer = drawn
    wire = json.loads(json.dumps(to_wire(answer)))
    assert to_wire(wire) == wire
    assert parse_task(wire, task_type) == parse_task(answer, task_type)


@given(st.data(), TASK_TYPES, TASK_IDS)
def test_details_on_the_wire_are_the_details(
    data: st.DataObject, task_type: TaskType, task_id: str
) -> None:
    look = json.loads(json.dumps(data.draw(looks(task_type, task_id))))
    if look["details"]:
        details = Details.from_wire(Reader.of(look["details"]))
        assert details.to_wire() == look["details"]
