"""Does what was asked for, at AWS IoT; each step may run twice, and then does nothing twice.

Nothing but the task's name comes from the button: what is true of the task is read anew. Trouble
that may pass is raised, for the state machine to try again; what AWS refuses for good is told.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mitigation.acts.click import Action
from mitigation.acts.progress import Progress, Result
from mitigation.acts.put_back import PutBack
from mitigation.acts.retry import Failures
from mitigation.acts.rows import pages
from mitigation.acts.undo import Change, Plan, changes_of
from mitigation.kind import TaskStatus, TaskType
from mitigation.pace import Pace
from mitigation.task import Task, parse_task

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_iot import IoTClient

    from mitigation.acts.button import Button

PLACE_SECONDS = 3600  # waited at most for a free place among the tasks that AWS runs at once
PLACE_WAIT_SECONDS = 30
# Of the function's timeout; the last page may take as long again.
UNDO_SECONDS = 120.0
# Refusals that a second try does not change.
_REFUSED = {"InvalidRequestException", "TaskAlreadyExistsException", "LimitExceededException"}


def read_task(iot: IoTClient, button: Button) -> Task | None:
    """The truth about the task; None where AWS IoT does not know it."""
    try:
        if button.task_type is TaskType.DETECT:
            answer: Any = iot.describe_detect_mitigation_actions_task(taskId=button.task_id)
        else:
            answer = iot.describe_audit_mitigation_actions_task(taskId=button.task_id)
    except iot.exceptions.ResourceNotFoundException:
        return None
    return parse_task(answer, button.task_type, button.task_id)


def pointless(action: Action, task: Task | None) -> str | None:
    """Why nobody has to be asked about it; None where there is something to decide."""
    if task is None:
        return "AWS IoT does not know this task (any more)"
    if action is Action.CANCEL and task.is_terminal:
        return f"it has already ended ({task.status})"
    if action is not Action.CANCEL and not task.is_terminal:
        return f"it still runs ({task.status}): cancel it, or wait for its end"
    return None


def perform(
    iot: IoTClient, button: Button, progress: Progress, *, since: datetime
) -> tuple[Progress, int]:
    """How far it is now, and the seconds to wait before it goes on.

    `since` is when the act was agreed to: what happened after that may be our own doing.
    """
    task = read_task(iot, button)
    if task is None:
        return Progress(Result.GONE), 0
    if button.action is Action.CANCEL:
        return _cancel(iot, button, task, since), 0
    if not task.is_terminal:
        return Progress(Result.RUNNING, status=task.status), 0
    if button.action is Action.RETRY:
        return _retry(iot, button, task, progress)
    return _undo(iot, task, progress, agreed=button.changes, since=since)


def plan_undo(iot: IoTClient, task: Task) -> Plan:
    """What an undo would do: nothing is changed by this."""
    plan = Plan()
    for page in pages(iot, task, Pace(math.inf)):
        plan = plan.including(task, page.rows)
    return plan


def _cancel(iot: IoTClient, button: Button, task: Task, since: datetime) -> Progress:
    if not task.is_terminal:
        try:
            if task.type is TaskType.DETECT:
                iot.cancel_detect_mitigation_actions_task(taskId=button.task_id)
            else:
                iot.cancel_audit_mitigation_actions_task(taskId=button.task_id)
        except iot.exceptions.InvalidRequestException:
            found = read_task(iot, button)
            if found is None:
                return Progress(Result.GONE)
            if not found.is_terminal:
                raise
            task = found  # it ended in between, or by a call of ours
        else:
            return Progress(Result.CANCELED)
    ours = task.status == TaskStatus.CANCELED and task.ended is not None and task.ended >= since
    return Progress(Result.CANCELED if ours else Result.ENDED, status=task.status)


def _retry(iot: IoTClient, button: Button, task: Task, progress: Progress) -> tuple[Progress, int]:
    """Start every batch; where AWS has no free place, say how long to wait for one."""
    pace, failures = Pace(math.inf), Failures()
    for page in pages(iot, task, pace):
        failures.add(page.rows)
    if not len(failures):
        return Progress(Result.NOTHING, status=task.status), 0
    progress = progress._replace(total=len(failures), status=task.status)
    for number, batch in enumerate(failures.batches(task)):
        if number < progress.batches:  # it was started before the wait for a free place
            continue
        pace.wait()
        try:
            _start(iot, task, batch.parameters)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code not in _REFUSED:
                raise
            if not _exists(iot, button._replace(task_id=batch.task_id)):
                if code == "LimitExceededException" and progress.waited < PLACE_SECONDS:
                    waited = progress.waited + PLACE_WAIT_SECONDS
                    return progress._replace(waited=waited), PLACE_WAIT_SECONDS
                message = str(error.response["Error"].get("Message"))
                progress = progress.failing(code, batch.subject_ids, message)
                progress = progress._replace(batches=number + 1)
                continue
        progress = progress.starting(batch.task_id, len(batch.subject_ids))
    return progress._replace(result=Result.STARTED), 0


def _exists(iot: IoTClient, button: Button) -> bool:
    """It was started before: which of its refusals AWS would give is not documented."""
    return read_task(iot, button) is not None


def _start(iot: IoTClient, task: Task, parameters: dict[str, Any]) -> None:
    if task.type is TaskType.DETECT:
        iot.start_detect_mitigation_actions_task(**parameters)
    else:
        iot.start_audit_mitigation_actions_task(**parameters)


def _undo(
    iot: IoTClient, task: Task, progress: Progress, *, agreed: int | None, since: datetime
) -> tuple[Progress, int]:
    """As many pages as the time allows; the rest follows, from the cursor on."""
    if progress.cursor is None:
        count = plan_undo(iot, task).total
        if count != agreed:
            return Progress(Result.CHANGED, total=count), 0
        progress = Progress(total=count)
    pace = Pace(UNDO_SECONDS)
    put_back = PutBack(iot, task, pace, since)
    for page in pages(iot, task, pace, progress.cursor):
        for row in page.rows:
            for change in changes_of(task, row):
                if isinstance(change, Change):
                    progress = put_back.undo(change, progress)
        progress = progress._replace(cursor=page.cursor)
    if progress.cursor:
        return progress, 1
    return progress._replace(result=Result.UNDONE), 0
