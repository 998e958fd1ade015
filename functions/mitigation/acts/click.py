"""A click on a button of ours, read strictly from Slack's interaction payload.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import hashlib
import json
import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs

from mitigation.codec import decode, encode
from mitigation.wire import InvalidTask, Json, Reader

MAX_VALUE_LENGTH = 2000  # Slack: a button's value, in characters
_USER = re.compile(r"[UW][A-Z0-9]{1,20}", re.ASCII)
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)


class Action(StrEnum):
    """What a button asks for; the action_id of each is `PREFIX` and this."""

    CANCEL = "cancel"
    RETRY = "retry"
    UNDO = "undo"
    APPROVE = "approve"
    DENY = "deny"


PREFIX = "mitigation-"


class InvalidClick(ValueError):  # noqa: N818  named for what it is
    """A request that is Slack's, but no click on a button of ours; the message names the member."""


class Click(NamedTuple):
    """Who clicked what, and where: everything that goes on from the door."""

    action: Action
    value: str  # the button's, unread
    user: str
    channel: str
    message_ts: str
    thread_ts: str | None
    clicked_at: str  # Slack's action_ts: the same for a repeated delivery of one click

    @classmethod
    def from_input(cls, value: object) -> "Click":
        try:
            return decode(cls, value, "click")
        except InvalidTask as error:
            raise InvalidClick(str(error)) from error

    def to_input(self) -> Json:
        return encode(self)

    @property
    def execution_name(self) -> str:
        """The same for one person's clicks on one button within a minute.

        So a double click, a replay or a repeated delivery starts nothing again, without a table; a
        click that somebody makes anew, later, is answered anew.
        """
        minute = int(float(self.clicked_at)) // 60
        parts = (self.action, self.value, self.channel, self.message_ts, self.user, str(minute))
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return f"click-{self.action}-{digest[:40]}"


class Place(NamedTuple):
    """Where our buttons are: a click elsewhere is none of ours."""

    app: str
    team: str
    channel: str


def parse_click(body: bytes, place: Place) -> Click:
    """The click in a form-encoded request body; raises InvalidClick."""
    payload = _payload(body)
    try:
        return _click(Reader.of(payload, "payload"), place)
    except InvalidTask as error:
        raise InvalidClick(str(error)) from error


def _payload(body: bytes) -> object:
    try:
        form = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=5)
        [text] = form["payload"]
        return json.loads(text)
    except (ValueError, KeyError, RecursionError):
        raise InvalidClick("expected one form field, payload, that holds JSON") from None


def _click(payload: Reader, place: Place) -> Click:
    _expect(payload, "type", "block_actions")
    _expect(payload, "api_app_id", place.app)
    _expect(payload.child("team"), "id", place.team)
    _expect(payload.child("channel"), "id", place.channel)
    container = payload.child("container")
    _expect(container, "type", "message")
    _expect(container, "channel_id", place.channel)
    actions = list(payload.items("actions"))
    if len(actions) != 1:
        raise InvalidClick(f"payload.actions: expected one, got {len(actions)}")
    [action] = actions
    _expect(action, "type", "button")
    value = action.text("value") or ""
    if not 0 < len(value) <= MAX_VALUE_LENGTH:
        raise InvalidClick(f"payload.actions[0].value: 1 to {MAX_VALUE_LENGTH} characters")
    thread = container.members.get("thread_ts")
    return Click(
        _action(action.text("action_id")),
        value,
        _matched(_USER, payload.child("user"), "id"),
        place.channel,
        _matched(_TS, container, "message_ts"),
        None if thread is None else _matched(_TS, container, "thread_ts"),
        _matched(_TS, action, "action_ts"),
    )


def _action(action_id: str | None) -> Action:
    known = {PREFIX + action: action for action in Action}
    if action_id is None or action_id not in known:
        raise InvalidClick(f"payload.actions[0].action_id: {str(action_id)[:60]!r} is not ours")
    return known[action_id]


def _expect(reader: Reader, name: str, expected: str) -> None:
    if (found := reader.text(name)) != expected:
        where = f"{reader.path}.{name}"
        raise InvalidClick(f"{where}: expected {expected!r}, got {str(found)[:60]!r}")


def _matched(pattern: re.Pattern[str], reader: Reader, name: str) -> str:
    text = reader.text(name) or ""
    if not pattern.fullmatch(text):
        raise InvalidClick(f"{reader.path}.{name}: {text[:60]!r} is not what Slack sends there")
    return text
