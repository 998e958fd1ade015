"""A Slack app in one channel: posts, edits, and looks for what it has posted.

It is Slack's Web API, with the errors sorted by slack_errors.py. The bot token is a secret: no
error and no log line holds it.
"""

from __future__ import annotations

import hashlib
import json
import re
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, override

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import WebClient

from mitigation.delivery import DeliveryError, DeliveryRejected, DeliveryUnavailable
from mitigation.slack_errors import AMBIGUOUS, Fate, advice_for, fate_of
from mitigation.webhook import open_unredirected, read_retry_after, silent_logger

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from urllib.request import Request

    from slack_sdk.web import SlackResponse

    from mitigation.messages import SlackMessage

TIMEOUT_SECONDS = 5
HOSTS = ("slack.com", "slack-gov.com")
PAGE_SIZE, MOST_PAGES = 200, 5  # of a channel's history, from the newest message on
# Message metadata, https://docs.slack.dev/messaging/message-metadata/
EVENT_TYPE = "mitigation_notifier_message"
_TOKEN = re.compile(r"xoxb-[A-Za-z0-9-]{10,}")
_WORD = re.compile(r"[a-z_]{1,80}")


class HeadLost(DeliveryError):  # noqa: N818  what happened
    """The one message can't be edited, or nobody can reply to it, any more."""


class AnswerLost(DeliveryError):  # noqa: N818  what happened
    """Nobody knows whether Slack did it: a time-out, a lost connection, an error half-way."""


class SlackApp:
    """Methods raise DeliveryUnavailable, AnswerLost, DeliveryRejected, or HeadLost."""

    def __init__(self, secret: str, channel: str) -> None:
        """`secret` is the bot token, or for GovSlack `{"token": "…", "host": "slack-gov.com"}`."""
        token, host = _read(secret)
        self.channel = channel
        self._client = _Client(
            token,
            base_url=f"https://{host}/api/",
            timeout=TIMEOUT_SECONDS,
            logger=silent_logger(),
            retry_handlers=[],  # the default ones post again by themselves
        )

    def post(
        self,
        message: SlackMessage,
        mark: str,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
    ) -> str:
        """The new message's `ts`. `mark` is how `find` will know it."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"mark": mark}}
        more: dict[str, Any] = {"channel": self.channel, "metadata": metadata}
        if thread_ts:
            more |= {"thread_ts": thread_ts, "reply_broadcast": broadcast}
        try:
            answer = self._call("chat.postMessage", json={**message.payload, **more})
        except HeadLost as lost:
            if thread_ts:
                raise
            raise DeliveryRejected(str(lost)) from None  # there is no head in this
        ts = answer.get("ts")
        if not isinstance(ts, str):
            raise AnswerLost("Slack's answer names no message")
        return ts

    def update(self, ts: str, message: SlackMessage) -> None:
        payload = {**message.payload, "channel": self.channel, "ts": ts}
        self._call("chat.update", json=payload)

    def whisper(self, user: str, message: SlackMessage, *, thread_ts: str | None = None) -> None:
        """A message that this user alone sees, where they are looking just now."""
        payload = {**message.payload, "channel": self.channel, "user": user}
        self._call(
            "chat.postEphemeral",
            json={**payload, "thread_ts": thread_ts} if thread_ts else payload,
        )

    def find(
        self, marks: Collection[str], *, since: float, thread_ts: str | None = None
    ) -> tuple[str, str] | None:
        """`ts` and mark of a message of ours since that time; None where there is none.

        None as well where the app may not read the channel's history.
        """
        method = "conversations.replies" if thread_ts else "conversations.history"
        asked: dict[str, Any] = {
            "channel": self.channel,
            "oldest": f"{since:.6f}",
            "limit": PAGE_SIZE,
            "include_all_metadata": True,
            **({"ts": thread_ts} if thread_ts else {}),
        }
        for _ in range(MOST_PAGES):
            try:
                answer = self._call(method, params=asked)
            except DeliveryRejected:
                return None
            except HeadLost:
                if thread_ts:
                    raise
                return None
            try:
                found, cursor = _search(answer, marks)
            except (AttributeError, LookupError, TypeError):
                raise AnswerLost("Slack's answer is no history") from None
            if found or not cursor:
                break
            asked["cursor"] = cursor
        return found

    def who(self) -> tuple[str, set[str]]:
        """Whose token it is, `name in workspace`, and its scopes."""
        answer = self._call("auth.test")
        headers = {name.lower(): value for name, value in dict(answer.headers).items()}
        scopes = str(headers.get("x-oauth-scopes", "")).split(",")
        return f"{answer.get('user')} in {answer.get('team')}", {each.strip() for each in scopes}

    def read_channel(self) -> None:
        """Raises DeliveryRejected where the app is not in the channel, or may not read it."""
        self._call("conversations.history", params={"channel": self.channel, "limit": 1})

    def _call(
        self,
        method: str,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
    ) -> SlackResponse:
        try:
            return self._client.api_call(method, json=json, params=params)
        except SlackApiError as error:
            # `from None`, here and below: what lies beneath may hold the token.
            raise _failure(error.response) from None
        except (
            OSError,
            HTTPException,
            LookupError,
            ValueError,
            AttributeError,
            TypeError,
            SlackClientError,
        ) as error:
            raise AnswerLost(f"Slack did not answer: {type(error).__name__}") from None


def mark_of(execution_arn: str, part: str) -> str:
    """What `find` knows one message of one watch by: a hash, so that it tells nobody anything."""
    return hashlib.sha256(f"{execution_arn}/{part}".encode()).hexdigest()[:32]


class _Client(WebClient):
    """slack_sdk's client, but a redirect is never followed: it would take the token along."""

    @override
    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with open_unredirected(req, self.timeout) as answer:
            body = answer.read().decode(errors="replace")
            return {"status": answer.status, "headers": answer.headers, "body": body}


def _failure(response: SlackResponse) -> DeliveryError:
    """Slack's error word decides, whatever the status; without one it is no answer of Slack's."""
    data = response.data if isinstance(response.data, dict) else {}
    word = data.get("error")
    word = word if isinstance(word, str) and _WORD.fullmatch(word) else ""
    status, reason = response.status_code, f"Slack answered {word or response.status_code}"
    retry_after = read_retry_after(response.headers)
    if status == 429:
        return DeliveryUnavailable(reason, retry_after)
    if status >= 500 or not word:
        return AnswerLost(reason)
    advice = advice_for(word)
    match fate_of(word):
        case Fate.HEAD_LOST:
            return HeadLost(reason)
        case Fate.LAYOUT_REFUSED:
            return DeliveryRejected(reason, layout_refused=word)
        case Fate.REJECTED:
            return DeliveryRejected(f"{reason}: {advice}" if advice else reason)
    return AnswerLost(reason) if word in AMBIGUOUS else DeliveryUnavailable(reason, retry_after)


def _read(secret: str) -> tuple[str, str]:
    """Token and host; raises DeliveryRejected, never with the secret."""
    token, host = secret.strip(), HOSTS[0]
    try:
        parsed = json.loads(secret)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        token, host = str(parsed.get("token", "")), str(parsed.get("host", host))
    if not _TOKEN.fullmatch(token) or host not in HOSTS:
        raise DeliveryRejected(
            "the Slack secret does not hold a bot token: expected xoxb-…, or for GovSlack "
            '{"token": "xoxb-…", "host": "slack-gov.com"}'
        )
    return token, host


def _search(
    answer: SlackResponse, marks: Collection[str]
) -> tuple[tuple[str, str] | None, str | None]:
    """What is looked for, where this page has it; and where the next page is."""
    for message in answer.get("messages") or []:
        if (mark := _mark_of(message)) in marks:
            return (str(message["ts"]), mark), None
    return None, (answer.get("response_metadata") or {}).get("next_cursor")


def _mark_of(message: Mapping[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return ""
    return str((metadata.get("event_payload") or {}).get("mark", ""))
