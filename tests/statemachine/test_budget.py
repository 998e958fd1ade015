"""A watch ends within Step Functions' 25,000 history events, whatever its parameters.

Reaching the limit would end the execution without a message: AWS offers nothing to catch it. So the
watch counts its own events and gives up in time; and this never ends a watch that goes well.
"""

from collections.abc import Iterator, Mapping
from itertools import product as combinations
from typing import Any

import pytest

from embedded.scenario import SlackAnswer
from embedded.slack_workspace import Workspace
from mitigation import decision, patience, polling
from mitigation.decision import (
    INTERIM_EVENTS,
    MOST_EVENTS,
    MOST_OUTAGES_TOLD,
    PROGRESS_EVENTS,
    REMINDER_SECONDS,
    RETRY_EVENTS,
    ROUND_EVENTS,
)
from mitigation.polling import Policy
from mitigation.thread import EDIT_SECONDS, EDIT_SHARE
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import Slack
from tests.support.stack import product
from tests.support.watched import answer, running, started, task
from tests.template.graph import states

EVENT_LIMIT = 25_000  # Step Functions quotas, standard workflows
TASK_EVENTS = 5  # entered, scheduled, started, succeeded, exited
PASSING_EVENTS = 2  # of a Choice, a Wait, a Pass: entered, exited
CHANNELS = 2
PARAMETERS = ("PollMinSeconds", "PollMaxSeconds", "OverdueMinutes", "WatchLimitHours")


def most_task_events(state_name: str) -> int:
    """Of a Task that fails as often as each of its retry rules allows, then succeeds."""
    [rules] = [s["Retry"] for name, s in states(product().definition) if name == state_name]
    return TASK_EVENTS + RETRY_EVENTS * sum(int(rule["MaxAttempts"]) for rule in rules)


def seconds_of(failures: int, rule: Mapping[str, Any]) -> float:
    """How long so many retries of one visit take at the least."""
    if "JitterStrategy" in rule:
        return 0.0
    delays = (rule["IntervalSeconds"] * rule["BackoffRate"] ** n for n in range(failures))
    return float(sum(min(delay, rule["MaxDelaySeconds"]) for delay in delays))


def most_telling_events(*, final: bool) -> int:
    """Of telling every channel once, where each is down until patience ends, and SQS is slow.

    And where Notify fails before each answer, as often as makes for the most events; in its last
    visit as often as it may.
    """
    name = "Notify" if final else "NotifyInterim"
    [rule] = [s["Retry"][-1] for n, s in states(product().definition) if n == name]
    events = max(_visits(failures, rule, final=final) for failures in range(rule["MaxAttempts"]))
    reason, letter, outcome = PASSING_EVENTS, most_task_events("DeadLetter"), PASSING_EVENTS
    iteration = 2  # started, succeeded
    the_map = 4  # entered, started, succeeded, exited
    around = 2 * PASSING_EVENTS  # StillWatching?, Explain…
    last_visit = most_task_events(name)
    return (
        CHANNELS * (iteration + events + last_visit + reason + letter + outcome) + the_map + around
    )


def _visits(failures: int, rule: Mapping[str, Any], *, final: bool) -> int:
    """Events of all visits of one channel where each comes after so many failures."""
    attempt = TASK_EVENTS + RETRY_EVENTS * failures + 2 * PASSING_EVENTS  # Final?, Delivered?
    waited, events = 0, attempt
    while (wait := patience.retry_seconds(waited, None, final=final, unsure=0)) is not None:
        waited += wait + int(seconds_of(failures, rule))
        events += PASSING_EVENTS + attempt
    return events


def extremes() -> Iterator[dict[str, int]]:
    """Every combination of the smallest and the largest value that a deployment accepts."""
    declared = [product().template["Parameters"][name] for name in PARAMETERS]
    for values in combinations(*((int(p["MinValue"]), int(p["MaxValue"])) for p in declared)):
        yield dict(zip(PARAMETERS, values, strict=True))


def defaults() -> dict[str, int]:
    return {name: int(product().template["Parameters"][name]["Default"]) for name in PARAMETERS}


def most_rounds(values: Mapping[str, int]) -> int:
    """Looks until the watch limit where each comes as early as it can."""
    policy = Policy(
        min_seconds=values["PollMinSeconds"],
        max_seconds=values["PollMaxSeconds"],
        overdue_seconds=60 * values["OverdueMinutes"],
        limit_seconds=3600 * values["WatchLimitHours"],
    )
    age, rounds = 0, 0
    while age < policy.limit_seconds:
        # It comes earliest where progress says that the end is near, and nothing more is done.
        age += min(polling.wait_seconds(age, policy, share, jitter=0) for share in (None, 0.9999))
        rounds += 1
    return rounds


def most_edits(values: Mapping[str, int]) -> int:
    """Of a head that is drawn anew as often as it may be, at looks as close as they get."""
    age, tried, edits = 0.0, -1e9, 0
    while age < 3600 * values["WatchLimitHours"]:
        if age - tried >= max(EDIT_SECONDS, EDIT_SHARE * age):
            tried, edits = age, edits + 1
        age += values["PollMinSeconds"]
    return edits


def test_there_is_room_to_tell_once_the_watch_has_used_up_its_events() -> None:
    last_look = most_task_events("DescribeTask") + PASSING_EVENTS
    telling = most_telling_events(final=True)
    start_and_end = 2 * PASSING_EVENTS
    assert MOST_EVENTS + last_look + telling + start_and_end < EVENT_LIMIT


def test_telling_in_between_is_counted_with_the_most_that_it_can_take() -> None:
    assert most_telling_events(final=False) <= INTERIM_EVENTS


@pytest.mark.parametrize("values", [defaults(), *extremes()], ids=lambda v: str(list(v.values())))
def test_the_limit_in_hours_ends_a_watch_before_its_events_do(values: dict[str, int]) -> None:
    interim = INTERIM_EVENTS * (1 + len(REMINDER_SECONDS) + MOST_OUTAGES_TOLD)
    shown = PROGRESS_EVENTS * most_edits(values)
    assert ROUND_EVENTS * most_rounds(values) + shown + interim < MOST_EVENTS


def test_by_default_every_look_may_fail_once_as_well() -> None:
    shown = PROGRESS_EVENTS * most_edits(defaults())
    assert (ROUND_EVENTS + RETRY_EVENTS) * most_rounds(defaults()) + shown < MOST_EVENTS


def history(
    slack: Slack, *, looks: int = 0, failures: int = 0, posts: int = 0, app: bool = False
) -> int:
    with World(
        slack,
        [task("detect", *(looks * [running("detect")]), answer("detect"))],
        slack=[*(posts * [SlackAnswer(503)]), SlackAnswer()],
        lambdas={"DescribeTaskFunction": [*(failures * [Mishap.EXIT_BEFORE]), Mishap.NONE]},
        workspace=Workspace() if app else None,
    ) as world:
        world.happens(started("detect"))
        return len(world.execution.history)


def test_the_interpreter_counts_as_the_arithmetic_does(slack: Slack) -> None:
    least = history(slack)
    assert history(slack, looks=3) - least == 3 * ROUND_EVENTS
    assert history(slack, looks=1, app=True) - history(slack, app=True) == (
        ROUND_EVENTS + PROGRESS_EVENTS
    )
    assert history(slack, failures=4) - least == 4 * RETRY_EVENTS
    assert history(slack, posts=2) - least == 2 * (TASK_EVENTS + 3 * PASSING_EVENTS)
    assert least < most_telling_events(final=True)


def test_a_watch_that_has_used_up_its_events_gives_up_and_tells(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks that fail three times each use up six rounds' worth of events in three looks."""
    monkeypatch.setattr(decision, "MOST_EVENTS", 6 * ROUND_EVENTS)
    crashing = [*(3 * [Mishap.EXIT_BEFORE]), Mishap.NONE]
    lambdas = {"DescribeTaskFunction": 10 * crashing}
    with World(slack, [task("detect", running("detect"))], lambdas=lambdas) as world:
        world.happens(started("detect"))
        assert world.execution.status == "SUCCEEDED"
        assert world.execution.states.count("DescribeTask") == 4
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[GAVE UP]")
