"""Slack as a function in its own environment reaches it; and worlds for the functions."""

from collections.abc import Callable

import pytest

from tests.support.fixtures import server, slack, world
from tests.support.slack import Slack

__all__ = ["server", "slack", "world"]


@pytest.fixture
def play(slack: Slack) -> Callable[..., Slack]:
    return slack.play
