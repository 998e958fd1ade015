"""A saved Describe answer with its action executions, read as the Lambda functions read them.

The rows come from a file in AWS's own shapes: what `aws iot list-…-mitigation-actions-executions`
printed, for an audit task with the `findings` of `aws iot list-audit-findings` beside them. They
are served by the fake IoT to the reader that the functions use, so nothing is read in two ways.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from local.fake_iot import FakeIot
from local.scenario import Answer, Json, Scenario, read_json
from mitigation.causes import Details
from mitigation.executions import Pace, read_details
from mitigation.task import TASK_ID, Task, TaskType, parse_task, task_type_of
from mitigation.trigger import Watch

_REGION = "eu-west-1"  # of the fake
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
    if isinstance(content, Mapping) and content and known == parse_task({}, task_type):
        members = ", ".join(map(repr, list(content)[:5]))
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
    scenario = Scenario(
        task_type=task.type.value,
        task_id=str(task.id),
        describe=(Answer({}),),
        executions=tuple(rows),
        findings=tuple(_complete(task, rows, findings)) if task.type is TaskType.AUDIT else (),
    )
    with FakeIot(scenario) as fake:
        client = boto3.client(
            "iot",
            endpoint_url=fake.url,
            region_name=_REGION,
            aws_access_key_id="any",
            aws_secret_access_key="any",  # noqa: S106  the fake checks no signature
        )
        details = read_details(client, task, Pace(math.inf, sleep=lambda _seconds: None))
    if details and details.error:
        raise BadAnswer(f"the action executions could not be read: {details.error}")
    return details


def _complete(task: Task, rows: list[Json], findings: list[Json]) -> list[dict[str, Any]]:
    """The findings, each of the task's audit, and one for each row that has none."""
    audit = {"taskId": task.target.audit_task_id} if task.target.audit_task_id else {}
    ids = {finding.get("findingId") for finding in findings}
    missing = {row.get("findingId") for row in rows} - ids - {None}
    return [{**audit, **finding} for finding in (*findings, *({"findingId": i} for i in missing))]


def _name_of(path: Path) -> str:
    """A stand-in for the task's id: AWS's answers about audit tasks don't hold it."""
    return path.stem if TASK_ID.fullmatch(path.stem) else "saved-answer"
