"""When to look again; and how long a channel that is down is tried."""

from itertools import takewhile
from typing import Any

import pytest

from mitigation.patience import PATIENCE_SECONDS, retry_seconds
from mitigation.polling import Policy, backoff_seconds, fraction_of, progress, wait_seconds
from mitigation.task import Task
from tests.support.tasks import audit, detect

POLICY = Policy(min_seconds=10, max_seconds=300, overdue_seconds=3600, limit_seconds=86_400)
LATER = 999_999_999


def running(**summary: Any) -> Task:
    target = {"violationIds": ["v1", "v2"]}
    return detect("IN_PROGRESS", target=target, actionsDefinition=[{}, {}], **summary)


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


def test_progress_is_known_from_ids_and_actions() -> None:
    assert progress(running(executed=1, failed=1, skipped=1)) == 3.5 / 4  # one is under way


@pytest.mark.parametrize(
    "task", [detect("IN_PROGRESS"), running(executed=4), audit("IN_PROGRESS", total=-3, executed=1)]
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


def test_trouble_that_comes_and_goes_looks_no_more_often_than_progress_may() -> None:
    assert backoff_seconds(36_000, 0, POLICY, 0) == wait_seconds(36_000, POLICY, 0.9999, 0) == 200


def test_texts_are_spread_from_0_to_1() -> None:
    parts = sorted(fraction_of(f"detect-{number}") for number in range(1_000))
    assert all(abs(part - rank / 1_000) < 0.05 for rank, part in enumerate(parts))


def test_a_channel_that_is_down_is_tried_with_growing_waits_for_twelve_hours() -> None:
    tried: list[int] = []
    while wait := retry_seconds(sum(tried), None, final=True, unsure=0):
        tried.append(wait)
    assert list(takewhile(lambda wait: wait < 900, tried)) == [15, 15, 30, 60, 120, 240, 480]
    assert max(tried) == 900
    assert PATIENCE_SECONDS <= sum(tried) <= PATIENCE_SECONDS + 900


@pytest.mark.parametrize(
    ("waited", "retry_after", "final", "expected"),
    [
        (600, 5, True, 600),
        (0, LATER, True, PATIENCE_SECONDS),
        (PATIENCE_SECONDS, LATER, True, None),
        (0, 240, False, 240),  # the watch of a task that runs waits for four minutes
        (0, 241, False, None),
    ],
)
def test_a_retry_after_is_honored_as_far_as_patience_goes(
    waited: int, retry_after: int, final: bool, expected: int | None
) -> None:
    assert retry_seconds(waited, retry_after, final=final, unsure=0) == expected


def test_a_message_that_may_have_arrived_is_sent_twice_at_the_most() -> None:
    assert [retry_seconds(15, None, final=True, unsure=n) for n in (1, 2)] == [15, None]
