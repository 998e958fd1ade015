"""The Slack catcher: what it answers, and whom it answers at all."""

import json
import ssl
from email.message import Message
from pathlib import Path

import pytest
from slack_sdk.webhook import WebhookClient

from embedded.fake_slack import FakeSlack
from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import CHANNEL, TOKEN

HOOK = "/services/T00000000/B00000000/secret"
MESSAGE = {"text": "headline"}


def post(slack: FakeSlack, payload: object = MESSAGE) -> tuple[int, str]:
    answer = slack.respond(HOOK, json.dumps(payload).encode())
    return answer.status, answer.body


def test_answers_are_for_one_post_each_and_the_last_for_ever() -> None:
    slack = FakeSlack([SlackAnswer(429, {"Retry-After": "30"}, "rate_limited"), SlackAnswer()])
    assert [post(slack) for _ in range(3)] == [(429, "rate_limited"), (200, "ok"), (200, "ok")]
    assert [(caught.path, caught.payload) for caught in slack.posts] == [(HOOK, MESSAGE)] * 3


def test_what_slack_would_refuse_is_refused_and_uses_up_no_answer() -> None:
    slack = FakeSlack([SlackAnswer(503, {}, "down"), SlackAnswer()])
    assert post(slack, {"blocks": [{"type": "section"}]}) == (400, "invalid_blocks")
    assert slack.respond(HOOK, b"payload=x").body == "invalid_payload"
    assert post(slack) == (503, "down")
    assert [caught.why for caught in slack.posts[:2]] == [
        "blocks[0] has neither text nor fields",
        "the body is not JSON",
    ]


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        (f"https://hooks.slack.com{HOOK}", "200 ok"),
        (f"https://hooks.slack-gov.com{HOOK}", "200 ok"),
        ("https://hooks.slack.com/commands/T0", "404 no_service"),
        (f"http://hooks.slack.com{HOOK}", "403 Slack speaks HTTPS only"),
        (f"https://example.com{HOOK}", "Tunnel connection failed: 403 Forbidden"),
        (f"https://hooks.slack.com.example.com{HOOK}", "Tunnel connection failed: 403 Forbidden"),
    ],
)
def test_only_slack_is_played_and_only_by_https(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, outcome: str
) -> None:
    with FakeSlack() as slack:
        for name, value in slack.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        client = WebhookClient(url, retry_handlers=[], ssl=ssl.create_default_context())
        try:
            answer = client.send_dict(MESSAGE)
            became = f"{answer.status_code} {answer.body}"
        except OSError as error:
            became = str(error)
    assert outcome in became
    assert len(slack.posts) == (outcome == "200 ok")


def test_a_planned_answer_stands_for_one_call_and_the_connection_may_drop() -> None:
    planned = [
        SlackAppAnswer(error="internal_error"),
        SlackAppAnswer(drop="before"),
        SlackAppAnswer(drop="after"),
        SlackAppAnswer(429),
        SlackAppAnswer(),
    ]
    slack, headers = FakeSlack((), {"chat.postMessage": planned}), Message()
    headers["Authorization"], headers["Content-Type"] = f"Bearer {TOKEN}", "application/json"
    body, answers = json.dumps({**MESSAGE, "channel": CHANNEL}).encode(), []
    for _ in planned:
        try:
            answer = slack.call("/api/chat.postMessage", headers, body)
            answers.append((answer.status, answer.headers.get("Retry-After")))
        except ConnectionResetError:
            answers.append((0, None))
    assert answers == [(200, None), (0, None), (0, None), (429, "1"), (200, None)]
    assert [caught.body for caught in slack.posts] == [
        *("internal_error", "connection lost before", "connection lost after", "ratelimited", "ok")
    ]
    assert [caught.was_taken for caught in slack.posts] == [False, False, False, False, True]
    assert len(slack.workspace.messages) == 2
