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
from embedded.scenario import parse

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


LETTER = {"responsePayload": {"errorType": "InvalidWatch", "errorMessage": "no taskId"}}


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ([LETTER], "StartWatch failed with InvalidWatch: no taskId"),
        ([], "no watch was started within 30 s"),
    ],
)
def test_a_start_that_fails_or_never_comes_is_told(
    engine: Any, stack: Stack, letters: list[Any], said: str
) -> None:
    sqs, url = engine.client("sqs"), stack.outputs["StartFailuresQueueUrl"]
    for letter in letters:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(letter))
    with pytest.raises(PlayFailed, match=said):
        await_execution(engine, stack, time.monotonic() + 0.1)


def test_a_watch_that_does_not_end_is_told_with_its_last_state(engine: Any, stack: Stack) -> None:
    states, machine = engine.client("stepfunctions"), stack.outputs["StateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    events = follow(engine, arn, time.monotonic() + 0.1)
    with pytest.raises(PlayFailed, match="the watch did not end in time; the last state is "):
        list(events)


def test_all_letters_of_a_queue_are_read(engine: Any, stack: Stack) -> None:
    sqs, url = engine.client("sqs"), stack.outputs["StartFailuresQueueUrl"]
    for number in range(23):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"number": number}))
    letters = receive(sqs, url)
    assert sorted(letter["number"] for letter in letters) == list(range(23))


@pytest.mark.parametrize(
    ("task_type", "step"),
    [
        ("detect", {"taskSummary": {"taskStartTime": 1795341667.9}}),
        ("audit", {"startTime": "2026-11-22T11:01:07+01:00"}),
    ],
)
def test_the_event_is_of_this_task_its_start_and_this_place(task_type: str, step: Any) -> None:
    task = parse({"taskType": task_type, "taskId": "task-of-mine", "describe": [step]})
    event = cloudtrail_event(task)
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


ANY = {"securityProfileName": "FleetBaseline", "behaviorName": "any"}
TOLD = {"target": {"violationIds": ["v-1"]}, "actionsDefinition": [{"name": "Quarantine"}]}


@pytest.mark.parametrize(
    ("summary", "target", "actions"),
    [
        (TOLD, {"violationIds": ["v-1"]}, ["Quarantine"]),
        ({}, ANY, ["any"]),
        ("text", ANY, ["any"]),
        ({"target": 5, "actionsDefinition": ["x", {"name": 7}]}, ANY, ["any"]),
        ({"target": {"violationIds": []}, "actionsDefinition": {}}, ANY, ["any"]),
        ({"actionsDefinition": [{"name": "blanks are not allowed"}]}, ANY, ["any"]),
    ],
)
def test_a_task_is_started_with_what_its_answers_tell_where_that_makes_sense(
    engine: Any, summary: Any, target: Any, actions: list[str]
) -> None:
    task = parse({"taskId": "t", "describe": [{"taskSummary": summary}]})
    with FakeIot(task, started=False) as iot:
        engine.iot_url = iot.url
        start_task(engine, task)
    call = iot.calls[-1]
    assert (call.error, call.parameters["target"]) == (None, target)
    assert call.parameters["actions"] == actions
