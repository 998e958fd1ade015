"""The handlers that start watches, by an event or by the sweep, and that look at a task."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from embedded.places import HOME, MEMBER, Place
from embedded.scenario import Failure, Scenario, TaskType
from mitigation.member import Member
from tests.support import functions
from tests.support.aws import WORKS, Refusal
from tests.support.functions import Context, FunctionFailed
from tests.support.machine import NOW, TICK, World
from tests.support.product import product
from tests.support.watched import LIST_TASKS, answer, running, started, task

DENIED = Refusal("AccessDeniedException", 403)
MEMBERS = [Place(number * 12, "eu-west-1") for number in "12"]
LISTED = {
    "MemberAccounts": ",".join(place.account for place in [*MEMBERS, HOME]),
    "MemberRegions": HOME.region,
}
ONE_MEMBER = {"MemberAccounts": MEMBER.account, "MemberRegions": MEMBER.region}
BY = "arn:aws:sts::123456789012:assumed-role/SecOps/ada"
# What the saved query and the dashboard's table read of the line about a task's end.
QUERY = product().template["Resources"]["EndedTasksQuery"]["Properties"]["QueryString"]
QUERIED = QUERY.partition(" | ")[0].removeprefix("fields @timestamp, ").split(", ")

type Worlds = Callable[..., World]


def watched(world: World) -> list[str]:
    return sorted(execution.name for execution in world.executions)


def test_a_task_of_a_member_is_watched_as_the_member_s_and_counted(world: Worlds) -> None:
    member = world(parameters=ONE_MEMBER)
    member.asks("StartWatchFunction", started("detect") | MEMBER._asdict())
    assert watched(member) == [f"{MEMBER.account}-{MEMBER.region}-detect-quarantine-7"]
    assert member.metrics["TasksSeen{}"] == 1


def test_an_event_of_no_task_of_ours_is_named_in_the_log(world: Worlds) -> None:
    event, strange = started("detect") | {"account": "9" * 12}, world()
    with pytest.raises(FunctionFailed, match=r"^InvalidWatch: .*999999999999 \(eu-west-1\) is not"):
        strange.asks("StartWatchFunction", event)
    assert [x["event_id"] for x in strange.lines if x["levelname"] == "ERROR"] == [event["id"]]


# --- The sweep -----------------------------------------------------------------------------------


def missed(task_type: TaskType, task_id: str = "missed", place: Place = HOME) -> Scenario:
    """A task that has ended; it had started a minute after the stack was made."""
    moment = NOW + timedelta(minutes=1)
    ended = answer(task_type, start=moment, end=moment)
    return replace(task(task_type, ended, task_id=task_id), place=place)


def sweep(world: World, after: float = 300) -> Any:
    world.passes(after)
    return world.asks("SweepFunction", TICK)


@pytest.mark.parametrize(
    ("after", "window"),
    [(60, None), (300, (0, 180)), (7 * 3600, (3600, 7 * 3600 - 120))],
    ids=["a new stack has nothing to look for", "not from before the stack", "of six hours"],
)
def test_lists_are_asked_for_the_last_six_hours(
    world: Worlds, after: int, window: tuple[int, int] | None
) -> None:
    swept = world()
    sweep(swept, after)
    asked = [(call.operation, *call.parameters.values()) for call in swept.iot.calls]
    times = [NOW + timedelta(seconds=seconds) for seconds in window or ()]
    assert asked == [(name, *times) for name in LIST_TASKS.values() if times]


def test_a_kind_that_is_switched_off_is_not_swept(world: Worlds) -> None:
    swept = world(missed("detect"), missed("audit"), parameters={"TaskTypes": "audit"})
    sweep(swept)
    assert watched(swept) == ["audit-missed"]


def test_a_list_that_is_refused_midway_hides_neither_its_beginning_nor_the_other_kind(
    world: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.iot_rows.PAGE", 1)
    tasks = [missed("detect", "first"), missed("detect", "second"), missed("audit")]
    swept = world(*tasks, aws={LIST_TASKS["detect"]: [WORKS, DENIED]})
    with pytest.raises(FunctionFailed, match=r"^ExceptionGroup: the sweep is not complete"):
        sweep(swept)
    assert watched(swept) == ["audit-missed", "detect-first"]
    [line] = [line for line in swept.lines if line["levelname"] == "ERROR"]
    assert "AccessDeniedException" in str(line["exc_info"])


def test_many_pages_are_read_at_ten_calls_a_second(
    world: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tasks are a moment too young to be watched."""
    monkeypatch.setattr("embedded.iot_rows.PAGE", 1)
    young = answer("audit", start=NOW + timedelta(seconds=180))
    swept = world(*(task("audit", young, task_id=f"task-{n}") for n in range(25)))
    assert sweep(swept) == {"tasksSeen": 0}
    calls = [c.at for c in swept.network.calls if c.operation == LIST_TASKS["audit"]]
    assert len(calls) == 25
    assert {round((b - a).total_seconds(), 3) for a, b in pairwise(calls)} == {0.1}


def test_a_member_that_refuses_us_hides_no_other_and_our_own_is_asked_once(world: Worlds) -> None:
    tasks = [missed("detect", place=place) for place in [*MEMBERS, HOME]]
    refused = {"AssumeRole": [Refusal("AccessDenied", 403), WORKS]}
    swept = world(*tasks, aws=refused, parameters=LISTED)
    with pytest.raises(FunctionFailed, match="1 sub-exception"):
        sweep(swept)
    [member, own] = watched(swept)
    assert own == "detect-missed"
    assert member in [f"{place.account}-eu-west-1-detect-missed" for place in MEMBERS]
    assert [call.operation for call in swept.iot.calls].count(LIST_TASKS["detect"]) == 1


def test_members_that_are_slow_leave_time_for_the_others_tasks(
    world: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 59_000)
    swept = world(missed("detect"), missed("detect", place=MEMBERS[0]), parameters=LISTED)
    with pytest.raises(FunctionFailed, match="2 sub-exceptions"):
        sweep(swept)
    assert watched(swept) == ["detect-missed"]


def test_every_member_is_first_in_its_turn(world: Worlds) -> None:
    world()
    in_turn = functions.load("sweep", {}).in_turn
    members = [Member(str(number) * 12, "eu-west-1") for number in range(7)]
    turns = [in_turn(members, NOW + timedelta(minutes=5 * n)) for n in range(7)]
    assert {turn[0] for turn in turns} == set(members)
    assert all(sorted(turn) == members for turn in turns)


# --- A look at a task --------------------------------------------------------------------------


def look(world: World, version: int = 3, **state: Any) -> dict[str, Any]:
    machine = {"version": version, "channels": ["sns"]} if version > 1 else None
    given = {"input": {"taskId": "quarantine-7"}, "machine": machine, **state}
    seen: dict[str, Any] = world.asks("DescribeTaskFunction", given)
    return seen


def test_amazon_q_is_told_of_the_tasks_that_its_buttons_can_reach(world: Worlds) -> None:
    ours = task("detect", running("detect"))
    both = world(ours, replace(ours, place=MEMBER), parameters={"AmazonQ": "true", **ONE_MEMBER})
    assert look(both)["memory"]["shows"] == ["amazon-q"]
    theirs = {"taskId": "quarantine-7", "member": MEMBER._asdict()}
    assert look(both, input=theirs)["memory"]["shows"] == []


def test_a_watch_that_began_under_the_first_definition_gets_what_that_reads(world: Worlds) -> None:
    late = running("detect", start=NOW - timedelta(minutes=90))
    seen = look(world(task("detect", late)), version=1)
    flags = [seen[name] for name in ("ended", "tell", "overdue", "gaveUp")]
    assert flags == [False, True, True, False]


def test_a_task_that_ended_is_told_with_its_failures_counted_and_logged_in_one_line(
    world: Worlds,
) -> None:
    ended = world(task("detect", answer("detect")))
    seen = look(ended, input={"taskId": "quarantine-7", "startedBy": {"arn": BY}})
    assert seen["decision"] == "final/ended"
    assert seen["memory"]["details"]["failedRows"] == 3
    counts = {"TasksEnded": 1, "ActionsExecuted": 8, "ActionsSkipped": 1, "ActionsFailed": 3}
    by = "{TaskStatus=FAILED,TaskType=detect}"
    assert ended.metrics == {f"{name}{by}": count for name, count in counts.items()}
    [line] = ended.ended_tasks
    assert {name: line.get(name) for name in QUERIED} == {
        "task_type": "detect", "task_id": "quarantine-7", "verdict": "PARTLY_FAILED",
        "task_status": "FAILED", "executed": 8, "skipped": 1, "failed": 3, "seconds": 20,
        "started_by": BY, "account": "123456789012", "region": "eu-west-1",
    }  # fmt: skip


def test_the_log_tells_the_end_of_a_task_that_was_lost_from_sight_too(world: Worlds) -> None:
    lost = world(task("detect", Failure("InvalidRequestException", 400, "bad id")))
    assert look(lost)["waitSeconds"] == 0
    [line] = lost.ended_tasks
    assert (line["verdict"], line["task_status"], line["seconds"]) == ("UNREADABLE", None, 0)
