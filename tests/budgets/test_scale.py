"""What many tasks do against AWS's rates, simulated."""

import random
from collections import Counter
from itertools import accumulate

import pytest

from bench import members
from bench.scale import CALLS_A_SECOND, burst, busiest
from bench.tasks import DAY


@pytest.mark.parametrize("starts_a_second", [1e9, 10])
def test_of_50_tasks_at_once_every_look_gets_through_in_the_end(starts_a_second: float) -> None:
    looks, throttled, _, out_of_sight = burst(starts_a_second=starts_a_second, jitter=True, runs=5)
    assert out_of_sight == 0
    assert 0 < throttled < 0.1 * looks


def test_jitter_draws_tasks_apart_that_start_at_once() -> None:
    (_, fewer, fewer_later, _), (_, more, more_later, _) = (
        burst(starts_a_second=1e9, jitter=jitter, runs=5) for jitter in (True, False)
    )
    assert fewer < more
    assert fewer_later < more_later


def test_no_more_calls_than_the_rate_are_throttled_never() -> None:
    _, throttled, *_ = burst(CALLS_A_SECOND, starts_a_second=1e9, jitter=True, runs=2)
    assert throttled == 0


def test_the_busiest_second_is_what_a_day_of_chance_brings() -> None:
    rng, rate = random.Random(3), 7  # noqa: S311  chance for a simulation
    starts = accumulate(rng.expovariate(rate) for _ in range(rate * DAY))
    busy = Counter(int(start) for start in starts)
    beyond = [sum(count > busiest(rate) - less for count in busy.values()) for less in (0, 3)]
    assert beyond[0] <= 3 < beyond[1]


def test_a_sweep_of_fifty_accounts_in_four_regions_asks_each_member_three_times() -> None:
    found = members.sweep(call_seconds=0)
    assert found.calls == {
        "DescribeStateMachine": 1,
        "AssumeRole": 200,
        "ListDetectMitigationActionsTasks": 201,
        "ListAuditMitigationActionsTasks": 201,
    }
    assert found.most_of_one == 1
