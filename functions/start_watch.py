"""Starts the watch for a mitigation actions task that was started, exactly one a task.

The event is CloudTrail's record of a Start…MitigationActionsTask call. Raises InvalidWatch for one
that names no task; Lambda retries it, and then the start-failures queue holds it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from mitigation.member import Hub, Member
from mitigation.starts import start
from mitigation.trigger import Started, admit, from_cloudtrail
from mitigation.watch import InvalidWatch

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

STATE_MACHINE_ARN = os.environ["STATE_MACHINE_ARN"]
HUB = Hub.of(os.environ)

logger, metrics = Logger(), Metrics()
config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard"})
states = boto3.client("stepfunctions", config=config)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    watch, started = from_event(event, context)
    execution_arn = start(states, STATE_MACHINE_ARN, watch, started)
    logger.info("Watched", execution_arn=execution_arn)
    metrics.add_metric("TasksSeen", MetricUnit.Count, 1)
    metrics.flush_metrics()
    return {"tasksSeen": 1}


def from_event(event: dict[str, Any], context: LambdaContext) -> Started:
    try:
        watch = admit(from_cloudtrail(event), Member.of_arn(context.invoked_function_arn), HUB)
    except InvalidWatch:
        logger.exception("This event starts no watch", event_id=event.get("id"))
        raise
    return Started(watch, watch.started_by.at if watch.started_by else None)
