"""Hands a message to SNS or to Slack, and says what became of it.

    DeliveryError
    ├── DeliveryUnavailable   nobody can say that it arrived: try again later
    └── DeliveryRejected      it will never be taken as it is: a person has to act

It knows messages, not tasks. The webhook URL is a secret: no error and no log line holds it.
"""

from __future__ import annotations

import json
import logging
import re
import urllib.request
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, NoReturn, override

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError
from slack_sdk.webhook import WebhookClient, WebhookResponse

if TYPE_CHECKING:
    from email.message import Message
    from http.client import HTTPMessage

    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient

    from mitigation.messages import SlackMessage, SnsMessage

SLACK_TIMEOUT_SECONDS = 10
_WEBHOOK = re.compile(r"https://hooks\.slack(-gov)?\.com/[A-Za-z0-9/_-]+")
_WORDS = re.compile(r"[a-z_ ]{1,80}")  # such as `channel_is_archived`
_ANSWER_LENGTH = 200

# AWS's words for "later", across services; HTTP 429 and 5xx mean the same whatever the word.
_UNAVAILABLE_CODES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalErrorException",
        "InternalServiceError",
        "KMSThrottling",
        "KMSThrottlingException",
        "RequestTimeout",
        "ServiceUnavailable",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
    }
)


class DeliveryError(Exception):
    """A message that was not handed over."""


class DeliveryUnavailable(DeliveryError):  # noqa: N818  the state machine matches this name
    """A time-out, no connection, 429, 5xx, or an answer that nobody can read.

    `retry_after` is what the provider asked for, in seconds, or None.
    """

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class DeliveryRejected(DeliveryError):  # noqa: N818  the state machine matches this name
    """A refusal: webhook revoked, topic gone, payload not accepted, channel not configured."""


def publish(sns: SNSClient, topic_arn: str, message: SnsMessage) -> None:
    """Publish to the topic; raises DeliveryUnavailable or DeliveryRejected."""
    try:
        sns.publish(
            TopicArn=topic_arn,
            Subject=message.subject,
            Message=message.body,
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in message.attributes.items()
            },
        )
    except (ClientError, BotoCoreError, ResponseParserError, KeyError) as error:
        # botocore raises KeyError for XML that is well-formed and not SNS's, as a proxy's page.
        _raise_for_aws(error, "SNS")


def read_webhook_url(secrets: SecretsManagerClient, secret_arn: str) -> str:
    """The webhook URL in the secret: plain, or the one value of a JSON object.

    Raises DeliveryUnavailable or DeliveryRejected, never with the secret in it.
    """
    # At DEBUG, which a person may set for a whole function, botocore logs every answer.
    logging.getLogger("botocore.parsers").setLevel(logging.INFO)
    try:
        answer = secrets.get_secret_value(SecretId=secret_arn)
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        _raise_for_aws(error, "Secrets Manager")
    if "ARN" not in answer:
        raise DeliveryUnavailable("Secrets Manager's answer holds no secret")
    url = _only_value(answer.get("SecretString", "")).strip()
    if not _WEBHOOK.fullmatch(url):
        raise DeliveryRejected(
            "the Slack secret does not hold a webhook URL: "
            "expected https://hooks.slack.com/services/… or https://hooks.slack-gov.com/…"
        )
    return url


def post(webhook_url: str, message: SlackMessage) -> None:
    """Post to the Slack webhook; raises DeliveryUnavailable or DeliveryRejected."""
    client = _Webhook(
        webhook_url, timeout=SLACK_TIMEOUT_SECONDS, logger=_silent_logger(), retry_handlers=[]
    )
    try:
        response = client.send_dict(message.payload)
    except (OSError, HTTPException, UnicodeError, LookupError, ValueError) as error:
        # `from None`: what lies below may hold the request, and so the URL.
        raise DeliveryUnavailable(f"Slack did not answer: {type(error).__name__}") from None
    _raise_for_slack(response)


class _Webhook(WebhookClient):
    """slack_sdk's client, but a redirect is an answer like any other and is never followed."""

    @override
    def _perform_http_request_internal(
        self, url: str, req: urllib.request.Request
    ) -> WebhookResponse:
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if self.proxy is not None:
            handlers.append(urllib.request.ProxyHandler({"https": self.proxy}))
        with urllib.request.build_opener(*handlers).open(req, timeout=self.timeout) as answer:
            return WebhookResponse(
                url=url,
                status_code=answer.status,
                body=answer.read(_ANSWER_LENGTH).decode(errors="replace"),
                headers=dict(answer.headers),
            )


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


def _raise_for_slack(response: WebhookResponse) -> None:
    """Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/"""
    status, body = response.status_code, (response.body or "").strip()
    if status == 200 and body == "ok":
        return
    # Anything but Slack's own words may be a proxy's page, with the address that it was asked for.
    reason = f"Slack answered {status}" + (f": {body}" if _WORDS.fullmatch(body) else "")
    if status in {200, 408, 429} or status >= 500:
        raise DeliveryUnavailable(reason, _retry_after(response))
    raise DeliveryRejected(reason)


def _retry_after(response: WebhookResponse) -> int | None:
    headers = {name.lower(): value for name, value in dict(response.headers).items()}
    text = str(headers.get("retry-after", ""))
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _raise_for_aws(error: Exception, service: str) -> NoReturn:
    if not isinstance(error, ClientError):
        reason = f"{service} did not answer: {type(error).__name__}"
        if isinstance(error, ParamValidationError):
            raise DeliveryRejected(f"{service} would not take this call: {error}") from error
        raise DeliveryUnavailable(reason) from error
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _UNAVAILABLE_CODES or status == 429 or status >= 500:
        raise DeliveryUnavailable(f"{service} answered {status} {code}") from error
    raise DeliveryRejected(f"{service} refused: {error}") from error


def _only_value(secret: str) -> str:
    """The Secrets Manager console stores key/value pairs: one pair is as good as plain text."""
    try:
        pairs = json.loads(secret)
    except ValueError:
        return secret
    values = list(pairs.values()) if isinstance(pairs, dict) else []
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""


def _silent_logger() -> logging.Logger:
    """slack_sdk logs the URL at DEBUG, so it gets a logger that never logs."""
    logger = logging.getLogger("mitigation.slack_sdk")
    logger.disabled = True
    return logger
