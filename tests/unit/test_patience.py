"""How long a channel that is down is tried."""

from itertools import takewhile

import pytest

from mitigation.patience import PATIENCE_SECONDS, retry_seconds

LATER = 999_999_999


def waits(*, final: bool) -> list[int]:
    """For a channel that never comes back."""
    found: list[int] = []
    while wait := retry_seconds(sum(found), None, final=final, unsure=0):
        found.append(wait)
    return found


def test_a_channel_that_is_down_is_tried_with_growing_waits_for_twelve_hours() -> None:
    tried = waits(final=True)
    assert list(takewhile(lambda wait: wait < 900, tried)) == [15, 15, 30, 60, 120, 240, 480]
    assert max(tried) == 900
    assert PATIENCE_SECONDS <= sum(tried) <= PATIENCE_SECONDS + 900


def test_a_channel_that_is_down_holds_the_watch_of_a_running_task_for_four_minutes() -> None:
    assert waits(final=False) == [15, 15, 30, 60, 120]


@pytest.mark.parametrize(
    ("waited", "retry_after", "final", "expected"),
    [
        (0, 3_600, True, 3_600),
        (600, 5, True, 600),
        (0, LATER, True, PATIENCE_SECONDS),
        (PATIENCE_SECONDS, LATER, True, None),
        (0, 240, False, 240),
        (0, 241, False, None),
    ],
)
def test_a_retry_after_is_honored_as_far_as_patience_goes(
    waited: int, retry_after: int, final: bool, expected: int | None
) -> None:
    assert retry_seconds(waited, retry_after, final=final, unsure=0) == expected


@pytest.mark.parametrize(("unsure", "expected"), [(1, 15), (2, None)])
def test_a_message_that_may_have_arrived_is_sent_twice_at_the_most(
    unsure: int, expected: int | None
) -> None:
    assert retry_seconds(15, None, final=True, unsure=unsure) == expected
