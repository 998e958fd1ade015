"""The handler that watches what no event told; what fails stops nothing else, and is raised."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from embedded.places import HOME, Place
from embedded.scenario import Scenario, TaskType
from mitigation.member import Member
from tests.support import functions
from tests.support.aws import WORKS, Refusal
from tests.support.functions import Context, FunctionFailed
from tests.support.machine import NOW, TICK, World
from tests.support.watched import LIST_TASKS, answer, task

DENIED = Refusal("AccessDeniedException", 403)
MEMBERS = [Place(number * 12, "eu-west-1") for number in "12"]
LISTED = {
    "MemberAccounts": ",".join(place.account for place in [*MEMBERS, HOME]),
    "MemberRegions": HOME.region,
}

type Worlds = Callable[..., World]


def missed(task_type: TaskType, task_id: str = "missed", place: Place = HOME) -> Scenario:
    """A task that has ended; it had started a minute after the stack was made."""
    moment = NOW + timedelta(minutes=1)
    ended = answer(task_type, start=moment, end=moment)
    return replace(task(task_type, ended, task_id=task_id), place=place)


def sweep(world: World, after: float = 300) -> Any:
    world.passes(after)
    return world.asks("SweepFunction", TICK)


def watched(world: World) -> list[str]:
    return sorted(execution.name for execution in world.executions)


def windows(world: World) -> list[tuple[str, datetime, datetime]]:
    """What each list was asked for."""
    return [
        (call.operation, *(call.parameters[name] for name in ("startTime", "endTime")))
        for call in world.iot.calls
        if call.operation in LIST_TASKS.values()
    ]


def test_the_tasks_of_both_kinds_that_were_missed_are_watched(world: Worlds) -> None:
    swept = world(missed("detect"), missed("audit", "weekly"))
    assert sweep(swept) == {"tasksSeen": 2}
    assert watched(swept) == ["audit-weekly", "detect-missed"]
    [weekly, _] = sorted(swept.executions, key=lambda each: each.name)
    expected = {"taskType": "audit", "taskId": "weekly", "startedBy": None}
    assert json.loads(weekly.entered[0]["input"]) == expected


@pytest.mark.parametrize(
    ("after", "begin", "end"), [(300, 0, 180), (7 * 3600, 3600, 7 * 3600 - 120)]
)
def test_lists_are_asked_for_the_last_six_hours_but_not_from_before_the_stack(
    world: Worlds, after: int, begin: int, end: int
) -> None:
    swept = world()
    sweep(swept, after)
    window = [NOW + timedelta(seconds=seconds) for seconds in (begin, end)]
    assert windows(swept) == [(name, *window) for name in LIST_TASKS.values()]


def test_the_first_sweep_of_a_new_stack_has_nothing_to_look_for(world: Worlds) -> None:
    swept = world()
    assert sweep(swept, 60) == {"tasksSeen": 0}
    assert windows(swept) == []


def test_a_kind_that_is_switched_off_is_not_swept(world: Worlds) -> None:
    swept = world(missed("detect"), missed("audit"), parameters={"TaskTypes": "audit"})
    assert sweep(swept) == {"tasksSeen": 1}
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


@pytest.mark.parametrize("task_type", ["detect", "audit"])
def test_many_pages_are_read_at_ten_calls_a_second(
    world: Worlds, task_type: TaskType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tasks are a moment too young to be watched."""
    monkeypatch.setattr("embedded.iot_rows.PAGE", 1)
    young = answer(task_type, start=NOW + timedelta(seconds=180))
    swept = world(*(task(task_type, young, task_id=f"task-{n}") for n in range(25)))
    assert sweep(swept) == {"tasksSeen": 0}
    calls = [c.at for c in swept.network.calls if c.operation == LIST_TASKS[task_type]]
    assert len(calls) == 25
    assert {round((b - a).total_seconds(), 3) for a, b in pairwise(calls)} == {0.1}


def test_a_member_that_refuses_us_hides_no_other_and_our_own_is_asked_once(world: Worlds) -> None:
    tasks = [missed("detect", place=place) for place in [*MEMBERS, HOME]]
    swept = world(
        *tasks, aws={"AssumeRole": [Refusal("AccessDenied", 403), WORKS]}, parameters=LISTED
    )
    with pytest.raises(FunctionFailed, match="1 sub-exception"):
        sweep(swept)
    [member, own] = watched(swept)
    assert own == "detect-missed"
    assert member in [f"{place.account}-eu-west-1-detect-missed" for place in MEMBERS]
    assert [name for name, *_ in windows(swept)].count(LIST_TASKS["detect"]) == 1


def test_members_that_are_slow_leave_time_for_the_others_tasks(
    world: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 59_000)
    swept = world(missed("detect"), missed("detect", place=MEMBERS[0]), parameters=LISTED)
    with pytest.raises(FunctionFailed, match="2 sub-exceptions"):
        sweep(swept)
    assert watched(swept) == ["detect-missed"]
    assert "no time left to ask 222222222222 (eu-west-1): the next sweep" in str(swept.lines)


def test_every_member_is_first_in_its_turn(world: Worlds) -> None:
    in_turn = functions.load("sweep", world().environment).in_turn
    members = [Member(str(number) * 12, "eu-west-1") for number in range(7)]
    turns = [in_turn(members, NOW + timedelta(minutes=5 * n)) for n in range(7)]
    assert {turn[0] for turn in turns} == set(members)
    assert all(sorted(turn) == members for turn in turns)
