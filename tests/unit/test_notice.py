"""Notify's input becomes a report: of a task that was seen, or of why it could not be seen."""

import json
from typing import Any

import pytest

from mitigation.notice import Notice
from mitigation.report import DescribeError, Verdict
from mitigation.watch import InvalidWatch
from mitigation.wire import InvalidTask

WATCH = {"taskType": "detect", "taskId": "quarantine-7"}
LOOK = {"task": {"taskSummary": {"taskStatus": "FAILED"}}, "ageSeconds": 60, "ended": True}
ARN = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7"


def notice(state: dict[str, Any], **more: Any) -> Notice:
    event = {"channel": "slack", "executionArn": ARN, "watch": WATCH | state, **more}
    return Notice.parse(event, account_alias="production")


def test_a_task_that_ended_is_told_to_its_channel_from_its_place() -> None:
    told = notice({"look": LOOK, "startedBy": {"arn": "ada"}})
    assert told.channel == "slack"
    assert told.waited == 0
    report = told.report
    assert report.verdict is Verdict.FAILED
    assert report.task.id == "quarantine-7"
    assert report.started_by is not None
    assert report.started_by.arn == "ada"
    assert (report.place.account_alias, report.place.region) == ("production", "eu-west-1")


def test_what_the_action_executions_told_is_read_too() -> None:
    details = {"rows": 3, "failedRows": 1, "failed": [{"errorCode": "E", "count": 1}]}
    told = notice({"look": LOOK | {"details": details}})
    assert told.report.details is not None
    assert told.report.details.failed[0].error_code == "E"


def test_a_second_attempt_knows_how_long_was_waited() -> None:
    attempt = {"delivered": False, "waitSeconds": 30, "waitedSeconds": 45}
    assert notice({"look": LOOK}, attempt=attempt).waited == 45


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            {
                "Error": "ClientError",
                "Cause": json.dumps(
                    {
                        "errorType": "ClientError",
                        "errorMessage": "An error occurred (AccessDeniedException) when calling …",
                    }
                ),
            },
            DescribeError(
                "AccessDeniedException", "An error occurred (AccessDeniedException) when calling …"
            ),
        ),
        (
            {"Error": "ClientError", "Cause": '{"errorMessage": "else"}'},
            DescribeError("ClientError", "else"),
        ),
        (
            {"Error": "States.Timeout", "Cause": "timed out"},
            DescribeError("States.Timeout", "timed out"),
        ),
        ({"Error": "States.Timeout", "Cause": ""}, DescribeError("States.Timeout", None)),
        ({"Error": "E", "Cause": "[]"}, DescribeError("E", "[]")),
        ({"Error": "E", "Cause": '{"errorMessage": null}'}, DescribeError("E", None)),
        ({}, DescribeError("unknown error", None)),
    ],
)
def test_why_a_task_could_not_be_seen_is_told_in_aws_own_words(
    error: dict[str, str], expected: DescribeError
) -> None:
    report = notice({"error": error}).report
    assert report.verdict is Verdict.UNREADABLE
    assert expected.name in report.headline
    said = f"AWS says: {expected.message}"
    assert (said in report.notes) is (expected.message is not None)


def test_a_long_error_is_cut() -> None:
    report = notice({"error": {"Error": "E", "Cause": "x" * 30_000}}).report
    assert max(map(len, report.notes)) < 600


def test_a_task_that_is_gone_has_vanished() -> None:
    error = {"Error": "ResourceNotFoundException", "Cause": "{}"}
    assert notice({"error": error}).report.verdict is Verdict.VANISHED


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ([], InvalidTask),
        ({}, InvalidWatch),
        ({"watch": WATCH | {"look": "x"}}, InvalidTask),
        ({"watch": WATCH | {"look": {"details": []}}}, InvalidTask),
        ({"watch": {"taskId": "a b"}}, InvalidWatch),
    ],
)
def test_an_input_that_is_none_is_refused(event: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Notice.parse(event)
