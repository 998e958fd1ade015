"""Dead letters and start failures, as the state machine, Lambda and EventBridge leave them."""

from typing import Any

from mitigation.decision import Decision
from tests.support import looks
from tests.support.looks import look


def dead_letter(task_id: str = "quarantine-7", channel: str = "slack") -> dict[str, Any]:
    """Notify's input, and what the state machine added on the way."""
    return notify_input(task_id, channel) | {
        "attempt": {"delivered": False, "waitSeconds": 900, "waitedSeconds": 43200},
        "failure": {"Error": "DeliveryRejected", "Cause": '{"errorMessage": "…"}'},
        "reason": {"raised": {"errorMessage": "Slack answered 404: no_service"}},
    }


def notify_input(task_id: str = "quarantine-7", channel: str = "slack") -> dict[str, Any]:
    counts = {"actionsExecuted": 8, "actionsSkipped": 1, "actionsFailed": 3}
    summary = {
        "taskId": task_id,
        "taskStatus": "FAILED",
        "taskStartTime": "2026-11-22T10:01:07Z",
        "taskEndTime": "2026-11-22T10:03:41Z",
        "taskStatistics": counts,
    }
    ended = look(Decision.ENDED, age=154, task={"taskSummary": summary})
    return looks.notify_input(ended, channel, task_id=task_id)


def failure_record(event: dict[str, Any]) -> dict[str, Any]:
    """What Lambda writes to the OnFailure destination when a function raised thrice."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-22T10:05:00.000Z",
        "requestContext": {
            "requestId": "9d1b6a2e-0000-4000-8000-000000000001",
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:start-watch:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {
            "errorType": "ClientError",
            "errorMessage": "An error occurred (AccessDeniedException) when calling StartExecution",
        },
    }
