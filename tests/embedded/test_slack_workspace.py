"""The workspace checks what Slack checks, met by slack_sdk's own client through the catcher."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from embedded.fake_slack import FakeSlack
from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import BOT, BURST, CHANNEL, TOKEN, Workspace

METADATA = {"event_type": "told", "event_payload": {"mark": "m1"}}

type Start = Callable[..., FakeSlack]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def start(workspace: Workspace | None = None, **answers: list[SlackAppAnswer]) -> FakeSlack:
            planned = {name.replace("_", ".", 1): each for name, each in answers.items()}
            slack = stack.enter_context(FakeSlack((), planned, workspace))
            for name, value in slack.environment(tmp_path).items():
                monkeypatch.setenv(name, value)
            return slack

        yield start


def web(token: str = TOKEN, **options: Any) -> WebClient:
    return WebClient(token, retry_handlers=[], **options)


def error(call: Callable[..., Any], **arguments: Any) -> Any:
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return caught.value.response["error"]


def post(**more: Any) -> str:
    answer = web().api_call(
        "chat.postMessage", json={"channel": CHANNEL, "text": "headline", **more}
    )
    return str(answer["ts"])


def update(ts: object, **more: Any) -> None:
    web().api_call("chat.update", json={"channel": CHANNEL, "ts": ts, "text": "new", **more})


def test_a_message_is_posted_edited_and_answered(start: Start) -> None:
    slack = start()
    ts = post()
    update(ts)
    reply = post(thread_ts=ts, reply_broadcast=True)
    [head, answer] = slack.workspace.thread(ts)
    assert (head["text"], head["bot_id"], answer["ts"]) == ("new", BOT, reply)
    assert [(p.method, p.ts, p.was_taken) for p in slack.posts] == [
        ("chat.postMessage", ts, True),
        ("chat.update", ts, True),
        ("chat.postMessage", reply, True),
    ]


def test_the_history_shows_metadata_on_request_and_broadcast_replies(start: Start) -> None:
    start()
    ts = post(metadata=METADATA)
    post(thread_ts=ts)
    shown = post(thread_ts=ts, reply_broadcast=True)
    history = web().conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"]
    assert [message["ts"] for message in history] == [shown, ts]
    assert history[1]["metadata"] == METADATA
    plain = web().conversations_history(channel=CHANNEL, oldest=ts)["messages"]
    assert [message["ts"] for message in plain] == [shown]
    assert len(web().conversations_replies(channel=CHANNEL, ts=ts)["messages"]) == 3
    page = web().conversations_replies(channel=CHANNEL, ts=ts, limit=2)
    cursor = page["response_metadata"]["next_cursor"]
    rest = web().conversations_replies(channel=CHANNEL, ts=ts, limit=2, cursor=cursor)
    assert [message["ts"] for message in rest["messages"]] == [shown]


def test_the_token_says_who_calls(start: Start) -> None:
    start()
    answer = web().auth_test()
    assert answer["bot_id"] == BOT
    assert "chat:write" in answer.headers["x-oauth-scopes"]
    assert error(web("xoxb-other").auth_test) == "invalid_auth"
    assert error(WebClient(retry_handlers=[]).auth_test) == "not_authed"


@pytest.mark.parametrize(
    ("workspace", "expected"),
    [
        (Workspace(scopes=()), "missing_scope"),
        (Workspace(channel="C0OTHER"), "channel_not_found"),
        (Workspace(is_member=False), "not_in_channel"),
        (Workspace(is_archived=True), "is_archived"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_may_not_post_does_not(start: Start, workspace: Workspace, expected: str) -> None:
    slack = start(workspace)
    assert error(post) == expected
    assert slack.workspace.messages == []
    assert [p.was_taken for p in slack.posts] == [False]


def test_the_history_needs_a_scope_of_its_own(start: Start) -> None:
    start(Workspace(scopes=("chat:write",)))
    assert error(web().conversations_history, channel=CHANNEL) == "missing_scope"


@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        (post, {"blocks": [{"type": "section"}]}, "invalid_blocks"),
        (post, {"text": ""}, "no_text"),
        (post, {"metadata": {"mark": 1}}, "invalid_metadata_format"),
        (
            post,
            {"metadata": {"event_type": "x", "event_payload": {"x": "x" * 9_000}}},
            "metadata_too_large",
        ),
        (post, {"thread_ts": "1.000001"}, "thread_not_found"),
        (post, {"thread_ts": 1.5}, "invalid_thread_ts"),
        (update, {"ts": "1.000001"}, "message_not_found"),
        (update, {"ts": 1.5}, "message_not_found"),
        (update, {"ts": "1.000001", "text": "x" * 4_001}, "msg_too_long"),
    ],
)
def test_what_slack_would_refuse_is_refused(
    start: Start, call: Callable[..., Any], arguments: dict[str, Any], expected: str
) -> None:
    start()
    assert error(call, **arguments) == expected


def test_a_channel_takes_one_message_a_second_after_a_burst(start: Start) -> None:
    now = [100.0]
    start(Workspace(posts_per_second=1, clock=lambda: now[0]))
    for _ in range(BURST):
        post()
    with pytest.raises(SlackApiError) as caught:
        post()
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    now[0] += 1
    post()


def test_a_planned_answer_stands_for_one_call_and_the_connection_may_drop(start: Start) -> None:
    slack = start(
        chat_postMessage=[
            SlackAppAnswer(error="internal_error"),
            SlackAppAnswer(drop="before"),
            SlackAppAnswer(drop="after"),
            SlackAppAnswer(),
        ]
    )
    assert error(post) == "internal_error"
    for _ in range(2):
        with pytest.raises((OSError, EOFError)):
            post()
    assert len(slack.workspace.messages) == 1
    post()
    assert [p.body for p in slack.posts] == [
        "internal_error",
        "connection lost before",
        "connection lost after",
        "ok",
    ]
