"""Reads a task's action executions from AWS IoT: all that fit into a bound of rows, calls and time.

What could not be read is said in the Details; it never raises for that, because a message without
details is worth more than none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from mitigation.causes import FAILED, SKIPPED, Details, Row, Tally, missing
from mitigation.kind import TaskType
from mitigation.pace import Pace, paced
from mitigation.resources import resource_name
from mitigation.wire import InvalidTask, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_iot import IoTClient

    from mitigation.task import Task

MAX_ROWS = 50_000
MAX_FINDINGS = 150  # each costs a call
READ_SECONDS = 20.0  # a tenth of the function's timeout, less the other work
PAGE_SIZE = 250  # AWS's largest
AGAIN_SECONDS = 5.0  # lists are eventually consistent: right after an end, rows may be missing

AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)


def read_details(iot: IoTClient, task: Task, pace: Pace | None = None) -> Details | None:
    """What failed and was skipped, grouped by cause; None where the counts say: nothing."""
    if task.id is None or (task.statistics.failed == 0 and task.statistics.skipped == 0):
        return None
    pace = pace or Pace(READ_SECONDS)
    details = _read(iot, task, pace)
    if task.is_terminal and any(missing(task, details)) and pace.rest(AGAIN_SECONDS):
        again = _read(iot, task, pace)
        details = again if again.rows > details.rows else details
    return details


def _read(iot: IoTClient, task: Task, pace: Pace) -> Details:
    tally = Tally()
    try:
        cut = _READERS[task.type](iot, task, tally, pace)
    except AWS_ERRORS as error:
        return tally.details(error=f"{type(error).__name__}: {error}"[:300])
    except InvalidTask as error:
        return tally.details(error=str(error)[:300])
    return tally.details(cut=cut)


def _read_detect(iot: IoTClient, task: Task, tally: Tally, pace: Pace) -> bool:
    """Fold the rows into `tally`; True when the list was cut."""
    paginator = iot.get_paginator("list_detect_mitigation_actions_executions")
    pages = paginator.paginate(taskId=str(task.id), PaginationConfig={"PageSize": PAGE_SIZE})
    rows = 0
    more = True
    for page in paced(pages, pace):  # type: ignore[arg-type]  # a TypedDict is a dict
        items = page.get("actionsExecutions", [])
        tally.add(_row(item, "violationId", _member(item, "thingName")) for item in items)
        rows += len(items)
        more = bool(page.get("nextToken"))
        if rows >= MAX_ROWS:
            break
    return more


def _read_audit(iot: IoTClient, task: Task, tally: Tally, pace: Pace) -> bool:
    """The rows of each finding: AWS lists them for one finding at a time only."""
    findings, cut = _findings(iot, task, pace)
    for finding_id, finding in findings.items():
        if not pace.wait():
            return True
        answer = iot.list_audit_mitigation_actions_executions(
            taskId=str(task.id), findingId=finding_id, maxResults=PAGE_SIZE
        )
        items = answer.get("actionsExecutions", [])
        if not finding and any(item.get("status") in {FAILED, SKIPPED} for item in items):
            pace.wait()
            finding = dict(iot.describe_audit_finding(findingId=finding_id).get("finding", {}))  # noqa: PLW2901  looked up only where it matters
        name, check_name = resource_name(finding), _member(finding, "checkName")
        tally.add(_row(dict(item), "findingId", name, check_name) for item in items)
        cut = cut or bool(answer.get("nextToken"))
    return cut


def _findings(iot: IoTClient, task: Task, pace: Pace) -> tuple[dict[str, dict[str, Any]], bool]:
    """The findings that the task is about, by id, and whether there are more."""
    if task.target.finding_ids:
        return {finding_id: {} for finding_id in task.target.finding_ids}, False
    if not task.target.audit_task_id:
        return {}, False
    reasons = {check.name: check.reason_codes for check in task.checks}
    paginator = iot.get_paginator("list_audit_findings")
    pages = paginator.paginate(
        taskId=task.target.audit_task_id, PaginationConfig={"PageSize": PAGE_SIZE}
    )
    found: dict[str, dict[str, Any]] = {}
    more = True
    for page in paced(pages, pace):  # type: ignore[arg-type]  # a TypedDict is a dict
        for finding in page.get("findings", []):
            check, code = finding.get("checkName"), finding.get("reasonForNonComplianceCode")
            wanted = not reasons or check in reasons
            wanted = wanted and (not reasons.get(check) or code in reasons[check])
            if wanted and (finding_id := finding.get("findingId")):
                found[finding_id] = finding
        more = bool(page.get("nextToken"))
        if len(found) > MAX_FINDINGS:
            break
    return dict(list(found.items())[:MAX_FINDINGS]), more or len(found) > MAX_FINDINGS


def _member(item: Mapping[str, object], name: str) -> str | None:
    return Reader.of(item, "item").text(name)


def _row(
    item: dict[str, Any], subject_id: str, name: str | None, check_name: str | None = None
) -> Row:
    row = Reader.of(item, "actionsExecutions")
    return Row(
        status=row.text("status"),
        subject_id=row.text(subject_id),
        name=name,
        action_name=row.text("actionName"),
        check_name=check_name,
        error_code=row.text("errorCode"),
        message=row.text("message"),
    )


_READERS = {TaskType.DETECT: _read_detect, TaskType.AUDIT: _read_audit}
