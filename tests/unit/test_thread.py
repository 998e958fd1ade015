"""When the head of a thread is drawn anew, and when its end can be estimated."""

from datetime import timedelta
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
from tests.support.looks import START
from tests.support.tasks import detect

NONE = Thread()


def task(executed: int = 0, failed: int = 0, **changes: Any) -> Any:
    statistics = {"actionsExecuted": executed, "actionsSkipped": 0, "actionsFailed": failed}
    target = {"violationIds": [f"violation-{n}" for n in range(25)]}
    summary = {"taskStartTime": START, "target": target, "actionsDefinition": [{"name": "a"}]}
    return detect("IN_PROGRESS", **{**summary, "taskStatistics": statistics, **changes})


def due(
    thread: Thread = NONE,
    seconds: float = 60,
    heads: str = ALL_HEADS,
    *,
    troubled: bool = False,
    **changes: Any,
) -> bool:
    now = START + timedelta(seconds=seconds)
    return is_due(task(**changes), thread, heads, troubled=troubled, now=now)


def shown(seconds: float) -> Thread:
    return Thread("C1", "1.000001", counts_of(task()), START + timedelta(seconds=seconds))


def test_a_task_gets_a_head_at_once_where_there_is_an_app() -> None:
    assert due()
    assert not due(heads=NO_HEADS)


def test_a_channel_for_problems_gets_one_once_there_is_a_problem() -> None:
    assert not due(heads=PROBLEM_HEADS, executed=3)
    assert due(heads=PROBLEM_HEADS, failed=1)
    assert due(heads=PROBLEM_HEADS, troubled=True)


def test_it_is_edited_when_its_counts_have_changed_and_30_s_have_passed() -> None:
    assert not due(shown(60), 89, executed=1)
    assert due(shown(60), 90, executed=1)
    assert not due(shown(60), 10_000)


def test_of_an_old_task_it_is_edited_after_a_hundredth_of_its_age() -> None:
    assert not due(shown(86_400), 86_400 + 800, executed=1)
    assert due(shown(86_400), 86_400 + 900, executed=1)


@pytest.mark.parametrize("start", [START, None])
def test_a_try_that_failed_is_repeated_after_30_s(start: object) -> None:
    tried = Thread(tried_at=START)
    assert [due(tried, s, taskStartTime=start) for s in (29, 30)] == [False, True]


def test_a_head_that_is_lost_is_left_alone() -> None:
    assert not due(shown(60)._replace(is_lost=True), 10_000, executed=9)


FOUR = {"actionsDefinition": [{"name": "a"}] * 4}


@pytest.mark.parametrize(
    ("executed", "changes", "age", "expected"),
    [
        (4, {}, 100, None),
        (5, {}, 100, 500),
        (10, {}, 100, 250),
        (25, {}, 100, None),
        (9, FOUR, 100, None),  # less than a tenth
        (10, FOUR, 100, 1_000),
        (6, {"taskStartTime": None}, 100, None),
        (6, {"target": {}}, 100, None),
        (6, {}, 0, None),
        (6, {}, 1e300, None),
    ],
)
def test_the_end_is_estimated_from_five_outcomes_and_a_tenth_on(
    executed: int, changes: dict[str, Any], age: float, expected: int | None
) -> None:
    end = estimate_end(task(executed, **changes), age)
    assert end == (expected and START + timedelta(seconds=expected))


def test_a_start_is_told_as_the_channel_wants_it_while_the_task_runs() -> None:
    assert not is_start_due(task(failed=1), NO_HEADS)
    assert is_start_due(task(), ALL_HEADS)
    assert not is_start_due(task(), PROBLEM_HEADS)
    assert is_start_due(task(failed=1), PROBLEM_HEADS)
    assert not is_start_due(detect("ROLLED_BACK"), ALL_HEADS)
