"""Looks at the task once, decides what follows, and says when to look again.

Input: the state machine's state, so `{"taskId": "…"}` at the least. Trouble at AWS IoT is an answer
like any other. Raises InvalidWatch for an input that names no task, for the state machine to match.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from mitigation.codec import encode
from mitigation.credentials import CONFIG, iot_client
from mitigation.decision import Seen, decide
from mitigation.describe import describe
from mitigation.member import Hub, Member
from mitigation.polling import Policy
from mitigation.state import State, write_look
from mitigation.task import parse_task
from mitigation.thread import NO_HEADS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_iot import IoTClient

    from mitigation.decision import Look, Sight
    from mitigation.task import Task
    from mitigation.watch import Watch
    from mitigation.wire import Json

POLICY = Policy(
    min_seconds=int(os.environ["POLL_MIN_SECONDS"]),
    max_seconds=int(os.environ["POLL_MAX_SECONDS"]),
    overdue_seconds=60 * int(os.environ["OVERDUE_MINUTES"]),
    limit_seconds=3600 * int(os.environ["WATCH_LIMIT_HOURS"]),
)
HUB = Hub.of(os.environ)
HEADS, STARTS = os.environ["HEADS"], os.environ["STARTS"]

logger, metrics = Logger(), Metrics()
own_iot = boto3.client("iot", config=CONFIG)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Json]:
    state = State.read(event)
    watch = state.watch
    # One AssumeRole an invocation, of which nothing is left for the next one.
    iot = cache(partial(iot_client, own_iot, watch.member, HUB, watch.task_name))
    sight = describe(iot, watch)
    look = decide(
        sight,
        state.look,
        now=datetime.now(UTC),
        policy=POLICY,
        seed=watch.execution_name,
        heads=HEADS,
        # The buttons act in this account and region alone.
        starts=NO_HEADS if watch.member else STARTS,
    )
    look = with_details(look, sight, iot)
    logger.info(
        "Looked at the task",
        task_id=watch.task_id,
        decision=look.decision.value,
        wait_seconds=look.wait_seconds,
        age_seconds=look.memory.age_seconds,
        problem=look.memory.problem,
    )
    if isinstance(sight, Seen) and look.decision.is_final:
        count(sight.task)
    answer = write_look(look, state.version)
    if look.decision.is_final:  # last: what fails is tried again, and would be logged again
        log_end(watch, look, context.invoked_function_arn)
    return answer


def with_details(look: Look, sight: Sight, iot: Callable[[], IoTClient]) -> Look:
    """What the action executions tell, where people are told; few looks have that much to say."""
    if not isinstance(sight, Seen) or not (look.decision.is_interim or look.decision.is_final):
        return look
    from mitigation.action_executions import read_details  # noqa: PLC0415  seldom wanted

    details = encode(read_details(iot(), sight.task))
    return look._replace(memory=look.memory._replace(details=details))


def log_end(watch: Watch, look: Look, function_arn: str) -> None:
    from mitigation import ending  # noqa: PLC0415  once a task

    task = parse_task(look.memory.task or {}, watch.task_type, watch.task_id)
    place = watch.member or Member.of_arn(function_arn)
    logger.info(ending.MESSAGE, **ending.line(task, look, watch.started_by, place))


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
