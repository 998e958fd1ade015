"""How long a channel that is down is tried."""

from mitigation.patience import (
    INTERIM_PATIENCE_SECONDS,
    MOST_UNSURE,
    PATIENCE_SECONDS,
    retry_seconds,
)


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


def test_a_message_that_may_have_arrived_is_sent_twice_at_the_most() -> None:
    assert MOST_UNSURE == 2
    assert retry_seconds(0, None, final=True, unsure=1) == 15
    assert retry_seconds(15, None, final=True, unsure=2) is None
