"""A dead letter is Notify's own input: sent again, it gives the message that was not delivered."""

import json

import pytest

from embedded.scenario import SlackAnswer, TaskType
from tests.support.machine import World
from tests.support.slack import OK, REVOKED, Slack
from tests.support.watched import answer, started, task


@pytest.mark.parametrize("task_type", ["detect", "audit"])
def test_a_letter_sent_again_gives_the_same_message(slack: Slack, task_type: TaskType) -> None:
    with World(slack, [task(task_type, answer(task_type))]) as world:
        world.happens(started(task_type))
        [told] = [post.payload for post in world.slack_server.posts]
    with World(slack, [task(task_type, answer(task_type))], slack=[REVOKED, OK]) as world:
        world.happens(started(task_type))
        [letter] = world.dead_letters
        with world.clock.working():
            answered = world.functions["NotifyFunction"].invoke(json.dumps(letter))
        assert answered["delivered"] is True
        [_, again] = [post.payload for post in world.slack_server.posts]
        assert again == told


def test_a_letter_for_a_channel_that_was_down_waits_no_longer_for_patience(slack: Slack) -> None:
    """`attempt` in the letter says that patience has ended: a replay must not wait for hours."""
    down = [SlackAnswer(503)]
    with World(slack, [task("detect", answer("detect"))], slack=down) as world:
        world.happens(started("detect"))
        [letter] = world.dead_letters
        assert letter["attempt"]["waitedSeconds"] >= 12 * 3600
