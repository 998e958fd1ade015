"""A template's stack, run in this process: its real definition on moto's interpreter, its real
functions; only time and the network's far end are made up.
"""

import contextlib
import io
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from logging.handlers import BufferingHandler
from typing import Any, ClassVar, NamedTuple
from unittest import mock

from moto.core.base_backend import BackendDict
from moto.iam.models import get_account_id_from
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from embedded.fake_iot import FakeIot
from embedded.running import Running
from embedded.scenario import Scenario
from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import Workspace
from tests.support import clicks
from tests.support.aws import Aws, Fault, Plan, Planned
from tests.support.clock import Clock
from tests.support.functions import Function, Mishap
from tests.support.interpreter import Wait, client, on_virtual_time
from tests.support.product import PSEUDO_PARAMETERS, REGION
from tests.support.slack import Slack
from tests.support.stack import Stack

ACCOUNT = PSEUDO_PARAMETERS["AWS::AccountId"]
# In the webhook URL and the bot token, and nowhere else: whoever finds it has found a leak.
SECRET = "THE-WEBHOOK-IS-A-SECRET"
TOKEN = f"xoxb-000000000000-{SECRET}"
QUEUES = ("DeadLetterQueue", "StartFailuresQueue")

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
    """A stack and everything around it.

    `tasks` are what AWS IoT has, `aws` the faults by operation, `slack` Slack's answers as a
    webhook, `app` as an app, by method, `lambdas` the mishaps by function or function/channel;
    each list holds for one call an item, the last for ever after. Leaving the `with` block searches
    all that was said for the secrets.
    """

    MACHINE: ClassVar[tuple[str, str]]  # its logical and its physical name
    BEGIN: ClassVar[datetime]

    slack_server: Slack
    tasks: Sequence[Scenario] = ()
    aws: Mapping[str, Plan[Fault]] = field(default_factory=dict)
    lambdas: Mapping[str, Plan[Mishap | None]] = field(default_factory=dict)
    slack: Sequence[SlackAnswer] = ()
    app: Mapping[str, Sequence[SlackAppAnswer]] = field(default_factory=dict)
    workspace: Workspace | None = None  # where Slack is an app, not a webhook
    calls_per_second: float | None = None
    log: io.StringIO = field(default_factory=io.StringIO)
    _waits: list[Wait] = field(default_factory=list)

    def _deploy(self) -> tuple[Stack, Sequence[str]]:
        """The stack, under the names that the template gives, and the functions it has."""
        raise NotImplementedError

    def _enter(self, running: ExitStack) -> None:
        clock = self.clock = running.enter_context(Clock(self.BEGIN))
        if self.workspace:
            self.workspace.token = TOKEN
        self.slack_server.play(self.slack, self.app, self.workspace)
        running.callback(self.slack_server.stop)
        running.enter_context(on_virtual_time(clock, self._invoke, self._waits))
        BackendDict.reset()
        mock_random.seed(0)  # secrets get the same ARNs each time, so that functions load once
        self.stack, names = self._deploy()
        logical_id, name = self.MACHINE
        client("stepfunctions").create_state_machine(
            name=name,
            definition=self.stack.definition(logical_id),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
        )
        self.iot = FakeIot(
            *self.tasks,
            calls_per_second=self.calls_per_second,
            clock=clock.monotonic,
            account_of=get_account_id_from,
        )
        self.network = Aws(self.iot, clock, Planned(clock, self.aws))
        # The functions share a process, so what the template gives to one gets to all.
        region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), REGION)
        self.environment = {**self.slack_server.variables, **region}
        for given in map(self.stack.environment, names):
            self.environment |= given
        running.enter_context(mock.patch.dict("os.environ", self.environment))
        self._records = running.enter_context(every_log_line_to(self.log))
        self.mishaps = Planned(clock, self.lambdas)
        self.functions = {
            name: Function(name, self.stack, clock, self.log.write, self.mishaps) for name in names
        }
        running.enter_context(mock.patch("time.sleep", clock.sleep))
        running.enter_context(mock.patch("time.monotonic", clock.monotonic))
        running.enter_context(self.network.in_place_of_the_network())
        running.push(lambda kind, *_: None if kind else self._search_for_secrets())

    def _invoke(self, arn: str, event: str) -> Any:
        return self.functions[arn.rsplit(":", 1)[-1]].invoke(event)

    @property
    def executions(self) -> list[Execution]:
        """Read without a call."""
        backend = stepfunctions_parser_backends[ACCOUNT][REGION]
        there: list[Any] = backend.describe_state_machine(machine_arn(self.MACHINE[1])).executions
        return [
            Execution(
                found.name,
                found.status,
                found.error,
                found.cause,
                found.to_history_output()["events"],
                [(state, wait) for name, state, wait in self._waits if name == found.name],
            )
            for found in there
        ]

    @property
    def lines(self) -> list[Json]:
        """Of the log, the functions' own, with all that they hold."""
        return [*map(vars, self._records)]

    def letters(self, queue: str) -> list[Json]:
        """What lies in the queue; it stays there."""
        there = sqs_backends[ACCOUNT][REGION].queues
        return [json.loads(each.body) for each in there[queue].messages] if queue in there else []

    def _search_for_secrets(self) -> None:
        """Through every log line at DEBUG level, state, history event, message and letter."""
        posts = [post.payload for post in self.slack_server.posts]
        said = {
            "the log": self.log.getvalue() + repr(self.lines),
            "an execution": repr(self.executions),
            "a letter": repr([*map(self.letters, QUEUES)]),
            "a message": repr((self.network.publications, posts)),
        }
        for secret in (SECRET, clicks.SECRET):
            found = {place: text for place, text in said.items() if secret in text}
            for text in found.values():
                at = text.index(secret)
                raise SecretFound(f"in {', '.join(found)}: …{text[max(at - 300, 0) : at + 60]}…")


def machine_arn(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def make_secret(name: str, content: str) -> str:
    arn: str = client("secretsmanager").create_secret(Name=name, SecretString=content)["ARN"]
    return arn


@contextlib.contextmanager
def every_log_line_to(log: io.StringIO) -> Iterator[list[logging.LogRecord]]:
    """At DEBUG level; gives the functions' own lines."""
    root, own = logging.getLogger(), BufferingHandler(sys.maxsize)
    own.addFilter(logging.Filter(PSEUDO_PARAMETERS["AWS::StackName"]))
    handlers, level = [logging.StreamHandler(log), own], root.level
    with mock.patch.object(root, "handlers", handlers), contextlib.redirect_stdout(log):
        root.setLevel(logging.DEBUG)
        try:
            yield own.buffer
        finally:
            root.setLevel(level)
