"""What a deployment makes in AWS, as far as the functions and the state machine meet it."""

import contextlib
import functools
import io
import logging
import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3
from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random

from embedded.slack_workspace import CHANNEL, SlackMode
from tests.support.product import PSEUDO_PARAMETERS, REGION
from tests.support.stack import Stack

ACCOUNT = PSEUDO_PARAMETERS["AWS::AccountId"]
STACK_NAME = PSEUDO_PARAMETERS["AWS::StackName"]
MACHINE = "watch-task"
MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{MACHINE}"
QUEUES = ("DeadLetterQueue", "StartFailuresQueue")
FUNCTIONS = ("StartWatchFunction", "SweepFunction", "DescribeTaskFunction", "NotifyFunction")
APP_FUNCTIONS = (*FUNCTIONS, "ShowProgressFunction")  # where progress is shown


@functools.cache
def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]  # any service


def deploy(parameters: Mapping[str, str], secret: str, slack: SlackMode) -> Stack:
    """An empty account, then the stack, under the names that the template gives."""
    BackendDict.reset()
    mock_random.seed(0)  # the secret gets the same ARN each time, so that functions load once
    names = {
        **{name: client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in QUEUES},
        **{f"{name}.Arn": _function_arn(name) for name in APP_FUNCTIONS},
        "WatchTaskStateMachine": MACHINE_ARN,
        "NotificationTopic": client("sns").create_topic(Name="notifications")["TopicArn"],
        "AmazonQChat.Outputs.StartsTopicArn": client("sns").create_topic(Name="starts")["TopicArn"],
    }
    arn = client("secretsmanager").create_secret(Name="slack", SecretString=secret)["ARN"]
    defaults: dict[SlackMode, dict[str, str]] = {
        "none": {},
        "webhook": {"SlackWebhookSecretArn": arn},
        "app": {"SlackBotTokenSecretArn": arn, "SlackChannelId": CHANNEL},
    }
    stack = Stack({**defaults[slack], **parameters}, names)
    client("stepfunctions").create_state_machine(
        name=MACHINE,
        definition=stack.definition(),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/watch-task",
    )
    return stack


def environment(stack: Stack, functions: Iterable[str]) -> dict[str, str]:
    """What the template gives to the functions: they share a process, so all gets to all."""
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
    return functools.reduce(operator.or_, (stack.environment(name) for name in functions), region)


class _Own(logging.Handler):
    """Keeps what the functions log themselves, with all that a line holds."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []
        self.addFilter(logging.Filter(STACK_NAME))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(vars(record))


@contextlib.contextmanager
def every_log_line_to(log: io.StringIO) -> Iterator[list[dict[str, Any]]]:
    """At DEBUG level; moto's own lines aside, which no Lambda would write. Gives the functions'."""
    root, moto, own = logging.getLogger(), logging.getLogger("moto"), _Own()
    handlers, levels = root.handlers, (root.level, moto.level)
    root.setLevel(logging.DEBUG)
    root.handlers = [logging.StreamHandler(log), own]
    moto.setLevel(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(log):
            yield own.lines
    finally:
        root.handlers = handlers
        root.setLevel(levels[0])
        moto.setLevel(levels[1])


def _function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
