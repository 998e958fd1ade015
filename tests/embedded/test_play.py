"""What a run says when it comes to no end, and that it starts tasks of whatever answers."""

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from embedded.deploy import Stack
from embedded.fake_iot import FakeIot
from embedded.play import PlayFailed, await_execution, follow, start_task
from embedded.scenario import parse

DEFINITION = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
LETTER = {"responsePayload": {"errorType": "InvalidWatch", "errorMessage": "no taskId"}}
ANY = {"securityProfileName": "FleetBaseline", "behaviorName": "any"}
TOLD = {"target": {"violationIds": ["v-1"]}, "actionsDefinition": [{"name": "Quarantine"}]}


@pytest.fixture
def engine() -> Iterator[Any]:
    """As much of the engine as looking on needs, before moto's AWS."""

    def client(service: str, *_: object) -> Any:
        make: Any = boto3.client
        return make(service, region_name="eu-west-1")

    with mock_aws():
        yield SimpleNamespace(client=client, times_of=list)


@pytest.fixture
def stack(engine: Any) -> Stack:
    machine = engine.client("stepfunctions").create_state_machine(
        name="WatchTask",
        definition=json.dumps(DEFINITION),
        roleArn="arn:aws:iam::123456789012:role/any",
    )
    queue = engine.client("sqs").create_queue(QueueName="StartFailures")["QueueUrl"]
    outputs = {"StateMachineArn": machine["stateMachineArn"], "StartFailuresQueueUrl": queue}
    return Stack(outputs, {})


def test_a_start_that_fails_or_never_comes_is_told(engine: Any, stack: Stack) -> None:
    with pytest.raises(PlayFailed, match="no watch was started within 30 s"):
        await_execution(engine, stack, time.monotonic())
    queue = stack.outputs["StartFailuresQueueUrl"]
    engine.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(LETTER))
    with pytest.raises(PlayFailed, match="StartWatch failed with InvalidWatch: no taskId"):
        await_execution(engine, stack, time.monotonic())


def test_a_watch_that_does_not_end_is_told_with_its_last_state(engine: Any, stack: Stack) -> None:
    states, machine = engine.client("stepfunctions"), stack.outputs["StateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    with pytest.raises(PlayFailed, match="the watch did not end in time; the last state is "):
        list(follow(engine, arn, time.monotonic()))


@pytest.mark.parametrize(
    ("summary", "target", "actions"),
    [
        (TOLD, {"violationIds": ["v-1"]}, ["Quarantine"]),
        ("text", ANY, ["any"]),
        ({"target": 5, "actionsDefinition": ["x", {"name": 7}]}, ANY, ["any"]),
        ({"target": {"violationIds": []}, "actionsDefinition": {}}, ANY, ["any"]),
        ({"actionsDefinition": [{"name": "blanks are not allowed"}]}, ANY, ["any"]),
    ],
)
def test_a_task_is_started_with_what_its_answers_tell_where_that_makes_sense(
    engine: Any, monkeypatch: pytest.MonkeyPatch, summary: Any, target: Any, actions: list[str]
) -> None:
    task = parse({"taskId": "t", "describe": [{"taskSummary": summary}]})
    with FakeIot(task, started=False) as iot:
        monkeypatch.setenv("AWS_ENDPOINT_URL_IOT", iot.url)
        start_task(engine, task)
    asked = iot.calls[-1].parameters
    assert (asked["target"], asked["actions"], iot.calls[-1].error) == (target, actions, None)
