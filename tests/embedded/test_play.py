"""What a run says when it comes to no end, and the event that it hands to EventBridge."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from embedded.deploy import Stack
from embedded.fake_iot import FakeIot
from embedded.play import (
    PlayFailed,
    await_execution,
    cloudtrail_event,
    follow,
    receive,
    start_task,
)
from embedded.scenario import Scenario, parse

DEFINITION = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}


class Engine:
    """As much of the engine as looking on needs, before moto's AWS."""

    iot_url: str | None = None

    def client(self, service: str, _place: object = None) -> Any:
        make: Any = boto3.client
        url = self.iot_url if service == "iot" else None
        return make(service, region_name="eu-west-1", endpoint_url=url)

    def times_of(self, moments: Iterator[datetime]) -> list[datetime]:
        return list(moments)


@pytest.fixture
def engine() -> Iterator[Any]:
    with mock_aws():
        yield Engine()


@pytest.fixture
def stack(engine: Any) -> Stack:
    machine = engine.client("stepfunctions").create_state_machine(
        name="WatchTask",
        definition=json.dumps(DEFINITION),
        roleArn="arn:aws:iam::123456789012:role/any",
    )
    queue = engine.client("sqs").create_queue(QueueName="StartFailures")
    outputs = {
        "StateMachineArn": machine["stateMachineArn"],
        "StartFailuresQueueUrl": queue["QueueUrl"],
    }
    return Stack(outputs, {})


def soon() -> float:
    return time.monotonic() + 0.1


def start(engine: Any, stack: Stack) -> str:
    answer = engine.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["StateMachineArn"]
    )
    return str(answer["executionArn"])


def test_the_execution_that_was_started_is_found(engine: Any, stack: Stack) -> None:
    arn = start(engine, stack)
    assert await_execution(engine, stack, soon()) == arn


def test_a_start_that_failed_is_told_with_its_error(engine: Any, stack: Stack) -> None:
    letter = {"responsePayload": {"errorType": "InvalidWatch", "errorMessage": "no taskId"}}
    engine.client("sqs").send_message(
        QueueUrl=stack.outputs["StartFailuresQueueUrl"], MessageBody=json.dumps(letter)
    )
    with pytest.raises(PlayFailed, match="StartWatch failed with InvalidWatch: no taskId"):
        await_execution(engine, stack, soon())


def test_a_start_that_never_comes_is_told(engine: Any, stack: Stack) -> None:
    with pytest.raises(PlayFailed, match="no watch was started"):
        await_execution(engine, stack, soon())


def test_a_watch_that_does_not_end_is_told_with_its_last_state(engine: Any, stack: Stack) -> None:
    events = follow(engine, start(engine, stack), soon())
    with pytest.raises(PlayFailed, match="the watch did not end in time; the last state is "):
        list(events)


def test_all_letters_of_a_queue_are_read(engine: Any, stack: Stack) -> None:
    sqs, url = engine.client("sqs"), stack.outputs["StartFailuresQueueUrl"]
    for number in range(23):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"number": number}))
    letters = receive(sqs, url)
    assert sorted(letter["number"] for letter in letters) == list(range(23))


def scenario(task_type: str) -> Scenario:
    answer = {"startTime": "2026-11-22T11:01:07+01:00"}
    step = answer if task_type == "audit" else {"taskSummary": {"taskStartTime": 1795341667.9}}
    return parse({"taskType": task_type, "taskId": "task-of-mine", "describe": [step]})


@pytest.mark.parametrize("task_type", ["detect", "audit"])
def test_the_event_is_of_this_task_its_start_and_this_place(task_type: str) -> None:
    event = cloudtrail_event(scenario(task_type))
    detail = event["detail"]
    assert (event["source"], event["detail-type"]) == ("aws.iot", "AWS API Call via CloudTrail")
    assert detail["eventName"] == f"Start{task_type.capitalize()}MitigationActionsTask"
    assert detail["requestParameters"]["taskId"] == "task-of-mine"
    assert detail["eventTime"] == "2026-11-22T10:01:07Z"
    assert event["account"] == detail["recipientAccountId"] == "123456789012"
    assert event["region"] == detail["awsRegion"] == "eu-west-1"
    assert "errorCode" not in detail


def test_a_task_without_a_start_starts_now() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    event = cloudtrail_event(parse({"taskId": "t", "describe": [{}]}))
    assert datetime.fromisoformat(event["detail"]["eventTime"]) >= before


WRONG: list[dict[str, Any]] = [
    {},
    {"taskSummary": "text"},
    {"taskSummary": {"target": 5, "actionsDefinition": ["x", {"name": 7}]}},
    {"taskSummary": {"target": {"violationIds": []}, "actionsDefinition": {}}},
    {"taskSummary": {"actionsDefinition": [{"name": "blanks are not allowed"}]}},
]


@pytest.mark.parametrize("step", WRONG)
def test_a_task_is_started_whatever_its_answers_tell(engine: Any, step: dict[str, Any]) -> None:
    task = parse({"taskId": "t", "describe": [step]})
    with FakeIot(task, started=False) as iot:
        engine.iot_url = iot.url
        start_task(engine, task)
    assert [call.error for call in iot.calls][-1] is None


def test_a_task_is_started_with_what_its_answers_tell(engine: Any) -> None:
    summary = {"target": {"violationIds": ["v-1"]}, "actionsDefinition": [{"name": "Quarantine"}]}
    task = parse({"taskId": "t", "describe": [{"taskSummary": summary}]})
    with FakeIot(task, started=False) as iot:
        engine.iot_url = iot.url
        start_task(engine, task)
    [call] = iot.calls
    assert call.operation == "StartDetectMitigationActionsTask"
    assert call.parameters["target"] == {"violationIds": ["v-1"]}
    assert call.parameters["actions"] == ["Quarantine"]
