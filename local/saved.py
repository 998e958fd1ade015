"""A saved Describe answer with its action executions, read as the Lambda functions read them.

The rows come from a file in AWS's own shapes: what `aws iot list-…-mitigation-actions-executions`
printed, for an audit task with the `findings` of `aws iot list-audit-findings` beside them. They
are handed to the reader that the functions use, so nothing is read in two ways.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.session import get_session

from embedded.checked import Json, read_json
from mitigation.action_executions import read_details
from mitigation.causes import Details
from mitigation.kind import TaskType
from mitigation.pace import Pace
from mitigation.task import TASK_ID, Task, parse_task, task_type_of
from mitigation.watch import Watch

if TYPE_CHECKING:
    from mypy_boto3_iot import IoTClient

_ROWS_SHAPE = '{"actionsExecutions": […]}, for an audit task with "findings": […] too'


class BadAnswer(Exception):  # noqa: N818  reads as what happened
    """One line for the person whose file it is."""


def read_saved(
    answer: Path, executions: Path | None = None, task_id: str | None = None
) -> tuple[Task, Details | None]:
    """The task, and what its action executions tell.

    An answer that names no task gets `task_id`, or the name in its rows, or its file's name.
    Raises BadAnswer, BadScenario, InvalidTask or InvalidWatch, each with one line that says what
    is wrong.
    """
    content = read_json(answer)
    task_type = task_type_of(content)
    known = parse_task(content, task_type)
    if content and not _is_answer(cast("Json", content), task_type):
        members = ", ".join(map(repr, list(cast("Json", content))[:5]))
        raise BadAnswer(
            f"{answer}: not a Describe answer: expected taskSummary (detect) or taskStatus, "
            f"startTime, target … (audit), got {members}"
        )
    rows, findings = _read_rows(executions) if executions else ([], [])
    named = {row["taskId"] for row in rows if isinstance(row.get("taskId"), str)}
    chosen = task_id or known.id or next(iter(named), None) or _name_of(answer)
    watch = Watch.from_input({"taskType": task_type.value, "taskId": chosen})
    if strange := named - {watch.task_id}:
        raise BadAnswer(f"{executions}: rows of task {strange.pop()!r}, not of {watch.task_id!r}")
    task = parse_task(content, task_type, watch.task_id)
    return task, _details(task, rows, findings) if executions else None


def _is_answer(content: Mapping[str, object], task_type: TaskType) -> bool:
    """Whether it has anything of what the service model says; nothing in it is required."""
    service = get_session().get_service_model("iot")
    operation = service.operation_model(f"Describe{task_type.capitalize()}MitigationActionsTask")
    members: Mapping[str, Any] = operation.output_shape.members  # type: ignore[union-attr]  # it has one
    summary = content.get("taskSummary")
    if isinstance(summary, Mapping) and summary:
        content, members = summary, members["taskSummary"].members
    return not members.keys().isdisjoint(content)


def _read_rows(path: Path) -> tuple[list[Json], list[Json]]:
    content = read_json(path)
    members = content if isinstance(content, Mapping) else {"actionsExecutions": content}
    if "actionsExecutions" not in members:
        raise BadAnswer(f"{path}: expected {_ROWS_SHAPE}, got {', '.join(members) or 'nothing'}")
    found = []
    for name in ("actionsExecutions", "findings"):
        items = members.get(name, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadAnswer(f"{path}: {name}: expected a list of objects, as in {_ROWS_SHAPE}")
        found.append(items)
    return found[0], found[1]


def _details(task: Task, rows: list[Json], findings: list[Json]) -> Details | None:
    client = cast("IoTClient", _SavedIot(rows, findings))
    details = read_details(client, task, Pace(math.inf, sleep=lambda _seconds: None))
    if details and details.error:
        raise BadAnswer(f"the action executions could not be read: {details.error}")
    return details


@dataclass(frozen=True, slots=True)
class _SavedIot:
    """The part of boto3's IoT client that reads details, with its answers from a file."""

    rows: list[Json]
    findings: list[Json]

    def get_paginator(self, operation: str) -> "_Pages":
        if operation == "list_audit_findings":
            known = {finding.get("findingId") for finding in self.findings}
            asked = dict.fromkeys(row.get("findingId") for row in self.rows)
            missing = [{"findingId": name} for name in asked if name and name not in known]
            return _Pages({"findings": [*self.findings, *missing]})
        return _Pages({"actionsExecutions": self.rows})

    def list_audit_mitigation_actions_executions(self, **asked: Any) -> Json:
        return {"actionsExecutions": _of_finding(self.rows, asked)}

    def describe_audit_finding(self, **asked: Any) -> Json:
        found = _of_finding(self.findings, asked)
        return {"finding": found[0] if found else {}}


@dataclass(frozen=True, slots=True)
class _Pages:
    page: Json

    def paginate(self, **_asked: Any) -> Iterator[Json]:
        yield self.page


def _of_finding(items: list[Json], asked: Mapping[str, Any]) -> list[Json]:
    return [item for item in items if item.get("findingId") == asked["findingId"]]


def _name_of(path: Path) -> str:
    """A stand-in for the task's id: AWS's answers about audit tasks don't hold it."""
    return path.stem if TASK_ID.fullmatch(path.stem) else "saved-answer"
