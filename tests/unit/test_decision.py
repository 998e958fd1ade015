"""What follows from a look: every row of the table in decision.py, and its edges."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mitigation.codec import encode
from mitigation.decision import ChannelMemory, Decision, Look, Memory, Missing, Trouble, decide
from mitigation.polling import Policy
from mitigation.thread import ALL_HEADS, PROBLEM_HEADS, Thread
from tests.support.looks import DENIED, START, seen

POLICY = Policy(min_seconds=10, max_seconds=300, overdue_seconds=3600, limit_seconds=72 * 3600)
TROUBLE = Trouble(DENIED)
MISSING = Missing()
RUNS: Any = {"taskSummary": {"taskStatus": "IN_PROGRESS"}}


def look(sight: Any, seconds: float, before: Look | None = None, **more: Any) -> Look:
    known: dict[str, Any] = {"policy": POLICY, "seed": "detect-t"} | more
    return decide(sight, before, now=START + timedelta(seconds=seconds), **known)


def watch(*sights: tuple[Any, int]) -> list[Look]:
    """One sight for so many seconds and one look at the least, then the next; in time."""
    looks: list[Look] = []
    now = end = 0
    for sight, seconds in sights:
        end = max(end + seconds, now + 1)
        while now < end and not (looks and looks[-1].decision.is_final):
            looks.append(look(sight, now, looks[-1] if looks else None))
            now += looks[-1].wait_seconds
    return looks


def told(looks: list[Look]) -> list[Decision]:
    return [each.decision for each in looks if each.decision is not Decision.WAIT]


def test_a_running_task_is_told_at_its_first_mark_then_after_4_and_24_hours() -> None:
    looks = watch((seen(), 71 * 3600))
    assert told(looks) == 3 * [Decision.STILL_RUNNING]
    ages = [each.memory.age_seconds for each in looks if each.decision.is_interim]
    marks = [3_600, 4 * 3_600, 24 * 3_600]
    assert all(mark <= age < mark + 301 for mark, age in zip(marks, ages, strict=True))


@pytest.mark.parametrize(
    ("overdue", "reminders"), [(4 * 3600, 2), (5 * 3600, 2), (24 * 3600, 1), (300, 3)]
)
def test_no_reminder_comes_before_the_first_mark_nor_twice(overdue: int, reminders: int) -> None:
    policy = POLICY._replace(overdue_seconds=overdue)
    late = look(seen(), 71 * 3600, policy=policy)
    assert late.decision is Decision.STILL_RUNNING
    assert late.memory.reminders == reminders  # marks that passed unseen are not told one by one
    assert look(seen(), 71 * 3600 + 300, late, policy=policy).decision is Decision.WAIT


def test_trouble_is_told_after_15_minutes_once_and_waited_out() -> None:
    looks = watch((seen(), 60), (TROUBLE, 13 * 3600), (seen("FAILED"), 10))
    assert told(looks) == [Decision.OUT_OF_SIGHT, Decision.ENDED]
    first = next(each for each in looks if each.memory.problem)
    at = next(each for each in looks if each.decision is Decision.OUT_OF_SIGHT)
    assert at.memory.age_seconds - first.memory.age_seconds == 900
    assert at.memory.problem == DENIED
    assert looks[-1].memory.problem is None


def test_a_second_outage_is_told_too_but_not_a_fourth() -> None:
    outage = ((TROUBLE, 1_200), (seen(), 300))
    assert told(watch(*2 * outage, (seen("FAILED"), 10)))[:2] == 2 * [Decision.OUT_OF_SIGHT]
    many = told(watch(*6 * outage))
    assert many.count(Decision.OUT_OF_SIGHT) == 3


def test_trouble_at_the_limit_is_the_end_and_says_that_nobody_knows() -> None:
    looks = watch((seen(), 60), (TROUBLE, 80 * 3600))
    assert told(looks) == [Decision.OUT_OF_SIGHT, Decision.UNREADABLE]
    assert looks[-1].memory.age_seconds == 72 * 3600
    assert looks[-1].memory.task == RUNS


def test_a_task_that_is_not_known_is_looked_for_during_ten_minutes_exactly() -> None:
    looks = watch((MISSING, 3_600))
    assert told(looks) == [Decision.VANISHED]
    assert looks[-1].memory.age_seconds == 600
    assert len(looks) > 10


def test_a_task_that_vanishes_midway_gets_the_same_ten_minutes() -> None:
    looks = watch((seen(), 7_200), (MISSING, 590), (seen(), 60), (MISSING, 3_600))
    assert told(looks) == [Decision.STILL_RUNNING, Decision.VANISHED]
    gone = [each for each in looks if each.memory.missing_since is not None]
    assert looks[-1].memory.age_seconds - gone[-2].memory.missing_since == 600  # type: ignore[operator]  # it is known
    assert len(gone) < 10
    assert looks[-1].memory.task is not None


def test_a_start_before_the_calendar_is_just_old() -> None:
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    assert look(seen(taskStartTime=long_ago), 0).decision is Decision.GAVE_UP


def test_the_last_wait_ends_at_the_limit_and_at_what_is_to_be_told() -> None:
    limit = POLICY.limit_seconds
    assert [look(seen(), limit - rest).wait_seconds for rest in (10, 1)] == [10, 1]
    assert look(TROUBLE, 0).wait_seconds <= 13
    assert look(MISSING, 0).wait_seconds == 10
    memory = Memory(age_seconds=10_000, since=START, trouble_since=9_560, problem=DENIED)
    assert look(TROUBLE, 0, Look(Decision.WAIT, 250, memory)).wait_seconds == 900 - 690


def test_tasks_that_started_together_do_not_ask_together() -> None:
    for sight in (seen(), TROUBLE):
        before = look(sight, 1_000)
        waits = {look(sight, 1_100, before, seed=f"t{n}").wait_seconds for n in range(50)}
        assert len(waits) > 10


def test_a_watch_counts_its_history_with_retries_and_with_what_was_told() -> None:
    first = look(seen(), 3_600)
    assert first.decision is Decision.STILL_RUNNING
    assert first.memory.events == 9  # of one round
    second = look(seen(), 3_700, first._replace(retries=4))
    assert second.memory.events == 2 * 9 + 500 + 4 * 3
    assert look(seen(), 3_800, second).memory.events == second.memory.events + 9


@pytest.mark.parametrize(
    ("sight", "expected"),
    [
        (seen(), Decision.GAVE_UP),
        (TROUBLE, Decision.UNREADABLE),
        (MISSING, Decision.VANISHED),
        (seen("FAILED"), Decision.ENDED),
    ],
)
def test_a_watch_is_told_before_its_history_is_full(sight: Any, expected: Decision) -> None:
    full = Look(Decision.WAIT, 10, Memory(events=20_000 - 9, since=START))  # 9 for this look
    nearly = full._replace(memory=full.memory._replace(events=20_000 - 10))
    assert look(sight, 10, nearly).decision in {Decision.WAIT, Decision.ENDED}
    assert look(sight, 10, full).decision is expected


def test_nothing_follows_the_end() -> None:
    with pytest.raises(ValueError, match="the watch is over: final/ended"):
        look(seen(), 10, look(seen("FAILED"), 5))


def test_progress_is_shown_where_it_is_worth_it_and_its_events_are_counted() -> None:
    first = look(seen(), 0, heads=ALL_HEADS)
    assert (first.progress, first.memory.shows) == (True, ("slack",))
    assert not look(seen(), 0).progress
    assert not look(seen("SUCCESSFUL"), 0, heads=ALL_HEADS).progress
    assert not look(seen(), 3_600, heads=ALL_HEADS).progress  # people are told instead
    after = look(seen(), 10, first)
    assert after.memory.events == first.memory.events + 9 + 5


def test_a_channel_for_problems_has_a_head_from_the_first_problem_on() -> None:
    def shows(**known: Any) -> tuple[str, ...]:
        before = Look(Decision.WAIT, 10, Memory(channels={"slack": ChannelMemory(**known)}))
        return look(seen(), 10, before, heads=PROBLEM_HEADS).memory.shows

    assert shows() == ()
    assert shows(told_interim=True) == ("slack",)
    assert shows(thread=Thread(ts="1.2")) == ("slack",)
    assert shows(thread=Thread(ts="1.2", tried_at=START)) == ()  # it was edited just now


def test_amazon_q_is_told_once_that_a_task_runs_and_not_after_a_reminder() -> None:
    first = look(seen(), 0, starts=ALL_HEADS)
    assert (first.memory.shows, first.memory.announced) == (("amazon-q",), True)
    second = look(seen(), 10, first, starts=ALL_HEADS)
    assert (second.memory.shows, second.memory.announced) == ((), True)
    reminded = Look(Decision.WAIT, 10, Memory(reminders=1))
    late = look(seen(), 3_600, reminded, starts=ALL_HEADS).memory
    assert (late.shows, late.announced) == ((), False)


HISTORY: Any = {"age_seconds": 100, "since": START, "events": 9, "reminders": 1, "outages_told": 2}
TROUBLED: Any = {"missing_since": 90, "trouble_since": 80, "trouble_told": True, "problem": DENIED}
TOLD = {"slack": ChannelMemory(told_interim=True)}
FULL = Memory(**HISTORY, **TROUBLED, channels=TOLD, task={"taskSummary": {}}, details={"rows": 1})
NO_TROUBLE: Any = {"trouble_since": None, "trouble_told": False}


@pytest.mark.parametrize(
    ("sight", "changes"),
    [
        (seen(), {"task": RUNS, "problem": None, "missing_since": None, **NO_TROUBLE}),
        (MISSING, NO_TROUBLE),
        (TROUBLE, {}),
    ],
)
def test_a_look_forgets_what_its_sight_has_settled_alone(sight: Any, changes: Any) -> None:
    known = look(sight, 120, Look(Decision.WAIT, 20, FULL)).memory
    now = FULL._replace(age_seconds=120, events=9 + 9, details=None)
    assert encode(known) == encode(now._replace(**changes))


def test_progress_predicts_the_end() -> None:
    target: Any = {"target": {"violationIds": ["v1"] * 100}, "actionsDefinition": [{}]}
    near = look(seen(executed=95, **target), 3_000)
    assert near.wait_seconds < look(seen(executed=5, **target), 3_000).wait_seconds
