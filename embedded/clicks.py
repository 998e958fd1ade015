"""People who click in Slack: a signed request to the door, as Slack sends it.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from slack_sdk.signature import SignatureVerifier

from embedded.checked import BadScenario, Json, as_items, as_object, as_text
from embedded.slack_workspace import CHANNEL, TEAM, Workspace

APP = "A0MITIGATE"
SIGNING_SECRET = "5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0"  # noqa: S105  known to the fake Slack alone; shaped so that no id is taken for it
PREFIX = "mitigation-"  # of every button's action_id
ACTIONS = ("cancel", "retry", "undo", "approve", "deny")
_TEXTS = ("by", "action", "secret", "app", "team", "channel", "value")


@dataclass(frozen=True, slots=True)
class Click:
    """After so many looks at the task somebody clicks. What makes it a false one is in `false`:

    `secret` signs, `age` seconds ago, `app`, `team`, `channel` and `value` are what Slack says.
    """

    after: int
    by: str
    action: str
    false: Mapping[str, Any]


def read_clicks(root: Json) -> tuple[Click, ...]:
    return tuple(_click(*item) for item in as_items(root.get("clicks", []), "clicks"))


def _click(value: object, where: str) -> Click:
    click = as_object(value, where, ("after", "age", *_TEXTS))
    for name in _TEXTS:
        as_text(click.get(name, ""), f"{where}.{name}")
    for name in ("after", "age"):
        if type(click.get(name, 0)) is not int or click.get(name, 0) < 0:
            raise BadScenario(f"{where}.{name}: expected a number from 0 on")
    if click.get("action") not in ACTIONS:
        raise BadScenario(f"{where}.action: expected {', '.join(ACTIONS)}")
    if not click.get("by"):
        raise BadScenario(f"{where}.by: expected who clicks, such as U0ADA")
    false = {name: click[name] for name in click if name not in ("after", "by", "action")}
    return Click(click.get("after", 0), click["by"], click["action"], false)


def button(workspace: Workspace, action: str) -> tuple[Json, str] | None:
    """The newest message that has such a button, and its value."""
    for message in reversed(workspace.messages):
        for element in _elements(message):
            if element.get("action_id") == PREFIX + action:
                return message, str(element["value"])
    return None


def press(url: str, click: Click, message: Json, value: str, at: float) -> int:
    """The door's answer; `at` is now, in seconds since 1970."""
    false = click.false
    body = b"payload=" + quote_plus(json.dumps(clicked(click, message, value, at))).encode()
    timestamp = str(int(at) - int(false.get("age", 0)))
    verifier = SignatureVerifier(str(false.get("secret", SIGNING_SECRET)))
    request = urllib.request.Request(  # noqa: S310  the address is ours: the door on loopback, by http
        url,
        body,
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": str(verifier.generate_signature(timestamp=timestamp, body=body)),
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def clicked(click: Click, message: Json, value: str, at: float) -> Json:
    """The payload of a click on a button of that message."""
    channel = click.false.get("channel", CHANNEL)
    container = {"type": "message", "message_ts": message["ts"], "channel_id": channel}
    thread = {"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}
    action = {
        "type": "button",
        "action_id": PREFIX + click.action,
        "value": click.false.get("value", value),
        "action_ts": f"{at:.6f}",
    }
    return {
        "type": "block_actions",
        "api_app_id": click.false.get("app", APP),
        "team": {"id": click.false.get("team", TEAM)},
        "user": {"id": click.by},
        "channel": {"id": channel},
        "container": container | thread,
        "message": dict(message),
        "actions": [action],
    }


def _elements(message: Json) -> Iterator[Json]:
    for block in message.get("blocks") or []:
        yield from block.get("elements") or []


def local_url(endpoint: str, clicks_url: str) -> str:
    """Where the engine serves what has this address at AWS."""
    api = clicks_url.partition("://")[2].partition(".")[0]
    return f"{endpoint}/_aws/execute-api/{api}/$default/slack"
