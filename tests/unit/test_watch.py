"""When to look again, when a task is overdue, when to give up, how long to wait for a channel."""

import dataclasses
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from mitigation.decision import MOST_EVENTS, RETRY_EVENTS, ROUND_EVENTS, Look, look_at
from mitigation.patience import INTERIM_PATIENCE_SECONDS, PATIENCE_SECONDS, retry_seconds
from mitigation.polling import Policy, progress, wait_seconds
from mitigation.task import Task
from mitigation.wire import Reader
from tests.support.tasks import audit, detect

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
POLICY = Policy(min_seconds=10, max_seconds=300, overdue_seconds=3600, limit_seconds=86_400)


def look(task: Task, seconds: float, previous: Look | None = None) -> Look:
    return look_at(task, now=START + timedelta(seconds=seconds), policy=POLICY, previous=previous)


def running(**summary: Any) -> Task:
    return detect("IN_PROGRESS", taskStartTime=START, **summary)


def test_a_task_that_has_ended_is_told_at_the_first_look() -> None:
    first = look(detect("FAILED", taskStartTime=START), 5)
    assert first.ended
    assert first.tell
    assert not first.gave_up


def test_a_running_task_is_looked_at_again() -> None:
    first = look(running(), 5)
    assert not first.ended
    assert not first.tell
    assert 10 <= first.wait_seconds <= 15


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 10), (10, 10), (1_000, 100), (4_000, 200), (86_000, 300)]
)
def test_the_wait_grows_with_the_root_of_the_age_within_bounds(age: int, wait: int) -> None:
    waits = [wait_seconds(age, POLICY, None, jitter / 10) for jitter in range(11)]
    assert waits[0] == wait
    assert waits == sorted(waits)
    assert waits[-1] <= min(1.5 * wait, POLICY.max_seconds)


def test_tasks_that_started_together_do_not_ask_together() -> None:
    tasks = [detect("IN_PROGRESS", taskId=f"t{n}", taskStartTime=START) for n in range(50)]
    assert len({look(task, 1_000).wait_seconds for task in tasks}) > 10


def test_the_same_look_always_waits_the_same() -> None:
    assert look(running(), 1_000) == look(running(), 1_000)


def test_progress_shortens_the_wait_to_the_predicted_rest() -> None:
    assert wait_seconds(1_000, POLICY, 0.95, 0) == 53
    assert wait_seconds(1_000, POLICY, 0.1, 0) == 100  # never lengthens


def test_a_task_that_stalls_near_its_end_stays_cheap() -> None:
    assert wait_seconds(9_000, POLICY, 0.9999, 0) == 100


def test_progress_is_known_from_ids_and_actions() -> None:
    ids = {"violationIds": ["v1", "v2"]}
    task = running(target=ids, actionsDefinition=[{}, {}], executed=1, failed=1, skipped=1)
    assert progress(task) == 3.5 / 4  # the one under way counts half


@pytest.mark.parametrize(
    "task",
    [
        running(),
        running(target={"violationIds": ["v1"]}, actionsDefinition=[{}], executed=5),
        audit("IN_PROGRESS", total=0, executed=0),
        audit("IN_PROGRESS", total=-3, executed=1),
    ],
)
def test_progress_is_not_known_where_the_counts_do_not_fit(task: Task) -> None:
    assert progress(task) is None


def test_an_overdue_task_is_told_once_and_watched_on() -> None:
    first = look(running(), 3_600)
    assert first.overdue
    assert first.tell
    assert not first.ended
    second = look(running(), 3_700, first)
    assert second.overdue
    assert not second.tell


def test_a_task_that_never_ends_is_given_up_at_the_limit() -> None:
    last = look(running(), 86_400)
    assert last.gave_up
    assert last.ended
    assert last.tell


def test_a_task_of_unknown_status_is_overdue_and_given_up_like_any_other() -> None:
    task = detect("ROLLED_BACK", taskStartTime=START)
    assert not look(task, 5).ended
    assert look(task, 3_600).overdue
    assert look(task, 86_400).gave_up


def test_a_task_that_has_ended_late_is_neither_overdue_nor_given_up() -> None:
    late = look(detect("SUCCESSFUL", taskStartTime=START), 90_000)
    assert late.ended
    assert not late.overdue
    assert not late.gave_up


@pytest.mark.parametrize("started", [None, START + timedelta(days=365), START])
def test_the_limit_is_reached_in_few_looks_whatever_the_clocks_say(
    started: datetime | None,
) -> None:
    task = detect("IN_PROGRESS", taskStartTime=started)
    looks = [look(task, 0)]
    while not looks[-1].ended:
        looks.append(look(task, 0, looks[-1]))  # the clock stands still
        assert len(looks) < 1_000
    assert looks[-1].age_seconds == 86_400
    assert all(later.age_seconds > earlier.age_seconds for earlier, later in pairwise(looks))
    assert [each.tell for each in looks].count(True) == 2


def test_the_last_wait_ends_at_the_limit() -> None:
    assert look(running(), 86_390).wait_seconds == 10
    assert look(running(), 86_300).wait_seconds == 100


def test_a_watch_gives_up_before_its_history_is_full() -> None:
    earlier = dataclasses.replace(look(running(), 60), events=MOST_EVENTS - ROUND_EVENTS - 1)
    assert not look(running(), 70, earlier).gave_up
    last = look(running(), 70, dataclasses.replace(earlier, events=earlier.events + 1))
    assert last.gave_up
    assert last.tell


def test_retries_of_a_look_count_as_history_too() -> None:
    state = look(running(), 60).to_wire() | {"retries": 4}
    assert Look.from_wire(Reader.of(state)).events == ROUND_EVENTS + 4 * RETRY_EVENTS


def test_a_start_before_the_calendar_is_just_old() -> None:
    task = detect("IN_PROGRESS", taskStartTime="0001-01-01T00:00:00Z")
    assert look(task, 0).gave_up


def test_a_look_comes_back_from_the_wire_as_it_went() -> None:
    first = look(running(), 3_600)
    assert Look.from_wire(Reader.of(first.to_wire())) == first


def test_a_channel_that_is_down_is_tried_with_growing_waits_for_twelve_hours() -> None:
    waits: list[int] = []
    while wait := retry_seconds(sum(waits), None, final=True):
        waits.append(wait)
    assert waits[:7] == [15, 15, 30, 60, 120, 240, 480]
    assert max(waits) == 900
    assert PATIENCE_SECONDS <= sum(waits) <= PATIENCE_SECONDS + 900


def test_a_retry_after_is_honored_unless_backoff_is_longer() -> None:
    assert retry_seconds(0, 3_600, final=True) == 3_600
    assert retry_seconds(600, 5, final=True) == 600


def test_a_retry_after_of_years_ends_with_patience() -> None:
    wait = retry_seconds(0, 999_999_999, final=True)
    assert wait == PATIENCE_SECONDS
    assert retry_seconds(wait, 999_999_999, final=True) is None


def test_a_channel_that_is_down_holds_the_watch_of_a_running_task_only_briefly() -> None:
    waits: list[int] = []
    while wait := retry_seconds(sum(waits), None, final=False):
        waits.append(wait)
    assert 0 < sum(waits) <= INTERIM_PATIENCE_SECONDS
    assert retry_seconds(0, INTERIM_PATIENCE_SECONDS + 1, final=False) is None
