"""A deployed stack at the network's edge: moto's SQS, and CloudFormation and Lambda over HTTP.

moto's own CloudFormation and Lambda need packages, or containers, that this project does without.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import boto3

from embedded.serving import Handler, serving

STACK = "mitigation-notifier"
REGION = "eu-west-1"
DELIVERED = {"delivered": True, "waitSeconds": 0, "waitedSeconds": 0}


class Raises(Exception):  # noqa: N818  it says what the fake function does
    """What a fake function raises: the error class and the message that Lambda reports."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class HangsUp(Exception):  # noqa: N818  as above
    """The fake Lambda closes the connection without an answer."""


class Refuses(Raises):
    """CloudFormation's answer: code and message."""

    def to_xml(self) -> str:
        return (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{self.name}</Code>"
            f"<Message>{escape(str(self))}</Message></Error></ErrorResponse>"
        )


@dataclass
class FakeStack:
    """`functions` says what each function answers; `invoked` is what it was given, in order."""

    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    invoked: list[Any] = field(default_factory=list)
    name: str = STACK
    delete: Callable[[], object] = lambda: None  # may raise Refuses
    deleted: bool = False

    @property
    def sqs(self) -> Any:
        return boto3.client("sqs", region_name=REGION)

    def put(self, output: str, body: object) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=self.outputs[output], MessageBody=text)

    def counts(self, output: str) -> tuple[int, int]:
        """How many messages are visible, and how many are in somebody's hands."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=names)
        return int(answer["Attributes"][names[0]]), int(answer["Attributes"][names[1]])

    def bodies(self, output: str) -> list[Any]:
        """The visible messages, which are taken out."""
        found = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.outputs[output], MaxNumberOfMessages=10
        ).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
        return found

    def invoke(self, name: str, payload: Any) -> tuple[dict[str, str], bytes]:
        self.invoked.append(payload)
        try:
            return {}, json.dumps(self.functions[name](payload)).encode()
        except Raises as error:
            answer = {"errorType": error.name, "errorMessage": str(error), "stackTrace": []}
            return {"X-Amz-Function-Error": "Unhandled"}, json.dumps(answer).encode()

    def cloudformation(self, action: str, name: str) -> str:
        if action == "DeleteStack":
            self.delete()
            self.deleted = self.deleted or name == self.name
            return "<DeleteStackResponse/>"
        if name != self.name or self.deleted:
            raise Refuses("ValidationError", f"Stack with id {name} does not exist")
        outputs = _members("Output", self.outputs)
        parameters = _members("Parameter", self.parameters)
        return (
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
            f"<StackName>{self.name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>"
            f"<Outputs>{outputs}</Outputs><Parameters>{parameters}</Parameters>"
            "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )


@contextmanager
def served(stack: FakeStack) -> Iterator[str]:
    """The address where the stack's CloudFormation and Lambda are."""

    class Fake(Handler):
        def do_POST(self) -> None:  # noqa: N802  http.server's name
            body = self.body()
            if match := re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations", self.path):
                try:
                    headers, answer = stack.invoke(unquote(match[1]), json.loads(body))
                except HangsUp:
                    self.close_connection = True
                    return
                self.answer(200, headers, answer)
            else:
                query = parse_qs(body.decode())
                status, text = 200, ""
                try:
                    text = stack.cloudformation(query["Action"][0], query["StackName"][0])
                except Refuses as error:
                    status, text = 400, error.to_xml()
                self.answer(status, {"Content-Type": "text/xml"}, text.encode())

    with serving(Fake) as port:
        yield f"http://127.0.0.1:{port}"


def _members(kind: str, values: dict[str, str]) -> str:
    return "".join(
        f"<member><{kind}Key>{key}</{kind}Key><{kind}Value>{escape(value)}</{kind}Value></member>"
        for key, value in values.items()
    )
