"""What becomes of a message: delivered at once or late, or kept, one channel without the other."""

from embedded.scenario import SlackAnswer, TaskType
from tests.support.aws import Refusal
from tests.support.machine import World
from tests.support.slack import REVOKED, Slack
from tests.support.watched import TASK_IDS, answer, started, task


def test_a_rejected_channel_fails_the_execution_and_leaves_the_other_alone(
    slack: Slack, task_type: TaskType
) -> None:
    with World(slack, [task(task_type, answer(task_type))], slack=[REVOKED]) as world:
        world.happens(started(task_type))
        execution = world.execution
        assert execution.status == "FAILED"
        assert execution.error == "NotAllDelivered"
        assert execution.cause is not None
        assert TASK_IDS[task_type] in execution.cause
        assert "sns: delivered" in execution.cause
        assert "slack: DeliveryRejected, Slack answered 404: no_service" in execution.cause
        assert "dead-letter queue" in execution.cause
        assert len(world.subjects) == 1
        [letter] = world.dead_letters
        assert letter["channel"] == "slack"
        assert letter["watch"]["input"]["taskId"] == TASK_IDS[task_type]
        assert letter["failure"]["Error"] == "DeliveryRejected"
        assert len(world.slack_server.posts) == 1


def test_an_unavailable_channel_is_tried_for_twelve_hours(
    slack: Slack, task_type: TaskType
) -> None:
    down = SlackAnswer(503, {}, "down")
    with World(slack, [task(task_type, answer(task_type))], slack=[down]) as world:
        world.happens(started(task_type))
        waits = [seconds for state, seconds in world.execution.waits if state == "WaitForChannel"]
        assert sum(waits) >= 12 * 3600
        assert waits[:3] == [15, 15, 30]
        assert max(waits) == 900
        assert len(world.slack_server.posts) == len(waits) + 1
        assert [letter["channel"] for letter in world.dead_letters] == ["slack"]
        assert len(world.subjects) == 1


def test_a_channel_that_comes_back_is_told_and_nothing_fails(
    slack: Slack, task_type: TaskType
) -> None:
    answers = [SlackAnswer(500), SlackAnswer(429, {"Retry-After": "77"}), SlackAnswer()]
    with World(slack, [task(task_type, answer(task_type))], slack=answers) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert world.execution.waits == [("WaitForChannel", 15), ("WaitForChannel", 77)]
        assert len(world.texts) == 1
        assert world.dead_letters == []


def test_both_channels_down_leave_two_letters(slack: Slack, task_type: TaskType) -> None:
    faults = {"Publish": [Refusal("NotFound", 404, "Topic does not exist")]}
    with World(slack, [task(task_type, answer(task_type))], slack=[REVOKED], aws=faults) as world:
        world.happens(started(task_type))
        assert world.execution.status == "FAILED"
        assert sorted(letter["channel"] for letter in world.dead_letters) == ["slack", "sns"]
        assert world.subjects == world.texts == []


def test_without_slack_there_is_one_channel(slack: Slack, task_type: TaskType) -> None:
    with World(slack, [task(task_type, answer(task_type))], with_slack=False) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert len(world.subjects) == 1
        assert world.slack_server.posts == []


def test_a_channel_for_problems_only_hears_of_problems_only(
    slack: Slack, task_type: TaskType
) -> None:
    fine = {"detect": "SUCCESSFUL", "audit": "COMPLETED"}[task_type]
    parameters = {"SlackVerdicts": "problems"}
    ended = answer(task_type, taskStatus=fine, taskStatistics={})
    with World(slack, [task(task_type, ended)], parameters=parameters) as world:
        world.happens(started(task_type))
        assert world.execution.status == "SUCCEEDED"
        assert len(world.subjects) == 1
        assert world.texts == []
