"""The ways that a watch can take, each through the real definition and the real functions.

What is told in the end of each fault stands in tests/faults; when, in the tests of decision.py.
"""

import pytest

from embedded.scenario import SlackAnswer, TaskType
from embedded.slack_workspace import Workspace
from tests.support.aws import Refusal
from tests.support.functions import Mishap
from tests.support.machine import World
from tests.support.slack import OK, REVOKED, Slack
from tests.support.stack import product
from tests.support.watched import TASK_IDS, answer, running, started, task
from tests.template.graph import states

LOOK = ["DescribeTask", "TaskEnded?"]
ROUND = [*LOOK, "Wait"]
TOLD = ["Final?", "Notify", "Delivered?", "Told"]
DONE = ["StillWatching?", "Delivered"]


def test_a_task_is_looked_at_round_by_round_and_told_when_it_has_ended(
    slack: Slack, task_type: TaskType
) -> None:
    looks = [running(task_type, taskStatistics=None)] * 3
    with World(slack, [task(task_type, *looks, answer(task_type))]) as world:
        world.happens(started(task_type))
        execution = world.execution
        assert execution.status == "SUCCEEDED"
        assert execution.name == f"{task_type}-{TASK_IDS[task_type]}"
        assert [name for name, _ in execution.waits] == 3 * ["Wait"]
        way = ["Machine", *(3 * ROUND), *LOOK, "NotifyEveryChannel", *DONE]
        assert [s for s in execution.states if s not in TOLD] == way
        assert sorted(s for s in execution.states if s in TOLD) == sorted(2 * TOLD)
        assert world.subjects == world.texts
        assert world.subjects[0].startswith("[FAILED]")
        assert world.dead_letters == []


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


@pytest.mark.parametrize("taken_for_input", [{}, {"taskId": "not a task id"}, {"taskType": "?"}])
def test_an_execution_that_names_no_task_fails_with_a_cause_and_tells_nobody(
    slack: Slack, taken_for_input: dict[str, str]
) -> None:
    with World(slack) as world:
        world.starts("by-hand", taken_for_input)
        execution = world.execution
        assert (execution.status, execution.error) == ("FAILED", "InvalidWatch")
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


def test_a_rejected_channel_fails_the_execution_and_leaves_the_other_alone(
    slack: Slack, task_type: TaskType
) -> None:
    with World(slack, [task(task_type, answer(task_type))], slack=[REVOKED]) as world:
        world.happens(started(task_type))
        execution = world.execution
        assert (execution.status, execution.error) == ("FAILED", "NotAllDelivered")
        for said in (
            TASK_IDS[task_type],
            "sns: delivered",
            "slack: DeliveryRejected, Slack answered 404: no_service",
            "dead-letter queue",
        ):
            assert said in str(execution.cause)
        assert len(world.subjects) == len(world.slack_server.posts) == 1
        [letter] = world.dead_letters
        assert letter["channel"] == "slack"
        assert letter["failure"]["Error"] == "DeliveryRejected"


def test_a_dead_letter_sent_again_gives_the_same_message(slack: Slack, task_type: TaskType) -> None:
    with World(slack, [task(task_type, answer(task_type))], slack=[REVOKED, OK]) as world:
        world.happens(started(task_type))
        [letter] = world.dead_letters
        assert world.asks("NotifyFunction", letter)["delivered"] is True
        [refused, again] = [post.payload for post in world.slack_server.posts]
        assert again == refused


def test_a_channel_that_comes_back_is_told_and_nothing_fails(slack: Slack) -> None:
    answers = [SlackAnswer(500), SlackAnswer(429, {"Retry-After": "77"}), OK]
    with World(slack, [task("detect", answer("detect"))], slack=answers) as world:
        world.happens(started("detect"))
        assert world.execution.status == "SUCCEEDED"
        assert world.execution.waits == [("WaitForChannel", 15), ("WaitForChannel", 77)]
        assert len(world.texts) == 1
        assert world.dead_letters == []


def test_both_channels_down_leave_two_letters(slack: Slack) -> None:
    faults = {"Publish": [Refusal("NotFound", 404, "Topic does not exist")]}
    with World(slack, [task("detect", answer("detect"))], slack=[REVOKED], aws=faults) as world:
        world.happens(started("detect"))
        assert world.execution.status == "FAILED"
        assert sorted(letter["channel"] for letter in world.dead_letters) == ["slack", "sns"]
        assert world.subjects == world.texts == []


def test_without_slack_there_is_one_channel(slack: Slack) -> None:
    with World(slack, [task("detect", answer("detect"))], with_slack=False) as world:
        world.happens(started("detect"))
        assert world.execution.status == "SUCCEEDED"
        assert len(world.subjects) == 1
        assert world.slack_server.posts == []


def test_every_state_is_visited_on_one_of_five_ways(slack: Slack) -> None:
    ended, runs = answer("detect"), running("detect", taskStatistics=None)
    late, crash = {"OverdueMinutes": "5"}, [Mishap.EXIT_BEFORE]
    busy = [SlackAnswer(503), OK]
    worlds = (
        World(slack, [task("detect", *(20 * [runs]), ended)], slack=busy, parameters=late),
        World(
            slack,
            [task("detect", ended)],
            slack=[REVOKED],
            lambdas={"NotifyFunction/sns": crash},
        ),
        World(slack, [task("detect", {})], lambdas={"DescribeTaskFunction": crash}),
        World(slack, [task("detect", runs, ended)], workspace=Workspace()),
        World(slack),
    )
    visited: set[str] = set()
    for prepared in worlds:
        with prepared as world:
            if world.tasks:
                world.happens(started("detect"))
            else:
                world.starts("by-hand", {})
            visited |= set(world.execution.states)
    assert visited == {name for name, _ in states(product().definition)}
