"""When to look again, how long a channel that is down is tried, and when a head is drawn anew."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from mitigation import thread
from mitigation.patience import PATIENCE_SECONDS, retry_seconds
from mitigation.polling import Policy, backoff_seconds, fraction_of, progress, wait_seconds
from mitigation.task import Task
from mitigation.thread import ALL_HEADS, NO_HEADS, PROBLEM_HEADS, Thread
from tests.support.looks import START
from tests.support.tasks import audit, detect

POLICY = Policy(min_seconds=10, max_seconds=300, overdue_seconds=3600, limit_seconds=86_400)
DAY = 86_400


def task(**changes: Any) -> Task:
    """Under way, with 25 outcomes to come."""
    target = {"violationIds": [f"violation-{n}" for n in range(25)]}
    summary = {"taskStartTime": START, "target": target, "actionsDefinition": [{"name": "a"}]}
    counts = {"executed": 0, "skipped": 0, "failed": 0}
    return detect("IN_PROGRESS", **(summary | counts | changes))


@pytest.mark.parametrize(("age", "wait"), [(0, 10), (4_000, 200), (86_000, 300)])
def test_the_wait_grows_with_the_root_of_the_age_within_bounds(age: int, wait: int) -> None:
    waits = [wait_seconds(age, POLICY, None, jitter / 10) for jitter in range(11)]
    assert waits[0] == wait
    assert waits == sorted(waits)
    assert waits[-1] <= min(1.5 * wait, POLICY.max_seconds)


def test_progress_shortens_the_wait_to_the_predicted_rest_but_never_lengthens_it() -> None:
    assert wait_seconds(1_000, POLICY, 0.95, 0) == 53
    assert wait_seconds(1_000, POLICY, 0.1, 0) == 100
    assert wait_seconds(9_000, POLICY, 0.9999, 0) == 100  # it stalls near its end


def test_progress_is_known_from_ids_and_actions_where_the_counts_fit() -> None:
    assert progress(task(executed=1, failed=1, skipped=1)) == 3.5 / 25  # one is under way
    negative = audit("IN_PROGRESS", total=-3, executed=1)
    for unknown in (detect("IN_PROGRESS"), task(executed=25), negative):
        assert progress(unknown) is None


def test_trouble_is_asked_about_again_after_waits_that_double() -> None:
    waits: list[int] = []
    while sum(waits) < 3_600:
        waits.append(backoff_seconds(sum(waits), sum(waits), POLICY, 0))
    assert waits[:6] == [10, 10, 20, 40, 80, 160]
    assert {*waits[6:]} == {300}
    assert backoff_seconds(0, 290, POLICY, 1) == 300  # jitter lengthens, and the cap holds
    assert backoff_seconds(0, 100, POLICY, 1) == 130


def test_trouble_that_comes_and_goes_looks_no_more_often_than_progress_may() -> None:
    assert backoff_seconds(36_000, 0, POLICY, 0) == wait_seconds(36_000, POLICY, 0.9999, 0) == 200


def test_texts_are_spread_from_0_to_1() -> None:
    parts = sorted(fraction_of(f"detect-{number}") for number in range(1_000))
    assert all(abs(part - rank / 1_000) < 0.05 for rank, part in enumerate(parts))


def test_a_channel_that_is_down_is_tried_with_growing_waits_for_twelve_hours() -> None:
    waits: list[int] = []
    while wait := retry_seconds(sum(waits), None, final=True, unsure=0):
        waits.append(wait)
    assert waits[:7] == [15, 15, 30, 60, 120, 240, 480]
    assert {*waits[7:]} == {900}
    assert PATIENCE_SECONDS <= sum(waits) <= PATIENCE_SECONDS + 900


def test_a_retry_after_is_honored_as_far_as_patience_goes() -> None:
    assert retry_seconds(600, 5, final=True, unsure=0) == 600
    assert retry_seconds(0, 999_999_999, final=True, unsure=0) == PATIENCE_SECONDS
    assert retry_seconds(PATIENCE_SECONDS, 999_999_999, final=True, unsure=0) is None


def test_the_watch_of_a_task_that_runs_waits_for_four_minutes() -> None:
    assert retry_seconds(0, 240, final=False, unsure=0) == 240
    assert retry_seconds(0, 241, final=False, unsure=0) is None


def test_a_message_that_may_have_arrived_is_sent_twice_at_the_most() -> None:
    assert [retry_seconds(15, None, final=True, unsure=n) for n in (1, 2)] == [15, None]


# --- The head of a thread ----------------------------------------------------------------------


def shown(seconds: float, **changes: Any) -> Thread:
    at = START + timedelta(seconds=seconds)
    return Thread("C1", "1.000001", thread.counts_of(task()), at, **changes)


def due(
    known: Thread, now: datetime, heads: str = ALL_HEADS, *, troubled: bool = False, **changes: Any
) -> bool:
    return thread.is_due(task(**changes), known, heads, troubled=troubled, now=now)


NONE, FAILED = Thread(), Thread(tried_at=START)
DUE: dict[str, tuple[Thread, float, dict[str, Any], bool]] = {
    "a task gets a head at once": (NONE, 60, {}, True),
    "where there is no app it gets none": (NONE, 60, {"heads": NO_HEADS}, False),
    "good news is none for problems": (NONE, 60, {"heads": PROBLEM_HEADS, "executed": 3}, False),
    "a failure is a problem": (NONE, 60, {"heads": PROBLEM_HEADS, "failed": 1}, True),
    "trouble is a problem": (NONE, 60, {"heads": PROBLEM_HEADS, "troubled": True}, True),
    "new counts wait for 30 s": (shown(60), 89, {"executed": 1}, False),
    "after 30 s new counts are shown": (shown(60), 90, {"executed": 1}, True),
    "the same counts are not shown again": (shown(60), 10_000, {}, False),
    "of an old task they wait longer": (shown(DAY), DAY + 800, {"executed": 1}, False),
    "for a hundredth of its age": (shown(DAY), DAY + 900, {"executed": 1}, True),
    "a try that failed waits for 30 s": (FAILED, 29, {}, False),
    "after 30 s it is repeated": (FAILED, 30, {}, True),
    "it waits too where no start is known": (FAILED, 29, {"taskStartTime": None}, False),
    "and is repeated there": (FAILED, 30, {"taskStartTime": None}, True),
    "a lost head is left alone": (shown(60, is_lost=True), 10_000, {"executed": 9}, False),
}


@pytest.mark.parametrize(("known", "seconds", "more", "expected"), DUE.values(), ids=DUE)
def test_a_head_is_posted_or_edited_when(
    known: Thread, seconds: float, more: dict[str, Any], expected: bool
) -> None:
    assert due(known, START + timedelta(seconds=seconds), **more) is expected


def ends(executed: int, age: float = 100, **changes: Any) -> datetime | None:
    return thread.estimate_end(task(executed=executed, **changes), age)


def test_the_end_is_estimated_from_five_outcomes_and_a_tenth_on() -> None:
    four = [{"name": "a"}] * 4
    assert ends(4) is None
    assert ends(5) == START + timedelta(seconds=500)
    assert ends(9, actionsDefinition=four) is None
    assert ends(10, actionsDefinition=four) == START + timedelta(seconds=1_000)


def test_there_is_no_estimate_where_too_little_is_known_or_nothing_is_left() -> None:
    assert ends(25) is None
    assert ends(6, taskStartTime=None) is None
    assert ends(6, target={}) is None
    assert ends(6, age=0) is None
    assert ends(6, age=1e300) is None


def test_a_start_is_told_as_the_channel_wants_it_while_the_task_runs() -> None:
    assert not thread.is_start_due(task(failed=1), NO_HEADS)
    assert thread.is_start_due(task(), ALL_HEADS)
    assert not thread.is_start_due(task(), PROBLEM_HEADS)
    assert thread.is_start_due(task(failed=1), PROBLEM_HEADS)
    assert not thread.is_start_due(detect("ROLLED_BACK"), ALL_HEADS)
