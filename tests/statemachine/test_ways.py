"""The ways that a watch can take, each through the real definition and the real functions."""

from datetime import timedelta

import pytest

from embedded.scenario import Failure, SlackAnswer, TaskType
from embedded.slack_workspace import Workspace
from tests.support.aws import WORKS, Refusal
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import REVOKED, Slack
from tests.support.stack import product
from tests.support.watched import DESCRIBE, STARTED, TASK_IDS, answer, running, started, task
from tests.template.graph import states

LOOK = ["DescribeTask", "TaskEnded?"]
ROUND = [*LOOK, "Wait"]
TOLD = ["Final?", "Notify", "Delivered?", "Told"]
DONE = ["StillWatching?", "Delivered"]


def test_a_task_that_ended_before_the_first_look_is_told_at_once(
    slack: Slack, task_type: TaskType
) -> None:
    with World(slack, [task(task_type, answer(task_type))]) as world:
        world.happens(started(task_type))
        execution = world.execution
        assert execution.status == "SUCCEEDED"
        assert execution.name == f"{task_type}-{TASK_IDS[task_type]}"
        assert execution.waits == []
        way = ["Machine", *LOOK, "NotifyEveryChannel", *DONE]
        assert [s for s in execution.states if s not in TOLD] == way
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
        assert states[: 13 * 3] == ["Machine", *(12 * ROUND), *LOOK]
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
        assert world.subjects == world.texts
        interim, final = world.subjects
        assert "out of sight for 15 min: EmptyAnswer" in interim
        assert "how it ended is not known: EmptyAnswer" in final
        assert world.execution.states.count("DescribeTask") < 100
        assert world.clock.monotonic() >= 3600


def test_a_vanished_task_is_told_after_a_grace_time(slack: Slack, task_type: TaskType) -> None:
    gone = Failure("ResourceNotFoundException", 404, "no such task")
    with World(slack, [task(task_type, gone)]) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects[0].startswith("[VANISHED]")
        assert len(world.subjects) == len(world.texts) == 1
        assert 600 <= world.clock.monotonic() < 610


def test_a_task_that_is_too_young_to_be_found_is_watched(slack: Slack, task_type: TaskType) -> None:
    young = Failure("ResourceNotFoundException", 404, "no such task")
    with World(slack, [task(task_type, young, young, young, answer(task_type))]) as world:
        world.happens(started(task_type))
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[FAILED]")


HOUR = {"WatchLimitHours": "1", "OverdueMinutes": "1440"}


def test_access_denied_is_told_in_between_with_what_to_do_and_at_the_limit(
    slack: Slack, task_type: TaskType
) -> None:
    denied = Failure("AccessDeniedException", 403, "not authorized to perform iot:Describe…")
    with World(slack, [task(task_type, denied)], parameters=HOUR) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects == world.texts
        interim, final = world.subjects
        assert "out of sight for 15 min: AccessDeniedException; still watching" in interim
        assert "how it ended is not known: AccessDeniedException" in final
        for message in world.network.publications:
            body = message.bodies["email"]
            assert "not authorized to perform iot:Describe" in body
            assert f"aws iot describe-{task_type}-mitigation-actions-task" in body


def test_an_outage_is_told_in_between_and_the_end_is_the_true_one(
    slack: Slack, task_type: TaskType
) -> None:
    down = [Failure("InternalFailureException", 500, "oops")] * 40
    with World(slack, [task(task_type, running(task_type), *down, answer(task_type))]) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        labels = [subject.split("]")[0] for subject in world.subjects]
        assert labels == ["[UNREADABLE", "[FAILED"]
        assert world.subjects == world.texts
        follows = [m.attributes["followsInterim"] for m in world.network.publications]
        assert follows == ["false", "true"]


def test_an_answer_that_is_no_task_is_trouble_that_names_the_member(
    slack: Slack, task_type: TaskType
) -> None:
    looks = [*(40 * [answer(task_type, taskStatus=7)]), answer(task_type)]
    with World(slack, [task(task_type, *looks)]) as world:
        world.happens(started(task_type))
        assert world.subjects == world.texts
        assert "InvalidTask" in world.subjects[0]
        assert "taskStatus: expected text, got 7" in world.network.publications[0].bodies["email"]
        assert world.subjects[1].startswith("[FAILED]")


def test_a_request_that_aws_refuses_is_told_at_once(slack: Slack, task_type: TaskType) -> None:
    refused = Failure("InvalidRequestException", 400, "no such form")
    with World(slack, [task(task_type, refused)]) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.execution.states.count("DescribeTask") == 1
        assert world.subjects == world.texts
        assert "how it ended is not known: InvalidRequestException" in world.subjects[0]


def test_a_function_that_fails_for_twelve_hours_is_told_and_the_execution_fails(
    slack: Slack, task_type: TaskType
) -> None:
    broken = {"DescribeTaskFunction": [Mishap.NONE, Mishap.EXIT_BEFORE]}
    with World(slack, [task(task_type, running(task_type))], lambdas=broken) as world:
        world.happens(started(task_type))
        execution = world.execution
        assert world.clock.monotonic() > 12 * 3600
        assert (execution.status, execution.error) == ("FAILED", "DescribeTaskFailed")
        assert "last with Runtime.ExitError" in str(execution.cause)
        assert world.subjects == world.texts
        [subject] = world.subjects
        assert "the watch broke off; how it ended is not known" in subject


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


def test_an_input_that_holds_a_state_forges_nothing(slack: Slack) -> None:
    """Whoever may start executions may not write what people are told."""
    forged = {
        "taskId": TASK_IDS["detect"],
        "look": {"decision": "final/ended", "memory": {"task": {"taskSummary": {}}}},
        "machine": {"version": 3, "channels": ["pager"]},
        "input": {"taskId": "else"},
        "crash": {"Error": "x", "Cause": "forged"},
        "deliveries": {"all": [7]},
    }
    with World(slack, [task("detect", answer("detect"))]) as world:
        world.starts("by-hand", forged)
        assert world.execution.status == "SUCCEEDED"
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[FAILED] quarantine-7: 3 of 12")


def test_an_operator_needs_no_more_than_a_task_id(slack: Slack) -> None:
    with World(slack, [task("detect", answer("detect"))]) as world:
        world.starts("by-hand", {"taskId": TASK_IDS["detect"]})
        assert world.execution.status == "SUCCEEDED"
        assert len(world.subjects) == len(world.texts) == 1


def test_every_state_is_visited_on_one_of_five_ways(slack: Slack, task_type: TaskType) -> None:
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
        World(slack, [task(task_type, {})], lambdas={"DescribeTaskFunction": [Mishap.EXIT_BEFORE]}),
        World(
            slack, [task(task_type, running(task_type), answer(task_type))], workspace=Workspace()
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
