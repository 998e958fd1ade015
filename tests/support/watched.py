"""Mitigation tasks for the machine to watch: AWS's answers about them, as saved in events/."""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from embedded.play import cloudtrail_event
from embedded.scenario import Answer, Failure, Scenario, TaskType
from tests.support.product import ROOT

type Json = dict[str, Any]

STARTED = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
# Both have failures, so their action executions are read too.
_SAVED = {"detect": "detect-failed-partly", "audit": "audit-completed-partly-failed"}
TASK_IDS: Mapping[TaskType, str] = {"detect": "quarantine-7", "audit": "audit-weekly-46"}
LIST_TASKS = {kind: f"List{kind.capitalize()}MitigationActionsTasks" for kind in TASK_IDS}


def _saved(folder: str, task_type: TaskType) -> Json:
    path = ROOT / "events" / folder / f"{_SAVED[task_type]}.json"
    content: Json = json.loads(path.read_text("utf-8"))
    return content


def answer(task_type: TaskType, **changes: object) -> Json:
    """What Describe answers about a task that ended; `changes` by the summary's member names.

    `start` and `end` stand for the members that either type calls differently, and None takes a
    member away.
    """
    whole = _saved("describe", task_type)
    summary = whole["taskSummary"] if task_type == "detect" else whole
    times = ("taskStartTime", "taskEndTime") if task_type == "detect" else ("startTime", "endTime")
    renamed = dict(zip(("start", "end"), times, strict=True))
    end = STARTED + timedelta(seconds=20)
    for name, value in {"start": STARTED, "end": end, **changes}.items():
        key = renamed.get(name, name)
        if value is None:
            summary.pop(key, None)
        else:
            summary[key] = value.isoformat() if isinstance(value, datetime) else value
    return whole


def finding_ids() -> list[str]:
    """The findings that the audit task's action executions are about."""
    rows = _saved("executions", "audit")["actionsExecutions"]
    return list(dict.fromkeys(row["findingId"] for row in rows))


def running(task_type: TaskType, **changes: object) -> Json:
    return answer(task_type, **{"taskStatus": "IN_PROGRESS", "end": None, **changes})


def task(task_type: TaskType, *describe: Json | Failure, task_id: str | None = None) -> Scenario:
    """The task as AWS IoT plays it: `describe` for one look each, the last for ever after."""
    task_id = task_id or TASK_IDS[task_type]
    for step in describe:
        if isinstance(step, dict) and "taskId" in step.get("taskSummary", {}):
            step["taskSummary"]["taskId"] = task_id
    rows = _saved("executions", task_type)
    for row in rows["actionsExecutions"]:
        row.pop("taskId")
    return Scenario(
        task_type=task_type,
        task_id=task_id,
        describe=tuple(step if isinstance(step, Failure) else Answer(step) for step in describe),
        executions=tuple(rows["actionsExecutions"]),
        findings=tuple(rows.get("findings", [])),
    )


def started(task_type: TaskType, task_id: str | None = None, **detail: object) -> Json:
    """CloudTrail's event: somebody started the task."""
    event = cloudtrail_event(task(task_type, running(task_type), task_id=task_id))
    event["detail"] |= deepcopy(detail)
    return event
