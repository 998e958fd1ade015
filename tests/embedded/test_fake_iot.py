"""AWS IoT as it is played here, spoken to by a real boto3 client as the functions have it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded.fake_iot import FakeIot
from embedded.scenario import Scenario, parse

type Json = dict[str, Any]

START = "2026-11-22T10:01:07+00:00"
BEFORE, HOUR, AFTER = (
    {
        "startTime": datetime(2026, 11, 22, hour, tzinfo=UTC),
        "endTime": datetime(2026, 11, 22, hour + 1, tzinfo=UTC),
    }
    for hour in (9, 10, 11)
)
TASK = {"taskId": "quarantine-7"}
TARGET = {"securityProfileName": "FleetBaseline", "behaviorName": "Any"}
NEW = {"target": TARGET, "actions": ["Tell"], "clientRequestToken": "t"}
EXECUTIONS = "list_detect_mitigation_actions_executions"
AUDIT = parse(
    {
        "taskType": "audit",
        "taskId": "audit-46",
        "describe": [{"taskStatus": "COMPLETED", "startTime": START, "endTime": START}],
        "executions": [
            {"findingId": "f-1", "actionName": "Tell", "status": "COMPLETED", "startTime": START},
            {"findingId": "f-1", "actionName": "Block", "status": "FAILED"},
            {"findingId": "f-2", "actionName": "Tell", "status": "COMPLETED"},
        ],
        "findings": [
            {"findingId": "f-1", "taskId": "a-1", "checkName": "ONE_CHECK"},
            {"findingId": "f-2", "taskId": "a-1", "checkName": "OTHER_CHECK"},
        ],
    }
)


def detect(*statuses: str, task_id: str = "quarantine-7", **more: Any) -> Scenario:
    steps = [{"taskSummary": {"taskStatus": each, "taskStartTime": START}} for each in statuses]
    return parse({"taskId": task_id, "describe": steps, **more})


@pytest.fixture
def serve() -> Iterator[Callable[..., Any]]:
    """Makes a client, which checks nothing, of a fake with these tasks."""
    with ExitStack() as stack:

        def start(*scenarios: Scenario, **options: Any) -> Any:
            fake = stack.enter_context(FakeIot(*scenarios, **options))
            config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
            return boto3.client("iot", "eu-west-1", endpoint_url=fake.url, config=config)

        yield start


def status(iot: Any) -> str:
    return str(iot.describe_detect_mitigation_actions_task(**TASK)["taskSummary"]["taskStatus"])


def refusal(call: Callable[..., object], *arguments: Any, **asked: Any) -> str:
    """Status, code and message of the error; nothing where there is none."""
    try:
        call(*arguments, **asked)
    except ClientError as error:
        answer: Any = error.response
        said = answer["Error"]
        return f"{answer['ResponseMetadata']['HTTPStatusCode']} {said['Code']}: {said['Message']}"
    return ""


def test_rows_come_in_pages_and_a_full_last_one_names_no_other(serve: Any) -> None:
    rows = [{"violationId": f"v-{n}", "thingName": f"sensor-{n}"} for n in range(50)]
    paginator = serve(detect("FAILED", executions=rows)).get_paginator(EXECUTIONS)
    pages = [page["actionsExecutions"] for page in paginator.paginate(**TASK)]
    assert [len(page) for page in pages] == [25, 25]
    assert [*pages[0], *pages[1]] == [row | TASK for row in rows]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"taskId": "other"}, []),
        ({**TASK, "violationId": "v-1"}, ["one"]),
        ({"thingName": "early"}, ["early"]),
        (HOUR, ["one", "early"]),  # AWS tells no time of some
        (AFTER, ["one"]),
    ],
)
def test_rows_are_those_of_the_task_and_of_the_filter(
    serve: Any, asked: Json, found: list[str]
) -> None:
    rows = [{"violationId": "v-1", "thingName": "one"}]
    dated = {"thingName": "early", "executionStartDate": START}
    iot = serve(detect("FAILED", executions=[*rows, dated]), detect("FAILED", task_id="other"))
    listed = getattr(iot, EXECUTIONS)(**asked)["actionsExecutions"]
    assert [row["thingName"] for row in listed] == found


def test_tasks_are_listed_by_time_with_what_was_told_last(serve: Any) -> None:
    iot = serve(detect("IN_PROGRESS", "SUCCESSFUL"), detect("SUCCESSFUL", task_id="other"))

    def statuses(asked: Json) -> list[str]:
        tasks = iot.list_detect_mitigation_actions_tasks(**asked)["tasks"]
        return [task["taskStatus"] for task in tasks]

    assert statuses(HOUR) == ["IN_PROGRESS", "SUCCESSFUL"]
    assert [status(iot), status(iot)] == ["IN_PROGRESS", "SUCCESSFUL"]
    assert statuses(HOUR) == ["SUCCESSFUL", "SUCCESSFUL"]
    assert statuses(BEFORE) == statuses(AFTER) == []


def test_a_task_is_started_once_and_canceled_once(serve: Any) -> None:
    iot = serve(detect("IN_PROGRESS"), started=False)
    start, cancel = (
        getattr(iot, f"{act}_detect_mitigation_actions_task") for act in ("start", "cancel")
    )
    assert refusal(status, iot).startswith("404 ResourceNotFoundException: ")
    start(**TASK, **NEW)
    assert refusal(start, **TASK, **NEW).startswith("400 TaskAlreadyExistsException: ")
    cancel(**TASK)
    assert status(iot) == "CANCELED"
    assert refusal(cancel, **TASK) == "400 InvalidRequestException: Task is not in progress"


def test_an_audit_task_is_none_of_detect_and_its_lists_are_filtered(serve: Any) -> None:
    iot = serve(AUDIT)

    def found(operation: str, result: str, member: str, **asked: Any) -> list[str]:
        return [each[member] for each in getattr(iot, f"list_audit_{operation}")(**asked)[result]]

    rows = ("mitigation_actions_executions", "actionsExecutions", "actionName")
    one = {"taskId": "audit-46", "findingId": "f-1"}
    assert found(*rows, **one) == ["Tell", "Block"]
    assert found(*rows, **one, actionStatus="FAILED") == ["Block"]
    asked = {"taskId": "a-1", "checkName": "ONE_CHECK"}
    assert found("findings", "findings", "findingId", **asked) == ["f-1"]
    tasks = ("mitigation_actions_tasks", "tasks", "taskId")
    assert found(*tasks, **HOUR, taskStatus="COMPLETED") == ["audit-46"]
    assert found(*tasks, **HOUR, taskStatus="FAILED") == []
    assert iot.list_detect_mitigation_actions_tasks(**HOUR)["tasks"] == []


@pytest.mark.parametrize(
    ("call", "asked", "said"),
    [
        (EXECUTIONS, {**TASK, "nextToken": "page 2"}, "Invalid nextToken"),
        (EXECUTIONS, {}, "taskId or a time range is required"),
        (EXECUTIONS, {**TASK, "maxResults": 251}, "have value less than or equal to 250"),
        (EXECUTIONS, {"taskId": "a b"}, "satisfy regular expression pattern: [a-zA-Z0-9_-]+"),
        (EXECUTIONS, {"taskId": "x" * 129}, "have length less than or equal to 128"),
        ("list_audit_mitigation_actions_executions", TASK, "not be null"),
        (
            "start_detect_mitigation_actions_task",
            {"taskId": "another", **NEW},
            "only these tasks are played here: audit-46, quarantine-7",
        ),
    ],
)
def test_what_aws_iot_refuses_is_refused_in_its_words(
    serve: Any, call: str, asked: Json, said: str
) -> None:
    refused = refusal(getattr(serve(AUDIT, detect("FAILED")), call), **asked)
    assert refused.startswith("400 InvalidRequest")
    assert refused.endswith(said)


def test_calls_over_the_limit_within_a_second_are_throttled(serve: Any) -> None:
    now = 100.0
    iot = serve(detect("FAILED"), calls_per_second=2, clock=lambda: now)
    throttled = "400 ThrottlingException: Rate exceeded"
    assert [refusal(status, iot) for _ in range(4)] == ["", "", throttled, throttled]
    getattr(iot, EXECUTIONS)(**TASK)  # has a limit of its own
    now = 101.0
    assert status(iot) == "FAILED"
