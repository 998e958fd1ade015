"""What a replay does with one letter: send it and delete it, or show what would be sent."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitigation.watch import InvalidWatch
from mitigation.wire import InvalidTask
from ops.aws import AwsError, explain, fit
from ops.invoke import FunctionFailed, Unanswered, invoke
from ops.rendering import render
from ops.results import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient

    from ops.letters import Kind, Letter
    from ops.queue import Message, Queue

MAY_HAVE_ARRIVED = "it may have arrived: look there before you replay again"


@dataclass(frozen=True, slots=True)
class Sender:
    """Hands a letter to the stack's function; deletes it once that has done its work."""

    queue: Queue
    kind: Kind
    functions: LambdaClient
    function_name: str

    def handle(self, message: Message, letter: Letter) -> Result:
        try:
            answer = invoke(self.functions, self.function_name, letter.payload)
        except FunctionFailed as failed:
            return Result(message.id, Outcome.KEPT, letter, str(failed))
        except Unanswered as broken:
            reason = f"no answer ({broken}); {MAY_HAVE_ARRIVED}"
            return Result(message.id, Outcome.UNKNOWN, letter, reason)
        if complaint := self.kind.complaint(answer):
            return Result(message.id, Outcome.KEPT, letter, complaint)
        try:
            self.queue.delete(message)
        except AwsError as error:
            return Result(
                message.id,
                Outcome.NOT_DELETED,
                letter,
                f"DELIVERED, BUT STILL IN THE QUEUE: the next replay would send it a second time. "
                f"Delete it first, see the command. {explain(error)}",
                shlex.join(
                    [
                        *("aws", "sqs", "delete-message", "--region", self.queue.region),
                        *("--queue-url", self.queue.url, "--receipt-handle", message.receipt),
                    ]
                ),
            )
        return Result(message.id, Outcome.DELIVERED, letter)


@dataclass(frozen=True, slots=True)
class Shower:
    """Shows what would be sent."""

    parameters: Mapping[str, str]  # of the stack

    def handle(self, message: Message, letter: Letter) -> Result:
        why = f"it failed with {letter.failure}" if letter.failure else None
        if letter.channel is None:
            return Result(message.id, Outcome.WOULD_SEND, letter, why)
        try:
            rendered = render(letter.payload, self.parameters)
        except (InvalidTask, InvalidWatch) as error:
            return Result(message.id, Outcome.KEPT, letter, f"can't be rendered: {fit(str(error))}")
        return Result(message.id, Outcome.WOULD_SEND, letter, why, message=rendered)
