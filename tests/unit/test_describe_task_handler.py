"""The handler that looks at a task once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from mitigation.watch import InvalidWatch
from tests.support import handlers
from tests.support.stack import product

# What the saved query and the dashboard's table read of that line.
QUERY = product().template["Resources"]["EndedTasksQuery"]["Properties"]["QueryString"]
QUERIED = QUERY.partition(" | ")[0].removeprefix("fields @timestamp, ").split(", ")
DESCRIBE = "describe_detect_mitigation_actions_task"


@pytest.fixture(scope="module")
def describe_task() -> ModuleType:
    return handlers.load(
        "describe_task",
        POLL_MIN_SECONDS="10",
        POLL_MAX_SECONDS="300",
        OVERDUE_MINUTES="60",
        HEADS="none",
        STARTS="all",
        WATCH_LIMIT_HOURS="24",
        **handlers.HUB,
    )


@pytest.fixture
def iot(describe_task: ModuleType) -> Iterator[Stubber]:
    with Stubber(describe_task.own_iot) as stub:
        yield stub
        stub.assert_no_pending_responses()


def summary(status: str, minutes: float = 1, **members: Any) -> dict[str, Any]:
    """A Describe answer about a task that started some minutes ago."""
    started = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)
    return {"taskSummary": {"taskStatus": status, "taskStartTime": started, **members}}


def look(module: ModuleType, **state: Any) -> dict[str, Any]:
    machine = {"version": 2, "channels": ["sns"]}
    event = {"taskId": "quarantine-7", "machine": machine, **state}
    answer = module.handler(event, handlers.Context())
    seen: dict[str, Any] = json.loads(json.dumps(answer))  # Lambda's answer is JSON
    return seen


def test_a_running_task_is_to_be_looked_at_again(
    describe_task: ModuleType, iot: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    iot.add_response(DESCRIBE, summary("IN_PROGRESS"), {"taskId": "quarantine-7"})
    seen = look(describe_task)
    assert seen["decision"] == "wait"
    assert 10 <= seen["waitSeconds"] <= 300
    memory = seen["memory"]
    assert 60 <= memory["ageSeconds"] < 120
    assert memory["task"]["taskSummary"]["taskStatus"] == "IN_PROGRESS"
    assert memory["details"] is None
    assert handlers.metrics(capsys.readouterr().out) == {}


def test_amazon_q_is_told_of_the_tasks_that_its_buttons_can_reach(
    describe_task: ModuleType, iot: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describe_task, "iot_client", lambda *_: describe_task.own_iot)
    for _ in range(2):
        iot.add_response(DESCRIBE, summary("IN_PROGRESS"), {"taskId": "quarantine-7"})
    member = {"account": "210987654321", "region": "us-east-1"}
    assert look(describe_task)["memory"]["shows"] == ["amazon-q"]
    assert look(describe_task, member=member)["memory"]["shows"] == []


def test_a_task_that_has_ended_is_told_with_its_failures_and_counted(
    describe_task: ModuleType, iot: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {"actionsExecuted": 8, "actionsSkipped": 1, "actionsFailed": 3}
    iot.add_response(DESCRIBE, summary("FAILED", taskStatistics=counts))
    row = {"status": "FAILED", "violationId": "v1", "actionName": "A", "thingName": "sensor-17"}
    iot.add_response(
        "list_detect_mitigation_actions_executions",
        {"actionsExecutions": [row, row, row, row | {"status": "SKIPPED"}]},
        {"taskId": "quarantine-7", "maxResults": ANY},
    )
    seen = look(describe_task)
    assert seen["decision"] == "final/ended"
    assert seen["memory"]["details"]["failed"][0]["names"] == ["sensor-17"]
    task = "{TaskStatus=FAILED,TaskType=detect}"
    assert handlers.metrics(capsys.readouterr().out) == {
        f"TasksEnded{task}": 1,
        f"ActionsExecuted{task}": 8,
        f"ActionsSkipped{task}": 1,
        f"ActionsFailed{task}": 3,
    }


def test_an_audit_task_is_described_as_one(
    describe_task: ModuleType, iot: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = {"CHECK": {"totalFindingsCount": 4, "succeededFindingsCount": 4}}
    answer = {"taskStatus": "COMPLETED", "taskStatistics": checks}
    iot.add_response("describe_audit_mitigation_actions_task", answer, {"taskId": "quarantine-7"})
    seen = look(describe_task, taskType="audit")
    assert seen["decision"] == "final/ended"
    assert seen["memory"]["details"]["rows"] == 0
    task = "{TaskStatus=COMPLETED,TaskType=audit}"
    assert handlers.metrics(capsys.readouterr().out)[f"ActionsExecuted{task}"] == 4


def test_an_overdue_task_is_told_once(describe_task: ModuleType, iot: Stubber) -> None:
    counts = {"actionsSkipped": 0, "actionsFailed": 0}
    for _ in range(2):
        iot.add_response(DESCRIBE, summary("IN_PROGRESS", 90, taskStatistics=counts))
    first = look(describe_task)
    assert first["decision"] == "interim/still-running"
    assert look(describe_task, look=first)["decision"] == "wait"


def test_a_task_is_given_up_at_the_limit_and_counted_with_the_status_it_had(
    describe_task: ModuleType, iot: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {"actionsSkipped": 0, "actionsFailed": 0}
    iot.add_response(DESCRIBE, summary("IN_PROGRESS", 24 * 60, taskStatistics=counts))
    assert look(describe_task)["decision"] == "final/gave-up"
    counted = handlers.metrics(capsys.readouterr().out)
    assert counted["TasksEnded{TaskStatus=IN_PROGRESS,TaskType=detect}"] == 1


def test_failures_that_cannot_be_read_do_not_cost_the_message(
    describe_task: ModuleType, iot: Stubber
) -> None:
    iot.add_response(DESCRIBE, summary("FAILED"))
    iot.add_client_error(
        "list_detect_mitigation_actions_executions", "AccessDeniedException", "not authorized", 403
    )
    seen = look(describe_task)
    assert seen["decision"] == "final/ended"
    assert "AccessDeniedException" in seen["memory"]["details"]["error"]


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("ThrottlingException", "wait"),
        ("InternalFailureException", "wait"),
        ("AccessDeniedException", "wait"),
        ("ExpiredTokenException", "wait"),
        ("ResourceNotFoundException", "wait"),
        ("InvalidRequestException", "final/refused"),
    ],
)
def test_trouble_at_aws_is_an_answer_with_the_seconds_to_wait(
    describe_task: ModuleType, iot: Stubber, code: str, decision: str
) -> None:
    iot.add_client_error(DESCRIBE, code, "why", 400)
    seen = look(describe_task)
    assert seen["decision"] == decision
    assert (seen["waitSeconds"] > 0) is (decision == "wait")
    known = code != "ResourceNotFoundException"
    assert seen["memory"]["problem"] == ({"error": code, "message": "why"} if known else None)


def test_trouble_keeps_what_was_seen_before(describe_task: ModuleType, iot: Stubber) -> None:
    iot.add_response(DESCRIBE, summary("IN_PROGRESS"))
    iot.add_client_error(DESCRIBE, "ThrottlingException", "slow down", 400)
    first = look(describe_task)
    second = look(describe_task, look=first)
    assert second["memory"]["task"] == first["memory"]["task"]
    assert second["memory"]["ageSeconds"] > first["memory"]["ageSeconds"]


@pytest.mark.parametrize("state", [{"taskId": ""}, {"taskId": "a b"}, {"taskType": "x"}])
def test_an_input_that_names_no_task_is_an_invalid_watch(
    describe_task: ModuleType, state: dict[str, str]
) -> None:
    with pytest.raises(InvalidWatch):
        look(describe_task, **state)


def test_a_watch_that_began_under_the_first_definition_gets_what_that_reads(
    describe_task: ModuleType, iot: Stubber
) -> None:
    for _ in range(2):
        iot.add_response(DESCRIBE, summary("IN_PROGRESS", 90, taskStatistics={"actionsFailed": 0}))
    seen = look(describe_task, machine=None)
    assert {name: seen[name] for name in ("ended", "tell", "overdue", "gaveUp")} == {
        "ended": False,
        "tell": True,
        "overdue": True,
        "gaveUp": False,
    }
    today = look(describe_task)
    assert set(today) == {"decision", "waitSeconds", "progress", "memory"}
    assert seen["details"].keys() == today.keys()
    assert seen["waitSeconds"] == seen["details"]["waitSeconds"]
    assert seen["ageSeconds"] == seen["details"]["memory"]["ageSeconds"]
    assert seen["events"] == seen["details"]["memory"]["events"]


def ended_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.msg == "Task ended"]


def test_the_log_has_one_line_for_a_task_that_ended(
    describe_task: ModuleType, iot: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    counts = {"actionsExecuted": 3, "actionsSkipped": 0, "actionsFailed": 0}
    answer = summary("SUCCESSFUL", taskStatistics=counts)
    ended = answer["taskSummary"]["taskStartTime"] + timedelta(seconds=7)
    answer["taskSummary"]["taskEndTime"] = ended
    iot.add_response(DESCRIBE, answer, {"taskId": "quarantine-7"})
    by = {"arn": "arn:aws:sts::123456789012:assumed-role/SecOps/ada"}
    look(describe_task, input={"taskId": "quarantine-7", "startedBy": by})
    [line] = ended_lines(caplog)
    assert {name: line.get(name) for name in QUERIED} == {
        "task_type": "detect",
        "task_id": "quarantine-7",
        "verdict": "SUCCEEDED",
        "task_status": "SUCCESSFUL",
        "executed": 3,
        "skipped": 0,
        "failed": 0,
        "seconds": 7,
        "started_by": by["arn"],
        "account": "123456789012",
        "region": "eu-west-1",
    }


def test_the_log_tells_the_end_of_a_task_that_was_lost_from_sight_too(
    describe_task: ModuleType, iot: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    iot.add_client_error(DESCRIBE, "InvalidRequestException", "bad id", 400)
    look(describe_task)
    [line] = ended_lines(caplog)
    assert (line["verdict"], line["task_status"], line["seconds"]) == ("UNREADABLE", None, 0)


def test_the_log_has_no_such_line_while_a_task_runs(
    describe_task: ModuleType, iot: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    iot.add_response(DESCRIBE, summary("IN_PROGRESS"), {"taskId": "quarantine-7"})
    look(describe_task)
    assert ended_lines(caplog) == []
