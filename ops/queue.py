"""A queue of what failed, read so that nothing in it is lost and nothing is handled twice.

What is received is invisible to everyone else for HOLD_SECONDS. It is handled within that time, one
message at a time, so that a second reader can't get hold of it meanwhile; what is neither deleted
nor kept back becomes visible again when the reading ends, or by itself when this process dies.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from ops.aws import AwsError

if TYPE_CHECKING:
    from collections.abc import Generator

    from mypy_boto3_sqs import SQSClient

HOLD_SECONDS = 240  # longer than the longest invocation, see ops/invoke.py
POLL_SECONDS = 5  # any wait makes SQS ask all of its servers; this long to be sure
_BATCH = 10  # SQS, ChangeMessageVisibilityBatch


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    body: str
    receipt: str


class Queue:
    def __init__(self, sqs: SQSClient, url: str) -> None:
        self.url = url
        self.region = sqs.meta.region_name
        self._sqs = sqs
        self._held: dict[str, Message] = {}
        self._deleted: set[str] = set()

    def messages(self) -> Generator[Message]:
        """Every message once, until there are no more; close it to make the kept ones visible."""
        try:
            while message := self._receive():
                if message.id in self._deleted:  # SQS may serve one again that was deleted
                    self.delete(message)
                    continue
                is_new = message.id not in self._held
                self._held[message.id] = message
                if is_new:
                    yield message
        finally:
            self._release()

    def delete(self, message: Message) -> None:
        """Raises what boto3 raises; the message then stays invisible until its time is up."""
        self.keep_back(message)
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)
        self._deleted.add(message.id)

    def keep_back(self, message: Message) -> None:
        """Leave it invisible until its time is up, also when the reading ends."""
        self._held.pop(message.id, None)

    def in_other_hands(self) -> int:
        """How many are invisible: another reader holds them, or one that died a moment ago."""
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessagesNotVisible"])

    def _receive(self) -> Message | None:
        # One at a time: the hold of a second one would run while the first is handled.
        answer = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=1,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=POLL_SECONDS,
        )
        for message in answer.get("Messages", []):
            return Message(message["MessageId"], message["Body"], message["ReceiptHandle"])
        return None

    def _release(self) -> None:
        """Make what is still held visible at once; where that fails, SQS does when time is up."""
        for batch in batched(self._held.values(), _BATCH, strict=False):
            try:
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(index), "ReceiptHandle": m.receipt, "VisibilityTimeout": 0}
                        for index, m in enumerate(batch)
                    ],
                )
            except AwsError:
                return
        self._held.clear()
