"""Slack as a function in its own environment reaches it; and worlds for the functions."""

from collections.abc import Callable

import pytest

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import Workspace
from tests.support.fixtures import server, slack, world
from tests.support.slack import Slack

__all__ = ["server", "slack", "world"]


@pytest.fixture
def play(slack: Slack) -> Callable[..., Slack]:
    """Starts anew, with answers by method: `chat_postMessage=[…]`."""

    def play(workspace: Workspace | None = None, **answers: list[SlackAppAnswer]) -> Slack:
        named = {name.replace("_", ".", 1): each for name, each in answers.items()}
        slack.play((), named, workspace)
        return slack

    return play
