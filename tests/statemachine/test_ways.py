"""The ways that a watch can take, each through the real definition and the real functions."""

from datetime import timedelta

import pytest

from local.scenario import Failure, SlackAnswer, TaskType
from tests.support.aws import WORKS, Refusal
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import REVOKED, Slack
from tests.support.stack import product
from tests.support.watched import DESCRIBE, STARTED, TASK_IDS, answer, running, started, task
from tests.template.graph import states

LOOK = ["DescribeTask", "TaskEnded?"]
ROUND = [*LOOK, "Wait"]
TELL = ["Channels", "NotifyEveryChannel"]
TOLD = ["Notify", "Delivered?", "Told"]
DONE = ["StillWatching?", "AllDelivered?", "Delivered"]


def test_a_task_that_ended_before_the_first_look_is_told_at_once(
    slack: Slack, task_type: TaskType
) -> None:
    with World(slack, [task(task_type, answer(task_type))]) as world:
        world.happens(started(task_type))
        execution = world.execution
        assert execution.status == "SUCCEEDED"
        assert execution.name == f"{task_type}-{TASK_IDS[task_type]}"
        assert execution.waits == []
        assert [s for s in execution.states if s not in TOLD] == [*LOOK, *TELL, *DONE]
        assert sorted(s for s in execution.states if s in TOLD) == sorted(2 * TOLD)
        assert len(world.subjects) == len(world.texts) == 1
        assert world.subjects[0].startswith("[FAILED]")
        assert world.subjects == world.texts
        assert world.dead_letters == []


def test_a_running_task_is_looked_at_again_after_growing_waits(
    slack: Slack, task_type: TaskType
) -> None:
    looks = [running(task_type, taskStatistics=None)] * 12
    with World(slack, [task(task_type, *looks, answer(task_type))]) as world:
        world.happens(started(task_type))
        states, waits = world.execution.states, [s for _, s in world.execution.waits]
        assert states[: 13 * 3 - 1] == [*(12 * ROUND), *LOOK]
        assert len(waits) == 12
        assert waits[0] < waits[-1] <= 300
        assert all(wait >= 6 for wait in waits)
        assert len(world.subjects) == len(world.texts) == 1


def test_an_overdue_task_is_told_once_and_the_watch_goes_on(
    slack: Slack, task_type: TaskType
) -> None:
    looks = [running(task_type, taskStatistics=None)] * 70
    with World(slack, [task(task_type, *looks, answer(task_type))]) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.clock.now - STARTED > timedelta(hours=1)
        for told in (world.subjects, world.texts):
            assert [subject.split("]")[0] for subject in told] == ["[STILL RUNNING", "[FAILED"]
        assert "still running after 1 h" in world.subjects[0]
        assert world.execution.states.count("NotifyEveryChannel") == 2


def test_a_task_that_never_ends_is_given_up_at_the_watch_limit(
    slack: Slack, task_type: TaskType
) -> None:
    parameters = {"WatchLimitHours": "2", "OverdueMinutes": "30"}
    with World(slack, [task(task_type, running(task_type))], parameters=parameters) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert 7200 <= (world.clock.now - STARTED).total_seconds() < 7200 + 60
        assert len(world.subjects) == len(world.texts) == 2
        assert "gave up watching after 2 h" in world.subjects[1]


def test_an_unknown_status_waits_for_the_limit_and_is_told_as_it_is(
    slack: Slack, task_type: TaskType
) -> None:
    strange = running(task_type, taskStatus="PAUSED_BY_AWS")
    parameters = {"WatchLimitHours": "1", "OverdueMinutes": "1440"}
    with World(slack, [task(task_type, strange)], parameters=parameters) as world:
        world.happens(started(task_type))
        [subject] = world.subjects
        assert subject.startswith("[UNKNOWN STATUS]")
        assert "PAUSED_BY_AWS" in subject
        assert len(world.texts) == 1


def test_an_empty_answer_spins_nothing_and_ends_at_the_limit(
    slack: Slack, task_type: TaskType
) -> None:
    parameters = {"WatchLimitHours": "1", "OverdueMinutes": "1440"}
    with World(slack, [task(task_type, {})], parameters=parameters) as world:
        world.happens(started(task_type))
        assert len(world.subjects) == len(world.texts) == 1
        assert world.execution.states.count("DescribeTask") < 100
        assert world.clock.monotonic() >= 3600


def test_a_vanished_task_is_told_after_a_grace_time(slack: Slack, task_type: TaskType) -> None:
    gone = Failure("ResourceNotFoundException", 404, "no such task")
    with World(slack, [task(task_type, gone)]) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects[0].startswith("[VANISHED]")
        assert len(world.subjects) == len(world.texts) == 1
        assert len(world.iot.calls) == 5  # the first, and four of grace
        assert world.clock.monotonic() > 5


def test_a_task_that_is_too_young_to_be_found_is_watched(slack: Slack, task_type: TaskType) -> None:
    young = Failure("ResourceNotFoundException", 404, "no such task")
    with World(slack, [task(task_type, young, young, young, answer(task_type))]) as world:
        world.happens(started(task_type))
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[FAILED]")


def test_access_denied_is_tried_for_a_while_and_told_with_what_to_do(
    slack: Slack, task_type: TaskType
) -> None:
    denied = Failure("AccessDeniedException", 403, "not authorized to perform iot:Describe…")
    with World(slack, [task(task_type, denied)]) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects[0].startswith("[UNREADABLE]")
        [message] = world.network.publications
        assert "not authorized to perform iot:Describe" in message.bodies["email"]
        assert f"aws iot describe-{task_type}-mitigation-actions-task" in message.bodies["email"]
        assert len(world.iot.calls) == 9


def test_an_invalid_answer_is_told_at_once_and_names_the_member(
    slack: Slack, task_type: TaskType
) -> None:
    with World(slack, [task(task_type, answer(task_type, taskStatus=7))]) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[UNREADABLE]")
        [message] = world.network.publications
        assert "taskStatus: expected text, got 7" in message.bodies["email"]
        assert len(world.iot.calls) == 1


@pytest.mark.parametrize(
    ("code", "looks"),
    [
        ("ResourceNotFoundException", 5),
        ("InvalidRequestException", 1),
        ("UnauthorizedException", 9),
        ("ExpiredTokenException", 9),
        ("LimitExceededException", 9),
    ],
)
def test_describe_is_retried_by_error_class(
    slack: Slack, task_type: TaskType, code: str, looks: int
) -> None:
    with World(slack, [task(task_type, Failure(code, 400, "no"))]) as world:
        world.happens(started(task_type))
        scheduled = [e for e in world.execution.history if e["type"] == "TaskFailed"]
        assert len(scheduled) == looks
        assert len(world.subjects) == len(world.texts) == 1


def test_throttling_is_outlasted(slack: Slack, task_type: TaskType) -> None:
    faults = {DESCRIBE[task_type]: [Refusal("ThrottlingException")] * 15 + [WORKS]}
    with World(slack, [task(task_type, answer(task_type))], aws=faults) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects[0].startswith("[FAILED]")


@pytest.mark.parametrize("taken_for_input", [{}, {"taskId": "not a task id"}, {"taskType": "?"}])
def test_an_execution_that_names_no_task_fails_with_a_cause_and_tells_nobody(
    slack: Slack, taken_for_input: dict[str, str]
) -> None:
    with World(slack) as world:
        world.starts("by-hand", taken_for_input)
        execution = world.execution
        assert execution.status == "FAILED"
        assert execution.error == "InvalidWatch"
        assert "task" in str(execution.cause)
        assert world.subjects == world.texts == []


def test_an_operator_needs_no_more_than_a_task_id(slack: Slack) -> None:
    with World(slack, [task("detect", answer("detect"))]) as world:
        world.starts("by-hand", {"taskId": TASK_IDS["detect"]})
        assert world.execution.status == "SUCCEEDED"
        assert len(world.subjects) == len(world.texts) == 1


def test_every_state_is_visited_on_one_of_three_ways(slack: Slack, task_type: TaskType) -> None:
    visited: set[str] = set()
    late = [running(task_type, taskStatistics=None)] * 20
    worlds = (
        World(
            slack,
            [task(task_type, *late, answer(task_type))],
            slack=[SlackAnswer(503), SlackAnswer()],
            parameters={"OverdueMinutes": "5"},
        ),
        World(
            slack,
            [task(task_type, answer(task_type))],
            slack=[REVOKED],
            lambdas={"NotifyFunction/sns": [Mishap.EXIT_BEFORE]},
        ),
    )
    for prepared in worlds:
        with prepared as world:
            world.happens(started(task_type))
            visited |= set(world.execution.states)
    with World(slack) as world:
        world.starts("by-hand", {})
        visited |= set(world.execution.states)
    assert visited == {name for name, _ in states(product().definition)}
