"""Slack's Web API as the product calls it: its answers, and the token that stays a secret."""

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import CHANNEL, TOKEN, Workspace
from mitigation import slack_app, slack_errors
from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SlackMessage
from mitigation.slack_app import AnswerLost, HeadLost, SlackApp
from tests.support.slack import Slack

MESSAGE = SlackMessage({"text": "headline", "blocks": []})
IN_7, LATER = {"Retry-After": "7"}, {"retry_after": 7, "is_unsure": False}
REFUSED, UNFIT = {"layout_refused": None}, {"layout_refused": "invalid_blocks"}
WEBHOOK = "https://hooks.slack.com/services/T0/B0/x"
ELSEWHERE = {"token": TOKEN, "host": "evil.example"}
INVITE = "invite the app into the channel, or set SlackChannelId to one that it is in"


def app(secret: str = TOKEN) -> SlackApp:
    return SlackApp(secret, CHANNEL)


def post() -> str:
    return app().post(MESSAGE, "mark")


def find(mark: str = "mark", **more: Any) -> tuple[str, str] | None:
    return app().find({mark, "another"}, **{"since": 0, **more})


def test_each_error_that_slack_documents_has_one_fate_and_no_other_has_but_two() -> None:
    file = Path(__file__).parents[1] / "support/slack_errors.json"
    documented = json.loads(file.read_text(encoding="utf-8"))
    words = {word for name, words in documented.items() if name != "source" for word in words}
    seen_in_answers = {"invalid_thread_ts", "thread_locked"}
    assert slack_errors.FATES.keys() == words | seen_in_answers
    groups = ("_UNAVAILABLE", "_HEAD_LOST", "_LAYOUT_REFUSED", "_REJECTED")
    assert sum(len(getattr(slack_errors, name)) for name in groups) == len(slack_errors.FATES)
    assert slack_errors.fate_of("a word that is new") is slack_errors.Fate.UNAVAILABLE


@pytest.mark.parametrize(
    ("answer", "error", "says", "about"),
    [
        ({"error": "not_in_channel"}, DeliveryRejected, f": {INVITE}", REFUSED),
        ({"error": "invalid_charset"}, DeliveryRejected, "", REFUSED),
        ({"error": "invalid_blocks"}, DeliveryRejected, "", UNFIT),
        ({"error": "fatal_error"}, AnswerLost, "", {}),
        ({"error": "brand_new", "headers": IN_7}, DeliveryUnavailable, "", LATER),
        ({"error": "brand_new", "status": 500}, AnswerLost, "", {}),
        ({"error": "is_archived", "status": 429, "headers": IN_7}, DeliveryUnavailable, "", LATER),
        ({"error": "message_not_found"}, HeadLost, "", {}),
        ({"drop": "after"}, AnswerLost, "did not answer: RemoteDisconnected", {}),
    ],
)
def test_an_answer_that_is_not_ok_is_sorted_and_told_without_the_token(
    slack: Slack, caplog: pytest.LogCaptureFixture, answer: Any, error: Any, says: str, about: Any
) -> None:
    caplog.set_level("DEBUG")
    slack.play(chat_update=[SlackAppAnswer(**answer)])
    with pytest.raises(error) as caught:
        app().update("1.000001", MESSAGE)
    word = f"answered {answer['error']}" if "error" in answer else ""
    assert (type(caught.value), str(caught.value)) == (error, f"Slack {word}{says}")
    assert vars(caught.value) == about
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None
    assert caplog.text == ""
    assert slack.calls == ["chat.update"]  # slack_sdk's own retries would post again


def test_whose_token_it_is_and_what_it_may_do(slack: Slack) -> None:
    assert app().who() == ("mitigation in Example", {*slack.workspace.scopes})
    app().read_channel()
    assert slack.calls == ["auth.test", "conversations.history"]
    slack.play(workspace=Workspace(is_member=False))
    with pytest.raises(DeliveryRejected, match="not_in_channel"):
        app().read_channel()


def test_a_message_that_is_no_reply_has_no_head_to_lose(slack: Slack) -> None:
    slack.play(chat_postMessage=[SlackAppAnswer(error="thread_not_found")])
    with pytest.raises(DeliveryRejected):
        post()


def test_a_message_is_found_by_its_mark_among_many_but_the_search_has_an_end(slack: Slack) -> None:
    messages = slack.workspace.messages
    first = post()
    other = {**messages[0], "metadata": {}, "ts": "9999999999.000001"}
    messages.extend([other] * slack_app.PAGE_SIZE)
    assert find() == (first, "mark")
    assert find("a third") is None
    assert find(since=float(first)) is None
    messages.extend([other] * slack_app.PAGE_SIZE * slack_app.MOST_PAGES)
    assert find() is None


def test_gov_slack_is_another_host(slack: Slack) -> None:
    for secret in ({"token": TOKEN}, {"token": TOKEN, "host": "slack-gov.com"}):
        app(json.dumps(secret)).post(MESSAGE, "mark")
    assert slack.hosts == ["slack.com", "slack-gov.com"]


@pytest.mark.parametrize(
    "secret",
    ["", "xoxp-1234567890-a-user-s", WEBHOOK, '{"token": 7}', json.dumps(ELSEWHERE)],
)
def test_a_secret_that_is_no_bot_token_is_refused_without_saying_what_it_is(secret: str) -> None:
    with pytest.raises(DeliveryRejected) as caught:
        app(secret)
    assert str(caught.value) == (
        "the Slack secret does not hold a bot token: expected xoxb-…, or for GovSlack "
        '{"token": "xoxb-…", "host": "slack-gov.com"}'
    )


def test_slack_is_waited_for_as_long_as_a_function_has_time() -> None:
    with (
        mock.patch.object(slack_app, "open_unredirected", side_effect=TimeoutError) as opened,
        pytest.raises(AnswerLost, match="did not answer: TimeoutError"),
    ):
        post()
    opened.assert_called_once_with(mock.ANY, slack_app.TIMEOUT_SECONDS)


def test_a_redirect_is_never_followed(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    there = SlackAnswer(302, {"Location": "https://slack.com/api/auth.test"}, "")
    monkeypatch.setattr(slack, "call", lambda *_: there)
    with pytest.raises(AnswerLost, match="answered 302"):
        post()
    assert len(slack.hosts) == 1


MISSHAPEN = [f'{{"ok": true, "messages": {each}}}' for each in ("7", "[[]]", '[{"metadata": 7}]')]


@pytest.mark.parametrize("body", ["<html>", "null", *MISSHAPEN])
def test_an_answer_that_is_not_slack_s_is_a_lost_one(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr(slack, "call", lambda *_: SlackAnswer(200, {}, body))
    with pytest.raises(AnswerLost):
        post()
    with pytest.raises(AnswerLost):
        find()
