"""What a conversation does about a head that is not where it was."""

from pathlib import Path

import pytest

from embedded.slack_workspace import CHANNEL, TOKEN
from mitigation.conversation import Conversation
from mitigation.decision import ChannelMemory, Decision
from mitigation.notice import Notice
from mitigation.thread import Thread
from mitigation.words import Clock
from tests.support.looks import look, notify_input
from tests.support.slack import Slack


@pytest.mark.parametrize("decision", [Decision.ENDED, Decision.STILL_RUNNING])
def test_a_head_in_another_channel_is_left_alone_for_a_whole_message(
    decision: Decision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = Thread("C0OTHER", "1.000001")
    found = look(decision, channels={"slack": ChannelMemory(thread=thread)})
    with Slack() as slack:
        for name, value in slack.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        conversation = Conversation.of(Notice.parse(notify_input(found)), TOKEN, CHANNEL)
        conversation.tell(Notice.parse(notify_input(found)).report, Clock(), has_email=False)
    [post] = slack.posts
    assert (post.method, post.payload["channel"]) == ("chat.postMessage", CHANNEL)
    assert "thread_ts" not in post.payload
    assert conversation.thread == thread._replace(is_lost=True)
