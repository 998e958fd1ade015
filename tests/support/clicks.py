"""Clicks as Slack sends them: a signed, form-encoded payload, in an HTTP API's event."""

import base64
import json
from typing import Any
from urllib.parse import quote_plus

from embedded.clicks import APP, SIGNING_SECRET, Click, clicked
from embedded.slack_workspace import CHANNEL, TEAM
from mitigation.acts.click import Place
from mitigation.acts.signature import sign

SECRET = SIGNING_SECRET
PLACE = Place(APP, TEAM, CHANNEL)
NOW = 1_764_000_000.0


def payload(action: str = "cancel", value: str = "value", user: str = "U0ADA") -> dict[str, Any]:
    """A block_actions payload, with what nobody may log."""
    message = {"ts": "1763999000.000100"}
    document = clicked(Click(0, user, action, {}), message, value, 1763999999.123456)
    return {**document, "response_url": "https://hooks.slack.com/actions/T0/1/secret"}


def form(document: object) -> bytes:
    return f"payload={quote_plus(json.dumps(document))}".encode()


def signed(body: bytes, timestamp: str, secret: str = SECRET) -> dict[str, str]:
    """The headers, by their names in lower case, as an HTTP API hands them on."""
    signature = sign(body, timestamp, secret)
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}


def event(
    body: bytes, headers: dict[str, str] | None = None, *, secret: str = SECRET, at: float = NOW
) -> dict[str, Any]:
    """As an HTTP API hands it on: a form's body in base64."""
    known = signed(body, str(int(at)), secret) | (headers or {})
    return {"headers": known, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
