"""Watches the tasks whose start no event told: asks AWS IoT, every few minutes, which there are.

A list that can't be read, a task that can't be read or a watch that can't be started stops nothing
else. All of it is raised at the end, as one ExceptionGroup; the next tick is its retry.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from mitigation.credentials import CONFIG, iot_client
from mitigation.kind import TaskType
from mitigation.member import Hub, Member
from mitigation.pace import Pace, paced
from mitigation.starts import start
from mitigation.trigger import SWEEP_GRACE_SECONDS, SWEEP_WINDOW_SECONDS, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_iot import IoTClient

    from mitigation.trigger import Started

STATE_MACHINE_ARN = os.environ["STATE_MACHINE_ARN"]
TASK_TYPES = [TaskType(name) for name in os.environ["TASK_TYPES"].split(",")]

HUB = Hub.of(os.environ)

# So many members are asked at once: each by itself, so AWS's rate for each is not touched.
AT_ONCE = 10
# A call that gets no answer takes this long: three tries of a connection and an answer each.
LONGEST_SECONDS = 60

logger = Logger()
states = boto3.client("stepfunctions", config=CONFIG)
own_iot = boto3.client("iot", config=CONFIG)


class NoTimeLeft(Exception):  # noqa: N818  reads as what happened
    """A member was not asked, as others took too long to answer."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    failures: list[Exception] = []
    since, until = window()
    own = Member.of_arn(context.invoked_function_arn)
    members = [member for member in HUB.members() if member != own]

    def ask(member: Member | None) -> list[Started]:
        found: list[Started] = []
        with going_on(failures):
            check_time(context, member)
            iot = iot_client(own_iot, member, HUB, "sweep")
            for kind in TASK_TYPES:
                check_time(context, member)
                found += missed(iot, kind, member, since, until, failures)
        return found

    # All lists first: starts that hang until the time is up must not hide another kind or member.
    tasks = ask(None)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for found in pool.map(ask, in_turn(members, until)):
            tasks += found
    for watch, started in tasks:
        with going_on(failures):
            execution_arn = start(states, STATE_MACHINE_ARN, watch, started)
            logger.info("Watched", execution_arn=execution_arn)
    if failures:
        raise ExceptionGroup("the sweep is not complete; the log says why", failures)
    return {"tasksSeen": len(tasks)}


def in_turn(members: list[Member], now: datetime) -> list[Member]:
    """Another one first each time: what the time was too short for is asked the next time."""
    first = int(now.timestamp()) // 60 % len(members) if members else 0
    return members[first:] + members[:first]


def check_time(context: LambdaContext, member: Member | None) -> None:
    """Raises NoTimeLeft where an answer that does not come would leave none for the starts."""
    if member and context.get_remaining_time_in_millis() < 1000 * LONGEST_SECONDS:
        raise NoTimeLeft(f"there was no time left to ask {member}: the next sweep may have it")


def window() -> tuple[datetime, datetime]:
    """Tasks that started lately, but after this stack was made: older ones are not its own."""
    now = datetime.now(UTC)
    made = states.describe_state_machine(stateMachineArn=STATE_MACHINE_ARN)["creationDate"]
    since = max(made, now - timedelta(seconds=SWEEP_WINDOW_SECONDS))
    return since, now - timedelta(seconds=SWEEP_GRACE_SECONDS)


def missed(
    iot: IoTClient,
    task_type: TaskType,
    member: Member | None,
    since: datetime,
    until: datetime,
    failures: list[Exception],
) -> Iterator[Started]:
    """The tasks of one kind that started in [since, until), as far as they can be read."""
    if since >= until:
        return
    paginator: Any = iot.get_paginator(f"list_{task_type}_mitigation_actions_tasks")  # type: ignore[call-overload]  # one name of two
    pace = Pace(math.inf)  # the function's own timeout is an error, an early end would be silence
    with going_on(failures):
        for page in paced(paginator.paginate(startTime=since, endTime=until), pace):
            for item in page.get("tasks", []):
                with going_on(failures):
                    yield from listed(item, task_type, member, since=since, until=until)


@contextmanager
def going_on(failures: list[Exception]) -> Iterator[None]:
    """What fails here is logged, and kept for the end of the sweep."""
    try:
        yield
    except Exception as error:
        logger.exception("This part of the sweep failed")
        failures.append(error)
