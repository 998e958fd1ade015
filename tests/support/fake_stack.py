"""A deployed stack: CloudFormation and Lambda over HTTP, beside moto's SQS; and its letters.

moto's own CloudFormation and Lambda need packages, or containers, that this project does without.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import boto3

from embedded.serving import Handler, serving
from mitigation.decision import Decision
from tests.support import looks

STACK = "mitigation-notifier"
LETTERS, STARTS = "DeadLetterQueueUrl", "StartFailuresQueueUrl"
DELIVERED = {"delivered": True, "waitSeconds": 0, "waitedSeconds": 0}


class Refused(Exception):  # noqa: N818  reads as what happened
    """By CloudFormation, or by a function: the error's name, and its message."""


@dataclass
class FakeStack:
    """`functions` says what each function answers; `invoked` is what it was given, in order."""

    name: str = STACK
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    invoked: list[Any] = field(default_factory=list)
    delete: Callable[[], object] = lambda: None  # may raise Refused
    deleted: bool = False

    def put(self, output: str, *bodies: object) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            boto3.client("sqs").send_message(QueueUrl=self.outputs[output], MessageBody=text)

    def counts(self, output: str) -> tuple[int, int]:
        """How many messages are visible, and how many are in somebody's hands."""
        sqs: Any = boto3.client("sqs")  # its stubs want the names as literals
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = sqs.get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=names)
        return int(answer["Attributes"][names[0]]), int(answer["Attributes"][names[1]])

    def invoke(self, name: str, payload: Any) -> tuple[dict[str, str], bytes]:
        self.invoked.append(payload)
        try:
            return {}, json.dumps(self.functions[name](payload)).encode()
        except Refused as error:
            answer = dict(zip(("errorType", "errorMessage"), error.args, strict=True))
            return {"X-Amz-Function-Error": "Unhandled"}, json.dumps(answer).encode()

    def cloudformation(self, action: str, name: str) -> str:
        if action == "DeleteStack":
            self.delete()
            self.deleted = self.deleted or name == self.name
            return "<DeleteStackResponse/>"
        if name != self.name or self.deleted:
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        return (
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
            f"<StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>"
            f"{_members('Output', self.outputs)}{_members('Parameter', self.parameters)}"
            "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )


@contextmanager
def served(stack: FakeStack) -> Iterator[str]:
    """The address of its CloudFormation and Lambda; a function's OSError breaks the connection."""

    class Fake(Handler):
        def do_POST(self) -> None:  # noqa: N802  http.server's name
            body, status = self.body(), 200
            if self.path != "/":  # /2015-03-31/functions/…/invocations
                self.answer(200, *stack.invoke(self.path.split("/")[3], json.loads(body)))
                return
            asked = dict(parse_qsl(body.decode()))
            try:
                text = stack.cloudformation(asked["Action"], asked["StackName"])
            except Refused as error:
                code, message = error.args
                error_text = f"<Code>{code}</Code><Message>{message}</Message>"
                status, text = 400, f"<ErrorResponse><Error>{error_text}</Error></ErrorResponse>"
            self.answer(status, {"Content-Type": "text/xml"}, text.encode())

    with serving(Fake) as port:
        yield f"http://127.0.0.1:{port}"


def _members(kind: str, values: dict[str, str]) -> str:
    members = (
        f"<member><{kind}Key>{key}</{kind}Key><{kind}Value>{value}</{kind}Value></member>"
        for key, value in values.items()
    )
    return f"<{kind}s>{''.join(members)}</{kind}s>"


def dead_letter(task_id: str = "quarantine-7", channel: str = "slack") -> dict[str, Any]:
    """Notify's input, and what the state machine added on the way."""
    return notify_input(task_id, channel) | {
        "attempt": {"delivered": False, "waitSeconds": 900, "waitedSeconds": 43200},
        "failure": {"Error": "DeliveryRejected", "Cause": '{"errorMessage": "…"}'},
        "reason": {"raised": {"errorMessage": "Slack answered 404: no_service"}},
    }


def notify_input(task_id: str = "quarantine-7", channel: str = "slack") -> dict[str, Any]:
    summary = {
        "taskId": task_id,
        "taskStatus": "FAILED",
        "taskStartTime": "2026-11-22T10:01:07Z",
        "taskEndTime": "2026-11-22T10:03:41Z",
        "taskStatistics": {"actionsExecuted": 8, "actionsSkipped": 1, "actionsFailed": 3},
    }
    ended = looks.look(Decision.ENDED, age=154, task={"taskSummary": summary})
    return looks.notify_input(ended, channel, task_id=task_id)
