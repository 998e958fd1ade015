"""Slack's v0 signature: proof that a request comes from Slack, for our app, and just now.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hmac
import re
from collections.abc import Mapping, Sequence

MAX_AGE_SECONDS = 300
MAX_BODY_SIZE = 64 * 1024  # bytes; Slack's own interactions are far smaller

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class NotFromSlack(ValueError):  # noqa: N818  named for what it is
    """Unsigned, wrongly signed, too old, too large, or with headers that nobody can read."""


def check_signature(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: float
) -> None:
    """Raise NotFromSlack unless one of the secrets has signed the raw body.

    `headers` by their lower-case names, as an HTTP API gives them; `now` in seconds since 1970.
    """
    if len(body) > MAX_BODY_SIZE:
        raise NotFromSlack(f"the body has {len(body)} bytes; {MAX_BODY_SIZE} are read at most")
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        raise NotFromSlack("the headers hold no signature and timestamp of the v0 kind")
    if abs(now - int(timestamp)) > MAX_AGE_SECONDS:
        raise NotFromSlack(f"it was signed more than {MAX_AGE_SECONDS} s from now")
    signed = (sign(body, timestamp, secret) for secret in secrets if secret)
    if not any(hmac.compare_digest(each, signature) for each in signed):
        raise NotFromSlack("the signature is of another secret, or of another body")


def sign(body: bytes, timestamp: str, secret: str) -> str:
    """The signature header for a body."""
    base = b"v0:%s:%s" % (timestamp.encode(), body)
    return f"v0={hmac.new(secret.encode(), base, 'sha256').hexdigest()}"
