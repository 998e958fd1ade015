"""When to look again."""

from typing import Any

import pytest

from mitigation.polling import Policy, backoff_seconds, fraction_of, progress, wait_seconds
from mitigation.task import Task
from tests.support.tasks import audit, detect

POLICY = Policy(min_seconds=10, max_seconds=300, overdue_seconds=3600, limit_seconds=86_400)


def running(**summary: Any) -> Task:
    return detect("IN_PROGRESS", **summary)


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 10), (10, 10), (1_000, 100), (4_000, 200), (86_000, 300)]
)
def test_the_wait_grows_with_the_root_of_the_age_within_bounds(age: int, wait: int) -> None:
    waits = [wait_seconds(age, POLICY, None, jitter / 10) for jitter in range(11)]
    assert waits[0] == wait
    assert waits == sorted(waits)
    assert waits[-1] <= min(1.5 * wait, POLICY.max_seconds)


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
        running(target={"violationIds": ["v1"]}, actionsDefinition=[{}], executed=1),
        audit("IN_PROGRESS", total=0, executed=0),
        audit("IN_PROGRESS", total=-3, executed=1),
    ],
)
def test_progress_is_not_known_where_the_counts_do_not_fit(task: Task) -> None:
    assert progress(task) is None


def test_trouble_is_asked_about_again_after_waits_that_double() -> None:
    waits: list[int] = []
    while sum(waits) < 3_600:
        waits.append(backoff_seconds(sum(waits), sum(waits), POLICY, 0))
    assert waits[:6] == [10, 10, 20, 40, 80, 160]
    assert waits[6:] == [300] * len(waits[6:])
    assert backoff_seconds(0, 290, POLICY, 1) == 300  # jitter lengthens, and the cap holds
    assert backoff_seconds(0, 100, POLICY, 1) == 130


def test_texts_are_spread_from_0_to_1() -> None:
    parts = sorted(fraction_of(f"detect-{number}") for number in range(1_000))
    assert all(abs(part - rank / 1_000) < 0.05 for rank, part in enumerate(parts))


def test_trouble_that_comes_and_goes_looks_no_more_often_than_progress_may() -> None:
    assert backoff_seconds(36_000, 0, POLICY, 0) == wait_seconds(36_000, POLICY, 0.9999, 0) == 200
