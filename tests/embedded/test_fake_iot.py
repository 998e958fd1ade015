"""The fake IoT, spoken to by a real boto3 client as the functions have it."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded.fake_iot import FakeIot
from embedded.iot_model import OPERATIONS
from embedded.scenario import Scenario, parse

type Json = dict[str, Any]

START = "2026-11-22T10:01:07+00:00"
STARTED = datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 11, 22, 10, tzinfo=UTC), datetime(2026, 11, 22, 11, tzinfo=UTC)


def detect(*steps: Json, task_id: str = "quarantine-7", **more: Any) -> Scenario:
    return parse({"taskId": task_id, "describe": [*steps], **more})


def in_progress(**more: Any) -> Json:
    return {"taskSummary": {"taskStatus": "IN_PROGRESS", "taskStartTime": START, **more}}


def ended(status: str = "SUCCESSFUL") -> Json:
    return {"taskSummary": {"taskStatus": status, "taskStartTime": START}}


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


def client_of(fake: FakeIot) -> Any:
    return boto3.client(
        "iot",
        region_name="eu-west-1",
        endpoint_url=fake.url,
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50),
    )


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Any, FakeIot]]]:
    """Makes a client and the fake that it speaks to."""
    with ExitStack() as stack:

        def start(*scenarios: Scenario, **options: Any) -> tuple[Any, FakeIot]:
            fake = stack.enter_context(FakeIot(*scenarios, **options))
            return client_of(fake), fake

        yield start


def refusal(call: Callable[[], object]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call()
    answer: Any = caught.value.response
    error = answer["Error"]
    return error["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


def test_the_steps_answer_one_call_each_and_the_last_for_ever(serve: Any) -> None:
    iot, _ = serve(detect(in_progress(), ended()))
    looks = [iot.describe_detect_mitigation_actions_task(taskId="quarantine-7") for _ in range(4)]
    statuses = [look["taskSummary"]["taskStatus"] for look in looks]
    assert statuses == ["IN_PROGRESS", "SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL"]


@pytest.mark.parametrize("start", [START, "2026-11-22T12:01:07+02:00", 1795341667, 1795341667.0])
def test_times_reach_boto3_as_times(serve: Any, start: object) -> None:
    iot, _ = serve(detect(in_progress(taskStartTime=start)))
    answer = iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
    assert answer["taskSummary"]["taskStartTime"] == STARTED


def test_an_error_step_is_that_error(serve: Any) -> None:
    throttled = {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"}
    iot, _ = serve(detect({"error": throttled}, ended()))
    describe = iot.describe_detect_mitigation_actions_task
    code = refusal(lambda: describe(taskId="quarantine-7"))
    assert code == ("ThrottlingException", 400, "Rate exceeded")
    assert describe(taskId="quarantine-7")["taskSummary"]["taskStatus"] == "SUCCESSFUL"


def test_boto3_knows_the_error_by_its_class(serve: Any) -> None:
    iot, _ = serve()
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_detect_mitigation_actions_task(taskId="gone")


def test_wrong_answers_are_served_as_they_are(serve: Any) -> None:
    iot, _ = serve(detect({"taskSummary": {"taskStatus": "PAUSED", "later": {"more": 1}}}))
    summary = iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")["taskSummary"]
    assert summary == {"taskStatus": "PAUSED"}  # boto3 drops what it does not know


def test_an_empty_answer_is_legal(serve: Any) -> None:
    iot, _ = serve(detect({}))
    answer = iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
    assert answer.keys() == {"ResponseMetadata"}


def test_rows_come_in_pages(serve: Any) -> None:
    iot, fake = serve(detect(ended(), executions=rows(60)))
    paginator = iot.get_paginator("list_detect_mitigation_actions_executions")
    pages = list(paginator.paginate(taskId="quarantine-7"))
    found = [row for page in pages for row in page["actionsExecutions"]]
    assert [row["thingName"] for row in found] == [f"sensor-{n}" for n in range(60)]
    assert {row["taskId"] for row in found} == {"quarantine-7"}
    assert [len(page["actionsExecutions"]) for page in pages] == [25, 25, 10]
    assert len(fake.calls) == 3


def test_a_page_has_at_most_250_rows(serve: Any) -> None:
    iot, _ = serve(detect(ended(), executions=rows(251)))
    listing = iot.list_detect_mitigation_actions_executions
    page = listing(taskId="quarantine-7", maxResults=250)
    assert len(page["actionsExecutions"]) == 250
    rest = listing(taskId="quarantine-7", maxResults=250, nextToken=page["nextToken"])
    assert len(rest["actionsExecutions"]) == 1
    assert "nextToken" not in rest
    code, _, message = refusal(lambda: listing(taskId="quarantine-7", maxResults=251))
    assert code == "InvalidRequestException"
    assert message.endswith("Member must have value less than or equal to 250")


def test_a_made_up_token_is_refused(serve: Any) -> None:
    iot, _ = serve(detect(ended(), executions=rows(3)))
    listing = iot.list_detect_mitigation_actions_executions
    code = refusal(lambda: listing(taskId="quarantine-7", nextToken="page 2"))
    assert code == ("InvalidRequestException", 400, "Invalid nextToken")


def test_rows_are_those_of_the_task_and_of_the_filter(serve: Any) -> None:
    iot, _ = serve(detect(ended(), executions=rows(3)), detect(ended(), task_id="other"))
    listing = iot.list_detect_mitigation_actions_executions
    assert listing(taskId="other")["actionsExecutions"] == []
    [row] = listing(taskId="quarantine-7", violationId="v-1")["actionsExecutions"]
    assert row["thingName"] == "sensor-1"
    [row] = listing(thingName="sensor-2")["actionsExecutions"]
    assert row["violationId"] == "v-2"


def test_rows_can_be_asked_by_time(serve: Any) -> None:
    dated = [{"thingName": "early", "executionStartDate": START}]
    iot, _ = serve(detect(ended(), executions=dated))
    listing = iot.list_detect_mitigation_actions_executions
    assert len(listing(startTime=BEFORE, endTime=AFTER)["actionsExecutions"]) == 1
    assert listing(startTime=AFTER, endTime=AFTER)["actionsExecutions"] == []


def test_rows_need_a_filter(serve: Any) -> None:
    iot, _ = serve(detect(ended()))
    code, _, _ = refusal(iot.list_detect_mitigation_actions_executions)
    assert code == "InvalidRequestException"


def test_tasks_are_listed_by_time_with_what_was_told_last(serve: Any) -> None:
    iot, _ = serve(detect(in_progress(), ended()), detect(ended(), task_id="other"))
    listing = iot.list_detect_mitigation_actions_tasks
    statuses = [task["taskStatus"] for task in listing(startTime=BEFORE, endTime=AFTER)["tasks"]]
    assert statuses == ["IN_PROGRESS", "SUCCESSFUL"]
    for _ in range(2):
        iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
    statuses = [task["taskStatus"] for task in listing(startTime=BEFORE, endTime=AFTER)["tasks"]]
    assert statuses == ["SUCCESSFUL", "SUCCESSFUL"]
    assert listing(startTime=AFTER, endTime=AFTER)["tasks"] == []


def test_a_task_that_only_fails_to_be_described_is_not_listed(serve: Any) -> None:
    iot, _ = serve(detect({"error": {"code": "InternalFailureException", "status": 500}}))
    assert iot.list_detect_mitigation_actions_tasks(startTime=BEFORE, endTime=AFTER)["tasks"] == []


def test_a_task_exists_once_it_is_started(serve: Any) -> None:
    iot, fake = serve(detect(ended()), started=False)
    describe = iot.describe_detect_mitigation_actions_task
    assert refusal(lambda: describe(taskId="quarantine-7"))[:2] == (
        "ResourceNotFoundException",
        404,
    )
    start: dict[str, Any] = {
        "taskId": "quarantine-7",
        "target": {"violationIds": ["an_id-with_underscores"]},
        "actions": ["Tell"],
    }
    assert iot.start_detect_mitigation_actions_task(**start)["taskId"] == "quarantine-7"
    assert describe(taskId="quarantine-7")["taskSummary"]["taskStatus"] == "SUCCESSFUL"
    code, status, _ = refusal(lambda: iot.start_detect_mitigation_actions_task(**start))
    assert (code, status) == ("TaskAlreadyExistsException", 400)
    assert [call.error for call in fake.calls] == [
        "ResourceNotFoundException",
        None,
        None,
        "TaskAlreadyExistsException",
    ]


def test_only_the_tasks_of_the_scenarios_can_be_started(serve: Any) -> None:
    iot, _ = serve(detect(ended()))
    target = {"securityProfileName": "FleetBaseline", "behaviorName": "Any"}
    start = iot.start_detect_mitigation_actions_task
    _, _, message = refusal(lambda: start(taskId="another", target=target, actions=["Tell"]))
    assert message == "only these tasks are played here: quarantine-7"


def test_a_canceled_task_says_so_from_then_on(serve: Any) -> None:
    iot, _ = serve(detect(in_progress()))
    iot.cancel_detect_mitigation_actions_task(taskId="quarantine-7")
    answer = iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
    assert answer["taskSummary"]["taskStatus"] == "CANCELED"
    cancel = iot.cancel_detect_mitigation_actions_task
    assert refusal(lambda: cancel(taskId="quarantine-7"))[0] == "InvalidRequestException"


def test_audit_answers_have_no_wrapper(serve: Any) -> None:
    iot, _ = serve(AUDIT)
    answer = iot.describe_audit_mitigation_actions_task(taskId="audit-46")
    assert (answer["taskStatus"], answer["startTime"]) == ("COMPLETED", STARTED)
    assert "taskId" not in answer


def test_audit_rows_are_those_of_one_finding(serve: Any) -> None:
    iot, _ = serve(AUDIT)
    listing = iot.list_audit_mitigation_actions_executions
    found = listing(taskId="audit-46", findingId="f-1")["actionsExecutions"]
    assert [row["actionName"] for row in found] == ["Tell", "Block"]
    [failed] = listing(taskId="audit-46", findingId="f-1", actionStatus="FAILED")[
        "actionsExecutions"
    ]
    assert failed["actionName"] == "Block"


def test_findings_are_listed_and_described(serve: Any) -> None:
    iot, _ = serve(AUDIT)
    assert len(iot.list_audit_findings(taskId="a-1")["findings"]) == 2
    [finding] = iot.list_audit_findings(taskId="a-1", checkName="ONE_CHECK")["findings"]
    assert finding["findingTime"] == STARTED
    finding = iot.describe_audit_finding(findingId="f-2")["finding"]
    assert finding["checkName"] == "OTHER_CHECK"
    code, status, _ = refusal(lambda: iot.describe_audit_finding(findingId="f-9"))
    assert (code, status) == ("ResourceNotFoundException", 404)


def test_audit_tasks_are_listed_started_and_canceled(serve: Any) -> None:
    iot, _ = serve(AUDIT, started=False)
    listing = iot.list_audit_mitigation_actions_tasks
    assert listing(startTime=BEFORE, endTime=AFTER)["tasks"] == []
    iot.start_audit_mitigation_actions_task(
        taskId="audit-46",
        target={"auditTaskId": "a3aea009955e501a31b764abe1bebd3d"},
        auditCheckToActionsMapping={"ONE_CHECK": ["Tell"]},
    )
    [task] = listing(startTime=BEFORE, endTime=AFTER, taskStatus="COMPLETED")["tasks"]
    assert task == {"taskId": "audit-46", "startTime": STARTED, "taskStatus": "COMPLETED"}
    assert listing(startTime=BEFORE, endTime=AFTER, taskStatus="FAILED")["tasks"] == []
    cancel = iot.cancel_audit_mitigation_actions_task
    assert refusal(lambda: cancel(taskId="audit-46"))[0] == "InvalidRequestException"


def test_detect_and_audit_tasks_of_one_id_are_two(serve: Any) -> None:
    iot, _ = serve(AUDIT, detect(ended(), task_id="audit-46"))
    answer = iot.describe_detect_mitigation_actions_task(taskId="audit-46")
    assert answer["taskSummary"]["taskStatus"] == "SUCCESSFUL"


def test_every_operation_is_asked_for_here() -> None:
    """A new operation of the fake must not go untested."""
    source = Path(__file__).read_text(encoding="utf-8")
    methods = boto3.client("iot", region_name="eu-west-1").meta.method_to_api_mapping
    asked = {
        api for name, api in methods.items() if f"iot.{name}" in source or f'"{name}"' in source
    }
    assert asked >= set(OPERATIONS)


def test_calls_over_the_limit_within_a_second_are_throttled(serve: Any) -> None:
    now = 100.0
    iot, fake = serve(detect(ended()), calls_per_second=10, clock=lambda: now)
    codes = [code_of(iot) for _ in range(12)]
    assert codes == [None] * 10 + ["ThrottlingException"] * 2
    iot.list_detect_mitigation_actions_executions(taskId="quarantine-7")  # has a limit of its own
    now = 101.0
    assert code_of(iot) is None
    assert sum(call.error is not None for call in fake.calls) == 2


def code_of(iot: Any) -> str | None:
    try:
        iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def test_fifty_callers_at_once_get_one_answer_each(serve: Any) -> None:
    steps = [in_progress(taskStatistics={"actionsExecuted": n}) for n in range(50)]
    iot, _ = serve(detect(*steps))
    together = threading.Barrier(50)

    def look(_: int) -> int:
        together.wait()
        answer = iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
        executed: int = answer["taskSummary"]["taskStatistics"]["actionsExecuted"]
        return executed

    with ThreadPoolExecutor(50) as pool:
        assert sorted(pool.map(look, range(50))) == list(range(50))


def test_someone_hears_of_an_end_before_it_is_told(serve: Any) -> None:
    heard: list[datetime] = []
    iot, _ = serve(
        detect(in_progress(), {"taskSummary": {"taskEndTime": START}}), on_ended=heard.append
    )
    iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
    assert heard == []
    iot.describe_detect_mitigation_actions_task(taskId="quarantine-7")
    assert heard == [STARTED]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/detect/mitigationactions/tasks/no%20blanks", 400, "InvalidRequestException"),
        ("GET", f"/detect/mitigationactions/tasks/{'x' * 129}", 400, "InvalidRequestException"),
        (
            "GET",
            "/detect/mitigationactions/tasks?startTime=2026-11-22",
            400,
            "InvalidRequestException",
        ),
        (
            "GET",
            "/detect/mitigationactions/executions?taskId=t&maxResults=many",
            400,
            "InvalidRequest",
        ),
        (
            "GET",
            "/audit/mitigationactions/executions?taskId=audit-46",
            400,
            "InvalidRequestException",
        ),
        ("GET", "/things", 404, "UnknownOperationException"),
    ],
)
def test_what_the_model_forbids_is_refused_on_the_wire(
    serve: Any, method: str, path: str, status: int, code: str
) -> None:
    _, fake = serve(AUDIT)
    request = urllib.request.Request(fake.url + path, method=method)  # noqa: S310  ours, http
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)  # noqa: S310  as above
    with caught.value as answer:
        assert answer.status == status
        assert answer.headers["x-amzn-ErrorType"].startswith(code)
        assert answer.headers["Content-Type"] == "application/json"
        assert json.loads(answer.read())["message"]
