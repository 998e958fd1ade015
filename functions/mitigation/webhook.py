"""Slack's incoming webhook: one address, which is the secret, and answers of one word.

Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/
"""

from __future__ import annotations

import logging
import re
import urllib.request
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, override

from slack_sdk.webhook import WebhookClient, WebhookResponse

from mitigation.delivery import LAYOUT_REFUSALS, DeliveryRejected, DeliveryUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message
    from http.client import HTTPMessage, HTTPResponse

    from mitigation.messages import SlackMessage

TIMEOUT_SECONDS = 10
# Slack's other addresses look alike, but take no layout, and answer `{"ok":true}` for `ok`.
_ADDRESS = re.compile(r"https://hooks\.slack(?:-gov)?\.com/(?P<kind>[a-z]+)/[A-Za-z0-9/_-]+")
_OTHER_KINDS = {
    "workflows": "a workflow's URL (hooks.slack.com/workflows/…)",
    "triggers": "a workflow trigger's URL (hooks.slack.com/triggers/…)",
}
_WANTED = (
    "expected an incoming webhook's URL, "
    "https://hooks.slack.com/services/… or https://hooks.slack-gov.com/services/…"
)
_WORDS = re.compile(r"[a-z_ ]{1,80}")  # such as `channel_is_archived`
_ANSWER_LENGTH = 200


def check_url(secret: str) -> str:
    """The secret, where it is a webhook's URL; raises DeliveryRejected, never with it."""
    address = _ADDRESS.fullmatch(secret)
    if address and address["kind"] == "services":
        return secret
    held = address and _OTHER_KINDS.get(address["kind"])
    says = f"holds {held}" if held else "does not hold a webhook URL"
    raise DeliveryRejected(f"the Slack secret {says}: {_WANTED}")


def post(url: str, message: SlackMessage) -> None:
    """Post to the webhook; raises DeliveryUnavailable or DeliveryRejected, never with the URL."""
    client = _Webhook(url, timeout=TIMEOUT_SECONDS, logger=silent_logger(), retry_handlers=[])
    try:
        response = client.send_dict(message.payload)
    except (OSError, HTTPException, UnicodeError, LookupError, ValueError) as error:
        # `from None`: what lies below may hold the request, and so the URL.
        raise DeliveryUnavailable(f"Slack did not answer: {type(error).__name__}") from None
    _raise_for(response)


class _Webhook(WebhookClient):
    """slack_sdk's client, but a redirect is an answer like any other and is never followed."""

    @override
    def _perform_http_request_internal(
        self, url: str, req: urllib.request.Request
    ) -> WebhookResponse:
        with open_unredirected(req, self.timeout) as answer:
            return WebhookResponse(
                url=url,
                status_code=answer.status,
                body=answer.read(_ANSWER_LENGTH).decode(errors="replace"),
                headers=dict(answer.headers),
            )


def open_unredirected(request: urllib.request.Request, timeout: int) -> HTTPResponse:
    """The answer, whatever it is: a redirect would take the secret to another place."""
    answer: HTTPResponse = urllib.request.build_opener(_NoRedirect()).open(request, timeout=timeout)
    return answer


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    @override
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message | HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def _raise_for(response: WebhookResponse) -> None:
    status, word = response.status_code, response.body.strip()
    if status == 200 and word == "ok":
        return
    # Anything but Slack's own words may be a proxy's page, with the address that it was asked for.
    word = word if _WORDS.fullmatch(word) else ""
    reason = f"Slack answered {status}" + (f": {word}" if word else "")
    if status == 200:
        raise DeliveryUnavailable(f"{reason}, not its ok", is_unsure=True)
    if status in {408, 429} or status >= 500:
        raise DeliveryUnavailable(reason, read_retry_after(dict(response.headers)))
    raise DeliveryRejected(reason, layout_refused=word if word in LAYOUT_REFUSALS else None)


def read_retry_after(headers: Mapping[str, str]) -> int | None:
    """The header's seconds; None for a date, or none."""
    headers = {name.lower(): value for name, value in headers.items()}
    text = headers.get("retry-after")
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def silent_logger() -> logging.Logger:
    """slack_sdk logs the URL at DEBUG, so it gets a logger that never logs."""
    logger = logging.getLogger("mitigation.slack_sdk")
    logger.disabled = True
    return logger
