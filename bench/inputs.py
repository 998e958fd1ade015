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
MEMORY = Memory(age_seconds=154, since=STARTED)


def event(path: str) -> Json:
    found: Json = json.loads((ROOT / "events" / path).read_text(encoding="utf-8"))
    return found


def tasks() -> dict[str, tuple[Json, list[Json]]]:
    """The tasks that describe_task is asked about, by id."""
    found = {"running": (running(), []), "ended": ended(), "many": many(), "hostile": many(True)}
    for task_id, (answer, _) in found.items():
        answer["taskSummary"]["taskId"] = task_id
    return found


def click() -> Json:
    """As Slack sends it; signed a little ahead, for what is counted takes its time."""
    return clicks.event(clicks.form(clicks.payload()), at=time.time() + 280)


def ended() -> tuple[Json, list[Json]]:
    """A task that ended, with its action executions: some failed."""
    rows: list[Json] = event("executions/detect-failed-partly.json")["actionsExecutions"]
    return event("describe/detect-failed-partly.json"), rows


def running() -> Json:
    """A task two minutes after its start."""
    answer = event("describe/detect-successful.json")
    del answer["taskSummary"]["taskEndTime"]
    answer["taskSummary"] |= {"taskStartTime": time.time() - 120, "taskStatus": "IN_PROGRESS"}
    return answer


def many(hostile: bool = False) -> tuple[Json, list[Json]]:
    """A task with 100,000 action executions, every third of them failed, by a dozen causes.

    `hostile`: every one, each with a cause of its own, told at length in signs of four bytes.
    """
    rows = []
    for n in range(ROWS):
        started = STARTED + timedelta(milliseconds=n)
        error = {"errorCode": f"Error{n % 12}Exception", "message": "Thing group is full"}
        if hostile:
            message = f"{n} ".ljust(2048, "\N{PILE OF POO}")
            error = {"errorCode": f"Error{n}Exception", "message": message}
        failed = hostile or n % 3 == 0
        rows.append(
            {
                "taskId": "quarantine-7",
                "violationId": f"{n:032x}-{n:032x}",
                "actionName": "QuarantineThings",
                "thingName": f"sensor-{n}",
                "executionStartDate": started.timestamp(),
                "executionEndDate": started.timestamp() + 0.009,
                **({"status": "FAILED", **error} if failed else {"status": "SUCCESSFUL"}),
            }
        )
    answer, failures = ended()[0], ROWS if hostile else ROWS // 3
    counts = {"actionsExecuted": ROWS - failures, "actionsSkipped": 0, "actionsFailed": failures}
    answer["taskSummary"]["taskStatistics"] = counts
    return answer, rows


def describe_event(task_id: str) -> Json:
    """Not the first look: the state machine hands back what the last one said."""
    state = event("invoke/describe_task.json")
    state["input"]["taskId"] = task_id
    return state | {"look": encode(Look(Decision.WAIT, 5, MEMORY))}


def progress_event() -> Json:
    """As the state machine has it after a look at a task that runs."""
    memory = MEMORY._replace(task=to_wire(running()), shows=("slack",))
    return _told("slack", Look(Decision.WAIT, 5, memory, progress=True))


def notify_event(channel: str, answer: Json, rows: list[Json]) -> Json:
    """As the state machine has it after DescribeTask has read the rows."""
    task = parse_task(answer, TaskType.DETECT)
    details = read_details(StaticIot(rows), task, unpaced())  # type: ignore[arg-type]  # enough of it
    memory = MEMORY._replace(task=answer, details=encode(details))
    return _told(channel, Look(Decision.ENDED, 0, memory))


def _told(channel: str, look: Look) -> Json:
    watch = event("invoke/describe_task.json") | {"look": encode(look)}
    return {"version": 3, "channel": channel, "executionArn": EXECUTION_ARN, "watch": watch}
