"""Slack's Web API as the product calls it: its answers, and the token that stays a secret."""

import contextlib
import json
from collections.abc import Callable

import pytest

from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import CHANNEL, TOKEN, Workspace
from mitigation.delivery import DeliveryError, DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SlackMessage
from mitigation.slack_app import (
    MOST_PAGES,
    PAGE_SIZE,
    TIMEOUT_SECONDS,
    AnswerLost,
    HeadLost,
    SlackApp,
    mark_of,
)
from tests.support.slack import Slack

MESSAGE = SlackMessage({"text": "headline", "blocks": []})
POST, EDIT = "chat.postMessage", "chat.update"

type Play = Callable[..., Slack]


def app(secret: str = TOKEN) -> SlackApp:
    return SlackApp(secret, CHANNEL)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (SlackAppAnswer(error="is_archived"), DeliveryRejected, "is_archived: unarchive the ch"),
        (SlackAppAnswer(error="invalid_blocks"), DeliveryRejected, "invalid_blocks"),
        (SlackAppAnswer(error="fatal_error"), AnswerLost, "fatal_error"),
        (SlackAppAnswer(error="brand_new"), DeliveryUnavailable, "brand_new"),
        (SlackAppAnswer(error="invalid_charset"), DeliveryRejected, "invalid_charset$"),
        (SlackAppAnswer(status=500, error="brand_new"), AnswerLost, "brand_new"),
        (SlackAppAnswer(status=429, error="is_archived"), DeliveryUnavailable, "is_archived$"),
        (SlackAppAnswer(status=502), AnswerLost, "answered 502"),
        (SlackAppAnswer(drop="after"), AnswerLost, "did not answer: RemoteDisconnected"),
        (SlackAppAnswer(error="message_not_found"), HeadLost, "message_not_found"),
    ],
)
def test_an_answer_that_is_not_ok_is_sorted(
    play: Play, answer: SlackAppAnswer, error: type[DeliveryError], says: str
) -> None:
    play(chat_update=[answer])
    with pytest.raises(DeliveryError, match=says) as caught:
        app().update("1.000001", MESSAGE)
    assert type(caught.value) is error


def test_whose_token_it_is_and_what_it_may_do(play: Play) -> None:
    slack = play()
    assert app().who() == ("mitigation in Example", {*slack.workspace.scopes})
    app().read_channel()
    assert slack.calls == ["auth.test", "conversations.history"]
    play(Workspace(is_member=False))
    with pytest.raises(DeliveryRejected, match="not_in_channel"):
        app().read_channel()


def test_a_refused_layout_is_told_apart(play: Play) -> None:
    play(chat_update=[SlackAppAnswer(error="invalid_blocks")])
    with pytest.raises(DeliveryRejected) as caught:
        app().update("1.000001", MESSAGE)
    assert caught.value.layout_refused == "invalid_blocks"


@pytest.mark.parametrize("word", ["ratelimited", "rate_limited", "brand_new"])
def test_retry_after_is_handed_on_in_both_spellings(play: Play, word: str) -> None:
    play(chat_postMessage=[SlackAppAnswer(error=word, headers={"Retry-After": "7"})])
    with pytest.raises(DeliveryUnavailable) as caught:
        app().post(MESSAGE, "mark")
    assert caught.value.retry_after == 7


def test_a_message_that_is_no_reply_has_no_head_to_lose(play: Play) -> None:
    play(chat_postMessage=[SlackAppAnswer(error="thread_not_found")])
    with pytest.raises(DeliveryRejected):
        app().post(MESSAGE, "mark")


def test_a_post_is_sent_once_whatever_comes_of_it(play: Play) -> None:
    """slack_sdk's own retries would send it again."""
    slack = play(chat_postMessage=[SlackAppAnswer(drop="before")])
    with pytest.raises(AnswerLost):
        app().post(MESSAGE, "mark")
    assert slack.calls == [POST]


def test_a_message_is_found_by_its_mark_among_many(play: Play) -> None:
    workspace = play().workspace
    first = app().post(MESSAGE, "mark")
    for _ in range(PAGE_SIZE):
        workspace.messages.append(
            {**workspace.messages[0], "metadata": {}, "ts": "9999999999.000001"}
        )
    assert app().find({"mark", "another"}, since=0) == (first, "mark")
    assert app().find({"another"}, since=0) is None
    assert app().find({"mark"}, since=float(first)) is None


def test_the_search_has_an_end(play: Play) -> None:
    workspace = play().workspace
    first = app().post(MESSAGE, "mark")
    others = [{**workspace.messages[0], "metadata": {}, "ts": "9999999999.000001"}]
    workspace.messages += others * (PAGE_SIZE * MOST_PAGES)
    assert app().find({"mark"}, since=0) is None
    assert first == workspace.messages[0]["ts"]


def test_who_may_not_read_finds_nothing(play: Play) -> None:
    play(Workspace(scopes=("chat:write",)))
    app().post(MESSAGE, "mark")
    assert app().find({"mark"}, since=0) is None


def test_a_reply_in_a_thread_that_is_gone_is_a_lost_head(play: Play) -> None:
    play()
    with pytest.raises(HeadLost):
        app().find({"mark"}, since=0, thread_ts="1.000001")


def test_a_mark_tells_nobody_anything() -> None:
    mark = mark_of("arn:aws:states:eu-west-1:123456789012:execution:W:detect-t", "rest")
    assert len(mark) == 32
    assert mark != mark_of("arn:aws:states:eu-west-1:123456789012:execution:W:detect-t", "head")


@pytest.mark.parametrize(
    ("secret", "host"),
    [
        (TOKEN, "slack.com"),
        (json.dumps({"token": TOKEN}), "slack.com"),
        (json.dumps({"token": TOKEN, "host": "slack-gov.com"}), "slack-gov.com"),
    ],
)
def test_gov_slack_is_another_host(play: Play, secret: str, host: str) -> None:
    slack = play()
    app(secret).post(MESSAGE, "mark")
    assert slack.hosts == [host]


def test_slack_is_waited_for_as_long_as_a_function_has_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = []

    def hang(_request: object, timeout: float) -> object:
        waits.append(timeout)
        raise TimeoutError

    monkeypatch.setattr("mitigation.slack_app.open_unredirected", hang)
    with pytest.raises(AnswerLost, match="did not answer: TimeoutError"):
        app().post(MESSAGE, "mark")
    assert waits == [TIMEOUT_SECONDS]


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "xoxp-1234567890-a-user-s",
        "xoxe.xoxb-1-rotated-token",
        "https://hooks.slack.com/services/T0/B0/x",
        '{"token": "xoxb-0123456789", "host": "evil.example"}',
        '{"token": 7}',
    ],
)
def test_a_secret_that_is_no_bot_token_is_refused_without_saying_what_it_is(secret: str) -> None:
    with pytest.raises(DeliveryRejected, match="does not hold a bot token") as caught:
        app(secret)
    assert not secret or secret not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        SlackAppAnswer(),
        SlackAppAnswer(error="invalid_auth"),
        SlackAppAnswer(status=503),
        SlackAppAnswer(drop="before"),
    ],
)
def test_the_token_is_in_no_error_and_no_log(
    play: Play, caplog: pytest.LogCaptureFixture, answer: SlackAppAnswer
) -> None:
    caplog.set_level("DEBUG")
    play(chat_postMessage=[answer])
    error = None
    with contextlib.suppress(DeliveryError):
        try:
            app().post(MESSAGE, "mark")
        except DeliveryError as raised:
            error = raised
            raise
    assert TOKEN not in repr(error)
    assert error is None or (error.__suppress_context__ and error.__cause__ is None)
    assert caplog.text == ""


def test_a_redirect_is_never_followed(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    slack = play()
    there = SlackAnswer(302, {"Location": "https://slack.com/api/auth.test"}, "")
    monkeypatch.setattr(slack, "call", lambda *_: there)
    with pytest.raises(AnswerLost, match="answered 302"):
        app().post(MESSAGE, "mark")
    assert len(slack.hosts) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"ok": true, "messages": 7}',
        '{"ok": true, "messages": [[]]}',
        '{"ok": true, "messages": [{"metadata": 7}]}',
    ],
)
def test_a_history_that_is_none_is_a_lost_answer(
    play: Play, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    slack = play()
    monkeypatch.setattr(slack, "call", lambda *_: SlackAnswer(200, {}, body))
    with pytest.raises(AnswerLost):
        app().find({"mark"}, since=0)


@pytest.mark.parametrize("body", ["[]", "7", "null", "<html>", '{"ok": true}', ""])
def test_an_answer_that_is_not_slack_s_is_a_lost_one(
    play: Play, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    slack = play()
    monkeypatch.setattr(slack, "call", lambda *_: SlackAnswer(200, {}, body))
    with pytest.raises(AnswerLost):
        app().post(MESSAGE, "mark")
