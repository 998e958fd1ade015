"""Slack as a function in its own environment reaches it; and worlds for the functions."""

from tests.support.fixtures import server, slack, world

__all__ = ["server", "slack", "world"]
