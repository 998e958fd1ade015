"""The sweep asks AWS IoT no faster than AWS allows, and leaves out what is not this stack's."""

from datetime import timedelta

import pytest

from embedded.scenario import TaskType
from mitigation.trigger import SWEEP_GRACE_SECONDS
from tests.support.aws import Call
from tests.support.machine import NOW, World
from tests.support.slack import Slack
from tests.support.watched import LIST_TASKS, answer, running, task

AT_ONCE = 10  # calls a second that AWS allows for each List operation


def busiest_second(calls: list[Call]) -> int:
    return max(
        sum(1 for other in calls if call.at <= other.at < call.at + timedelta(seconds=1))
        for call in calls
    )


@pytest.mark.parametrize("task_type", ["detect", "audit"])
def test_many_pages_are_read_at_ten_calls_a_second(slack: Slack, task_type: TaskType) -> None:
    """The fake puts 25 tasks on a page; these are a moment too young to be watched."""
    young = NOW + timedelta(seconds=600 - SWEEP_GRACE_SECONDS)
    tasks = [
        task(task_type, running(task_type, start=young), task_id=f"task-{number}")
        for number in range(1_000)
    ]
    with World(slack, tasks) as world:
        world.passes(600)
        world.ticks()
        calls = [c for c in world.network.calls if c.operation == LIST_TASKS[task_type]]
        assert len(calls) == 40
        assert busiest_second(calls) <= AT_ONCE
        assert world.executions == []
        assert world.start_failures == []


def test_both_kinds_are_swept(slack: Slack) -> None:
    later = NOW + timedelta(minutes=1)
    tasks = [task(kind, answer(kind, start=later, end=later)) for kind in ("detect", "audit")]
    with World(slack, tasks) as world:
        world.passes(300)
        world.ticks()
        assert sorted(e.name.partition("-")[0] for e in world.executions) == ["audit", "detect"]
        assert len(world.subjects) == len(world.texts) == 2


@pytest.mark.parametrize("kept", ["detect", "audit"])
def test_a_kind_that_is_switched_off_is_not_asked_for(slack: Slack, kept: TaskType) -> None:
    later = NOW + timedelta(minutes=1)
    tasks = [task(kind, answer(kind, start=later, end=later)) for kind in ("detect", "audit")]
    with World(slack, tasks, parameters={"TaskTypes": kept}) as world:
        world.passes(300)
        world.ticks()
        asked = {c.operation for c in world.network.calls if c.operation in LIST_TASKS.values()}
        assert asked == {LIST_TASKS[kept]}
        assert [e.name.partition("-")[0] for e in world.executions] == [kept]


def test_a_task_that_has_just_started_is_left_to_its_event(slack: Slack) -> None:
    now = NOW + timedelta(seconds=299)
    with World(slack, [task("detect", answer("detect", start=now, end=now))]) as world:
        world.passes(300)
        world.ticks()
        assert world.executions == []
        world.passes(300)
        world.ticks()
        assert world.execution.status == "SUCCEEDED"


def test_a_task_of_long_ago_is_not_announced(slack: Slack) -> None:
    """It started after the stack was made, but before the sweep's window."""
    start = NOW + timedelta(minutes=10)
    with World(slack, [task("detect", running("detect", start=start))]) as world:
        world.passes(7 * 3600)
        world.ticks()
        assert world.executions == []
