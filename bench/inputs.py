"""What the functions are given: a task that runs, one that ended, and ones of 100,000 rows."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import ROOT
from mitigation.action_executions import read_details
from mitigation.codec import encode
from mitigation.decision import Decision, Look, Memory
from mitigation.kind import TaskType
from mitigation.task import parse_task
from mitigation.wire import to_wire
from tests.support import clicks
from tests.support.static_iot import StaticIot, unpaced

type Json = dict[str, Any]

ROWS = 100_000
EXECUTION_ARN = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7"
STARTED = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
LOOK = Look(Decision.WAIT, 5, Memory(age_seconds=154, since=STARTED))


def event(path: str) -> Json:
    found: Json = json.loads((ROOT / "events" / path).read_text(encoding="utf-8"))
    return found


def tasks() -> dict[str, tuple[Json, list[Json]]]:
    """The tasks that describe_task is asked about, by id."""
    found = {
        "running": (running(), []),
        "ended": ended(),
        "many": many(),
        "hostile": many(hostile=True),
    }
    return {
        task_id: ({"taskSummary": {**answer["taskSummary"], "taskId": task_id}}, rows)
        for task_id, (answer, rows) in found.items()
    }


def click() -> Json:
    """As Slack sends it; signed a little ahead, for what is counted takes its time."""
    return clicks.event(clicks.form(clicks.payload()), at=time.time() + 280)


def ended() -> tuple[Json, list[Json]]:
    """A task that ended, with its action executions: some failed."""
    rows: list[Json] = event("executions/detect-failed-partly.json")["actionsExecutions"]
    return event("describe/detect-failed-partly.json"), rows


def running() -> Json:
    """A task two minutes after its start."""
    summary = event("describe/detect-successful.json")["taskSummary"]
    started = {"taskStartTime": time.time() - 120, "taskStatus": "IN_PROGRESS"}
    return {"taskSummary": {k: v for k, v in summary.items() if k != "taskEndTime"} | started}


def many(*, hostile: bool = False) -> tuple[Json, list[Json]]:
    """A task with 100,000 action executions, every third of them failed.

    `hostile`: every one, each with a cause of its own, told at length in signs of four bytes.
    """
    summary = ended()[0]["taskSummary"]
    failed = ROWS if hostile else ROWS // 3
    counts = {"actionsExecuted": ROWS - failed, "actionsSkipped": 0, "actionsFailed": failed}
    answer = {"taskSummary": {**summary, "taskStatistics": counts}}
    return answer, [_hostile_row(n) if hostile else _row(n) for n in range(ROWS)]


def _row(number: int) -> Json:
    error = {"errorCode": f"Error{number % 12}Exception", "message": "Thing group is full"}
    return {
        "taskId": "quarantine-7",
        "violationId": f"{number:032x}-{number:032x}",
        "actionName": "QuarantineThings",
        "thingName": f"sensor-{number}",
        "executionStartDate": (STARTED + timedelta(milliseconds=number)).timestamp(),
        "executionEndDate": (STARTED + timedelta(milliseconds=number + 9)).timestamp(),
        **({"status": "SUCCESSFUL"} if number % 3 else {"status": "FAILED", **error}),
    }


def _hostile_row(number: int) -> Json:
    message = f"{number} ".ljust(2048, "\N{PILE OF POO}")
    error = {"errorCode": f"Error{number}Exception", "message": message}
    return {**_row(number), "status": "FAILED", **error}


def describe_event(task_id: str) -> Json:
    """Not the first look: the state machine hands back what the last one said."""
    state = event("invoke/describe_task.json")
    return {**state, "input": {**state["input"], "taskId": task_id}, "look": encode(LOOK)}


def progress_event() -> Json:
    """As the state machine has it after a look at a task that runs."""
    memory = LOOK.memory._replace(task=to_wire(running()), shows=("slack",))
    look = Look(Decision.WAIT, 5, memory, progress=True)
    watch = {**event("invoke/describe_task.json"), "look": encode(look)}
    return {"version": 3, "channel": "slack", "executionArn": EXECUTION_ARN, "watch": watch}


def notify_event(channel: str, answer: Json, rows: list[Json]) -> Json:
    """As the state machine has it after DescribeTask has read the rows."""
    task = parse_task(answer, TaskType.DETECT)
    details = read_details(StaticIot(rows), task, unpaced())  # type: ignore[arg-type]  # enough of it
    memory = LOOK.memory._replace(task=answer, details=encode(details))
    look = Look(Decision.ENDED, 0, memory)
    watch = {**event("invoke/describe_task.json"), "look": encode(look)}
    return {"version": 2, "channel": channel, "executionArn": EXECUTION_ARN, "watch": watch}
