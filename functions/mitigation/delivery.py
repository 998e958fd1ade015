"""What may become of a message; hands it to SNS; reads the secrets that other channels need.

    DeliveryError
    ├── DeliveryUnavailable   nobody can say that it arrived: try again later
    └── DeliveryRejected      it will never be taken as it is: a person has to act

It knows messages, not tasks. No error and no log line holds a secret.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient

    from mitigation.messages import SnsMessage

# Slack's words for "not with this layout"; a plain text may still be taken.
# Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/ and, for the
# same messages, https://docs.slack.dev/reference/methods/chat.postMessage
LAYOUT_REFUSALS = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_payload",
        "msg_blocks_too_long",
        "msg_too_long",
    }
)

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

    `retry_after` is what the provider asked for, in seconds, or None. `is_unsure`: it answered, but
    with what tells nobody whether the message arrived, and each try may be one message more.
    """

    def __init__(
        self, reason: str, retry_after: int | None = None, *, is_unsure: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.is_unsure = is_unsure


class DeliveryRejected(DeliveryError):  # noqa: N818  the state machine matches this name
    """A refusal: webhook revoked, topic gone, payload not accepted, channel not configured.

    `layout_refused` is Slack's word for what it refused, where a plain text may yet be taken.
    """

    def __init__(self, reason: str, *, layout_refused: str | None = None) -> None:
        super().__init__(reason)
        self.layout_refused = layout_refused


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


def read_secret(secrets: SecretsManagerClient, secret_arn: str) -> str:
    """What the secret holds: the text, or the value of a JSON object that has but one.

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
    return _only_value(answer.get("SecretString", "")).strip()


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
    return values[0] if len(values) == 1 and isinstance(values[0], str) else secret
