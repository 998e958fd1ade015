"""Starts the watch for a task: one execution, under a name that nobody can burn.

An execution is named after its task, and Step Functions takes a name once in 90 days: that is what
keeps duplicate events, and the sweep, from watching a task twice. But whoever may start executions
can use a name up before its task exists. So a name that is taken counts only if the execution that
has it is, or was, this task's watch; else the watch gets the next name.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mitigation.watch import InvalidWatch, Watch

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef


class NoNameLeft(Exception):  # noqa: N818  reads as what happened
    """Each name that the watch may have was used up by an execution that is not this task's."""


def start(
    states: SFNClient, state_machine_arn: str, watch: Watch, task_started: datetime | None
) -> str:
    """The ARN of the execution that watches the task: started now, or the one that already does.

    Two starters at once choose the same name, so one of them finds the other's watch. Where it is
    not known when the task started, any execution of the task counts as its watch: nothing is told
    twice, and the next sweep knows it.

    Raises NoNameLeft, and what Step Functions raises: ExecutionDoesNotExist too, as a name that was
    taken just now may not be found yet; trying again in a minute is what helps.
    """
    prefix = state_machine_arn.replace(":stateMachine:", ":execution:")
    execution_input = json.dumps(watch.to_input())
    for name in watch.execution_names:
        try:
            # The same input under the name of an execution that runs is a success.
            answer = states.start_execution(
                stateMachineArn=state_machine_arn, name=name, input=execution_input
            )
        except states.exceptions.ExecutionAlreadyExists:
            found = states.describe_execution(executionArn=f"{prefix}:{name}")
            if _watches(found, watch, task_started):
                return found["executionArn"]
        else:
            # An answer without the ARN was not Step Functions' own: so a KeyError is right.
            return answer["executionArn"]
    raise NoNameLeft(
        f"{watch.execution_name} and the names after it are taken by executions that did not watch "
        f"this {watch.task_type} task: start one under any other name, with this task's input"
    )


def _watches(
    found: DescribeExecutionOutputTypeDef, watch: Watch, task_started: datetime | None
) -> bool:
    """Whether this execution tells, or has told, how the task ends."""
    try:
        of = Watch.from_input(json.loads(found.get("input") or ""))
    except (InvalidWatch, ValueError):
        return False
    if of._replace(started_by=None) != watch._replace(started_by=None):
        return False
    ended = found.get("stopDate")
    if task_started is None or ended is None:
        return True
    if looked := _never_saw_it(found.get("output")):
        # The watch of a task looks for it for ten minutes; half of that is room for clocks that
        # differ, and for telling that took long.
        return looked >= task_started + timedelta(minutes=5)
    return ended >= task_started


def _never_saw_it(output: str | None) -> datetime | None:
    """When an execution looked last that told people that there is no such task."""
    from mitigation.decision import Decision  # noqa: PLC0415  seldom wanted, and not cheap
    from mitigation.state import State  # noqa: PLC0415  nor is this

    try:
        look = State.read(json.loads(output or "")).look
    except ValueError:
        return None
    if look is None or look.decision is not Decision.VANISHED or look.memory.since is None:
        return None
    return look.memory.since + timedelta(seconds=look.memory.age_seconds)
