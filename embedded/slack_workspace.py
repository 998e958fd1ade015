"""A Slack workspace with one app in one channel: its Web API, with the checks that Slack makes.

Sources: https://docs.slack.dev/reference/methods/ (chat.postMessage, chat.postEphemeral,
chat.update, conversations.history, conversations.replies, auth.test).
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from embedded.slack_limits import SlackRefused, check_message

TOKEN = "xoxb-000000000000-000000000000-notARealTokenButSecret"  # noqa: S105  the fake's own
CHANNEL = "C0MITIGATE"
BOT, BOT_USER, TEAM = "B0MITIGATE", "U0MITIGATE", "T0EXAMPLE"
SCOPES = ("chat:write", "channels:history", "groups:history")

LONGEST_UPDATE = 4_000  # of text, in chat.update
LONGEST_METADATA = 8_000  # of metadata, as JSON
LARGEST_PAGE = 999

type Json = dict[str, Any]
type SlackMode = Literal["none", "webhook", "app"]  # how a deployment reaches it


class Refused(Exception):  # noqa: N818  the provider's answer
    """Slack's error word; `more` is what stands beside it in the answer."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.more = more


@dataclass(slots=True)
class Workspace:
    """What the app may do, and the messages that stand in its channel, oldest first."""

    token: str = TOKEN
    channel: str = CHANNEL
    scopes: tuple[str, ...] = SCOPES
    is_member: bool = True
    clock: Callable[[], float] = time.time
    messages: list[Json] = field(default_factory=list)
    whispers: list[Json] = field(default_factory=list)  # each was seen by its user alone
    _last_ts: int = 0  # in microseconds

    def call(self, method: str, authorization: str | None, arguments: Json) -> Json:
        """Slack's answer when all is well; raises Refused or SlackRefused."""
        if method not in _METHODS:
            raise Refused("unknown_method", req_method=method)
        given = (authorization or "").removeprefix("Bearer ") or arguments.get("token")
        if not given:
            raise Refused("not_authed")
        if given != self.token:
            raise Refused("invalid_auth")
        return {"ok": True, **_METHODS[method](self, arguments)}

    def thread(self, ts: str) -> list[Json]:
        """The message, then its replies."""
        return [m for m in self.messages if ts in (m["ts"], m.get("thread_ts"))]

    # --- the methods -----------------------------------------------------------------------

    def _auth_test(self, _arguments: Json) -> Json:
        return {
            "url": "https://example.slack.com/",
            "team": "Example",
            "team_id": TEAM,
            "user": "mitigation",
            "user_id": BOT_USER,
            "bot_id": BOT,
        }

    def _post(self, arguments: Json) -> Json:
        self._expect_scope("chat:write")
        self._expect_channel(arguments)
        check_message(arguments)
        message = {"type": "message", "user": BOT_USER, "bot_id": BOT, **_content(arguments)}
        if (thread_ts := arguments.get("thread_ts")) is not None:
            parent = self._find(thread_ts, "invalid_thread_ts", "thread_not_found")
            if parent.get("is_locked"):
                raise Refused("restricted_action_thread_locked")
            message["thread_ts"] = parent.get("thread_ts", thread_ts)
            if arguments.get("reply_broadcast"):
                message["subtype"] = "thread_broadcast"
        message["ts"] = self._next_ts()
        self.messages.append(message)
        return {"channel": self.channel, "ts": message["ts"], "message": message}

    def _whisper(self, arguments: Json) -> Json:
        self._expect_scope("chat:write")
        self._expect_channel(arguments)
        check_message(arguments)
        if not isinstance(arguments.get("user"), str):
            raise Refused("user_not_in_channel")
        ts = self._next_ts()
        self.whispers.append({**arguments, "ts": ts})
        return {"message_ts": ts}

    def _update(self, arguments: Json) -> Json:
        self._expect_scope("chat:write")
        self._expect_channel(arguments)
        check_message(arguments)
        if len(arguments.get("text", "")) > LONGEST_UPDATE:
            raise Refused("msg_too_long")
        message = self._find(arguments.get("ts"), "message_not_found", "message_not_found")
        if message["bot_id"] != BOT:
            raise Refused("cant_update_message")
        message |= {**_content(arguments), "edited": {"user": BOT_USER, "ts": self._next_ts()}}
        return {"channel": self.channel, "ts": message["ts"], "text": message["text"]}

    def _history(self, arguments: Json) -> Json:
        self._expect_scope("groups:history" if self.channel[0] == "G" else "channels:history")
        self._expect_channel(arguments)
        shown = [
            m for m in self.messages
            if "thread_ts" not in m or m.get("subtype") == "thread_broadcast"
        ]  # fmt: skip
        return self._page(shown[::-1], arguments)

    def _replies(self, arguments: Json) -> Json:
        self._expect_scope("groups:history" if self.channel[0] == "G" else "channels:history")
        self._expect_channel(arguments)
        parent = self._find(arguments.get("ts"), "thread_not_found", "thread_not_found")
        return self._page(self.thread(parent["ts"]), arguments)

    # --- what they check -------------------------------------------------------------------

    def _expect_scope(self, needed: str) -> None:
        if needed not in self.scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(self.scopes))

    def _expect_channel(self, arguments: Json) -> None:
        if arguments.get("channel") != self.channel:
            raise Refused("channel_not_found")
        if not self.is_member:
            raise Refused("not_in_channel")

    def _find(self, ts: object, malformed: str, missing: str) -> Json:
        if not isinstance(ts, str):
            raise Refused(malformed)
        for message in self.messages:
            if message["ts"] == ts:
                return message
        raise Refused(missing)

    def _page(self, messages: list[Json], arguments: Json) -> Json:
        """Cursors are plain offsets here."""
        oldest = float(arguments.get("oldest") or 0)
        limit = min(int(arguments.get("limit") or 100), LARGEST_PAGE)
        start = int(arguments.get("cursor") or 0)
        newer = [m for m in messages if float(m["ts"]) > oldest]
        shown = [dict(message) for message in newer[start : start + limit]]
        if not _true(arguments.get("include_all_metadata")):
            for message in shown:
                message.pop("metadata", None)
        more = start + limit < len(newer)
        cursor = {"response_metadata": {"next_cursor": str(start + limit)}} if more else {}
        return {"messages": shown, "has_more": more, **cursor}

    def _next_ts(self) -> str:
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"


def read_arguments(content_type: str, body: bytes) -> Json:
    """JSON, or a form; raises SlackRefused."""
    if "json" not in content_type:
        return dict(parse_qsl(body.decode(errors="replace")))
    try:
        arguments = json.loads(body or b"{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise SlackRefused("invalid_json", "the body is not a JSON object")
    return arguments


def _content(arguments: Json) -> Json:
    content: Json = {
        key: arguments[key] for key in ("text", "blocks", "metadata") if key in arguments
    }
    if metadata := content.get("metadata"):
        for problem in _metadata_problems(metadata):
            raise Refused(problem)
    return {"text": "", **content}


def _metadata_problems(metadata: object) -> Iterator[str]:
    match metadata:
        case {"event_type": str(), "event_payload": Mapping()}:
            if len(json.dumps(metadata)) > LONGEST_METADATA:
                yield "metadata_too_large"
        case _:
            yield "invalid_metadata_format"


def _true(value: object) -> bool:
    return value in (True, "1", "true")


_METHODS: dict[str, Callable[[Workspace, Json], Json]] = {
    "auth.test": Workspace._auth_test,
    "chat.postMessage": Workspace._post,
    "chat.postEphemeral": Workspace._whisper,
    "chat.update": Workspace._update,
    "conversations.history": Workspace._history,
    "conversations.replies": Workspace._replies,
}
METHODS = tuple(_METHODS)
