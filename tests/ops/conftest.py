"""An operator's terminal, and a stack: its queues at moto's, CloudFormation and Lambda over HTTP.

moto's own CloudFormation and Lambda need packages, or containers, that this project does without.
"""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import boto3
import pytest
from botocore.loaders import create_loader
from moto import mock_aws

from embedded.serving import Handler, serving
from mitigation.decision import Decision
from ops import queue, replay
from tests.support import looks, watched

STACK = "mitigation-notifier"
LETTERS, STARTS = "DeadLetterQueueUrl", "StartFailuresQueueUrl"
DELIVERED = {"delivered": True, "waitSeconds": 0, "waitedSeconds": 0}
LOADER = create_loader()  # the service models, read once instead of once for each boto3 session

type Run = Callable[..., str]


class Refused(Exception):  # noqa: N818  reads as what happened
    """By CloudFormation, or by a function: the error's name, and its message."""


@dataclass
class FakeStack:
    """`functions` says what each function answers; `invoked` is what it was given, in order."""

    sqs: Any
    outputs: dict[str, str]
    parameters: dict[str, str]
    functions: dict[str, Callable[[Any], Any]]
    invoked: list[Any] = field(default_factory=list)
    name: str = STACK
    delete: Callable[[], object] = lambda: None  # may raise Refused
    deleted: bool = False

    def put(self, output: str, *bodies: object) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.sqs.send_message(QueueUrl=self.outputs[output], MessageBody=text)

    def counts(self, output: str) -> tuple[int, int]:
        """How many messages are visible, and how many are in somebody's hands."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=names)
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


def _members(kind: str, values: dict[str, str]) -> str:
    member = "<member><{0}Key>{1}</{0}Key><{0}Value>{2}</{0}Value></member>"
    members = "".join(member.format(kind, *pair) for pair in values.items())
    return f"<{kind}s>{members}</{kind}s>"


def handler(stack: FakeStack) -> type[Handler]:
    """Its CloudFormation and Lambda; a function's OSError breaks the connection."""

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
                said = "<Code>{}</Code><Message>{}</Message>".format(*error.args)
                status, text = 400, f"<ErrorResponse><Error>{said}</Error></ErrorResponse>"
            self.answer(status, {"Content-Type": "text/xml"}, text.encode())

    return Fake


def notify_input(task_id: str, channel: str = "slack", **changes: Any) -> dict[str, Any]:
    """What Notify is given about a task that failed; `changes` by the summary's member names."""
    task = watched.answer("detect", **{"taskId": task_id, **changes})
    ended = looks.look(Decision.ENDED, age=154, task=task)
    return looks.notify_input(ended, channel, task_id=task_id)


def dead_letter(task_id: str, channel: str = "slack", **changes: Any) -> dict[str, Any]:
    """Notify's input, and what the state machine added on the way."""
    return notify_input(task_id, channel, **changes) | {
        "attempt": {"delivered": False, "waitSeconds": 900, "waitedSeconds": 43200},
        "failure": {"Error": "DeliveryRejected", "Cause": '{"errorMessage": "…"}'},
        "reason": {"raised": {"errorMessage": "Slack answered 404: no_service"}},
    }


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A region, a configuration of the test's own; and Ctrl-C, which a script's `&` ignores."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("NO_COLOR", "1")
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, former in previous.items():
        signal.signal(number, former)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStack]:
    """In an account of moto's, with empty queues, where every delivery works."""
    monkeypatch.setattr("botocore.session.create_loader", lambda _path=None: LOADER)
    monkeypatch.setattr(queue, "POLL_SECONDS", 0)  # moto's queue has no other servers to ask
    functions = {"notify": lambda _: DELIVERED, "start-watch": lambda _: {"tasksSeen": 1}}
    outputs = {"NotifyFunctionName": "notify", "StartWatchFunctionName": "start-watch"}
    parameters = {"TimeZone": "Europe/Berlin", "AccountAlias": "plant-7"}
    fake = FakeStack(boto3.client("sqs"), outputs, parameters, functions)
    with mock_aws(), serving(handler(fake)) as port:
        for service in ("LAMBDA", "CLOUDFORMATION"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", f"http://127.0.0.1:{port}")
        for name in (LETTERS, STARTS):
            outputs[name] = fake.sqs.create_queue(QueueName=name)["QueueUrl"]
        yield fake


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """What a run prints, of a bad end on stderr too; it has to end with this code."""

    def run(*arguments: str, code: int = 0) -> str:
        assert replay.main(["--stack-name", STACK, *arguments]) == code
        told = capsys.readouterr()
        return told.out if code < 2 else told.out + told.err

    return run
