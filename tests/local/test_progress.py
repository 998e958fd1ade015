"""What a person reads of a run while it goes on."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from embedded.history import Event
from local.progress import Progress, lines_of
from mitigation.codec import encode
from mitigation.decision import Decision, Look, Memory, Problem

START = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
AUDIT = {
    "ONE_CHECK": {"succeededFindingsCount": 3, "failedFindingsCount": 1},
    "OTHER_CHECK": {"succeededFindingsCount": 4, "skippedFindingsCount": 0},
}
AWS_SAID = (
    "An error occurred (ResourceNotFoundException) when calling the "
    "DescribeDetectMitigationActionsTask operation (reached max retries: 2): No such task"
)
IN_TWO = {"channel": "slack", "attempt": {"waitSeconds": 120}}


def event(kind: str, seconds: float = 0, **details: Any) -> Event:
    packed = {
        key: json.dumps(value) if isinstance(value, dict) else value
        for key, value in details.items()
    }
    return Event(1, START + timedelta(seconds=seconds), kind, packed)


def look(
    seconds: float = 0, wait: int = 10, decision: Decision = Decision.WAIT, **memory: Any
) -> Event:
    task = {"taskStatus": "IN_PROGRESS", "taskStatistics": {"actionsExecuted": 2}}
    known = {"task": {"taskSummary": task}, **memory}
    output = {"look": encode(Look(decision, wait, Memory(**known)))}
    return event("TaskStateExited", seconds, name="DescribeTask", output=output)


def failed(error: str, message: str) -> Event:
    return event("TaskFailed", error=error, cause={"errorMessage": message})


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (look(wait=90), "IN_PROGRESS, 2 executed, again in 1 min 30 s"),
        (
            look(decision=Decision.ENDED, task={"taskStatus": "DONE", "taskStatistics": AUDIT}),
            "DONE, 7 succeeded, 1 failed",
        ),
        (
            look(decision=Decision.STILL_RUNNING),
            "IN_PROGRESS, 2 executed (still running), again in 10 s",
        ),
        (look(decision=Decision.GAVE_UP), "IN_PROGRESS, 2 executed (gave up)"),
        (look(problem=Problem("AccessDenied", "no")), "AccessDenied: no, again in 10 s"),
        (look(missing_since=0), "AWS IoT knows no such task, again in 10 s"),
        (look(decision=Decision.ENDED, task={}), "no status"),
        (failed("ClientError", AWS_SAID), "ResourceNotFoundException: No such task"),
        (failed("DeliveryRejected", "Slack answered 404"), "DeliveryRejected: Slack answered 404"),
        (event("TaskFailed", error="States.Timeout", cause="?"), "States.Timeout: no message"),
        (
            event("WaitStateEntered", name="WaitForChannel", input=IN_TWO),
            "slack is unavailable, again in 2 min",
        ),
        (event("PassStateExited", name="Told", output={"result": "sns: told"}), "sns: told"),
        (
            event("TaskStateEntered", name="DeadLetter", input=IN_TWO),
            "the message for slack goes to the dead-letter queue",
        ),
        (event("ChoiceStateEntered", name="TaskEnded?", input={}), ""),  # nobody needs it
    ],
)
def test_a_line_says_what_happened(happened: Event, said: str) -> None:
    assert "\n".join(line.text + line.after for line in lines_of(happened)) == said


def shown(*events: Event) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    progress = Progress(console)
    with progress.watching():
        for each in events:
            progress.event(each)
    assert isinstance(console.file, io.StringIO)
    return [line.strip() for line in console.file.getvalue().splitlines()]


def test_a_line_has_the_time_since_the_first_event_and_the_state() -> None:
    entered = event("TaskStateEntered", 154, name="Notify", input={})
    assert shown(event("ExecutionStarted"), look(154), entered, failed("Odd", "x")) == [
        "+2 min 34 s  DescribeTask   IN_PROGRESS, 2 executed, again in 10 s",
        "+0 s  Notify         Odd: x",
    ]


def test_lines_that_say_nothing_new_are_counted() -> None:
    end = look(33, 0, Decision.ENDED)
    lines = shown(look(0, 10), look(10, 11), look(21, 12), end, failed("Odd", "x"))
    assert [line.split("  ")[0] for line in lines] == ["+0 s", "… 3 times more", "+0 s"]
    assert shown(look(0), look(10))[1] == "… once more"
