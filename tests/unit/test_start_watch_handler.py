"""The handler that starts a watch for each task, exactly one a task."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from mitigation.watch import InvalidWatch
from tests.support import handlers


@pytest.fixture(scope="module")
def loaded() -> Iterator[ModuleType]:
    region = {"AWS_DEFAULT_REGION": handlers.REGION}
    with mock_aws(), mock.patch.dict("os.environ", region):
        yield handlers.load("start_watch", STATE_MACHINE_ARN="", **handlers.HUB)


@pytest.fixture
def start_watch(loaded: ModuleType, machine: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(loaded, "STATE_MACHINE_ARN", machine)
    return loaded


def event(**detail: Any) -> dict[str, Any]:
    return {
        "source": "aws.iot",
        "account": "123456789012",
        "region": handlers.REGION,
        "id": "11111111-1111-1111-1111-111111111111",
        "detail": {
            "eventName": "StartDetectMitigationActionsTask",
            "eventTime": "2026-11-22T10:00:00Z",
            "userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/SecOps/ada"},
            "requestParameters": {"taskId": "quarantine-7"},
            **detail,
        },
    }


def executions(module: ModuleType) -> dict[str, Any]:
    """The inputs of all executions, by name."""
    listed = module.states.list_executions(stateMachineArn=module.STATE_MACHINE_ARN)
    arns = [each["executionArn"] for each in listed["executions"]]
    found = [module.states.describe_execution(executionArn=arn) for arn in arns]
    return {each["name"]: json.loads(each["input"]) for each in found}


def handle(module: ModuleType, message: dict[str, Any]) -> Any:
    return module.handler(message, handlers.Context())


def test_a_started_task_is_watched(
    start_watch: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handle(start_watch, event()) == {"tasksSeen": 1}
    assert executions(start_watch) == {
        "detect-quarantine-7": {
            "taskType": "detect",
            "taskId": "quarantine-7",
            "startedBy": {
                "arn": "arn:aws:sts::123456789012:assumed-role/SecOps/ada",
                "sourceIp": None,
                "at": "2026-11-22T10:00:00Z",
            },
        }
    }
    assert handlers.metrics(capsys.readouterr().out) == {"TasksSeen{}": 1}


def test_a_task_of_a_member_is_watched_as_the_member_s(start_watch: ModuleType) -> None:
    handle(start_watch, event())
    handle(start_watch, event() | {"account": "210987654321", "region": "us-east-1"})
    found = executions(start_watch)
    assert set(found) == {"detect-quarantine-7", "210987654321-us-east-1-detect-quarantine-7"}
    member = found["210987654321-us-east-1-detect-quarantine-7"]["member"]
    assert member == {"account": "210987654321", "region": "us-east-1"}


def test_a_task_of_a_stranger_is_refused(start_watch: ModuleType) -> None:
    with pytest.raises(InvalidWatch, match=r"999999999999 \(us-east-1\) is not listed"):
        handle(start_watch, event() | {"account": "999999999999", "region": "us-east-1"})
    assert executions(start_watch) == {}


def test_a_duplicate_event_starts_nothing(start_watch: ModuleType) -> None:
    handle(start_watch, event())
    handle(start_watch, event(eventTime="2026-11-22T10:00:01Z"))
    assert list(executions(start_watch)) == ["detect-quarantine-7"]


def test_an_event_that_names_no_task_is_logged_and_raised(
    start_watch: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidWatch, match="taskId is missing"):
        handle(start_watch, event(requestParameters=None))
    assert executions(start_watch) == {}
    [logged] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert vars(logged)["event_id"] == "11111111-1111-1111-1111-111111111111"
    assert logged.exc_info is not None


def test_an_error_of_step_functions_is_raised(start_watch: ModuleType) -> None:
    with Stubber(start_watch.states) as stub:
        stub.add_client_error("start_execution", "ExecutionLimitExceeded", "too many", 400)
        with pytest.raises(ClientError, match="ExecutionLimitExceeded"):
            handle(start_watch, event())
