"""Looks at the task once: what AWS says about it, whether it has ended, and when to look again.

Input: the state machine's state, so `{"taskId": "…"}` at the least. Errors of AWS pass through by
their names, for the state machine to match.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from mitigation.decision import Look, look_at
from mitigation.polling import Policy
from mitigation.task import Task, TaskType, parse_task
from mitigation.watch import Watch
from mitigation.wire import Json, Reader, to_wire

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from mitigation.causes import Details

POLICY = Policy(
    min_seconds=int(os.environ["POLL_MIN_SECONDS"]),
    max_seconds=int(os.environ["POLL_MAX_SECONDS"]),
    overdue_seconds=60 * int(os.environ["OVERDUE_MINUTES"]),
    limit_seconds=3600 * int(os.environ["WATCH_LIMIT_HOURS"]),
)

logger, metrics = Logger(), Metrics()
iot = boto3.client(
    "iot", config=Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard"})
)
DESCRIBE = {
    TaskType.DETECT: iot.describe_detect_mitigation_actions_task,
    TaskType.AUDIT: iot.describe_audit_mitigation_actions_task,
}


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Json]:
    watch = Watch.from_input(event)
    answer = to_wire(DESCRIBE[watch.task_type](taskId=watch.task_id))
    task = parse_task(answer, watch.task_type, watch.task_id)
    previous = Reader.of(event).optional("look")
    look = look_at(
        task,
        now=datetime.now(UTC),
        policy=POLICY,
        previous=Look.from_wire(previous) if previous else None,
    )
    details = details_of(task) if look.tell else None
    logger.info(
        "Looked at the task", task_id=watch.task_id, status=task.status, look=look.to_wire()
    )
    if look.ended:
        count(task)
    return {**look.to_wire(), "task": answer, "details": details.to_wire() if details else None}


def details_of(task: Task) -> Details | None:
    from mitigation.action_executions import read_details  # noqa: PLC0415  few looks tell

    return read_details(iot, task)


def count(task: Task) -> None:
    """Metrics of a task that has ended: by status, and what came of its actions or findings."""
    metrics.add_dimension("TaskType", task.type.value)
    metrics.add_dimension("TaskStatus", task.status or "unknown")
    metrics.add_metric("TasksEnded", MetricUnit.Count, 1)
    for name, number in (
        ("ActionsExecuted", task.statistics.executed),
        ("ActionsSkipped", task.statistics.skipped),
        ("ActionsFailed", task.statistics.failed),
    ):
        metrics.add_metric(name, MetricUnit.Count, number or 0)
    metrics.flush_metrics()
