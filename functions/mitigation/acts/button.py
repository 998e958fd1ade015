"""What a button's value says, and the proof that this stack has made it.

Who makes buttons has the bot's token; who receives clicks has the signing secret. So a stolen
signing secret forges no button, and a stolen token forges no click. Nothing of a value is believed
but what it names: what is true of the task is asked of AWS IoT.

    <proof>.{"action": "cancel", "taskType": "detect", "taskId": "quarantine-7"}
"""

import hmac
import json
from typing import NamedTuple, Self

from mitigation.acts.click import MAX_VALUE_LENGTH, Action
from mitigation.codec import decode, encode
from mitigation.kind import TaskType
from mitigation.member import Member
from mitigation.task import TASK_ID
from mitigation.wire import InvalidTask

PROOF_LENGTH = 32  # hexadecimal digits of HMAC-SHA256: 128 bits


class ForgedButton(ValueError):  # noqa: N818  named for what it is
    """A value that was not made with this token, or not for this channel."""


class Button(NamedTuple):
    """What a person can ask for: an act on one task, or to agree to somebody's wish for one.

    `watch` is the execution that watches the task, `member` where the task is, None for the
    stack's own account and region. What stands from `requester` on is a wish's:
    who has it, since when (seconds since 1970), the execution that asked for agreement, the message
    whose button was clicked, and how many changes were announced.
    """

    action: Action
    task_type: TaskType
    task_id: str
    watch: str | None = None
    member: Member | None = None
    requester: str | None = None
    asked_at: int | None = None
    request: str | None = None
    head_ts: str | None = None
    changes: int | None = None

    @classmethod
    def read(cls, value: str, channel: str, token: str) -> Self:
        """Raises ForgedButton."""
        proof, _, text = value.partition(".")
        if not hmac.compare_digest(proof.encode(), prove(text, channel, token).encode()):
            raise ForgedButton("the button was not made by this app, or before its token changed")
        try:
            button = decode(cls, json.loads(text), "button")
            if button.member:
                button.member.check()
        except (InvalidTask, ValueError) as error:
            raise ForgedButton(f"the button's value is of another version: {error}") from error
        if not TASK_ID.fullmatch(button.task_id):
            raise ForgedButton("the button names no task")
        return button

    def value(self, channel: str, token: str) -> str:
        known = {name: member for name, member in self._encoded().items() if member is not None}
        text = json.dumps(known, separators=(",", ":"))
        value = f"{prove(text, channel, token)}.{text}"
        assert len(value) <= MAX_VALUE_LENGTH  # noqa: S101  every member is bounded
        return value

    def _encoded(self) -> dict[str, object]:
        return dict(encode(self))  # type: ignore[arg-type]  # a record is an object


def prove(text: str, channel: str, token: str) -> str:
    key = hmac.digest(token.encode(), b"mitigation-notifier button", "sha256")
    message = json.dumps([channel, text]).encode()
    return hmac.digest(key, message, "sha256").hex()[:PROOF_LENGTH]
