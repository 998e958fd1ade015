"""Slack for the tests: the local runs' catcher, which can also hang, hang up and talk nonsense."""

import threading
from collections.abc import Mapping, Sequence
from typing import Self, override

from embedded.fake_slack import FakeSlack
from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import Workspace

OK = SlackAnswer()
REVOKED = SlackAnswer(404, {}, "no_service")
# Told apart by identity: what is written on them is what the catcher notes down about the post.
SLOW = SlackAnswer(0, {}, "no answer in time")
RESET = SlackAnswer(0, {}, "connection reset")
TAKEN_THEN_RESET = SlackAnswer(200, {}, "ok")
# Announces chunks, and sends none: nothing that an HTTP client could read.
GARBAGE = SlackAnswer(200, {"Transfer-Encoding": "chunked"}, "\x00\x01 not HTTP")


class Slack(FakeSlack):
    """Plays one list of answers after the other: one answer a post, the last for ever after.

    `variables` are the environment of whoever is to meet this server as Slack.
    """

    variables: Mapping[str, str]
    _next = threading.Event()

    def play(
        self,
        *answers: SlackAnswer,
        workspace: Workspace | None = None,
        **app_answers: Sequence[SlackAppAnswer],
    ) -> Self:
        """Lets go of the posts that hang in the play before; `chat_postMessage=[…]` by method."""
        self._next.set()
        self._next = threading.Event()
        named = {name.replace("_", ".", 1): each for name, each in app_answers.items()}
        FakeSlack.__init__(self, answers, named, workspace)
        return self

    @override
    def respond(self, path: str, body: bytes) -> SlackAnswer:
        answer = super().respond(path, body)
        if answer is SLOW:
            self._next.wait()
        if answer in (SLOW, RESET) or answer is TAKEN_THEN_RESET:
            raise ConnectionResetError  # the server hangs up
        return answer
