"""What a person reads of a run while it goes on."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from embedded.history import Event
from local.progress import Progress, lines_of
from mitigation.codec import encode
from mitigation.decision import Decision, Look, Memory, Problem

START = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)


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


def text_of(event: Event) -> list[str]:
    return [line.text + line.after for line in lines_of(event)]


def shown(*events: Event) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    progress = Progress(console)
    with progress.watching():
        for each in events:
            progress.event(each)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_look_says_status_counts_and_when_it_looks_again() -> None:
    assert text_of(look(wait=90)) == ["IN_PROGRESS, 2 executed, again in 1 min 30 s"]


def test_the_checks_of_an_audit_are_summed() -> None:
    statistics = {
        "ONE_CHECK": {"succeededFindingsCount": 3, "failedFindingsCount": 1},
        "OTHER_CHECK": {"succeededFindingsCount": 4, "skippedFindingsCount": 0},
    }
    task = {"taskStatus": "COMPLETED", "taskStatistics": statistics}
    assert text_of(look(decision=Decision.ENDED, task=task)) == ["COMPLETED, 7 succeeded, 1 failed"]


def test_why_people_are_told_is_said() -> None:
    reminder = look(decision=Decision.STILL_RUNNING)
    assert text_of(reminder) == ["IN_PROGRESS, 2 executed (still running), again in 10 s"]
    assert text_of(look(decision=Decision.GAVE_UP)) == ["IN_PROGRESS, 2 executed (gave up)"]


def test_what_keeps_the_task_out_of_sight_is_said() -> None:
    denied = Problem("AccessDeniedException", "no")
    assert text_of(look(problem=denied)) == ["AccessDeniedException: no, again in 10 s"]
    assert text_of(look(missing_since=0)) == ["AWS IoT knows no such task, again in 10 s"]


def test_an_answer_without_anything_is_said_so() -> None:
    assert text_of(look(decision=Decision.ENDED, task={})) == ["no status"]


def test_of_an_aws_error_only_what_aws_said_is_shown() -> None:
    message = (
        "An error occurred (ResourceNotFoundException) when calling the "
        "DescribeDetectMitigationActionsTask operation (reached max retries: 2): No such task"
    )
    failed = event("TaskFailed", error="ClientError", cause={"errorMessage": message})
    assert text_of(failed) == ["ResourceNotFoundException: No such task"]


def test_other_errors_are_shown_with_their_class() -> None:
    cause = {"errorMessage": "Slack answered 404: no_service"}
    failed = event("TaskFailed", error="DeliveryRejected", cause=cause)
    assert text_of(failed) == ["DeliveryRejected: Slack answered 404: no_service"]
    assert text_of(event("TaskFailed", error="States.Timeout", cause="no JSON")) == [
        "States.Timeout: no message"
    ]


def test_a_channel_that_is_down_told_or_given_up_is_said() -> None:
    waiting = {"channel": "slack", "attempt": {"waitSeconds": 15}}
    assert text_of(event("WaitStateEntered", name="WaitForChannel", input=waiting)) == [
        "slack is unavailable, again in 15 s"
    ]
    told = {"result": "sns: delivered"}
    assert text_of(event("PassStateExited", name="Told", output=told)) == ["sns: delivered"]
    assert text_of(event("TaskStateEntered", name="DeadLetter", input=waiting)) == [
        "the message for slack goes to the dead-letter queue"
    ]


def test_what_nobody_needs_is_not_shown() -> None:
    assert text_of(event("ChoiceStateEntered", name="TaskEnded?", input={})) == []


def test_a_line_has_the_time_since_the_first_event_and_the_state() -> None:
    first = event("ExecutionStarted")
    assert shown(first, look(154)) == [
        "  +2 min 34 s  DescribeTask   IN_PROGRESS, 2 executed, again in 10 s"
    ]


def test_an_error_is_shown_with_the_state_that_it_happened_in() -> None:
    entered = event("TaskStateEntered", name="DescribeTask", input={})
    [line] = shown(entered, event("TaskFailed", error="InvalidTask", cause={"errorMessage": "x"}))
    assert line.split() == ["+0", "s", "DescribeTask", "InvalidTask:", "x"]


def test_lines_that_say_nothing_new_are_counted() -> None:
    lines = shown(look(0, 10), look(10, 11), look(21, 12), look(33, 0, Decision.ENDED))
    assert [line.strip().split("  ")[0] for line in lines] == ["+0 s", "… 3 times more"]
    task = {"taskStatus": "FAILED"}
    lines = shown(look(0), look(10), look(21, 0, Decision.ENDED, task=task))
    assert [line.split()[-1] for line in lines] == ["s", "more", "FAILED"]
    assert lines[1].strip() == "… once more"
