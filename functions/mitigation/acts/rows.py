"""All action executions of a task, a page at a time, at AWS's rate: as many as there are.

A page's `cursor` is where the next one begins, as text that a state machine can keep.
"""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from mitigation.action_executions import PAGE_SIZE
from mitigation.kind import TaskType
from mitigation.wire import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_iot import IoTClient

    from mitigation.pace import Pace
    from mitigation.task import Task

FINDINGS_A_PAGE = 25  # each costs a call or two


class Execution(NamedTuple):
    """One action execution; `resource` is what an audit finding is about, as AWS identifies it."""

    status: str | None
    subject_id: str | None  # violationId or findingId
    thing: str | None
    action_name: str | None
    check_name: str | None = None
    resource: Mapping[str, Any] = {}


class Page(NamedTuple):
    rows: list[Execution]
    cursor: str | None  # None after the last page


def pages(iot: IoTClient, task: Task, pace: Pace, cursor: str | None = None) -> Iterator[Page]:
    """From `cursor` on; ends early, with the cursor of what is left, when the pace's time is up."""
    read = _detect if task.type is TaskType.DETECT else _audit
    while True:
        page = read(iot, task, pace, cursor)
        yield page
        cursor = page.cursor
        if cursor is None or not pace.has_time:
            return


def _detect(iot: IoTClient, task: Task, pace: Pace, cursor: str | None) -> Page:
    pace.wait()
    answer: Any = iot.list_detect_mitigation_actions_executions(
        taskId=str(task.id), maxResults=PAGE_SIZE, **_from(cursor)
    )
    readers = [Reader.of(item, "actionsExecutions") for item in answer.get("actionsExecutions", [])]
    rows = [
        Execution(row.text("status"), row.text("violationId"), row.text("thingName"), _action(row))
        for row in readers
    ]
    return Page(rows, answer.get("nextToken"))


def _audit(iot: IoTClient, task: Task, pace: Pace, cursor: str | None) -> Page:
    """The rows of some findings: AWS lists them for one finding at a time only."""
    if task.target.finding_ids:
        chunks = list(batched(task.target.finding_ids, FINDINGS_A_PAGE, strict=False))
        number = int(cursor or 0)
        findings = [_described(iot, pace, each) for each in chunks[number]]
        following = str(number + 1) if number + 1 < len(chunks) else None
    else:
        pace.wait()
        answer: Any = iot.list_audit_findings(
            taskId=str(task.target.audit_task_id), maxResults=FINDINGS_A_PAGE, **_from(cursor)
        )
        findings = [each for each in answer.get("findings", []) if _is_meant(task, each)]
        following = answer.get("nextToken")
    rows = [row for finding in findings for row in _rows_of(iot, task, pace, finding)]
    return Page(rows, following)


def _described(iot: IoTClient, pace: Pace, finding_id: str) -> Mapping[str, Any]:
    pace.wait()
    answer: Any = iot.describe_audit_finding(findingId=finding_id)
    return {"findingId": finding_id, **answer.get("finding", {})}


def _is_meant(task: Task, finding: Mapping[str, Any]) -> bool:
    """Whether the task's filters by check and reason let the finding in."""
    reasons = {check.name: check.reason_codes for check in task.checks}
    check, code = finding.get("checkName"), finding.get("reasonForNonComplianceCode")
    return not reasons or (check in reasons and (not reasons[check] or code in reasons[check]))


def _rows_of(
    iot: IoTClient, task: Task, pace: Pace, finding: Mapping[str, Any]
) -> Iterator[Execution]:
    root = Reader.of(finding, "finding")
    resource = root.child("nonCompliantResource").child("resourceIdentifier").members
    cursor = None
    while True:
        pace.wait()
        answer: Any = iot.list_audit_mitigation_actions_executions(
            taskId=str(task.id),
            findingId=str(root.text("findingId")),
            maxResults=PAGE_SIZE,
            **_from(cursor),
        )
        for item in answer.get("actionsExecutions", []):
            row = Reader.of(item, "actionsExecutions")
            yield Execution(
                row.text("status"),
                root.text("findingId"),
                None,
                _action(row),
                root.text("checkName"),
                {str(name): value for name, value in resource.items()},
            )
        if (cursor := answer.get("nextToken")) is None:
            return


def _action(row: Reader) -> str | None:
    return row.text("actionName")


def _from(cursor: str | None) -> dict[str, Any]:
    return {"nextToken": cursor} if cursor else {}
