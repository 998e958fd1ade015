"""Slack's webhook: which addresses are one, and what its answers mean. Never with the secret."""

import logging
import time
import traceback

import pytest

from embedded.scenario import SlackAnswer
from mitigation import webhook
from mitigation.delivery import (
    LAYOUT_REFUSALS,
    DeliveryError,
    DeliveryRejected,
    DeliveryUnavailable,
)
from mitigation.messages import SlackMessage
from tests.support.slack import GARBAGE, RESET, SLOW, Slack

TOKEN = "XyZ0SecretTokenXyZ0Secret"
URL = f"https://hooks.slack.com/services/T0/B0/{TOKEN}"
PAYLOAD = SlackMessage({"text": "FAILED", "blocks": []})


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def said(error: BaseException) -> str:
    """All that a log or the state machine could get to see of an error."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("url", [URL, "https://hooks.slack-gov.com/services/T0/B0/x_-y"])
def test_a_webhook_s_url_is_taken_as_it_is(url: str) -> None:
    assert webhook.check_url(url) == url


@pytest.mark.parametrize(
    "secret",
    [
        "",
        f"http://hooks.slack.com/services/{TOKEN}",
        f"https://hooks.slack.com.evil.example/services/{TOKEN}",
        f"https://evil.example/{TOKEN}",
        f"https://hooks.slack.com@evil.example/{TOKEN}",
        f"{URL}\nx",
        f"{URL}?x=1",
        f"https://hooks.slack.com:444/services/{TOKEN}",
        f"https://hooks.slack.com/{TOKEN}",
        f"https://hooks.slack.com/{TOKEN.lower()}/x",
        f"https://hooks.slack.com/commands/T0/{TOKEN}",
        f"https://hooks.slack.com/SERVICES/T0/{TOKEN}",
        "https://hooks.slack.com/services/",
    ],
)
def test_a_secret_that_is_no_webhook_url_is_refused_without_saying_what_it_is(secret: str) -> None:
    with pytest.raises(DeliveryRejected, match="secret does not hold a webhook URL: ") as error:
        webhook.check_url(secret)
    assert TOKEN.lower() not in said(error.value).lower()


@pytest.mark.parametrize(
    ("path", "kind"), [("workflows", "a workflow's URL"), ("triggers", "a workflow trigger's URL")]
)
def test_a_workflow_s_url_is_refused_and_it_is_said_which_kind_is_wanted(
    path: str, kind: str
) -> None:
    with pytest.raises(DeliveryRejected) as error:
        webhook.check_url(f"https://hooks.slack.com/{path}/T0/B0/{TOKEN}")
    assert str(error.value) == (
        f"the Slack secret holds {kind} (hooks.slack.com/{path}/…): "
        "expected an incoming webhook's URL, "
        "https://hooks.slack.com/services/… or https://hooks.slack-gov.com/services/…"
    )
    assert TOKEN not in said(error.value)


def test_a_message_reaches_slack_as_it_is_and_the_url_no_log(
    slack: Slack, log: pytest.LogCaptureFixture
) -> None:
    webhook.post(URL, PAYLOAD)
    [post] = slack.posts
    assert post.path == f"/services/T0/B0/{TOKEN}"
    assert post.payload == PAYLOAD.payload
    assert TOKEN not in log.text
    assert not logging.getLogger().disabled  # only slack_sdk's is silent


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (SlackAnswer(429, {"Retry-After": "7"}, "rate_limited"), 7),
        (SlackAnswer(429, {"retry-after": "30"}, "rate_limited"), 30),
        (SlackAnswer(429, {}, "rate_limited"), None),
        (SlackAnswer(429, {"Retry-After": "Sun, 22 Nov 2026 10:00:00 GMT"}, ""), None),
        (SlackAnswer(429, {"Retry-After": "-1"}, ""), None),
        (SlackAnswer(429, {"Retry-After": "9" * 9}, ""), 999_999_999),
        (SlackAnswer(429, {"Retry-After": "9" * 10}, ""), None),
        (SlackAnswer(503, {"Retry-After": "120"}, ""), 120),
        (SlackAnswer(500, {}, "server_error"), None),
        (SlackAnswer(502, {}, "<html>Bad gateway</html>"), None),
        (SlackAnswer(504, {}, ""), None),
        (SlackAnswer(408, {}, ""), None),
    ],
)
def test_slack_that_cannot_take_it_now_is_unavailable(
    slack: Slack, answer: SlackAnswer, retry_after: int | None
) -> None:
    slack.play([answer])
    with pytest.raises(DeliveryUnavailable, match=f"Slack answered {answer.status}") as error:
        webhook.post(URL, PAYLOAD)
    assert error.value.retry_after == retry_after
    assert not error.value.is_unsure
    assert len(slack.posts) == 1


@pytest.mark.parametrize("body", ["<html>Log in to this network</html>", "", '{"ok":true}', "okay"])
def test_a_200_without_slack_s_ok_tells_nobody_whether_the_message_arrived(
    slack: Slack, body: str
) -> None:
    slack.play([SlackAnswer(200, {}, body)])
    with pytest.raises(DeliveryUnavailable, match=r"^Slack answered 200.*, not its ok$") as error:
        webhook.post(URL, PAYLOAD)
    assert error.value.is_unsure


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, "no_text"),
        (400, "user_not_found"),
        (403, "action_prohibited"),
        (403, "invalid_token"),
        (404, "no_service"),
        (404, "channel_not_found"),
        (410, "channel_is_archived"),
        (413, ""),
    ],
)
def test_slack_that_refuses_is_not_asked_again(slack: Slack, status: int, body: str) -> None:
    slack.play([SlackAnswer(status, {}, body)])
    with pytest.raises(DeliveryRejected) as error:
        webhook.post(URL, PAYLOAD)
    assert str(error.value) == f"Slack answered {status}: {body}".rstrip(": ")
    assert error.value.layout_refused is None
    assert len(slack.posts) == 1


@pytest.mark.parametrize("word", sorted(LAYOUT_REFUSALS))
def test_a_refused_layout_is_told_from_a_refused_message(slack: Slack, word: str) -> None:
    slack.play([SlackAnswer(400, {}, f"{word}\n")])
    with pytest.raises(DeliveryRejected, match=f"^Slack answered 400: {word}$") as error:
        webhook.post(URL, PAYLOAD)
    assert error.value.layout_refused == word


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_never_followed(slack: Slack, status: int) -> None:
    slack.play([SlackAnswer(status, {"Location": "https://hooks.slack.com/services/x"}, "")])
    with pytest.raises(DeliveryRejected, match=f"^Slack answered {status}$"):
        webhook.post(URL, PAYLOAD)
    assert len(slack.posts) == 1


@pytest.mark.parametrize("fault", [RESET, GARBAGE])
def test_slack_that_hangs_up_or_talks_nonsense_is_unavailable(
    slack: Slack, fault: SlackAnswer
) -> None:
    slack.play([fault])
    with pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: "):
        webhook.post(URL, PAYLOAD)


def test_slack_that_never_answers_is_unavailable(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    slack.play([SLOW])
    began = time.monotonic()
    with pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: TimeoutError$"):
        webhook.post(URL, PAYLOAD)
    assert time.monotonic() - began < 20  # slack_sdk's own bound is 30 s


def test_a_server_that_cannot_prove_to_be_slack_gets_nothing(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DeliveryUnavailable, match=r"^Slack did not answer: "):
        webhook.post(URL, PAYLOAD)
    assert slack.posts == []


@pytest.mark.parametrize(
    "answer",
    [
        SlackAnswer(404, {}, f"The requested URL /services/T0/B0/{TOKEN} was not found"),
        SlackAnswer(500, {}, URL),
        SlackAnswer(302, {"Location": URL}, URL),
        RESET,
        GARBAGE,
    ],
)
def test_the_webhook_url_is_in_no_error_and_no_log(
    slack: Slack, log: pytest.LogCaptureFixture, answer: SlackAnswer
) -> None:
    slack.play([answer])
    with pytest.raises(DeliveryError) as error:
        webhook.post(URL, PAYLOAD)
    assert TOKEN not in said(error.value)
    assert TOKEN not in log.text
