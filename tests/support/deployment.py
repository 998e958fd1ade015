"""The product's stack, run in this process: its real definitions on moto's interpreter, its real
functions; only time and the network's far end are made up.
"""

import contextlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from logging.handlers import BufferingHandler
from typing import Any, ClassVar, NamedTuple
from unittest import mock

from moto import mock_aws
from moto.iam.models import get_account_id_from
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from embedded.fake_iot import FakeIot
from embedded.running import Running
from embedded.scenario import Scenario
from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import CHANNEL, Workspace
from tests.support import clicks
from tests.support.aws import Aws, Fault, Plan, Planned
from tests.support.clock import Clock
from tests.support.functions import Function, Mishap, handler
from tests.support.interpreter import Wait, client, on_virtual_time
from tests.support.product import ACCOUNT, REGION, STACK, Resources, names, product, variables
from tests.support.slack import Slack

# In the webhook URL and the bot token, and nowhere else: whoever finds it has found a leak.
SECRET = "THE-WEBHOOK-IS-A-SECRET"
TOKEN = f"xoxb-000000000000-{SECRET}"
WEBHOOK = f"https://hooks.slack.com/services/T0/B0/{SECRET}"
MOTO: Any = {
    "stepfunctions": {"execute_state_machine": True},
    "core": {"reset_boto3_session": False},  # it would read every service model anew
}

logging.getLogger("moto").setLevel(logging.CRITICAL)  # no Lambda would write its lines

type Json = dict[str, Any]


class SecretFound(AssertionError):  # noqa: N818  what happened, not who is to blame
    """The webhook URL, the bot token or the signing secret, where it must not be."""


class Execution(NamedTuple):
    """An execution that has ended; `waits` are its Wait states' names and seconds, in order."""

    name: str
    status: str
    error: str | None
    cause: str | None
    history: Sequence[Mapping[str, Any]]
    waits: Sequence[tuple[str, float]]

    @property
    def states(self) -> list[str]:
        return [state["name"] for state in self.entered]

    @property
    def entered(self) -> list[Mapping[str, Any]]:
        """Name and input of each state, in order."""
        details = (event.get("stateEnteredEventDetails") for event in self.history)
        return [found for found in details if found]


@dataclass
class Deployment(Running):
    """The stack, and everything around it. Slack is a webhook, or an app where it has a workspace.

    `tasks` are what AWS IoT has, `aws` the faults by operation, `slack` Slack's answers as a
    webhook, `app` as an app, by method, `lambdas` the mishaps by function or function/channel;
    each list holds for one call an item, the last for ever after. Time passes where a test lets
    it. Leaving the `with` block searches all that was said for the secrets.
    """

    MACHINE: ClassVar[str]
    BEGIN: ClassVar[datetime]

    slack_server: Slack
    tasks: Sequence[Scenario] = ()
    aws: Mapping[str, Plan[Fault]] = field(default_factory=dict)
    lambdas: Mapping[str, Plan[Mishap | None]] = field(default_factory=dict)
    slack: Sequence[SlackAnswer] = ()
    app: Mapping[str, Sequence[SlackAppAnswer]] = field(default_factory=dict)
    workspace: Workspace | None = None
    calls_per_second: float | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = None  # Slack's, instead of a right one
    log: io.StringIO = field(default_factory=io.StringIO)
    functions: dict[str, Function] = field(default_factory=dict)
    _waits: list[Wait] = field(default_factory=list)

    def _enter(self, running: ExitStack) -> None:
        running.enter_context(mock_aws(config=MOTO))
        clock = self.clock = running.enter_context(Clock(self.BEGIN))
        if self.workspace:
            self.workspace.token = TOKEN
        self.slack_server.play(*self.slack, workspace=self.workspace, **self.app)
        running.enter_context(on_virtual_time(clock, self._invoke, self._waits))
        mock_random.seed(0)  # secrets get the same ARNs each time, so that functions load once
        self.iot = FakeIot(
            *self.tasks,
            calls_per_second=self.calls_per_second,
            clock=clock.monotonic,
            account_of=get_account_id_from,
        )
        self.network = Aws(self.iot, clock, Planned(clock, self.aws))
        self.mishaps = Planned(clock, self.lambdas)
        # The functions share a process, so what the template gives to one gets to all.
        region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
        around = {**self.slack_server.variables, **region}
        running.enter_context(mock.patch.dict("os.environ", around))
        self._create(product().whole(self._given(), names()))
        self._records = running.enter_context(every_log_line_to(self.log))
        running.enter_context(mock.patch("time.sleep", clock.sleep))
        running.enter_context(mock.patch("time.monotonic", clock.monotonic))
        running.enter_context(self.network.in_place_of_the_network())
        running.push(lambda kind, *_: None if kind else self._search_for_secrets())
        running.callback(self.ends)  # what still waits would go on in the next test

    def _given(self) -> dict[str, str]:
        """The parameters, and the secrets that they name."""
        arn = make_secret("slack", self.secret or (TOKEN if self.workspace else WEBHOOK))
        app = {"SlackBotTokenSecretArn": arn, "SlackChannelId": CHANNEL}
        return {**(app if self.workspace else {"SlackWebhookSecretArn": arn}), **self.parameters}

    def _create(self, resources: Resources) -> None:
        """As CloudFormation does, as far as the plays need it."""
        self.resources = resources
        for name, resource in resources.items():
            properties = resource["Properties"]
            match resource["Type"]:
                case "AWS::SNS::Topic":
                    client("sns").create_topic(Name=name)
                case "AWS::SQS::Queue":
                    client("sqs").create_queue(QueueName=name)
                case "AWS::StepFunctions::StateMachine":
                    text = json.dumps(properties["Definition"])
                    for each, value in properties["DefinitionSubstitutions"].items():
                        text = text.replace("${" + each + "}", str(value))
                    role = f"arn:aws:iam::{ACCOUNT}:role/machine"
                    create = client("stepfunctions").create_state_machine
                    create(name=name, definition=text, roleArn=role)
                case "AWS::Lambda::Function":
                    given = variables(resources, name)
                    run = handler(properties["Handler"], frozenset(given.items()))
                    around = (self.clock, self.log.write, self.mishaps)
                    self.functions[name] = Function(name, int(properties["Timeout"]), *around, run)
                    os.environ.update(given)

    def _invoke(self, arn: str, event: str) -> Any:
        return self.functions[arn.rsplit(":", 1)[-1]].invoke(event)

    def starts(self, name: str, execution_input: Mapping[str, Any]) -> None:
        """An operator starts a watch by hand, and waits for its end."""
        start, arn = client("stepfunctions").start_execution, names()["WatchTaskStateMachine"]
        start(stateMachineArn=arn, name=name, input=json.dumps(execution_input))
        self.ends()

    def passes(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def ends(self) -> None:
        """Until nothing is left that could happen."""
        self.clock.run_until_idle()

    @property
    def executions(self) -> list[Execution]:
        """Read without a call."""
        backend = stepfunctions_parser_backends[ACCOUNT][REGION]
        there: list[Any] = backend.describe_state_machine(names()[self.MACHINE]).executions
        found = []
        for each in there:
            history = each.to_history_output()["events"]
            waits = [(state, wait) for name, state, wait in self._waits if name == each.name]
            known = (each.name, each.status, each.error, each.cause)
            found.append(Execution(*known, history, waits))
        return found

    @property
    def lines(self) -> list[Json]:
        """Of the log, the functions' own, with all that they hold."""
        return [*map(vars, self._records)]

    def letters(self, queue: str) -> list[Json]:
        """What lies in the queue; it stays there."""
        there = sqs_backends[ACCOUNT][REGION].queues[queue].messages
        return [json.loads(each.body) for each in there]

    def _search_for_secrets(self) -> None:
        """Through every log line at DEBUG level, state, history event, message and letter."""
        posts = [post.payload for post in self.slack_server.posts]
        queues = ("DeadLetterQueue", "StartFailuresQueue")
        said = {
            "the log": self.log.getvalue() + repr(self.lines),
            "an execution": repr(self.executions),
            "a letter": repr([*map(self.letters, queues)]),
            "a message": repr((self.network.publications, posts)),
        }
        for secret in (SECRET, clicks.SECRET):
            found = {place: text for place, text in said.items() if secret in text}
            for text in found.values():
                at = text.index(secret)
                raise SecretFound(f"in {', '.join(found)}: …{text[max(at - 300, 0) : at + 60]}…")


def make_secret(name: str, content: str) -> str:
    arn: str = client("secretsmanager").create_secret(Name=name, SecretString=content)["ARN"]
    return arn


@contextlib.contextmanager
def every_log_line_to(log: io.StringIO) -> Iterator[list[logging.LogRecord]]:
    """At DEBUG level; gives the functions' own lines."""
    root, own = logging.getLogger(), BufferingHandler(sys.maxsize)
    own.addFilter(logging.Filter(STACK))
    handlers, level = [logging.StreamHandler(log), own], root.level
    with mock.patch.object(root, "handlers", handlers), contextlib.redirect_stdout(log):
        root.setLevel(logging.DEBUG)
        try:
            yield own.buffer
        finally:
            root.setLevel(level)
