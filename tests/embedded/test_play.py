"""A scenario's mistakes are told in a line that names the key; and when a run comes to no end."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from embedded.deploy import Stack
from embedded.fake_iot import FakeIot
from embedded.play import PlayFailed, await_execution, follow, start_task
from embedded.process import ROOT
from embedded.scenario import BadScenario, load, parse

DEFINITION = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
LETTER = {"responsePayload": {"errorType": "InvalidWatch", "errorMessage": "no taskId"}}
ANY = {"securityProfileName": "FleetBaseline", "behaviorName": "any"}
NAMELESS, STARTED = "pasted-answer", datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)
TOLD = {"target": {"violationIds": ["v-1"]}, "actionsDefinition": [{"name": "Quarantine"}]}


def scenario(**changes: Any) -> dict[str, Any]:
    return {"taskId": "t-1", "describe": [{"taskSummary": {}}], **changes}


def test_each_scenario_of_ours_is_one() -> None:
    paths = [*(ROOT / "events" / "scenarios").glob("*.json")]
    assert [path.name for path in paths if not load(path).describe] == []
    assert paths


@pytest.mark.parametrize(
    ("saved", "task"),
    [
        ({"taskSummary": {"taskId": "t-9"}}, ("detect", "t-9", None)),
        ({"taskSummary": {"taskStartTime": "2026-11-22T10:01:07"}}, ("detect", NAMELESS, STARTED)),
        (
            {"taskStatus": "?", "startTime": "2026-11-22T11:01:07+01:00"},
            ("audit", NAMELESS, STARTED),
        ),
        ({"taskStatus": "?", "startTime": STARTED.timestamp()}, ("audit", NAMELESS, STARTED)),
        ({"taskStatus": "?", "startTime": 1e300}, ("audit", NAMELESS, None)),
    ],
)
def test_a_saved_answer_is_a_scenario(saved: object, task: object) -> None:
    parsed = parse(saved)
    assert (parsed.task_type, parsed.task_id, parsed.started) == task


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the scenario: expected an object, got []"),
        ({}, "describe: missing; expected a list of Describe answers and errors"),
        ({"describe": [{}]}, "taskId: missing; expected the task's id"),
        (scenario(taskID="x"), "taskID: unknown key; expected one of taskType, taskId, describe, "),
        (scenario(taskType="both"), 'taskType: expected "detect" or "audit", got "both"'),
        (scenario(taskId="no spaces"), "taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got "),
        (scenario(taskId="x" * 129), "taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got "),
        (scenario(describe=[]), "describe: expected at least one answer or error, got none"),
        (scenario(describe=[{}, {"taskStatus": "X"}]), "describe[1].taskStatus: unknown key; "),
        (scenario(describe=[{"error": {}}]), "describe[0].error.code: missing; expected an AWS er"),
        (
            scenario(describe=[{"error": {"code": "X", "status": 200}}]),
            "describe[0].error.status: expected an HTTP status from 400",
        ),
        (scenario(slack=[]), "slack: expected at least one answer, got none (leave it out"),
        (scenario(slack=[{"delay": 5}]), "slack[0].delay: unknown key; expected one of status, "),
        (
            scenario(slack=[{"headers": {"Retry-After": 1}}]),
            "slack[0].headers.Retry-After: expected a string, got 1",
        ),
        (scenario(slackApp={"chat.delete": [{}]}), "slackApp.chat.delete: unknown key; expected"),
        (
            scenario(slackApp={"chat.update": [{"drop": "now"}]}),
            'slackApp.chat.update[0].drop: expected "before" or "after", got "now"',
        ),
        (scenario(member={}), "member.account: missing; expected an AWS account"),
        (
            scenario(member={"account": "210987654321", "region": "Ohio"}),
            'member.region: expected an AWS region such as us-east-1, got "Ohio"',
        ),
        (scenario(clicks=[{"action": "x"}]), "clicks[0].action: expected cancel, retry, undo, app"),
        (scenario(clicks=[{"action": "undo"}]), "clicks[0].by: expected who clicks, such as U0ADA"),
        (scenario(clicks=[{"after": -1}]), "clicks[0].after: expected a number from 0 on"),
    ],
)
def test_a_mistake_is_named_with_its_file_in_one_line(
    tmp_path: Path, document: object, said: str
) -> None:
    refused(tmp_path, json.dumps(document).encode(), f": {said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{\n  "taskId": "t-1",\n  "describe": [', ":3:16: not complete, valid JSON: "),
        (b"\x89PNG\xff", ": expected UTF-8 text"),
        (b"[" * 100_000, ": a number is too long, or it is nested too deeply"),
        (b"1" * 5_000, ": a number is too long"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(tmp_path: Path, content: bytes, said: str) -> None:
    refused(tmp_path, content, said)


def refused(folder: Path, content: bytes, said: str) -> None:
    path = folder / "odd.json"
    path.write_bytes(content)
    with pytest.raises(BadScenario) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}{said}")
    assert "\n" not in str(caught.value)


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
