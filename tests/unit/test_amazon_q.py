"""The custom notification for Amazon Q Developer in chat applications."""

import json
from typing import Any

from mitigation.decision import Decision, Look
from mitigation.messages import amazon_q
from mitigation.report import Report
from mitigation.task import Task
from mitigation.words import Clock
from tests.support.tasks import PLACE, detect, fold, row


def notification(task: Task, **more: Any) -> Any:
    return amazon_q.render(Report.of(task, place=PLACE, **more), Clock())


def test_a_name_cannot_format_or_mention() -> None:
    details = fold(row(error_code="*E*", name="<@U1>|`x`[a](b)", message="@here #general"))
    description = notification(detect("FAILED"), details=details)["content"]["description"]
    assert r"**\*E\*** (1): \<\@U1\>\|\`x\`\[a\](b) — \@here \#general" in description


def test_it_names_no_task_that_a_command_could_take_for_an_option() -> None:
    found = notification(detect(taskId="--endpoint-url"))["metadata"]["additionalContext"]
    assert "taskId" not in found


def start(task: Task) -> Any:
    return amazon_q.start(Report.of(task, place=PLACE, look=Look(Decision.WAIT)), Clock())


def test_a_start_is_for_its_own_topic_alone_in_the_task_s_thread() -> None:
    message = start(detect("IN_PROGRESS", executed=2, taskId="grün"))
    assert message.attributes == {}
    assert "grün" in message.body  # as it is, and so once more in what the topic's channel gets
    bodies = json.loads(message.body)
    assert list(bodies) == ["default"]
    assert "grün" in bodies["default"]
    found = json.loads(bodies["default"])
    ended = notification(detect(taskId="grün"))
    assert found["metadata"]["threadId"] == ended["metadata"]["threadId"]
    assert found["metadata"]["eventType"] == "MitigationTaskRunning"
    assert found["metadata"]["additionalContext"]["status"] == "running"
    assert found["content"]["keywords"] == ["RUNNING", "INFO"]
    assert found["content"]["title"] == (
        r"\[RUNNING\] grün: a detect mitigation actions task is running"
    )
    assert found["content"]["description"].startswith("So far 2 actions executed")
    assert any("cancel-detect" in step for step in found["content"]["nextSteps"])


def test_a_start_s_subject_is_one_that_sns_takes() -> None:
    subject = start(detect("IN_PROGRESS", taskId="ü\n" * 99)).subject
    assert subject.startswith("[RUNNING] ")
    assert subject.isascii()
    assert len(subject) == amazon_q.SUBJECT_LENGTH
    assert subject.endswith("...")
