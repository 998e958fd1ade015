"""The workspace checks what Slack checks, and remembers what Slack would."""

from dataclasses import replace
from typing import Any

import pytest

from embedded.slack_limits import SlackRefused
from embedded.slack_workspace import BOT, BURST, CHANNEL, TOKEN, Refused, Workspace

METADATA = {"event_type": "told", "event_payload": {"mark": "m1"}}
TOO_LARGE = {"event_type": "told", "event_payload": {"mark": "x" * 8_000}}


def call(workspace: Workspace, method: str, token: str | None = TOKEN, **arguments: Any) -> Any:
    asked = {"channel": CHANNEL, **arguments}
    return workspace.call(method, f"Bearer {token}" if token else None, asked)


def post(workspace: Workspace, **more: Any) -> str:
    return str(call(workspace, "chat.postMessage", **{"text": "headline", **more})["ts"])


def test_a_message_is_posted_edited_and_answered() -> None:
    workspace = Workspace()
    ts = post(workspace)
    call(workspace, "chat.update", ts=ts, text="new")
    reply = post(workspace, thread_ts=ts)
    post(workspace)
    [head, answer] = workspace.thread(ts)
    assert (head["text"], head["bot_id"], answer["ts"]) == ("new", BOT, reply)
    assert call(workspace, "conversations.replies", ts=ts)["messages"] == [head, answer]


def test_the_history_shows_metadata_on_request_and_broadcast_replies() -> None:
    workspace = Workspace()
    ts = post(workspace, metadata=METADATA)
    post(workspace, thread_ts=ts)
    shown = post(workspace, thread_ts=ts, reply_broadcast=True)

    def history(**asked: Any) -> list[tuple[str, Any]]:
        messages = call(workspace, "conversations.history", **asked)["messages"]
        return [(message["ts"], message.get("metadata")) for message in messages]

    assert history(include_all_metadata=True) == [(shown, None), (ts, METADATA)]
    assert history() == [(shown, None), (ts, None)]
    assert history(oldest=ts) == [(shown, None)]


def test_replies_come_in_pages() -> None:
    workspace = Workspace()
    ts = post(workspace)
    last = [post(workspace, thread_ts=ts) for _ in range(2)][1]
    page = call(workspace, "conversations.replies", ts=ts, limit=2)
    cursor = page["response_metadata"]["next_cursor"]
    rest = call(workspace, "conversations.replies", ts=ts, limit=2, cursor=cursor)
    assert [message["ts"] for message in rest["messages"]] == [last]
    assert (page["has_more"], rest["has_more"]) == (True, False)


@pytest.mark.parametrize(
    ("expected", "changes", "asked"),
    [
        ("missing_scope", {"scopes": ()}, {}),
        ("missing_scope", {"scopes": ("chat:write",)}, {"method": "conversations.history"}),
        ("channel_not_found", {"channel": "C0OTHER"}, {}),
        ("not_in_channel", {"is_member": False}, {}),
        ("is_archived", {"is_archived": True}, {}),
        ("not_authed", {}, {"token": None}),
        ("invalid_auth", {}, {"token": "xoxb-other"}),
        ("unknown_method", {}, {"method": "chat.delete"}),
        ("invalid_blocks", {}, {"blocks": [{"type": "section"}]}),
        ("no_text", {}, {"text": ""}),
        ("invalid_metadata_format", {}, {"metadata": {"mark": 1}}),
        ("metadata_too_large", {}, {"metadata": TOO_LARGE}),
        ("thread_not_found", {}, {"thread_ts": "1.000001"}),
        ("invalid_thread_ts", {}, {"thread_ts": 1.5}),
        ("message_not_found", {}, {"method": "chat.update", "ts": "1.000001"}),
        ("message_not_found", {}, {"method": "chat.update", "ts": 1.5}),
        ("msg_too_long", {}, {"method": "chat.update", "ts": "1.0", "text": "x" * 4_001}),
        (
            "user_not_in_channel",
            {"strangers": ("U0",)},
            {"method": "chat.postEphemeral", "user": "U0"},
        ),
    ],
)
def test_what_slack_would_refuse_is_refused(
    expected: str, changes: dict[str, Any], asked: dict[str, Any]
) -> None:
    workspace = replace(Workspace(), **changes)
    with pytest.raises((Refused, SlackRefused), match=f"^{expected}$"):
        call(workspace, **{"method": "chat.postMessage", "text": "headline", **asked})
    assert workspace.messages == workspace.whispers == []


def test_a_channel_takes_one_message_a_second_after_a_burst() -> None:
    now = 100.0
    workspace = Workspace(posts_per_second=1, clock=lambda: now)
    for _ in range(BURST):
        post(workspace)
    with pytest.raises(Refused, match="ratelimited"):
        post(workspace)
    now += 1
    post(workspace)
