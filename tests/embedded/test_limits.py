"""Slack, SNS and AWS IoT as they are played here refuse what those do; and scenarios' mistakes.

A play shows at once where a fake refuses too much; what it must not let pass is held here.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded.fake_iot import FakeIot
from embedded.process import ROOT
from embedded.scenario import BadScenario, load, parse
from embedded.slack_limits import CONFIRM_LENGTHS, SlackRefused, check_message
from embedded.slack_workspace import CHANNEL, SCOPES, TOKEN, Refused, Workspace
from embedded.sns_limits import MESSAGE_BYTES, PublishRefused, check_publish

type Json = dict[str, Any]

METADATA = {"event_type": "told", "event_payload": {"mark": "m1"}}
TOO_LARGE = {"event_type": "told", "event_payload": {"mark": "x" * 8_000}}
VERDICT = {"verdict": {"DataType": "String", "StringValue": "FAILED"}}
LONGEST = MESSAGE_BYTES - len("verdict" + "String" + "FAILED")  # with these attributes
TASKS, EXECUTIONS = "/detect/mitigationactions/tasks", "/detect/mitigationactions/executions?"
TASK = f"{TASKS}/quarantine-7"


def text(length: int = 5, kind: str = "mrkdwn") -> Json:
    return {"type": kind, "text": "x" * length}


def section(length: int = 5, **more: Any) -> Json:
    return {"type": "section", "text": text(length), **more}


def fields(count: int, length: int = 5) -> Json:
    return {"type": "section", "fields": [text(length)] * count}


def button(length: int = 5, *, count: int = 1, **more: Any) -> Json:
    one = {"type": "button", "text": text(length, "plain_text"), **more}
    return {"type": "actions", "elements": [one] * count}


def confirm(**lengths: int) -> Json:
    return button(confirm={n: text(lengths.get(n, 5), "plain_text") for n in CONFIRM_LENGTHS})


def refusal(*blocks: object) -> str:
    try:
        check_message({"text": "headline", "blocks": [*blocks]})
    except SlackRefused as error:
        return f"{error}: {error.why}"
    return ""


@pytest.mark.parametrize(
    ("most", "blocks"),
    [
        (150, lambda n: [{"type": "header", "text": text(n, "plain_text")}]),
        (3000, lambda n: [section(n)]),
        (255, lambda n: [section(block_id="i" * n)]),
        (10, lambda n: [fields(n)]),
        (2000, lambda n: [fields(1, n)]),
        (10, lambda n: [{"type": "context", "elements": [text()] * n}]),
        (25, lambda n: [button(count=n)]),
        (75, lambda n: [button(n)]),
        (3000, lambda n: [button(url="u" * n)]),
        (2000, lambda n: [button(value="v" * n)]),
        (255, lambda n: [button(action_id="i" * n)]),
        (300, lambda n: [confirm(text=n)]),
        (30, lambda n: [confirm(deny=n)]),
        (50, lambda n: [section()] * n),
        (13_000, lambda n: [section(n // 5)] * 5 + [section(1)] * (n % 5)),  # all together
    ],
)
def test_each_limit_is_where_slack_has_it(most: int, blocks: Callable[[int], list[Json]]) -> None:
    assert refusal(*blocks(most)) == ""
    assert refusal(*blocks(most + 1)).startswith("invalid_blocks: ")


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


def call(method: str, workspace: Workspace, **arguments: Any) -> Any:
    return workspace.call(method, f"Bearer {TOKEN}", {"channel": CHANNEL, **arguments})


def test_the_history_shows_metadata_on_request_alone() -> None:
    workspace = Workspace()
    call("chat.postMessage", workspace, text="headline", metadata=METADATA)
    for asked, shown in ((False, None), (True, METADATA)):
        page = call("conversations.history", workspace, include_all_metadata=asked)
        assert [message.get("metadata") for message in page["messages"]] == [shown]


@pytest.mark.parametrize(
    ("expected", "method", "asked"),
    [
        ("channel_not_found", "chat.postMessage", {"channel": "C0OTHER"}),
        ("invalid_blocks", "chat.postMessage", {"blocks": [{"type": "section"}]}),
        ("invalid_metadata_format", "chat.postMessage", {"metadata": {"mark": 1}}),
        ("metadata_too_large", "chat.postMessage", {"metadata": TOO_LARGE}),
        ("msg_too_long", "chat.update", {"ts": "1.0", "text": "x" * 4_001}),
    ],
)
def test_what_the_web_api_would_refuse_is_refused(expected: str, method: str, asked: Json) -> None:
    workspace = Workspace()
    with pytest.raises((Refused, SlackRefused), match=f"^{expected}$"):
        call(method, workspace, **{"text": "headline", **asked})
    assert workspace.messages == []


def test_the_app_s_manifest_asks_for_what_is_needed_and_no_more() -> None:
    manifest = yaml.safe_load((ROOT / "slack" / "app-manifest.yaml").read_text(encoding="utf-8"))
    assert tuple(manifest["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert len(manifest["display_information"]["description"]) <= 140


@pytest.mark.parametrize(
    ("message", "subject", "structure", "why"),
    [
        ("hello", "x" * 100, "", "Subject"),
        ("hello", "line\nbreak", "", "Subject"),
        ("hello", "naïve", "", "Subject"),
        ("hello", " blank", "", "Subject"),
        ("x" * (LONGEST + 1), "", "", "Message too long"),
        ("é" * (LONGEST // 2 + 1), "", "", "Message too long"),  # bytes count, not characters
        ("{", "", "json", "JSON message body failed to parse"),
        ('{"email": "mail"}', "", "json", "No default entry in JSON message body"),
        ('{"default": "d", "https": {"a": 1}}', "", "json", "https is not a string"),
    ],
)
def test_sns_refuses(message: str, subject: str, structure: str, why: str) -> None:
    check_publish("x" * LONGEST, "x" * 99, "", VERDICT)
    with pytest.raises(PublishRefused, match=why):
        check_publish(message, subject, structure, VERDICT)


def ask(iot: FakeIot, method: str, target: str) -> str:
    status, headers, answer = iot.respond(method, target, b"")
    return f"{status} {headers.get('x-amzn-ErrorType')}: {answer.decode()}"


def ended(**more: Any) -> FakeIot:
    """It knows of one task, which is over."""
    summary = {"taskId": "quarantine-7", "taskStatus": "FAILED"}
    return FakeIot(parse({"taskSummary": summary}), **more)


@pytest.mark.parametrize(
    ("method", "target", "said"),
    [
        ("GET", f"{EXECUTIONS}taskId=t&nextToken=2", "Invalid nextToken"),
        ("GET", EXECUTIONS, "taskId or a time range is required"),
        ("GET", f"{EXECUTIONS}taskId=t&maxResults=251", "have value less than or equal to 250"),
        ("GET", f"{TASKS}/a%20b", "satisfy regular expression pattern: [a-zA-Z0-9_-]+"),
        ("PUT", TASK, "Value 'null' at 'target' failed to satisfy constraint: "),
        ("PUT", f"{TASK}/cancel", "Task is not in progress"),
    ],
)
def test_what_aws_iot_does_not_allow_is_refused(method: str, target: str, said: str) -> None:
    refused = ask(ended(), method, target)
    assert refused.startswith("400 InvalidRequestException: ")
    assert said in refused


def test_calls_over_the_limit_within_a_second_are_throttled() -> None:
    now = 100.0
    iot = ended(calls_per_second=2, clock=lambda: now)
    throttled = '400 ThrottlingException: {"message": "Rate exceeded"}'
    assert [ask(iot, "GET", TASK) == throttled for _ in range(4)] == [False, False, True, True]
    assert ask(iot, "GET", f"{EXECUTIONS}taskId=t") != throttled  # has a limit of its own
    now = 101.0
    assert ask(iot, "GET", TASK) != throttled


NAMELESS, STARTED = "pasted-answer", datetime(2026, 11, 22, 10, 1, 7, tzinfo=UTC)


def test_each_scenario_of_ours_is_one() -> None:
    paths = [*(ROOT / "events" / "scenarios").glob("*.json")]
    assert [path.name for path in paths if not load(path).describe] == []
    assert paths


@pytest.mark.parametrize(
    ("saved", "task"),
    [
        ({"taskSummary": {"taskId": "t-9"}}, ("detect", "t-9", None)),
        ({"taskSummary": {"taskStartTime": "2026-11-22T10:01:07"}}, ("detect", NAMELESS, STARTED)),
        ({"taskStatus": "?", "startTime": STARTED.timestamp()}, ("audit", NAMELESS, STARTED)),
        ({"taskStatus": "?", "startTime": 1e300}, ("audit", NAMELESS, None)),
    ],
)
def test_a_saved_answer_is_a_scenario(saved: object, task: object) -> None:
    parsed = parse(saved)
    assert (parsed.task_type, parsed.task_id, parsed.started) == task


OHIO = {"account": "210987654321", "region": "Ohio"}


def scenario(**changes: Any) -> dict[str, Any]:
    return {"taskId": "t-1", "describe": [{"taskSummary": {}}], **changes}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "the scenario: expected an object, got []"),
        ({"describe": [{}]}, "taskId: missing; expected the task's id"),
        (scenario(taskID="x"), "taskID: unknown key; expected one of taskType, taskId, describe, "),
        (scenario(taskType="both"), 'taskType: expected "detect" or "audit", got "both"'),
        (scenario(taskId="no spaces"), "taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got "),
        (scenario(describe=[]), "describe: expected at least one answer or error, got none"),
        (scenario(describe=[{}, {"taskStatus": "X"}]), "describe[1].taskStatus: unknown key; "),
        (scenario(describe=[{"error": {}}]), "describe[0].error.code: missing; expected an AWS er"),
        (scenario(slack=[]), "slack: expected at least one answer, got none (leave it out"),
        (scenario(slack=[{"status": 99}]), "slack[0].status: expected an HTTP status from 200"),
        (scenario(slackApp={"chat.delete": [{}]}), "slackApp.chat.delete: unknown key; expected"),
        (scenario(member=OHIO), "member.region: expected an AWS region such as us-east-1, got "),
        (scenario(clicks=[{"action": "x"}]), "clicks[0].action: expected cancel, retry, undo, app"),
        (scenario(clicks=[{"action": "undo"}]), "clicks[0].by: expected who clicks, such as U0ADA"),
        (b'{\n  "taskId": "t-1",\n  "describe": [', "3:16: not complete, valid JSON: "),
        (b"\x89PNG\xff", "expected UTF-8 text"),
        (b"[" * 100_000, "a number is too long, or it is nested too deeply"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, document: object, said: str) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    with pytest.raises(BadScenario) as caught:
        load(path)
    [line] = str(caught.value).splitlines()
    assert line.partition(f"{path}:")[2].strip().startswith(said)
