"""The largest task that AWS allows, with more action executions than anyone reads."""

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from embedded.slack_limits import read_payload
from embedded.sns_limits import check_publish
from mitigation.action_executions import read_details
from mitigation.codec import encode
from mitigation.decision import Decision, Look, Memory
from mitigation.kind import TaskType
from mitigation.messages import data, email, slack, sns
from mitigation.notice import Notice
from mitigation.report import Report
from mitigation.state import write_look
from mitigation.task import Task, parse_task
from mitigation.wire import to_wire
from mitigation.words import Clock
from tests.support.service_model import DESCRIBE, largest, output_shape
from tests.support.static_iot import StaticIot, unpaced

if TYPE_CHECKING:
    from mypy_boto3_iot import IoTClient

MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask"
ACTIONS, CHECKS = 5, 20  # AWS's bounds where the service model gives none
STATE_SIZE = 200 * 1024  # of the 256 KiB that Step Functions allows


def largest_task(task_type: TaskType) -> dict[str, Any]:
    answer = largest(output_shape(DESCRIBE[task_type]), unbounded=CHECKS)
    summary = answer.get("taskSummary", answer)
    summary["actionsDefinition"] = summary["actionsDefinition"][:ACTIONS]
    summary["taskStatus"] = "FAILED"
    return cast("dict[str, Any]", to_wire(answer))


def rows_of(task: Task, count: int, name: str, code: str, message: str) -> list[dict[str, Any]]:
    """Rows in hundreds of causes, each about a thing of its own."""
    finding_ids = task.target.finding_ids or ("",)
    codes = [f"{n}{code}" for n in range(999)]
    return [
        {
            "violationId": f"{n:0128}",
            "findingId": finding_ids[n % len(finding_ids)],
            "thingName": f"{n:06}{name}",
            "actionName": f"{n % 5}{'a' * 127}",
            "status": ("FAILED", "SKIPPED", "SUCCESSFUL", "COMPLETED")[n // 7 % 4],
            "errorCode": codes[n % 999],
            "message": message,
        }
        for n in range(count)
    ]


def plain_task(task_type: TaskType) -> dict[str, Any]:
    target = {"findingIds": [f"finding-{n}" for n in range(25)]}
    answer = {"taskStatus": "FAILED", "target": target if task_type is TaskType.AUDIT else {}}
    return answer if task_type is TaskType.AUDIT else {"taskSummary": answer}


def look_at(task_type: TaskType, answer: dict[str, Any], rows: int, **texts: str) -> dict[str, Any]:
    """What DescribeTask makes of a task with so many action executions."""
    task = parse_task(answer, task_type, "t" * 128)
    finding = largest(output_shape("DescribeAuditFinding"), unbounded=3)["finding"]
    findings = [{**finding, "findingId": finding_id} for finding_id in task.target.finding_ids]
    iot = cast("IoTClient", StaticIot(rows_of(task, rows, **texts), findings))
    details = read_details(iot, task, unpaced())
    assert details is not None
    memory = Memory(age_seconds=60, task=answer, details=encode(details))
    return write_look(Look(Decision.ENDED, 0, memory))


def report_on(task_type: TaskType, look: dict[str, Any]) -> Report:
    watch = {"taskType": task_type.value, "taskId": "t" * 128, "look": look}
    arn = f"{MACHINE}:{task_type}-{'t' * 70}"
    event = {"channel": "sns", "executionArn": arn, "watch": watch}
    return Notice.parse(event, account_alias="production").report


@pytest.mark.parametrize("task_type", TaskType)
def test_the_largest_task_fits_everywhere(task_type: TaskType) -> None:
    widest = {"name": "設" * 122, "code": "é" * 200, "message": "😀" * 2_000}
    look = look_at(task_type, largest_task(task_type), 10_000, **widest)
    assert len(json.dumps(look, ensure_ascii=False).encode()) < STATE_SIZE
    report = report_on(task_type, look)
    message = sns.render(report, Clock(), for_amazon_q=True)
    check_publish(message.body, message.subject, "json", {})
    read_payload(json.dumps(slack.render(report, Clock()).payload).encode())


@pytest.mark.parametrize("task_type", TaskType)
def test_of_a_hundred_thousand_rows_the_first_are_read_and_all_channels_say_so(
    task_type: TaskType,
) -> None:
    plain = {"name": "-sensor", "code": "Exception", "message": "Thing group quarantine is full"}
    look = look_at(task_type, plain_task(task_type), 100_000, **plain)
    report = report_on(task_type, look)
    assert report.details is not None
    assert report.details.rows == {"detect": 50_000, "audit": 25 * 250}[task_type]
    said = f"Only the first {report.details.rows:,} rows were read; there are more"
    assert said in email.render(report, Clock()).body
    assert said in json.dumps(slack.render(report, Clock()).payload)
    assert json.loads(data.render(report))["rows"]["cut"] is True
