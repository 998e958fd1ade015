"""What is promised of the polling defaults, on a sample of the simulation that docs/ shows."""

from itertools import pairwise

import pytest

from bench import page, schedules
from bench.polling import (
    EVENT_LIMIT,
    Outcome,
    Polling,
    broken,
    most_events,
    settings,
    simulate,
    slack_app,
)
from bench.schedules import JOB_POLLER, default_policy, fixed, ours, timetable
from bench.tasks import SimulatedTask, draw_known, draw_mix, noisy, stalling, steady
from mitigation.decision import MOST_EVENTS, ROUND_EVENTS
from mitigation.polling import Policy
from mitigation.thread import ALL_HEADS
from tests.support.product import Product

MIX_TASKS, KNOWN_TASKS = 2_000, 2_000
# A look that is throttled to the end: nine attempts, each scheduled, started and failed.
EVENTS_OF_A_FAILED_LOOK = 27


def sample(policy: Policy | None = None) -> Polling:
    return simulate(MIX_TASKS, KNOWN_TASKS, policy)


def test_the_defaults_keep_every_promise() -> None:
    assert broken(sample().targets()) == []


@pytest.mark.parametrize(
    ("parameters", "promise"),
    [
        ({"PollMaxSeconds": "900"}, "mix: p99 delay, seconds"),
        ({"PollMaxSeconds": "240"}, "mix: cost, of the job poller's"),
        ({"PollMinSeconds": "60"}, "known total, steady: median delay, of its"),
    ],
)
def test_other_parameters_break_a_promise(parameters: dict[str, str], promise: str) -> None:
    assert promise in broken(sample(default_policy(**parameters)).targets())


def test_showing_progress_costs_what_is_promised() -> None:
    found = slack_app(500)
    assert broken(found) == []
    _, some, _, most, _ = (one.value for one in found)
    assert 1 < some < most


def test_edits_of_which_nobody_would_see_anything_break_that_promise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedules, "counts_of", lambda _task: "")
    assert broken(slack_app(500)) == ["steady: cost, of the webhook's"]


def test_a_schedule_that_another_beats_is_not_on_the_front() -> None:
    cheap, dear = (
        Outcome(name, looks, 3 * looks, median=1, mean=mean, p99=1)
        for name, looks, mean in (("cheap", 10, 20), ("dear", 11, 21))
    )
    assert Polling([dear, cheap], {}).front == [cheap]


@pytest.mark.parametrize("progress", [steady, noisy, stalling])
def test_all_outcomes_of_a_task_are_in_at_its_end_and_not_before(progress: object) -> None:
    for task in draw_known(200, progress):  # type: ignore[arg-type]  # one of three like it
        assert list(task.outcomes) == sorted(task.outcomes)
        assert task.outcomes[-1] == task.seconds
        total = task.at(0).expected_total
        assert total == len(task.outcomes)
        assert task.at(task.seconds).statistics.done == total
        assert task.at(0.999 * task.seconds).statistics.done < total


def test_of_the_mix_no_total_is_known() -> None:
    for progress in (None, steady):
        drawn = draw_mix(100, progress)
        assert [task.seconds for task in drawn] == [task.seconds for task in draw_mix(100)]
        assert {task.at(0).expected_total for task in drawn} == {None}
        assert {task.at(task.seconds).statistics.done > 0 for task in drawn} == {bool(progress)}


def test_a_timetable_sees_the_end_at_its_next_look() -> None:
    assert list(fixed(60).ages(SimulatedTask(0, 90.0))) == [0, 60, 120]
    assert list(JOB_POLLER.ages(SimulatedTask(0, 90.0))) == [60, 120]
    growing = timetable("doubles", lambda age: age + 1)
    assert list(growing.ages(SimulatedTask(0, 6.5))) == [0, 1, 3, 7]


def test_what_a_schedule_costs_and_brings_is_counted_from_its_looks() -> None:
    tasks = [SimulatedTask(n, seconds) for n, seconds in enumerate((90.0, 119.0))]
    found = Outcome.of(fixed(60), tasks)
    assert (found.looks, found.transitions, found.mean) == (3, 8, 15.5)
    assert Outcome.of(JOB_POLLER, tasks).transitions == 6


def test_the_products_own_watch_is_what_is_simulated() -> None:
    ages = list(ours(default_policy()).ages(SimulatedTask(0, 600.0)))
    waits = [later - age for age, later in pairwise(ages)]
    policy = default_policy()
    assert ages[0] == 0
    assert ages[-2] < 600 <= ages[-1]
    assert policy.min_seconds <= waits[0] < waits[-1] <= policy.max_seconds


def test_a_watch_ends_before_its_execution_is_out_of_events() -> None:
    """Also with the parameters that make it look most often; a third is left for retries."""
    given = Product.load().template["Parameters"]
    most_often = default_policy(
        PollMinSeconds=str(given["PollMinSeconds"]["MinValue"]),
        PollMaxSeconds=str(given["PollMaxSeconds"]["MinValue"]),
        WatchLimitHours=str(given["WatchLimitHours"]["MaxValue"]),
    )
    assert most_events(most_often) <= EVENT_LIMIT * 2 / 3
    assert most_events(most_often) < most_events(most_often, ALL_HEADS) <= MOST_EVENTS
    assert EVENT_LIMIT / 3 > 300 * EVENTS_OF_A_FAILED_LOOK
    shortest = most_often.limit_seconds / most_often.max_seconds * ROUND_EVENTS
    assert most_events(most_often) > shortest


def test_the_page_shows_the_settings_that_are_shipped() -> None:
    """Otherwise: make bench."""
    assert page.shown()["settings"] == settings()
