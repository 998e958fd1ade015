"""The custom notification for Amazon Q Developer in chat applications."""

import json
from typing import Any

import pytest

from mitigation.decision import Decision, Look
from mitigation.messages import amazon_q
from mitigation.place import Place
from mitigation.report import Report
from mitigation.task import Task
from mitigation.words import Clock
from tests.support.details import fold, row
from tests.support.tasks import detect

ARN = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7"


def notification(task: Task, **more: Any) -> dict[str, Any]:
    place = Place.of_execution(ARN)
    rendered: dict[str, Any] = dict(amazon_q.render(Report.of(task, place=place, **more), Clock()))
    return rendered


def test_it_has_the_documented_shape() -> None:
    content = notification(detect("FAILED", executed=8, failed=3))
    assert content["version"] == "1.0"
    assert content["source"] == "custom"
    assert content["content"]["textType"] == "client-markdown"
    assert content["content"]["title"] == (
        r"\[FAILED\] quarantine-7: 3 of 11 mitigation actions failed"
    )
    assert content["content"]["keywords"] == ["PARTLY_FAILED", "CRITICAL"]
    assert content["metadata"] == {
        "threadId": "detect-quarantine-7",
        "summary": "3 of 11 mitigation actions failed",
        "eventType": "MitigationTaskEnded",
        "relatedResources": [ARN],
        "enableCustomActions": True,
        "additionalContext": {
            "severity": "CRITICAL",
            "status": "ended",
            "kind": "detect",
            "taskId": "quarantine-7",
            "region": "eu-west-1",
            "place": "123456789012/eu-west-1",
        },
    }


def test_messages_about_one_task_share_a_thread() -> None:
    overdue = notification(detect("IN_PROGRESS"), look=Look(Decision.STILL_RUNNING))
    assert overdue["metadata"]["eventType"] == "MitigationTaskOverdue"
    assert overdue["metadata"]["threadId"] == notification(detect())["metadata"]["threadId"]


def test_failures_are_listed_with_their_things() -> None:
    details = fold(row(error_code="Full", name="sensor-17", message="Group is full"))
    description = notification(detect("FAILED"), details=details)["content"]["description"]
    assert "- **Full** (1): sensor-17 — Group is full" in description


def test_a_name_cannot_format_or_mention() -> None:
    details = fold(row(error_code="*E*", name="<@U1>|`x`[a](b)", message="@here #general"))
    description = notification(detect("FAILED"), details=details)["content"]["description"]
    assert r"**\*E\*** (1): \<\@U1\>\|\`x\`\[a\](b) — \@here \#general" in description


def test_next_steps_are_commands_as_code_and_few() -> None:
    steps = notification(detect("IN_PROGRESS"))["content"]["nextSteps"]
    assert len(steps) <= amazon_q.MAX_STEPS
    assert steps[0] == (
        "Look again: `aws iot describe-detect-mitigation-actions-task --region eu-west-1 "
        "--task-id quarantine-7`"
    )


def test_a_long_description_is_cut() -> None:
    rows = [row(error_code=f"{n}{'E' * 290}", message="m" * 290, name="n" * 128) for n in range(8)]
    content = notification(detect("S" * 1_000), details=fold(*rows))["content"]
    assert len(content["title"]) == amazon_q.TITLE_LENGTH
    assert len(content["description"]) == amazon_q.DESCRIPTION_LENGTH


@pytest.mark.parametrize(
    ("status", "decision", "expected"),
    [
        ("IN_PROGRESS", Decision.STILL_RUNNING, "running"),
        ("IN_PROGRESS", Decision.GAVE_UP, "running"),
        ("IN_PROGRESS", Decision.OUT_OF_SIGHT, "unknown"),
        ("IN_PROGRESS", Decision.VANISHED, "unknown"),
        ("ROLLED_BACK", Decision.STILL_RUNNING, "unknown"),
        ("CANCELED", Decision.ENDED, "ended"),
    ],
)
def test_it_says_running_only_of_what_was_seen_to_run(
    status: str, decision: Decision, expected: str
) -> None:
    found = notification(detect(status), look=Look(decision))["metadata"]["additionalContext"]
    assert found["status"] == expected


def test_it_names_no_task_that_a_command_could_take_for_an_option() -> None:
    found = notification(detect(taskId="--endpoint-url"))["metadata"]["additionalContext"]
    assert "taskId" not in found


def start(task: Task, **more: Any) -> Any:
    report = Report.of(task, place=Place.of_execution(ARN), look=Look(Decision.WAIT), **more)
    return amazon_q.start(report, Clock())


def test_a_start_is_for_its_own_topic_alone_in_the_task_s_thread() -> None:
    message = start(detect("IN_PROGRESS", executed=2))
    bodies = json.loads(message.body)
    assert list(bodies) == ["default"]
    found = json.loads(bodies["default"])
    ended = notification(detect())
    assert found["metadata"]["threadId"] == ended["metadata"]["threadId"]
    assert found["metadata"]["eventType"] == "MitigationTaskRunning"
    assert found["metadata"]["additionalContext"]["status"] == "running"
    assert found["content"]["keywords"] == ["RUNNING", "INFO"]
    assert found["content"]["title"] == (
        r"\[RUNNING\] quarantine-7: a detect mitigation actions task is running"
    )
    assert found["content"]["description"].startswith("So far 2 actions executed")
    assert any("cancel-detect" in step for step in found["content"]["nextSteps"])


def test_a_start_s_subject_is_one_that_sns_takes() -> None:
    subject = start(detect("IN_PROGRESS", taskId="ü\n" * 99)).subject
    assert subject.startswith("[RUNNING] ")
    assert subject.isascii()
    assert len(subject) == amazon_q.SUBJECT_LENGTH
    assert subject.endswith("...")


def test_a_start_carries_text_as_it_is_and_no_attributes() -> None:
    message = start(detect("IN_PROGRESS", taskId="grün"))
    assert message.attributes == {}
    assert "grün" in message.body
    assert "grün" in json.loads(message.body)["default"]
