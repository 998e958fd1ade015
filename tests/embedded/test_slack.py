"""Slack as it is played here refuses what Slack refuses, at the limit and no earlier."""

import json
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.webhook import WebhookClient

from embedded.fake_slack import FakeSlack
from embedded.process import ROOT
from embedded.slack_answers import SlackAnswer
from embedded.slack_limits import CONFIRM_LENGTHS, SlackRefused, read_payload
from embedded.slack_workspace import BURST, CHANNEL, SCOPES, TOKEN, Refused, Workspace

type Json = dict[str, Any]

HOOK = "/services/T00000000/B00000000/secret"
METADATA = {"event_type": "told", "event_payload": {"mark": "m1"}}
TOO_LARGE = {"event_type": "told", "event_payload": {"mark": "x" * 8_000}}


def text(length: int = 5, kind: str = "mrkdwn") -> Json:
    return {"type": kind, "text": "x" * length}


def plain(length: int = 5) -> Json:
    return text(length, "plain_text")


def section(length: int) -> Json:
    return {"type": "section", "text": text(length)}


def fields(count: int, length: int = 5) -> Json:
    return {"type": "section", "fields": [text(length)] * count}


def button(length: int = 5, **more: Any) -> Json:
    return {"type": "actions", "elements": [{"type": "button", "text": plain(length), **more}]}


def confirm(part: str, length: int) -> Json:
    return button(confirm={**{name: plain() for name in CONFIRM_LENGTHS}, part: plain(length)})


def refusal(*blocks: object, **more: object) -> str:
    try:
        read_payload(json.dumps({"text": "headline", "blocks": [*blocks], **more}).encode())
    except SlackRefused as error:
        return f"{error}: {error.why}"
    return ""


@pytest.mark.parametrize(
    ("most", "block"),
    [
        (150, lambda length: {"type": "header", "text": plain(length)}),
        (3000, section),
        (10, fields),
        (2000, lambda length: fields(1, length)),
        (10, lambda count: {"type": "context", "elements": [text()] * count}),
        (25, lambda count: {"type": "actions", "elements": button()["elements"] * count}),
        (75, button),
        (3000, lambda length: button(url="u" * length)),
        (2000, lambda length: button(value="v" * length)),
        (255, lambda length: button(action_id="i" * length)),
        (255, lambda length: section(5) | {"block_id": "i" * length}),
        (100, lambda length: confirm("title", length)),
        (300, lambda length: confirm("text", length)),
        (30, lambda length: confirm("deny", length)),
    ],
)
def test_each_limit_is_where_slack_has_it(most: int, block: Callable[[int], Json]) -> None:
    assert refusal(block(most)) == ""
    assert refusal(block(most + 1)).startswith("invalid_blocks: ")


@pytest.mark.parametrize("most", [[section(5)] * 50, [section(2600)] * 5])
def test_all_blocks_and_all_characters_together_are_limited_too(most: list[Json]) -> None:
    assert refusal(*most) == ""
    assert refusal(*most, section(1)).startswith("invalid_blocks: ")


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ({"type": "title"}, ".type is 'title'"),
        ("text", " is not an object"),
        ({"type": "section"}, " has neither text nor fields"),
        (section(0), ".text is empty"),
        ({"type": "header", "text": text()}, ".text.type is 'mrkdwn'"),
        ({"type": "section", "text": "plain"}, ".text is no text object"),
        (fields(0), ".fields: expected a list of 1 to 10"),
        ({"type": "actions", "elements": [text()]}, ".elements[0] is no button"),
        (button(style="green"), ".elements[0].style is 'green'"),
    ],
)
def test_a_broken_block_is_refused(block: object, why: str) -> None:
    assert refusal(block) == f"invalid_blocks: blocks[0]{why}"


def test_a_message_is_an_object_and_says_something() -> None:
    assert refusal(text="", blocks=[]) == "no_text: neither text nor blocks"
    with pytest.raises(SlackRefused, match="invalid_payload"):
        read_payload(b"payload=%7B%7D")


def test_what_a_webhook_would_not_take_is_refused_and_uses_up_no_answer() -> None:
    slack = FakeSlack([SlackAnswer(503, {}, "down"), SlackAnswer()])
    bodies = ({"text": "headline", "blocks": [{"type": "section"}]}, {"text": "headline"})
    answers = [slack.respond(HOOK, json.dumps(body).encode()).body for body in bodies]
    assert answers == ["invalid_blocks", "down"]


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        (f"https://hooks.slack.com{HOOK}", "200 ok"),
        (f"https://hooks.slack-gov.com{HOOK}", "200 ok"),
        ("https://hooks.slack.com/commands/T0", "404 no_service"),
        (f"http://hooks.slack.com{HOOK}", "403 Slack speaks HTTPS only"),
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
            answer = client.send_dict({"text": "headline"})
            became = f"{answer.status_code} {answer.body}"
        except OSError as error:
            became = str(error)
    assert outcome in became
    assert len(slack.posts) == (outcome == "200 ok")


def call(workspace: Workspace, method: str, token: str | None = TOKEN, **arguments: Any) -> Any:
    asked = {"channel": CHANNEL, "text": "headline", **arguments}
    return workspace.call(method, f"Bearer {token}" if token else None, asked)


def post(workspace: Workspace, **more: Any) -> str:
    return str(call(workspace, "chat.postMessage", **more)["ts"])


def test_history_and_replies_show_what_is_asked_for_in_pages() -> None:
    workspace = Workspace()
    ts = post(workspace, metadata=METADATA)
    hidden = post(workspace, thread_ts=ts)
    shown = post(workspace, thread_ts=ts, reply_broadcast=True)

    def listed(method: str, **asked: Any) -> list[tuple[str, Any]]:
        messages = call(workspace, f"conversations.{method}", **asked)["messages"]
        return [(message["ts"], message.get("metadata")) for message in messages]

    assert listed("history", include_all_metadata=True) == [(shown, None), (ts, METADATA)]
    assert listed("history", oldest=ts) == [(shown, None)]
    assert listed("replies", ts=ts, limit=2) == [(ts, None), (hidden, None)]
    assert listed("replies", ts=ts, limit=2, cursor="2") == [(shown, None)]


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
        ("invalid_blocks", {}, {"blocks": [{"type": "section"}]}),
        ("invalid_metadata_format", {}, {"metadata": {"mark": 1}}),
        ("metadata_too_large", {}, {"metadata": TOO_LARGE}),
        ("thread_not_found", {}, {"thread_ts": "1.000001"}),
        ("message_not_found", {}, {"method": "chat.update", "ts": "1.000001"}),
        ("msg_too_long", {}, {"method": "chat.update", "ts": "1.0", "text": "x" * 4_001}),
        ("user_not_in_channel", {"strangers": ("U0",)}, {"method": "chat.postEphemeral"}),
    ],
)
def test_what_the_web_api_would_refuse_is_refused(
    expected: str, changes: dict[str, Any], asked: dict[str, Any]
) -> None:
    workspace = replace(Workspace(), **changes)
    with pytest.raises((Refused, SlackRefused), match=f"^{expected}$"):
        call(workspace, **{"method": "chat.postMessage", "user": "U0", **asked})
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


def test_the_app_s_manifest_asks_for_what_is_needed_and_no_more() -> None:
    manifest = yaml.safe_load((ROOT / "slack" / "app-manifest.yaml").read_text(encoding="utf-8"))
    assert tuple(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert len(manifest["display_information"]["description"]) <= 140
