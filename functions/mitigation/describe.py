"""Asks AWS IoT about a task once, and says what came back: the task, or why it can't be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from mitigation.decision import (
    MEMBER_NOT_LISTED,
    MEMBER_ROLE_REFUSED,
    Missing,
    Problem,
    Refused,
    Seen,
    Trouble,
)
from mitigation.kind import TaskType
from mitigation.member import NotListed, RoleRefused
from mitigation.task import parse_task
from mitigation.wire import InvalidTask, clean, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_iot import IoTClient

    from mitigation.decision import Sight
    from mitigation.watch import Watch

MESSAGE_LENGTH = 500
# What botocore trips with over an answer that is not as its model says.
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def describe(iot: Callable[[], IoTClient], watch: Watch) -> Sight:
    """What AWS IoT says about the task; it never raises for what AWS answers, or does not.

    Nor where `iot` raises NotListed or RoleRefused: a member that was removed is the end of the
    watch, a role that refuses may be mended.
    """
    try:
        answer = to_wire(_ask(iot(), watch))
        task = parse_task(answer, watch.task_type, watch.task_id)
    except NotListed as error:
        return Refused(_problem(MEMBER_NOT_LISTED, str(error)))
    except RoleRefused as error:
        return Trouble(_problem(MEMBER_ROLE_REFUSED, str(error)))
    except ClientError as error:
        return _refusal(error)
    except (BotoCoreError, ResponseParserError, InvalidTask, *_UNREADABLE) as error:
        return Trouble(_problem(type(error).__name__, str(error)))
    if task.status is None:
        # A web page in place of AWS's answer reads as an empty one.
        return Trouble(Problem("EmptyAnswer", "AWS IoT's answer holds no taskStatus"))
    return Seen(task, answer)


def _ask(iot: IoTClient, watch: Watch) -> object:
    if watch.task_type is TaskType.AUDIT:
        return iot.describe_audit_mitigation_actions_task(taskId=watch.task_id)
    return iot.describe_detect_mitigation_actions_task(taskId=watch.task_id)


def _refusal(error: ClientError) -> Sight:
    said = error.response.get("Error", {})
    problem = _problem(said.get("Code") or "ClientError", said.get("Message") or str(error))
    match problem.error:
        case "ResourceNotFoundException":
            return Missing()
        case "InvalidRequestException":
            return Refused(problem)
    return Trouble(problem)


def _problem(error: str, message: str) -> Problem:
    return Problem(clean(error), clean(message[:MESSAGE_LENGTH]) or None)
