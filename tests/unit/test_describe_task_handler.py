"""The handler that looks at a task once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from embedded.places import MEMBER
from embedded.scenario import Failure, TaskType
from tests.support.aws import Refusal
from tests.support.functions import FunctionFailed
from tests.support.machine import NOW, World
from tests.support.stack import product
from tests.support.watched import TASK_IDS, answer, running, task

# What the saved query and the dashboard's table read of the line about a task's end.
QUERY = product().template["Resources"]["EndedTasksQuery"]["Properties"]["QueryString"]
QUERIED = QUERY.partition(" | ")[0].removeprefix("fields @timestamp, ").split(", ")
LIST = "ListDetectMitigationActionsExecutions"
SUCCEEDED = {"actionsExecuted": 3, "actionsSkipped": 0, "actionsFailed": 0}
LATE = {"taskStatistics": SUCCEEDED, "start": NOW - timedelta(minutes=90)}

type Worlds = Callable[..., World]


def look(world: World, task_type: TaskType = "detect", **state: Any) -> dict[str, Any]:
    machine = {"version": 2, "channels": ["sns"]}
    given = {"taskId": TASK_IDS[task_type], "taskType": task_type}
    seen: dict[str, Any] = world.asks(
        "DescribeTaskFunction", {"input": given, "machine": machine, **state}
    )
    return seen


def test_a_running_task_is_to_be_looked_at_again(world: Worlds) -> None:
    watched = world(task("detect", running("detect")))
    seen = look(watched)
    assert set(seen) == {"decision", "waitSeconds", "progress", "memory"}
    assert (seen["decision"], seen["progress"]) == ("wait", False)
    assert 10 <= seen["waitSeconds"] <= 300
    memory = seen["memory"]
    assert memory["ageSeconds"] == 23
    assert memory["task"]["taskSummary"]["taskStatus"] == "IN_PROGRESS"
    assert memory["details"] is None
    assert watched.metrics == {}
    assert watched.ended_tasks == []


def test_amazon_q_is_told_of_the_tasks_that_its_buttons_can_reach(world: Worlds) -> None:
    listed = {"MemberAccounts": MEMBER.account, "MemberRegions": MEMBER.region}
    ours = task("detect", running("detect"))
    watched = world(ours, replace(ours, place=MEMBER), parameters={"AmazonQ": "true", **listed})
    assert look(watched)["memory"]["shows"] == ["amazon-q"]
    theirs = {"taskId": "quarantine-7", "member": MEMBER._asdict()}
    assert look(watched, input=theirs)["memory"]["shows"] == []


def test_a_task_that_has_ended_is_told_with_its_failures_and_counted(world: Worlds) -> None:
    watched = world(task("detect", answer("detect")))
    seen = look(watched)
    assert seen["decision"] == "final/ended"
    assert seen["memory"]["details"]["failedRows"] == 3
    named = "{TaskStatus=FAILED,TaskType=detect}"
    assert watched.metrics == {
        f"TasksEnded{named}": 1,
        f"ActionsExecuted{named}": 8,
        f"ActionsSkipped{named}": 1,
        f"ActionsFailed{named}": 3,
    }


def test_an_audit_task_is_described_as_one(world: Worlds) -> None:
    checks = {"CHECK": {"totalFindingsCount": 4, "succeededFindingsCount": 4}}
    watched = world(task("audit", answer("audit", taskStatus="COMPLETED", taskStatistics=checks)))
    assert look(watched, "audit")["decision"] == "final/ended"
    assert watched.metrics["ActionsExecuted{TaskStatus=COMPLETED,TaskType=audit}"] == 4


def test_an_overdue_task_is_told_once(world: Worlds) -> None:
    watched = world(task("detect", running("detect", **LATE)))
    first = look(watched)
    assert first["decision"] == "interim/still-running"
    assert look(watched, look=first)["decision"] == "wait"


def test_a_task_is_given_up_at_the_limit_and_counted_with_the_status_it_had(world: Worlds) -> None:
    limit = {"WatchLimitHours": "1", "OverdueMinutes": "30"}
    watched = world(task("detect", running("detect", **LATE)), parameters=limit)
    assert look(watched)["decision"] == "final/gave-up"
    assert watched.metrics["TasksEnded{TaskStatus=IN_PROGRESS,TaskType=detect}"] == 1


def test_failures_that_cannot_be_read_do_not_cost_the_message(world: Worlds) -> None:
    denied = {LIST: [Refusal("AccessDeniedException", 403)]}
    seen = look(world(task("detect", answer("detect")), aws=denied))
    assert seen["decision"] == "final/ended"
    assert "AccessDeniedException" in seen["memory"]["details"]["error"]


def test_trouble_at_aws_is_an_answer_that_keeps_what_was_seen_before(world: Worlds) -> None:
    denied = Failure("AccessDeniedException", 403, "not yours")
    watched = world(task("detect", running("detect"), denied))
    first = look(watched)
    watched.passes(first["waitSeconds"])
    second = look(watched, look=first)
    assert (second["decision"], second["memory"]["ageSeconds"]) == (
        "wait",
        23 + first["waitSeconds"],
    )
    assert second["memory"]["problem"] == {"error": "AccessDeniedException", "message": "not yours"}
    assert second["memory"]["task"] == first["memory"]["task"]


@pytest.mark.parametrize("given", [{"taskId": ""}, {"taskId": "a b"}, {"taskType": "x"}])
def test_an_input_that_names_no_task_is_an_invalid_watch(
    world: Worlds, given: dict[str, str]
) -> None:
    with pytest.raises(FunctionFailed, match=r"^InvalidWatch: "):
        look(world(), input=given)


def test_a_watch_that_began_under_the_first_definition_gets_what_that_reads(world: Worlds) -> None:
    seen = look(world(task("detect", running("detect", **LATE))), machine=None)
    assert [seen[name] for name in ("ended", "tell", "overdue", "gaveUp")] == [
        False,
        True,
        True,
        False,
    ]
    assert seen["details"]["decision"] == "interim/still-running"


def test_the_log_has_one_line_for_a_task_that_ended(world: Worlds) -> None:
    fine = answer("detect", taskStatus="SUCCESSFUL", taskStatistics=SUCCEEDED)
    watched = world(task("detect", fine))
    by = {"arn": "arn:aws:sts::123456789012:assumed-role/SecOps/ada"}
    look(watched, input={"taskId": "quarantine-7", "startedBy": by})
    [line] = watched.ended_tasks
    assert {name: line.get(name) for name in QUERIED} == {
        "task_type": "detect",
        "task_id": "quarantine-7",
        "verdict": "SUCCEEDED",
        "task_status": "SUCCESSFUL",
        "executed": 3,
        "skipped": 0,
        "failed": 0,
        "seconds": 20,
        "started_by": by["arn"],
        "account": "123456789012",
        "region": "eu-west-1",
    }


def test_the_log_tells_the_end_of_a_task_that_was_lost_from_sight_too(world: Worlds) -> None:
    refused = Failure("InvalidRequestException", 400, "bad id")
    watched = world(task("detect", refused))
    assert look(watched)["waitSeconds"] == 0
    [line] = watched.ended_tasks
    assert (line["verdict"], line["task_status"], line["seconds"]) == ("UNREADABLE", None, 0)
