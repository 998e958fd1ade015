"""What docs/benchmarks.md and docs/scale.md promise, on samples of what they show."""

from collections import Counter

import pytest

from bench import acting, page, scale, schedules
from bench.polling import broken, settings, simulate, slack_app
from bench.schedules import default_policy
from mitigation.acts.click import Action
from tests.support.iot import scenario

TASKS = 2_000


def test_the_defaults_keep_every_promise_and_none_is_beaten() -> None:
    found = simulate(TASKS, TASKS)
    assert broken(found.targets()) == []
    assert found.mix[0] in found.front


@pytest.mark.parametrize(
    ("parameters", "promise"),
    [
        ({"PollMaxSeconds": "240"}, "mix: cost, of the job poller's"),
        ({"PollMinSeconds": "60"}, "known total, steady: median delay, of its"),
    ],
)
def test_other_parameters_break_a_promise(parameters: dict[str, str], promise: str) -> None:
    assert promise in broken(simulate(TASKS, TASKS, default_policy(**parameters)).targets())


def test_showing_progress_costs_what_is_promised_and_edits_that_show_nothing_cost_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert broken(slack_app(500)) == []
    monkeypatch.setattr(schedules, "counts_of", lambda _task: "")
    assert broken(slack_app(500)) == ["steady: cost, of the webhook's"]


def test_the_page_shows_the_settings_that_are_shipped() -> None:
    """Otherwise: make bench."""
    assert page.shown()["settings"] == settings()


def test_a_sweep_of_fifty_accounts_in_four_regions_asks_each_member_three_times() -> None:
    asked, _ = scale.sweep(call_seconds=0)
    assert Counter(operation for operation, *_ in asked) == {
        "DescribeStateMachine": 1,
        "AssumeRole": 200,
        "ListDetectMitigationActionsTasks": 201,
        "ListAuditMitigationActionsTasks": 201,
    }
    lists = Counter(each for each in asked if each[0].startswith("List"))
    assert set(lists.values()) == {1}


def test_an_undo_takes_three_calls_a_certificate_at_aws_s_rate_and_nine_events_an_invocation() -> (
    None
):
    few, many = acting.measure(
        {
            str(rows): (Action.UNDO, scenario("SUCCESSFUL", executed={"Deactivate": rows}))
            for rows in (30, 530)
        }
    ).values()
    assert (few.invocations, many.invocations, many.events - few.events) == (1, 2, 9)
    assert 3 * 500 <= many.calls - few.calls < 3 * 510
    assert 150 <= many.seconds - few.seconds < 160
    assert abs(many.largest - few.largest) < 100
