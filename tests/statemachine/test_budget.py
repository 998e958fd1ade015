"""A watch ends within Step Functions' 25,000 history events, whatever its parameters.

Reaching the limit would end the execution without a message: AWS offers nothing to catch it. So the
watch counts its own events and gives up in time; and this never ends a watch that goes well.
"""

from itertools import product as combinations

import pytest

from bench.polling import most_events
from bench.schedules import default_policy
from embedded.scenario import SlackAnswer
from embedded.slack_workspace import Workspace
from mitigation import decision, patience
from mitigation.decision import INTERIM_EVENTS, MOST_EVENTS, RETRY_EVENTS, ROUND_EVENTS
from mitigation.polling import Policy
from mitigation.thread import ALL_HEADS
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.product import product
from tests.support.slack import OK, Slack
from tests.support.watched import answer, running, started, task
from tests.template.wiring import states

EVENT_LIMIT = 25_000  # Step Functions quotas, standard workflows
TASK_EVENTS = 5  # entered, scheduled, started, succeeded, exited
PASSING_EVENTS = 2  # of a Choice, a Wait, a Pass: entered, exited
CHANNELS = 2
RULES = {name: state["Retry"] for name, state in states(product().definition) if "Retry" in state}
# Every combination of the smallest and the largest value that a deployment accepts.
BOUNDS = {
    name: (str(parameter["MinValue"]), str(parameter["MaxValue"]))
    for name, parameter in product().template["Parameters"].items()
    if name in {"PollMinSeconds", "PollMaxSeconds", "OverdueMinutes", "WatchLimitHours"}
}
EXTREMES = [
    default_policy(**dict(zip(BOUNDS, values, strict=True)))
    for values in combinations(*BOUNDS.values())
]


def most_task_events(state_name: str) -> int:
    """Of a Task that fails as often as each of its retry rules allows, then succeeds."""
    return TASK_EVENTS + RETRY_EVENTS * sum(int(r["MaxAttempts"]) for r in RULES[state_name])


def most_telling_events(*, final: bool) -> int:
    """Of telling every channel once, where each is down until patience ends, and SQS is slow.

    And where Notify fails before each answer, as often as makes for the most events; in its last
    visit as often as it may.
    """
    name = "Notify" if final else "NotifyInterim"
    visits = max(visit_events(n, name, final=final) for n in range(RULES[name][-1]["MaxAttempts"]))
    # An iteration starts and succeeds, and passes through the reason and NotTold.
    letter = 2 + 2 * PASSING_EVENTS + most_task_events("DeadLetter")
    the_map, around = 4, 2 * PASSING_EVENTS  # StillWatching?, Explain…
    return CHANNELS * (visits + most_task_events(name) + letter) + the_map + around


def visit_events(failures: int, name: str, *, final: bool) -> int:
    """Of all visits of one channel where each comes after so many failures."""
    rule = RULES[name][-1]
    delays = (rule["IntervalSeconds"] * rule["BackoffRate"] ** n for n in range(failures))
    least = 0 if "JitterStrategy" in rule else sum(min(d, rule["MaxDelaySeconds"]) for d in delays)
    attempt = TASK_EVENTS + RETRY_EVENTS * failures + 2 * PASSING_EVENTS  # Final?, Delivered?
    waited, events = 0, attempt
    while (wait := patience.retry_seconds(waited, None, final=final, unsure=0)) is not None:
        waited += wait + int(least)
        events += PASSING_EVENTS + attempt
    return events


def test_there_is_room_to_tell_once_the_watch_has_used_up_its_events() -> None:
    last_look = most_task_events("DescribeTask") + PASSING_EVENTS
    start_and_end = 2 * PASSING_EVENTS
    telling = most_telling_events(final=True)
    assert MOST_EVENTS + last_look + telling + start_and_end < EVENT_LIMIT


def test_telling_in_between_is_counted_with_the_most_that_it_can_take() -> None:
    assert most_telling_events(final=False) <= INTERIM_EVENTS


@pytest.mark.parametrize("policy", [default_policy(), *EXTREMES], ids=str)
def test_the_limit_in_hours_ends_a_watch_before_its_events_do(policy: Policy) -> None:
    told = 1 + len(decision.REMINDER_SECONDS) + decision.MOST_OUTAGES_TOLD
    assert most_events(policy, ALL_HEADS) + INTERIM_EVENTS * told < MOST_EVENTS


def test_by_default_every_look_may_fail_once_as_well() -> None:
    looks = most_events(default_policy()) / ROUND_EVENTS
    assert most_events(default_policy(), ALL_HEADS) + RETRY_EVENTS * looks < MOST_EVENTS


def history(
    slack: Slack, *, looks: int = 0, failures: int = 0, posts: int = 0, app: bool = False
) -> int:
    with World(
        slack,
        [task("detect", *(looks * [running("detect")]), answer("detect"))],
        slack=[*(posts * [SlackAnswer(503)]), OK],
        lambdas={"DescribeTaskFunction": [*(failures * [Mishap.EXIT_BEFORE]), None]},
        workspace=Workspace() if app else None,
    ) as world:
        world.happens(started("detect"))
        return len(world.execution.history)


def test_the_interpreter_counts_as_the_arithmetic_does(slack: Slack) -> None:
    least = history(slack)
    assert history(slack, looks=3) - least == 3 * ROUND_EVENTS
    shown = history(slack, looks=1, app=True) - history(slack, app=True)
    assert shown == ROUND_EVENTS + decision.PROGRESS_EVENTS
    assert history(slack, failures=4) - least == 4 * RETRY_EVENTS
    assert history(slack, posts=2) - least == 2 * (TASK_EVENTS + 3 * PASSING_EVENTS)
    assert least < most_telling_events(final=True)


def test_a_watch_that_has_used_up_its_events_gives_up_and_tells(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks that fail three times each use up six rounds' worth of events in three looks."""
    monkeypatch.setattr(decision, "MOST_EVENTS", 6 * ROUND_EVENTS)
    lambdas = {"DescribeTaskFunction": 10 * [*(3 * [Mishap.EXIT_BEFORE]), None]}
    with World(slack, [task("detect", running("detect"))], lambdas=lambdas) as world:
        world.happens(started("detect"))
        assert world.execution.states.count("DescribeTask") == 4
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[GAVE UP]")
