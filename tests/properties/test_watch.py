"""Whatever AWS, Lambda and the clocks do, a watch ends once, in time, and says nothing after it;
and what travels through the state machine comes out as it went in, and fits, as do its messages.
"""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.slack_limits import read_payload
from embedded.sns_limits import check_publish
from mitigation import decision
from mitigation.action_executions import read_details
from mitigation.codec import decode, encode
from mitigation.decision import Decision, Look, Memory, Missing, Problem, Refused, Sight, Trouble
from mitigation.kind import TaskType
from mitigation.messages import slack, sns
from mitigation.notice import Notice
from mitigation.polling import Policy
from mitigation.state import write_look
from mitigation.task import parse_task
from mitigation.wire import to_wire
from mitigation.words import Clock
from tests.support import hostile
from tests.support.looks import START, notify_input, seen
from tests.support.service_model import DESCRIBE, largest, output_shape
from tests.support.static_iot import StaticIot, unpaced

MOST_RETRIES = 152  # of DescribeTask, in the definition
DAY = 24 * 3600
STARTS = st.none() | st.integers(-30 * DAY, 30 * DAY).map(lambda s: START + timedelta(seconds=s))
RUNS = st.sampled_from(["IN_PROGRESS", "PAUSED"])
ENDED = st.sampled_from(["SUCCESSFUL", "FAILED", "CANCELED"])
GOES_ON: st.SearchStrategy[Sight] = st.one_of(
    st.builds(seen, RUNS, taskStartTime=STARTS, executed=st.integers(0, 9)),
    st.just(Missing()),
    st.just(Trouble(Problem("ThrottlingException", "Rate exceeded"))),
)
ENDS: st.SearchStrategy[Sight | None] = st.one_of(
    st.builds(seen, ENDED, taskStartTime=STARTS, executed=st.just(9)),
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
ACTIONS, CHECKS = 5, 20  # AWS's bounds where the service model gives none
STATE_SIZE = 200 * 1024  # of the 256 KiB that Step Functions allows
STATUSES = ("FAILED", "SKIPPED", "SUCCESSFUL", "COMPLETED")


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
        before, look = look, decision.decide(sight, look, now=now, policy=policy, seed="detect-t")
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
        decision.decide(sight, look, now=now, policy=policy, seed="detect-t")


@given(st.data(), hostile.TASK_TYPES)
def test_a_task_on_the_wire_is_the_task(data: st.DataObject, task_type: TaskType) -> None:
    answer = data.draw(hostile.answers(task_type))
    wire = json.loads(json.dumps(to_wire(answer)))
    assert to_wire(wire) == wire
    assert parse_task(wire, task_type) == parse_task(answer, task_type)


@given(st.data(), hostile.TASK_TYPES)
def test_a_look_on_the_wire_is_the_look(data: st.DataObject, task_type: TaskType) -> None:
    drawn = data.draw(hostile.looks(task_type, "quarantine-7"))
    look = to_wire(json.loads(json.dumps(drawn)))
    assert encode(decode(Look, look)) == look


@pytest.mark.parametrize("task_type", TaskType)
def test_the_largest_task_fits_everywhere(task_type: TaskType) -> None:
    """Its actions fail for hundreds of causes, each on a thing of its own."""
    answer = largest(output_shape(DESCRIBE[task_type]), unbounded=CHECKS)
    summary = answer.get("taskSummary", answer)
    summary |= {"actionsDefinition": summary["actionsDefinition"][:ACTIONS], "taskStatus": "FAILED"}
    wire: Any = to_wire(answer)
    task = parse_task(wire, task_type, "t" * 128)
    finding = largest(output_shape("DescribeAuditFinding"), unbounded=3)["finding"]
    ids = task.target.finding_ids or ("",)
    rows = [
        {
            "violationId": f"{n:0128}",
            "findingId": ids[n % len(ids)],
            "thingName": f"{n:06}{'設' * 122}",
            "actionName": f"{n % 5}{'a' * 127}",
            "status": STATUSES[n // 7 % 4],
            "errorCode": f"{n % 999}{'é' * 200}",
            "message": "😀" * 2_000,
        }
        for n in range(10_000)
    ]
    iot: Any = StaticIot(rows, [{**finding, "findingId": finding_id} for finding_id in ids])
    found = read_details(iot, task, unpaced())
    memory = Memory(age_seconds=60, task=wire, details=encode(found))
    look = Look(Decision.ENDED, 0, memory)
    assert len(json.dumps(write_look(look), ensure_ascii=False).encode()) < STATE_SIZE
    told = notify_input(look, "sns", task_id="t" * 128)
    told["watch"]["input"]["taskType"] = task_type.value
    report = Notice.parse(told).report
    message = sns.render(report, Clock(), for_amazon_q=True)
    check_publish(message.body, message.subject, "json", {})
    read_payload(json.dumps(slack.render(report, Clock()).payload).encode())
