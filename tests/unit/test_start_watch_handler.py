"""The handler that starts a watch for each task, exactly one a task."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.functions import FunctionFailed
from tests.support.machine import World
from tests.support.watched import answer, started, task

PLACE = {"account": "210987654321", "region": "us-east-1"}
MEMBERS = {"MemberAccounts": PLACE["account"], "MemberRegions": PLACE["region"]}
BY = {
    "arn": "arn:aws:sts::123456789012:assumed-role/SecOps/ada",
    "sourceIp": "198.51.100.24",
    "at": "2026-11-22T10:01:07Z",
}

type Worlds = Callable[..., World]


def inputs(world: World) -> dict[str, Any]:
    """Of all executions, by name."""
    return {each.name: json.loads(each.entered[0]["input"]) for each in world.executions}


def test_a_started_task_is_watched(world: Worlds) -> None:
    watched = world(task("detect", answer("detect")))
    assert watched.asks("StartWatchFunction", started("detect")) == {"tasksSeen": 1}
    expected = {"taskType": "detect", "taskId": "quarantine-7", "startedBy": BY}
    assert inputs(watched) == {"detect-quarantine-7": expected}
    assert watched.metrics["TasksSeen{}"] == 1


def test_a_task_of_a_member_is_watched_as_the_member_s(world: Worlds) -> None:
    watched = world(parameters=MEMBERS)
    watched.asks("StartWatchFunction", started("detect") | PLACE)
    expected = {"taskType": "detect", "taskId": "quarantine-7", "startedBy": BY, "member": PLACE}
    assert inputs(watched) == {"210987654321-us-east-1-detect-quarantine-7": expected}


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (started("detect") | {"account": "9" * 12}, r"999999999999 \(eu-west-1\) is not listed"),
        (started("detect", "a b"), "taskId: expected 1 to 128"),
    ],
    ids=["a stranger's", "no task's"],
)
def test_an_event_that_is_of_no_task_of_ours_is_logged_and_raised(
    world: Worlds, event: dict[str, Any], complaint: str
) -> None:
    watched = world()
    with pytest.raises(FunctionFailed, match=rf"^InvalidWatch: .*{complaint}"):
        watched.asks("StartWatchFunction", event)
    assert watched.executions == []
    [line] = [line for line in watched.lines if line["levelname"] == "ERROR"]
    assert line["event_id"] == event["id"]
    assert line["exc_info"] is not None
