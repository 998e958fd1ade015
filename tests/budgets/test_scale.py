"""What many tasks do against AWS's rates, simulated."""

import random

import pytest

from bench.scale import CALLS_A_SECOND, burst, stream


@pytest.mark.parametrize("starts_a_second", [1e9, 10])
def test_of_50_tasks_at_once_every_look_gets_through_in_the_end(starts_a_second: float) -> None:
    found = burst("", starts_a_second=starts_a_second, jitter=True, runs=5)
    assert found.out_of_sight == 0
    assert 0 < found.throttled < 0.1 * found.looks


def test_jitter_draws_tasks_apart_that_start_at_once() -> None:
    with_it, without = (
        burst("", starts_a_second=1e9, jitter=jitter, runs=5) for jitter in (True, False)
    )
    assert with_it.throttled < without.throttled
    assert with_it.throttled_later < without.throttled_later


def test_no_more_calls_than_the_rate_are_throttled_never() -> None:
    found = burst("", tasks=CALLS_A_SECOND, starts_a_second=1e9, jitter=True, runs=2)
    assert found.throttled == 0


def test_tasks_that_run_at_once_are_their_rate_times_their_mean() -> None:
    random.seed(0)
    few, many = stream(50, 4, cores=1), stream(100, 4, cores=1)
    assert many.at_once == pytest.approx(2 * few.at_once, rel=0.5)
    assert few.at_once <= few.most_at_once < 50
    assert many.looks_a_second < CALLS_A_SECOND
