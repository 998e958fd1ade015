"""Starts a watch for each mitigation actions task that was started, exactly one a task.

Two kinds of events come here: CloudTrail's record of a Start…MitigationActionsTask call, and the
schedule's tick, on which tasks whose start was missed are swept up. Raises InvalidWatch for an
event that names no task; Lambda retries it, and then the start-failures queue holds it.
"""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from mitigation.member import Hub, Member
from mitigation.pace import Pace, paced
from mitigation.starts import start
from mitigation.task import TaskType
from mitigation.trigger import (
    SWEEP_GRACE_SECONDS,
    SWEEP_WINDOW_SECONDS,
    Started,
    admit,
    from_cloudtrail,
    listed,
)
from mitigation.watch import InvalidWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_iot import IoTClient

STATE_MACHINE_ARN = os.environ["STATE_MACHINE_ARN"]
TASK_TYPES = [TaskType(name) for name in os.environ["TASK_TYPES"].split(",")]
HUB = Hub.of(os.environ)

logger, metrics = Logger(), Metrics()
config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard"})
states = boto3.client("stepfunctions", config=config)


@cache
def iot() -> IoTClient:
    """For the sweep alone: an event needs none, and making it is a third of a cold start."""
    return boto3.client("iot", config=config)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    is_sweep = event.get("source") == "aws.events"
    seen = 0
    for watch, started in sweep() if is_sweep else [from_event(event, context)]:
        execution_arn = start(states, STATE_MACHINE_ARN, watch, started)
        logger.info("Watched", execution_arn=execution_arn)
        seen += 1
    metrics.add_dimension("Trigger", "sweep" if is_sweep else "event")
    metrics.add_metric("TasksSeen", MetricUnit.Count, seen)
    metrics.flush_metrics()
    return {"tasksSeen": seen}


def from_event(event: dict[str, Any], context: LambdaContext) -> Started:
    try:
        watch = admit(from_cloudtrail(event), Member.of_arn(context.invoked_function_arn), HUB)
    except InvalidWatch:
        logger.exception("This event starts no watch", event_id=event.get("id"))
        raise
    return Started(watch, watch.started_by.at if watch.started_by else None)


def sweep() -> Iterator[Started]:
    """The tasks that started lately, but after this stack was made: older ones are not its own."""
    now = datetime.now(UTC)
    made = states.describe_state_machine(stateMachineArn=STATE_MACHINE_ARN)["creationDate"]
    since = max(made, now - timedelta(seconds=SWEEP_WINDOW_SECONDS))
    until = now - timedelta(seconds=SWEEP_GRACE_SECONDS)
    if since >= until:
        return
    pace = Pace(math.inf)  # the function's own timeout is an error, an early end would be silence
    for task_type in TASK_TYPES:
        paginator: Any = iot().get_paginator(f"list_{task_type}_mitigation_actions_tasks")  # type: ignore[call-overload]  # one name of two
        for page in paced(paginator.paginate(startTime=since, endTime=until), pace):
            yield from listed(page.get("tasks", []), task_type, since=since, until=until)
