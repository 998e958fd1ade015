"""The webhook URL stays a secret: each world searches, at its end, all that was said in it.

So every test and every fault that is played in a World is a test of this too; here stands that the
search would find it, and that there is something to find.
"""

import logging

import pytest

from tests.support.machine import SECRET, SecretFound, World
from tests.support.slack import REVOKED, Slack
from tests.support.watched import answer, started, task


def test_the_search_finds_it_in_a_debug_line(slack: Slack) -> None:
    with pytest.raises(SecretFound, match="in the log:"), World(slack):
        logging.getLogger("some.library").debug("posting to %s", SECRET)


def test_the_search_finds_it_on_stdout(slack: Slack) -> None:
    with pytest.raises(SecretFound, match="in the log:"), World(slack):
        print(SECRET)  # noqa: T201  as Powertools does its metrics


def test_the_search_finds_it_wherever_it_gets_to(slack: Slack) -> None:
    """The task is called like it, so it is everywhere."""
    called = task("detect", answer("detect"), task_id=SECRET)
    with (
        pytest.raises(SecretFound, match="in the log, an execution, a letter, a message:"),
        World(slack, [called], slack=[REVOKED]) as world,
    ):
        world.happens(started("detect", SECRET))


def test_it_reaches_slack_and_nothing_else(slack: Slack) -> None:
    with World(slack, [task("detect", answer("detect"))], slack=[REVOKED]) as world:
        world.happens(started("detect"))
        [post] = world.slack_server.posts
        assert SECRET in post.path
        assert len(world.log.getvalue().splitlines()) > 100
        assert world.dead_letters
        world.search_for_the_secret()
