"""What travels through the state machine comes out as it went in, and fits, as do its messages."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.slack_limits import read_payload
from embedded.sns_limits import check_publish
from mitigation.action_executions import read_details
from mitigation.codec import decode, encode
from mitigation.decision import Decision, Look, Memory
from mitigation.kind import TaskType
from mitigation.messages import slack, sns
from mitigation.notice import Notice
from mitigation.state import write_look
from mitigation.task import parse_task
from mitigation.wire import to_wire
from mitigation.words import Clock
from tests.support.hostile import TASK_IDS, TASK_TYPES, answers, looks
from tests.support.service_model import DESCRIBE, largest, output_shape
from tests.support.static_iot import StaticIot, unpaced

ACTIONS, CHECKS = 5, 20  # AWS's bounds where the service model gives none
STATE_SIZE = 200 * 1024  # of the 256 KiB that Step Functions allows
STATUSES = ("FAILED", "SKIPPED", "SUCCESSFUL", "COMPLETED")


@given(st.data(), TASK_TYPES)
def test_a_task_on_the_wire_is_the_task(data: st.DataObject, task_type: TaskType) -> None:
    answer = data.draw(answers(task_type))
    wire = json.loads(json.dumps(to_wire(answer)))
    assert to_wire(wire) == wire
    assert parse_task(wire, task_type) == parse_task(answer, task_type)


@given(st.data(), TASK_TYPES, TASK_IDS)
def test_a_look_on_the_wire_is_the_look(
    data: st.DataObject, task_type: TaskType, task_id: str
) -> None:
    look = to_wire(json.loads(json.dumps(data.draw(looks(task_type, task_id)))))
    assert encode(decode(Look, look)) == look


@pytest.mark.parametrize("task_type", TaskType)
def test_the_largest_task_fits_everywhere(task_type: TaskType) -> None:
    """Its actions fail for hundreds of causes, each on a thing of its own."""
    answer = largest(output_shape(DESCRIBE[task_type]), unbounded=CHECKS)
    summary = answer.get("taskSummary", answer)
    summary |= {"actionsDefinition": summary["actionsDefinition"][:ACTIONS], "taskStatus": "FAILED"}
    wire: Any = to_wire(answer)
    task = parse_task(wire, task_type, "t" * 128)
    finding = largest(output_shape("DescribeAuditFinding"), unbounded=3)["finding"]
    finding_ids = task.target.finding_ids or ("",)
    rows = [
        {
            "violationId": f"{n:0128}",
            "findingId": finding_ids[n % len(finding_ids)],
            "thingName": f"{n:06}{'設' * 122}",
            "actionName": f"{n % 5}{'a' * 127}",
            "status": STATUSES[n // 7 % 4],
            "errorCode": f"{n % 999}{'é' * 200}",
            "message": "😀" * 2_000,
        }
        for n in range(10_000)
    ]
    findings = [{**finding, "findingId": finding_id} for finding_id in finding_ids]
    iot: Any = StaticIot(rows, findings)
    found = read_details(iot, task, unpaced())
    memory = Memory(age_seconds=60, task=wire, details=encode(found))
    look = write_look(Look(Decision.ENDED, 0, memory))
    assert len(json.dumps(look, ensure_ascii=False).encode()) < STATE_SIZE
    watch = {"taskType": task_type.value, "taskId": "t" * 128, "look": look}
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:WatchTask:{'t' * 80}"
    report = Notice.parse({"channel": "sns", "executionArn": arn, "watch": watch}).report
    message = sns.render(report, Clock(), for_amazon_q=True)
    check_publish(message.body, message.subject, "json", {})
    read_payload(json.dumps(slack.render(report, Clock()).payload).encode())
