"""Clicks as Slack sends them: a signed, form-encoded payload, in an HTTP API's event."""

import base64
import json
from typing import Any
from urllib.parse import quote_plus

from mitigation.acts.click import PREFIX, Action, Place
from mitigation.acts.signature import sign

SECRET = "8f742231b10e8888abcd99yyyzzz85a5".replace("y", "0").replace("z", "1")
PLACE = Place("A0MITIGATE", "T0FLEET", "C0ONCALL")
NOW = 1_764_000_000.0


def payload(action: str = "cancel", value: str = "value", user: str = "U0ADA") -> dict[str, Any]:
    """A block_actions payload, with more members than are read, as Slack sends them."""
    message = {"type": "message", "ts": "1763999000.000100", "text": "…", "bot_id": "B0"}
    return {
        "type": "block_actions",
        "api_app_id": PLACE.app,
        "team": {"id": PLACE.team, "domain": "fleet"},
        "user": {"id": user, "username": "ada", "team_id": PLACE.team},
        "channel": {"id": PLACE.channel, "name": "on-call"},
        "container": {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": PLACE.channel,
            "is_ephemeral": False,
        },
        "message": message,
        "response_url": "https://hooks.slack.com/actions/T0/1/secret",
        "trigger_id": "1.2.3",
        "actions": [
            {
                "type": "button",
                "action_id": PREFIX + Action(action),
                "block_id": "b",
                "value": value,
                "action_ts": "1763999999.123456",
            }
        ],
    }


def form(document: object) -> bytes:
    return f"payload={quote_plus(json.dumps(document))}".encode()


def event(
    body: bytes, headers: dict[str, str] | None = None, *, secret: str = SECRET, at: float = NOW
) -> dict[str, Any]:
    """As an HTTP API hands it on: header names in lower case, a form's body in base64."""
    timestamp = str(int(at))
    signed = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": sign(body, timestamp, secret),
    }
    return {
        "version": "2.0",
        "headers": {**signed, **(headers or {})},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
