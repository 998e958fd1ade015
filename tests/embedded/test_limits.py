"""Slack, SNS and AWS IoT as they are played here refuse what those do, and no more."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk.webhook import WebhookClient

from embedded.fake_iot import FakeIot
from embedded.fake_slack import FakeSlack
from embedded.process import ROOT
from embedded.scenario import Scenario, parse
from embedded.slack_limits import CONFIRM_LENGTHS, SlackRefused, read_payload
from embedded.slack_workspace import CHANNEL, SCOPES, TOKEN, Refused, Workspace
from embedded.sns_limits import MESSAGE_BYTES, PublishRefused, check_publish

type Json = dict[str, Any]

HOOK = "/services/T00000000/B00000000/secret"
METADATA = {"event_type": "told", "event_payload": {"mark": "m1"}}
VERDICT = {"verdict": {"DataType": "String", "StringValue": "FAILED"}}
TOO_LARGE = {"event_type": "told", "event_payload": {"mark": "x" * 8_000}}
TASKS, EXECUTIONS = "/detect/mitigationactions/tasks", "/detect/mitigationactions/executions?"
TASK, HOURS = f"{TASKS}/quarantine-7", ("2026-11-22T09", "2026-11-22T10")
TARGET = {"violationIds": ["an_id-with_underscores"]}
NEW = json.dumps({"target": TARGET, "actions": ["Tell"], "clientRequestToken": "t"}).encode()


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


def refusal(*blocks: object) -> str:
    try:
        read_payload(json.dumps({"text": "headline", "blocks": [*blocks]}).encode())
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
        (section(0), ".text is empty"),
        ({"type": "header", "text": text()}, ".text.type is 'mrkdwn'"),
        (fields(0), ".fields: expected a list of 1 to 10"),
        (button(style="green"), ".elements[0].style is 'green'"),
    ],
)
def test_a_broken_block_is_refused(block: object, why: str) -> None:
    assert refusal(block) == f"invalid_blocks: blocks[0]{why}"


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        (f"https://hooks.slack.com{HOOK}", "200 ok"),
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


def call(method: str, workspace: Workspace, token: str = TOKEN, **arguments: Any) -> Any:
    return workspace.call(method, f"Bearer {token}", {"channel": CHANNEL, **arguments})


def test_the_history_comes_in_pages_and_shows_metadata_on_request() -> None:
    workspace = Workspace()
    for _ in range(3):
        call("chat.postMessage", workspace, text="headline", metadata=METADATA)
    for asked, shown in ((False, None), (True, METADATA)):
        page = call("conversations.history", workspace, include_all_metadata=asked, limit=2)
        assert [message.get("metadata") for message in page["messages"]] == [shown] * 2


@pytest.mark.parametrize(
    ("expected", "method", "asked"),
    [
        ("missing_scope", "conversations.history", {}),
        ("channel_not_found", "chat.postMessage", {"channel": "C0OTHER"}),
        ("invalid_auth", "chat.postMessage", {"token": "xoxb-other"}),
        ("invalid_blocks", "chat.postMessage", {"blocks": [{"type": "section"}]}),
        ("invalid_metadata_format", "chat.postMessage", {"metadata": {"mark": 1}}),
        ("metadata_too_large", "chat.postMessage", {"metadata": TOO_LARGE}),
        ("thread_not_found", "chat.postMessage", {"thread_ts": "1.000001"}),
        ("message_not_found", "chat.update", {"ts": "1.000001"}),
        ("msg_too_long", "chat.update", {"ts": "1.0", "text": "x" * 4_001}),
    ],
)
def test_what_the_web_api_would_refuse_is_refused(
    expected: str, method: str, asked: dict[str, Any]
) -> None:
    workspace = Workspace(scopes=("chat:write",))
    with pytest.raises((Refused, SlackRefused), match=f"^{expected}$"):
        call(method, workspace, **{"text": "headline", **asked})
    assert workspace.messages == []


def test_the_app_s_manifest_asks_for_what_is_needed_and_no_more() -> None:
    manifest = yaml.safe_load((ROOT / "slack" / "app-manifest.yaml").read_text(encoding="utf-8"))
    assert tuple(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert len(manifest["display_information"]["description"]) <= 140


@pytest.mark.parametrize("subject", ["x" * 100, "line\nbreak", "bell\a", "naïve", " blank"])
def test_sns_refuses_a_subject(subject: str) -> None:
    check_publish("hello", "x" * 99, "", {})
    with pytest.raises(PublishRefused, match="Invalid parameter: Subject"):
        check_publish("hello", subject, "", {})


@pytest.mark.parametrize(
    ("message", "attributes"),
    [
        ("é" * (MESSAGE_BYTES // 2), {}),  # bytes count, not characters
        ("x" * (MESSAGE_BYTES - len("verdict" + "String" + "FAILED")), VERDICT),
    ],
)
def test_a_message_to_sns_may_have_256_kib_with_its_attributes(
    message: str, attributes: dict[str, dict[str, str]]
) -> None:
    check_publish(message, "", "", attributes)
    with pytest.raises(PublishRefused, match="Message too long"):
        check_publish(message + "x", "", "", attributes)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("{", "JSON message body failed to parse"),
        ('{"email": "mail"}', "No default entry in JSON message body"),
        ('{"default": "d", "https": {"a": 1}}', "https is not a string"),
    ],
)
def test_sns_refuses_a_structure(message: str, why: str) -> None:
    with pytest.raises(PublishRefused, match=why):
        check_publish(message, "", "json", {})


def detect(*statuses: str) -> Scenario:
    start = {"taskStartTime": "2026-11-22T10:01:07Z"}
    steps = [{"taskSummary": {"taskStatus": status, **start}} for status in statuses]
    return parse({"taskId": "quarantine-7", "describe": steps})


def ask(iot: FakeIot, method: str, target: str, body: bytes = b"") -> str:
    """Status, code and message of the error, or the answer."""
    status, headers, answer = iot.respond(method, target, body)
    if status == 200:
        return answer.decode()
    return f"{status} {headers['x-amzn-ErrorType']}: {json.loads(answer)['message']}"


def test_a_task_is_started_once_and_canceled_once() -> None:
    iot = FakeIot(detect("IN_PROGRESS"), started=False)
    assert ask(iot, "GET", TASK).startswith("404 ResourceNotFoundException: ")
    assert ask(iot, "PUT", TASK, NEW) == '{"taskId": "quarantine-7"}'
    assert ask(iot, "PUT", TASK, NEW).startswith("400 TaskAlreadyExistsException: ")
    assert ask(iot, "PUT", f"{TASK}/cancel") == "{}"
    assert '"taskStatus": "CANCELED"' in ask(iot, "GET", TASK)
    again = ask(iot, "PUT", f"{TASK}/cancel")
    assert again == "400 InvalidRequestException: Task is not in progress"


def test_tasks_are_listed_by_time_with_what_was_told_last() -> None:
    iot = FakeIot(detect("IN_PROGRESS", "FAILED"))
    before, then = (f"{TASKS}?startTime={hour}:00Z&endTime={hour}:59Z" for hour in HOURS)
    assert ask(iot, "GET", before) == '{"tasks": []}'
    for status in ("IN_PROGRESS", "FAILED"):
        ask(iot, "GET", TASK)
        assert f'"taskStatus": "{status}"' in ask(iot, "GET", then)


@pytest.mark.parametrize(
    ("method", "target", "said"),
    [
        ("GET", f"{EXECUTIONS}taskId=t&nextToken=2", "Invalid nextToken"),
        ("GET", EXECUTIONS, "taskId or a time range is required"),
        ("GET", f"{EXECUTIONS}taskId=t&maxResults=251", "have value less than or equal to 250"),
        ("GET", f"{TASKS}/a%20b", "satisfy regular expression pattern: [a-zA-Z0-9_-]+"),
        ("GET", f"{TASKS}/{129 * 'x'}", "have length less than or equal to 128"),
        ("PUT", TASK, "Value 'null' at 'target' failed to satisfy constraint: "),
    ],
)
def test_what_the_service_model_does_not_allow_is_refused(
    method: str, target: str, said: str
) -> None:
    refused = ask(FakeIot(detect("FAILED")), method, target)
    assert refused.startswith("400 InvalidRequestException: ")
    assert said in refused


def test_calls_over_the_limit_within_a_second_are_throttled() -> None:
    now = 100.0
    iot = FakeIot(detect("FAILED"), calls_per_second=2, clock=lambda: now)
    throttled = "400 ThrottlingException: Rate exceeded"
    assert [ask(iot, "GET", TASK) == throttled for _ in range(4)] == [False, False, True, True]
    assert ask(iot, "GET", f"{EXECUTIONS}taskId=t") != throttled  # has a limit of its own
    now = 101.0
    assert ask(iot, "GET", TASK) != throttled
