"""Looks at tasks, and what Notify is given about them, with no more than a test is about."""

from datetime import UTC, datetime
from typing import Any

from mitigation.codec import encode
from mitigation.decision import Decision, Look, Memory, Problem, Seen
from tests.support.tasks import detect

DENIED = Problem("AccessDeniedException", "not authorized")
START = datetime(2026, 11, 22, 10, tzinfo=UTC)


def seen(status: str | None = "IN_PROGRESS", **summary: Any) -> Seen:
    """A sight of a detect task."""
    task = detect(status, **({"taskStartTime": START} | summary))
    return Seen(task, {"taskSummary": {"taskStatus": status}})


def look(decision: Decision, *, age: int = 3_660, **memory: Any) -> Look:
    return Look(decision, 0, Memory(age_seconds=age, **memory))


def notify_input(
    found: Look, channel: str = "slack", *, task_id: str = "quarantine-7", **more: Any
) -> dict[str, Any]:
    """What the state machine hands to Notify."""
    name = f"arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-{task_id}"
    return {
        "version": 3,
        "channel": channel,
        "executionArn": name,
        "watch": {
            "machine": {"version": 3, "channels": ["sns", "slack"]},
            "input": {"taskType": "detect", "taskId": task_id, "startedBy": None},
            "look": encode(found),
        },
        "attempt": {"waitedSeconds": 0, "memory": None},
        **more,
    }
