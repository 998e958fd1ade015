"""The handler that watches what no event told; what fails stops nothing else, and is raised."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
import time_machine
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from mitigation.kind import TaskType
from mitigation.member import Hub, Member, RoleRefused
from tests.support import handlers

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TICK = {"source": "aws.events", "detail-type": "Scheduled Event"}
LISTS = ("list_detect_mitigation_actions_tasks", "list_audit_mitigation_actions_tasks")


@pytest.fixture(scope="module")
def loaded() -> Iterator[ModuleType]:
    region = {"AWS_DEFAULT_REGION": handlers.REGION}
    with mock_aws(), mock.patch.dict("os.environ", region):
        environment = handlers.HUB | {"MEMBER_ACCOUNTS": "", "TASK_TYPES": "detect,audit"}
        yield handlers.load("sweep", STATE_MACHINE_ARN="", **environment)


@pytest.fixture
def sweep(loaded: ModuleType, machine: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(loaded, "STATE_MACHINE_ARN", machine)
    return loaded


MISSED = NOW - timedelta(hours=1)


def detect(*task_ids: str) -> dict[str, Any]:
    return {"tasks": [{"taskId": task_id, "taskStartTime": MISSED} for task_id in task_ids]}


def executions(module: ModuleType) -> dict[str, Any]:
    """The inputs of all executions, by name."""
    listed = module.states.list_executions(stateMachineArn=module.STATE_MACHINE_ARN)
    arns = [each["executionArn"] for each in listed["executions"]]
    found = [module.states.describe_execution(executionArn=arn) for arn in arns]
    return {each["name"]: json.loads(each["input"]) for each in found}


def handle(module: ModuleType) -> Any:
    return module.handler(TICK, handlers.Context())


def failures(module: ModuleType) -> list[str]:
    """What the sweep raises."""
    with pytest.raises(ExceptionGroup, match="the sweep is not complete") as raised:
        handle(module)
    return [str(each) for each in raised.value.exceptions]


def test_the_tasks_of_both_kinds_that_were_missed_are_watched(
    sweep: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    window = {"startTime": NOW - timedelta(hours=6), "endTime": NOW - timedelta(minutes=2)}
    old = {"taskId": "old", "taskStartTime": NOW - timedelta(days=2)}
    second = {"tasks": [*detect("missed")["tasks"], old]}
    with Stubber(sweep.own_iot) as stub:
        stub.add_response(LISTS[0], {**detect("quarantine-7"), "nextToken": "more"}, window)
        stub.add_response(LISTS[0], second, {**window, "nextToken": ANY})
        stub.add_response(LISTS[1], {"tasks": [{"taskId": "weekly", "startTime": MISSED}]}, window)
        assert handle(sweep) == {"tasksSeen": 3}
        stub.assert_no_pending_responses()
    found = executions(sweep)
    assert set(found) == {"detect-quarantine-7", "detect-missed", "audit-weekly"}
    assert found["audit-weekly"] == {"taskType": "audit", "taskId": "weekly", "startedBy": None}
    assert handlers.metrics(capsys.readouterr().out) == {}


def test_tasks_from_before_the_stack_are_left_alone(sweep: ModuleType) -> None:
    made = NOW - timedelta(days=1)
    later = time_machine.travel(made + timedelta(hours=1), tick=False)
    with later, Stubber(sweep.own_iot) as stub:
        window = {"startTime": made, "endTime": made + timedelta(minutes=58)}
        for operation in LISTS:
            stub.add_response(operation, {"tasks": []}, window)
        assert handle(sweep) == {"tasksSeen": 0}
        stub.assert_no_pending_responses()
    assert executions(sweep) == {}


def test_the_first_sweep_of_a_new_stack_has_nothing_to_look_for(sweep: ModuleType) -> None:
    with time_machine.travel(NOW - timedelta(days=1) + timedelta(minutes=1), tick=False):
        assert handle(sweep) == {"tasksSeen": 0}


def test_a_kind_that_is_switched_off_is_not_swept(
    sweep: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "TASK_TYPES", [TaskType.AUDIT])
    with Stubber(sweep.own_iot) as stub:
        stub.add_response(LISTS[1], {"tasks": []})
        assert handle(sweep) == {"tasksSeen": 0}
        stub.assert_no_pending_responses()


def test_a_list_that_is_refused_midway_hides_neither_its_beginning_nor_the_other_kind(
    sweep: ModuleType,
) -> None:
    with Stubber(sweep.own_iot) as stub:
        stub.add_response(LISTS[0], {**detect("first"), "nextToken": "more"})
        stub.add_client_error(LISTS[0], "UnauthorizedException", "no", 401)
        stub.add_response(LISTS[1], {"tasks": [{"taskId": "weekly", "startTime": MISSED}]})
        [said] = failures(sweep)
    assert "UnauthorizedException" in said
    assert set(executions(sweep)) == {"detect-first", "audit-weekly"}


def test_an_item_that_names_no_task_hides_no_other(sweep: ModuleType) -> None:
    items = [{"taskStartTime": MISSED}, {"taskId": "a b"}, *detect("last")["tasks"]]
    with Stubber(sweep.own_iot) as stub:
        stub.add_response(LISTS[0], {"tasks": items})
        stub.add_response(LISTS[1], {"tasks": []})
        first, second = failures(sweep)
    assert "taskId is missing" in first
    assert "got 'a b'" in second
    assert set(executions(sweep)) == {"detect-last"}


def test_a_watch_that_can_t_be_started_keeps_no_other_from_it_and_all_is_logged_and_raised(
    sweep: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    def start(_states: Any, _arn: str, watch: Any, started: datetime) -> str:
        assert started == MISSED
        if watch.task_id == "last":
            return "arn"
        raise ClientError({"Error": {"Code": watch.task_id}}, "StartExecution")

    with mock.patch.object(sweep, "start", start), Stubber(sweep.own_iot) as stub:
        stub.add_response(LISTS[0], detect("Throttling", "AccessDenied", "last"))
        stub.add_response(LISTS[1], {"tasks": []})
        said = failures(sweep)
    assert [text.split(")")[0] for text in said] == [
        "An error occurred (Throttling",
        "An error occurred (AccessDenied",
    ]
    assert "'execution_arn': 'arn'" in str([vars(record) for record in caplog.records])
    assert sum(record.exc_info is not None for record in caplog.records) == 2


def test_a_member_that_refuses_us_hides_no_other_and_our_own_is_asked_once(
    sweep: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [Member(account, "eu-west-1") for account in ("1" * 12, "2" * 12, "123456789012")]
    hub = Hub(tuple(member.account for member in members), ("eu-west-1",), "role", "notifier")
    asked = []

    def client(own: Any, member: Member | None, *_: Any) -> Any:
        asked.append(member)
        if member == members[0]:
            raise RoleRefused("the member role refuses us")
        return own

    monkeypatch.setattr(sweep, "HUB", hub)
    monkeypatch.setattr(sweep, "iot_client", client)
    monkeypatch.setattr(sweep, "TASK_TYPES", [TaskType.DETECT])
    with Stubber(sweep.own_iot) as stub:
        for _ in range(2):
            stub.add_response(LISTS[0], detect("quarantine-7"))
        assert failures(sweep) == ["the member role refuses us"]
    assert asked[0] is None
    assert set(asked[1:]) == set(members[:2])
    names = set(executions(sweep))
    assert names == {"detect-quarantine-7", "222222222222-eu-west-1-detect-quarantine-7"}


def test_members_that_are_slow_leave_time_for_the_others_tasks(
    sweep: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(("210987654321",), ("us-east-1",), "role", "notifier")
    monkeypatch.setattr(sweep, "HUB", hub)
    monkeypatch.setattr(sweep, "TASK_TYPES", [TaskType.DETECT])
    with Stubber(sweep.own_iot) as stub:
        stub.add_response(LISTS[0], detect("quarantine-7"))
        with pytest.raises(ExceptionGroup) as group:
            sweep.handler(TICK, handlers.Context(seconds_left=59))
    assert [str(error) for error in group.value.exceptions] == [
        "there was no time left to ask 210987654321 (us-east-1): the next sweep may have it"
    ]
    assert set(executions(sweep)) == {"detect-quarantine-7"}


def test_every_member_is_first_in_its_turn(sweep: ModuleType) -> None:
    members = [Member(str(number) * 12, "eu-west-1") for number in range(7)]
    turns = [sweep.in_turn(members, NOW + timedelta(minutes=5 * n)) for n in range(7)]
    assert {turn[0] for turn in turns} == set(members)
    assert all(sorted(turn) == members for turn in turns)


def test_without_the_age_of_the_stack_nothing_is_watched(sweep: ModuleType) -> None:
    """What is older than the stack can't be told then from what is missed."""
    with Stubber(sweep.states) as stub:
        stub.add_client_error("describe_state_machine", "AccessDenied", "no", 403)
        with pytest.raises(ClientError, match="AccessDenied"):
            handle(sweep)
