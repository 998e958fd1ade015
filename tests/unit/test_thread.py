"""When the head of a thread is drawn anew, and when its end can be estimated."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mitigation.thread import (
    ALL_HEADS,
    NO_HEADS,
    PROBLEM_HEADS,
    Thread,
    counts_of,
    estimate_end,
    is_due,
    is_start_due,
)
from tests.support.tasks import detect

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
NONE = Thread()
TARGET = {"violationIds": [f"violation-{n}" for n in range(25)]}


def task(executed: int = 0, failed: int = 0, **changes: Any) -> Any:
    statistics = {"actionsExecuted": executed, "actionsSkipped": 0, "actionsFailed": failed}
    summary = {"taskStartTime": START, "target": TARGET, "actionsDefinition": [{"name": "a"}]}
    return detect("IN_PROGRESS", **{**summary, "taskStatistics": statistics, **changes})


def due(
    thread: Thread = NONE,
    seconds: float = 60,
    heads: str = ALL_HEADS,
    *,
    troubled: bool = False,
    **counts: int,
) -> bool:
    now = START + timedelta(seconds=seconds)
    return is_due(task(**counts), thread, heads, troubled=troubled, now=now)


def shown(seconds: float, **counts: int) -> Thread:
    tried_at = START + timedelta(seconds=seconds)
    return Thread("C1", "1.000001", counts_of(task(**counts)), tried_at)


def test_a_task_gets_a_head_at_once_where_there_is_an_app() -> None:
    assert due()
    assert not due(heads=NO_HEADS)


def test_a_channel_for_problems_gets_one_once_there_is_a_problem() -> None:
    assert not due(heads=PROBLEM_HEADS, executed=3)
    assert due(heads=PROBLEM_HEADS, failed=1)
    assert due(heads=PROBLEM_HEADS, troubled=True)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(89, False), (90, True)], ids=["29 s later", "30 s later"]
)
def test_it_is_edited_when_its_counts_have_changed_and_30_s_have_passed(
    seconds: int, *, expected: bool
) -> None:
    assert due(shown(60), seconds, executed=1) is expected
    assert not due(shown(60, executed=1), 10_000, executed=1)


def test_of_an_old_task_it_is_edited_after_a_hundredth_of_its_age() -> None:
    assert not due(shown(86_400), 86_400 + 800, executed=1)
    assert due(shown(86_400), 86_400 + 900, executed=1)


def test_a_try_that_failed_is_not_repeated_at_the_next_look() -> None:
    tried = Thread(tried_at=START + timedelta(seconds=50))
    assert not due(tried, 79)
    assert due(tried, 80)


def test_a_task_that_started_nobody_knows_when_is_edited_after_30_s() -> None:
    tried = Thread(tried_at=START)
    for seconds, expected in ((29, False), (30, True)):
        now = START + timedelta(seconds=seconds)
        unknown = task(taskStartTime=None)
        assert is_due(unknown, tried, ALL_HEADS, troubled=False, now=now) is expected


def test_a_head_that_is_lost_is_left_alone() -> None:
    assert not due(shown(60)._replace(is_lost=True), 10_000, executed=9)


@pytest.mark.parametrize(("executed", "expected"), [(4, None), (5, 500), (10, 250), (25, None)])
def test_the_end_is_estimated_from_five_outcomes_on(executed: int, expected: int | None) -> None:
    end = estimate_end(task(executed), 100)
    assert end == (expected and START + timedelta(seconds=expected))


def test_it_takes_a_tenth_of_all_outcomes_to_estimate_the_end() -> None:
    four = [{"name": "a"}] * 4
    assert estimate_end(task(9, actionsDefinition=four), 100) is None
    assert estimate_end(task(10, actionsDefinition=four), 100) == START + timedelta(seconds=1_000)


@pytest.mark.parametrize(
    "changes",
    [{"taskStartTime": None}, {"target": {}}],
    ids=["no start", "no total"],
)
def test_nothing_is_estimated_where_aws_does_not_tell(changes: dict[str, Any]) -> None:
    assert estimate_end(task(6, **changes), 100) is None


@pytest.mark.parametrize("age", [0, 1e300])
def test_an_odd_age_gives_no_estimate(age: float) -> None:
    assert estimate_end(task(6), age) is None


@pytest.mark.parametrize(
    ("starts", "failed", "expected"),
    [
        (NO_HEADS, 1, False),
        (ALL_HEADS, 0, True),
        (PROBLEM_HEADS, 0, False),
        (PROBLEM_HEADS, 1, True),
    ],
)
def test_a_start_is_told_as_the_channel_wants_it(starts: str, failed: int, expected: bool) -> None:
    assert is_start_due(task(failed=failed), starts) is expected


def test_only_a_task_that_runs_is_said_to_run() -> None:
    assert not is_start_due(detect("ROLLED_BACK"), ALL_HEADS)
    assert not is_start_due(detect("FAILED", failed=1), ALL_HEADS)
