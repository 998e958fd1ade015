"""Whatever AWS, Lambda and the clocks do, a watch ends once, in time, and says nothing after it."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitigation import decision
from mitigation.codec import decode, encode
from mitigation.decision import Look, Missing, Problem, Refused, Sight, Trouble, decide
from mitigation.polling import Policy
from tests.support.looks import START, seen

MOST_RETRIES = 152  # of DescribeTask, in the definition
DAY = 24 * 3600
STARTS = st.none() | st.integers(-30 * DAY, 30 * DAY).map(lambda s: START + timedelta(seconds=s))
GOES_ON: st.SearchStrategy[Sight] = st.one_of(
    st.builds(seen, st.sampled_from(["IN_PROGRESS", "PAUSED"]), STARTS, executed=st.integers(0, 9)),
    st.just(Missing()),
    st.just(Trouble(Problem("ThrottlingException", "Rate exceeded"))),
)
ENDED = st.sampled_from(["SUCCESSFUL", "FAILED", "CANCELED"])
ENDS: st.SearchStrategy[Sight | None] = st.one_of(
    st.builds(seen, ENDED, STARTS, executed=st.just(9)),
    st.just(Refused(Problem("InvalidRequestException"))),
    st.none(),
)
JUMPS = st.one_of(st.just(0), st.integers(0, 900), st.integers(-3 * DAY, 3 * DAY))
RETRIES = st.one_of(st.just(0), st.integers(0, 10), st.integers(0, MOST_RETRIES))
# For so many looks AWS says the same; the last for ever after.
STEPS = st.lists(st.tuples(GOES_ON, st.integers(1, 40), JUMPS, RETRIES), min_size=1, max_size=12)
POLICIES = st.builds(
    Policy,
    min_seconds=st.integers(5, 60),
    max_seconds=st.integers(240, 900),
    overdue_seconds=st.integers(5, 1440).map(lambda minutes: 60 * minutes),
    limit_seconds=st.sampled_from([1, 2, 12, 72]).map(lambda hours: 3600 * hours),
)


@given(STEPS, ENDS, POLICIES)
def test_a_watch_decides_its_end_once_and_in_time(
    steps: list[tuple[Sight, int, int, int]], end: Sight | None, policy: Policy
) -> None:
    sights = [(sight, jump, tries) for sight, times, jump, tries in steps for _ in range(times)]
    sights += [(end, 0, 0)] if end else []
    look: Look | None = None
    now, events, interims, missing_for = START, 0, 0, 0
    for number in range(decision.MOST_EVENTS):
        sight, jump, retries = sights[min(number, len(sights) - 1)]
        now += timedelta(seconds=jump if number < len(sights) else 0)
        before, look = look, decide(sight, look, now=now, policy=policy, seed="detect-t")
        events += decision.ROUND_EVENTS + decision.RETRY_EVENTS * retries
        look = decode(Look, json.loads(json.dumps(encode(look))))._replace(retries=retries)
        assert not before or look.memory.age_seconds >= before.memory.age_seconds
        if look.decision.is_final:
            break
        assert 1 <= look.wait_seconds <= policy.max_seconds
        interims += look.decision.is_interim
        events += decision.INTERIM_EVENTS if look.decision.is_interim else 0
        missing_for = missing_for + look.wait_seconds if sight == Missing() else 0
        assert missing_for <= decision.MISSING_SECONDS
        now += timedelta(seconds=look.wait_seconds)
    assert look
    assert look.decision.is_final
    assert interims <= 1 + len(decision.REMINDER_SECONDS) + decision.MOST_OUTAGES_TOLD
    # What tests/statemachine/test_budget.py leaves for the last look and for telling its outcome.
    last_look = decision.ROUND_EVENTS + decision.RETRY_EVENTS * MOST_RETRIES
    assert events <= decision.MOST_EVENTS + last_look + decision.INTERIM_EVENTS
    with pytest.raises(ValueError, match="the watch is over"):
        decide(sight, look, now=now, policy=policy, seed="detect-t")
