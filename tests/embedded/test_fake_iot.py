"""The fake IoT, spoken to by a real boto3 client as the functions have it."""

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
STARTED = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
BEFORE, HOUR, AFTER = (
    {
        "startTime": datetime(2026, 11, 22, hour, tzinfo=UTC),
        "endTime": datetime(2026, 11, 22, hour + 1, tzinfo=UTC),
    }
    for hour in (9, 10, 11)
)
TASK = {"taskId": "quarantine-7"}
TARGET = {"securityProfileName": "FleetBaseline", "behaviorName": "Any"}


def detect(*steps: Json, task_id: str = "quarantine-7", **more: Any) -> Scenario:
    return parse({"taskId": task_id, "describe": [*steps], **more})


def step(status: str = "SUCCESSFUL", **more: Any) -> Json:
    return {"taskSummary": {"taskStatus": status, "taskStartTime": START, **more}}


def rows(count: int) -> list[Json]:
    return [{"violationId": f"v-{n}", "thingName": f"sensor-{n}"} for n in range(count)]


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
            {"findingId": "f-1", "taskId": "a-1", "checkName": "ONE_CHECK", "findingTime": START},
            {"findingId": "f-2", "taskId": "a-1", "checkName": "OTHER_CHECK"},
        ],
    }
)


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Any, FakeIot]]]:
    """Makes a client, which checks nothing, and the fake that it speaks to."""
    with ExitStack() as stack:

        def start(*scenarios: Scenario, **options: Any) -> tuple[Any, FakeIot]:
            fake = stack.enter_context(FakeIot(*scenarios, **options))
            config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
            client = boto3.client(
                "iot", region_name="eu-west-1", endpoint_url=fake.url, config=config
            )
            return client, fake

        yield start


def look(iot: Any, task_id: str = "quarantine-7") -> Any:
    return iot.describe_detect_mitigation_actions_task(taskId=task_id)["taskSummary"]


def refusal(call: Callable[..., object], *arguments: Any, **asked: Any) -> str:
    """Status, code and message of the error; nothing where there is none."""
    try:
        call(*arguments, **asked)
    except ClientError as error:
        answer: Any = error.response
        said = answer["Error"]
        return f"{answer['ResponseMetadata']['HTTPStatusCode']} {said['Code']}: {said['Message']}"
    return ""


def test_the_steps_answer_one_call_each_and_the_last_for_ever(serve: Any) -> None:
    error = {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"}
    iot, _ = serve(detect(step("IN_PROGRESS"), {"error": error}, step()))
    assert look(iot)["taskStatus"] == "IN_PROGRESS"
    assert refusal(look, iot) == "400 ThrottlingException: Rate exceeded"
    assert [look(iot)["taskStatus"] for _ in range(3)] == ["SUCCESSFUL"] * 3


@pytest.mark.parametrize("start", ["2026-11-22T10:01:07", "2026-11-22T12:01:07+02:00", 1795341667])
def test_times_reach_boto3_as_times(serve: Any, start: object) -> None:
    iot, _ = serve(detect(step(taskStartTime=start)))
    assert look(iot)["taskStartTime"] == STARTED


def test_rows_come_in_pages_and_a_full_last_one_names_no_other(serve: Any) -> None:
    iot, _ = serve(detect(step(), executions=rows(50)))
    paginator = iot.get_paginator("list_detect_mitigation_actions_executions")
    pages = [page["actionsExecutions"] for page in paginator.paginate(**TASK)]
    assert [len(page) for page in pages] == [25, 25]
    assert [*pages[0], *pages[1]] == [row | TASK for row in rows(50)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"taskId": "other"}, []),
        ({**TASK, "violationId": "v-1"}, ["sensor-1"]),
        ({"thingName": "sensor-2"}, ["sensor-2"]),
        (HOUR, ["sensor-0", "sensor-1", "sensor-2", "early"]),  # AWS tells no time of some
        (BEFORE, ["sensor-0", "sensor-1", "sensor-2"]),
        (AFTER, ["sensor-0", "sensor-1", "sensor-2"]),
    ],
)
def test_rows_are_those_of_the_task_and_of_the_filter(
    serve: Any, asked: Json, found: list[str]
) -> None:
    dated = {"thingName": "early", "executionStartDate": START}
    iot, _ = serve(detect(step(), executions=[*rows(3), dated]), detect(step(), task_id="other"))
    listed = iot.list_detect_mitigation_actions_executions(**asked)["actionsExecutions"]
    assert [row["thingName"] for row in listed] == found


def test_tasks_are_listed_by_time_with_what_was_told_last(serve: Any) -> None:
    unknown = {"error": {"code": "InternalFailureException", "status": 500}}
    iot, _ = serve(
        detect(step("IN_PROGRESS"), step()),
        detect(step(), task_id="other"),
        detect(unknown, task_id="never-described"),
    )

    def statuses(**asked: Any) -> list[str]:
        tasks = iot.list_detect_mitigation_actions_tasks(**asked)["tasks"]
        return [task["taskStatus"] for task in tasks]

    assert statuses(**HOUR) == ["IN_PROGRESS", "SUCCESSFUL"]
    for _ in range(2):
        look(iot)
    assert statuses(**HOUR) == ["SUCCESSFUL", "SUCCESSFUL"]
    assert statuses(**BEFORE) == statuses(**AFTER) == []


def test_a_task_exists_once_it_is_started(serve: Any) -> None:
    iot, fake = serve(detect(step()), started=False)
    start = iot.start_detect_mitigation_actions_task
    asked = {**TASK, "target": {"violationIds": ["an_id-with_underscores"]}, "actions": ["Tell"]}
    assert refusal(look, iot).startswith("404 ResourceNotFoundException: ")
    assert start(**asked)["taskId"] == "quarantine-7"
    assert look(iot)["taskStatus"] == "SUCCESSFUL"
    assert refusal(start, **asked).startswith("400 TaskAlreadyExistsException: ")
    assert [call.error for call in fake.calls] == [
        *("ResourceNotFoundException", None, None, "TaskAlreadyExistsException"),
    ]


def test_a_canceled_task_says_so_from_then_on(serve: Any) -> None:
    iot, _ = serve(detect(step("IN_PROGRESS")))
    iot.cancel_detect_mitigation_actions_task(**TASK)
    assert look(iot)["taskStatus"] == "CANCELED"
    again = refusal(iot.cancel_detect_mitigation_actions_task, **TASK)
    assert again == "400 InvalidRequestException: Task is not in progress"


def test_audit_rows_are_those_of_one_finding(serve: Any) -> None:
    iot, _ = serve(AUDIT)

    def actions(**asked: str) -> list[str]:
        listing = iot.list_audit_mitigation_actions_executions(taskId="audit-46", **asked)
        return [row["actionName"] for row in listing["actionsExecutions"]]

    assert actions(findingId="f-1") == ["Tell", "Block"]
    assert actions(findingId="f-1", actionStatus="FAILED") == ["Block"]


def test_findings_are_listed_and_described(serve: Any) -> None:
    iot, _ = serve(AUDIT)
    assert len(iot.list_audit_findings(taskId="a-1")["findings"]) == 2
    [finding] = iot.list_audit_findings(taskId="a-1", checkName="ONE_CHECK")["findings"]
    assert finding["findingTime"] == STARTED
    assert iot.describe_audit_finding(findingId="f-2")["finding"]["checkName"] == "OTHER_CHECK"


def test_audit_tasks_are_listed_started_and_canceled_beside_a_detect_task_of_that_id(
    serve: Any,
) -> None:
    iot, _ = serve(AUDIT, detect(step("IN_PROGRESS"), task_id="audit-46"), started=False)
    listing = iot.list_audit_mitigation_actions_tasks
    assert listing(**HOUR)["tasks"] == []
    iot.start_audit_mitigation_actions_task(
        taskId="audit-46",
        target={"auditTaskId": "a3aea009955e501a31b764abe1bebd3d"},
        auditCheckToActionsMapping={"ONE_CHECK": ["Tell"]},
    )
    [task] = listing(**HOUR, taskStatus="COMPLETED")["tasks"]
    assert task == {"taskId": "audit-46", "startTime": STARTED, "taskStatus": "COMPLETED"}
    assert listing(**HOUR, taskStatus="FAILED")["tasks"] == []
    ended = refusal(iot.cancel_audit_mitigation_actions_task, taskId="audit-46")
    assert ended.startswith("400 InvalidRequestException")
    assert refusal(look, iot, "audit-46").startswith("404 ")


EXECUTIONS = "list_detect_mitigation_actions_executions"
DESCRIBE = "describe_detect_mitigation_actions_task"


@pytest.mark.parametrize(
    ("call", "asked", "said"),
    [
        (EXECUTIONS, {**TASK, "nextToken": "page 2"}, "Invalid nextToken"),
        (EXECUTIONS, {}, "taskId or a time range is required"),
        (EXECUTIONS, {**TASK, "maxResults": 251}, "have value less than or equal to 250"),
        (EXECUTIONS, {**TASK, "maxResults": "many"}, "be a integer"),
        (DESCRIBE, {"taskId": "no blanks"}, "satisfy regular expression pattern: [a-zA-Z0-9_-]+"),
        (DESCRIBE, {"taskId": "x" * 129}, "have length less than or equal to 128"),
        ("list_audit_mitigation_actions_executions", TASK, "not be null"),
        (
            "start_detect_mitigation_actions_task",
            {"taskId": "another", "target": TARGET, "actions": ["Tell"], "clientRequestToken": "t"},
            "only these tasks are played here: audit-46, quarantine-7",
        ),
        ("describe_audit_finding", {"findingId": "f-9"}, "No finding with id f-9 exists"),
        ("list_things", {}, "GET /things is not played here"),
    ],
)
def test_what_aws_iot_refuses_is_refused_in_its_words(
    serve: Any, call: str, asked: Json, said: str
) -> None:
    iot, _ = serve(AUDIT, detect(step()))
    code = {"describe_audit_finding": "404 ResourceNotFound", "list_things": "404 UnknownOperation"}
    refused = refusal(getattr(iot, call), **asked)
    assert refused.startswith(code.get(call, "400 InvalidRequest"))
    assert refused.endswith(said)


def test_calls_over_the_limit_within_a_second_are_throttled(serve: Any) -> None:
    now = 100.0
    iot, fake = serve(detect(step()), calls_per_second=10, clock=lambda: now)
    assert [refusal(look, iot) for _ in range(12)] == [""] * 10 + [
        "400 ThrottlingException: Rate exceeded"
    ] * 2
    iot.list_detect_mitigation_actions_executions(**TASK)  # has a limit of its own
    now = 101.0
    look(iot)
    assert sum(call.error is not None for call in fake.calls) == 2


def test_someone_hears_of_an_end_before_it_is_told(serve: Any) -> None:
    heard: list[datetime] = []
    iot, _ = serve(detect(step(), step(taskEndTime=START)), on_ended=heard.append)
    look(iot)
    assert heard == []
    look(iot)
    assert heard == [STARTED]
