"""What the functions are given: a small task, the largest legal one, and one of 100,000 rows."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import ROOT
from mitigation.action_executions import read_details
from mitigation.codec import encode
from mitigation.decision import Decision, Look, Memory
from mitigation.task import TaskType, parse_task
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
    ended = event("describe/detect-failed-partly.json"), _saved_rows("detect-failed-partly")
    found = {
        "running": (running(), []),
        "ended": ended,
        "many": many(),
        "hostile": (many()[0], list(many_rows(hostile=True))),
    }
    return {
        task_id: ({"taskSummary": {**answer["taskSummary"], "taskId": task_id}}, rows)
        for task_id, (answer, rows) in found.items()
    }


def small() -> tuple[Json, list[Json]]:
    """Every action executed."""
    return event("describe/detect-successful.json"), []


def running() -> Json:
    """The small task, two minutes after its start."""
    summary = small()[0]["taskSummary"]
    started = {"taskStartTime": time.time() - 120, "taskStatus": "IN_PROGRESS"}
    return {"taskSummary": {k: v for k, v in summary.items() if k != "taskEndTime"} | started}


def largest() -> tuple[Json, list[Json]]:
    """Every member there, each at its longest, every action of every violation failed."""
    violations = [f"{n:02}".ljust(128, "v") for n in range(25)]
    actions = [f"{n}".ljust(128, "a") for n in range(5)]
    answer = _answer("t" * 128, {"violationIds": violations}, actions, failed=125)
    rows = [
        row(number, violation, action, message="m" * 2048)
        for number, (violation, action) in enumerate((v, a) for v in violations for a in actions)
    ]
    return answer, rows


def many() -> tuple[Json, list[Json]]:
    """A task with 100,000 action executions, every third of them failed or skipped."""
    target = {"securityProfileName": "FleetBaseline", "behaviorName": "AuthorizationFailures-ML"}
    answer = _answer("quarantine-7", target, ["QuarantineThings"], failed=ROWS // 3)
    return answer, list(many_rows())


def many_rows(*, hostile: bool = False) -> Iterator[Json]:
    """`hostile`: each row has a cause of its own, told at length in signs of four bytes."""
    for number in range(ROWS):
        violation = f"{number:032x}-{number:032x}"
        if hostile:
            message = f"{number} ".ljust(2048, "\N{PILE OF POO}")
            yield row(number, violation, "QuarantineThings", message, codes=ROWS)
        else:
            yield row(number, violation, "QuarantineThings", "Thing group quarantine is full")


def row(number: int, violation: str, action: str, message: str, codes: int = 12) -> Json:
    failed = codes != 12 or number % 3 == 0 or len(violation) == 128
    return {
        "taskId": "quarantine-7",
        "violationId": violation,
        "actionName": action,
        "thingName": f"sensor-{number}",
        "executionStartDate": (STARTED + timedelta(milliseconds=number)).timestamp(),
        "executionEndDate": (STARTED + timedelta(milliseconds=number + 9)).timestamp(),
        "status": "FAILED" if failed else "SUCCESSFUL",
        **({"errorCode": f"Error{number % codes}Exception", "message": message} if failed else {}),
    }


def describe_event(task_id: str) -> Json:
    """Not the first look: the state machine hands back what the last one said."""
    state = event("invoke/describe_task.json")
    return {**state, "input": {**state["input"], "taskId": task_id}, "look": encode(LOOK)}


def notify_event(channel: str, answer: Json, rows: list[Json]) -> Json:
    """As the state machine has it after DescribeTask has read the rows."""
    task = parse_task(answer, TaskType.DETECT)
    details = read_details(StaticIot(rows), task, unpaced())  # type: ignore[arg-type]  # enough of it
    memory = LOOK.memory._replace(task=answer, details=encode(details))
    look = Look(Decision.ENDED, 0, memory)
    watch = {**event("invoke/describe_task.json"), "look": encode(look)}
    return {"version": 2, "channel": channel, "executionArn": EXECUTION_ARN, "watch": watch}


def _saved_rows(name: str) -> list[Json]:
    found: list[Json] = event(f"executions/{name}.json")["actionsExecutions"]
    return found


def _answer(task_id: str, target: Json, actions: list[str], *, failed: int) -> Json:
    groups = [f"{n}".ljust(128, "g") for n in range(10)] if len(actions) > 1 else ["quarantine"]
    params = {"thingGroupNames": groups, "overrideDynamicGroups": True}
    return {
        "taskSummary": {
            "taskId": task_id,
            "taskStatus": "FAILED",
            "taskStartTime": STARTED.isoformat(),
            "taskEndTime": (STARTED + timedelta(seconds=154)).isoformat(),
            "target": target,
            "violationEventOccurrenceRange": {
                "startTime": "2026-11-22T08:00:00+00:00",
                "endTime": "2026-11-22T10:00:00+00:00",
            },
            "onlyActiveViolationsIncluded": True,
            "suppressedAlertsIncluded": False,
            "actionsDefinition": [
                {
                    "name": name,
                    "id": f"5d1f0a0{n}-4c1e-4b7a-9d0e-2f6a1c3b5d70",
                    "roleArn": f"arn:aws:iam::123456789012:role/{name[:64]}",
                    "actionParams": {"addThingsToThingGroupParams": params},
                }
                for n, name in enumerate(actions)
            ],
            "taskStatistics": {
                "actionsExecuted": 0 if failed == 125 else ROWS - failed,
                "actionsSkipped": 0,
                "actionsFailed": failed,
            },
        }
    }
