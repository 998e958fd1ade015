"""One deployment of the product, run in this process: the real definition on moto's interpreter,
the real handlers, the real trigger's pattern; only time and the network's far end are made up.
"""

import contextlib
import functools
import io
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from unittest import mock

import boto3
from moto import mock_aws
from moto.events.models import EventPattern
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.fake_iot import FakeIot
from local.scenario import Scenario, SlackAnswer
from mitigation.executions import Pace
from tests.support.aws import Aws, Fault
from tests.support.clock import Clock
from tests.support.functions import Function, FunctionFailed, InvocationRefused, Mishap
from tests.support.interpreter import Wait, on_virtual_time
from tests.support.product import PSEUDO_PARAMETERS, REGION
from tests.support.slack import Slack
from tests.support.stack import Stack

ACCOUNT = PSEUDO_PARAMETERS["AWS::AccountId"]
NOW = datetime(2026, 11, 22, 10, 1, 30, tzinfo=UTC)
# In the path of the webhook URL, and nowhere else: whoever finds it has found a leak.
SECRET = "THE-WEBHOOK-IS-A-SECRET"
WEBHOOK = f"https://hooks.slack.com/services/T0/B0/{SECRET}"
MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:watch-task"
QUEUES = ("DeadLetterQueue", "StartFailuresQueue")
FUNCTIONS = ("StartWatchFunction", "DescribeTaskFunction", "NotifyFunction")
MOTO: Any = {
    "stepfunctions": {"execute_state_machine": True},
    "core": {"reset_boto3_session": False},  # it would read every service model anew
}
# EventBridge invokes asynchronously: Lambda tries again after one minute, then after two.
ASYNC_RETRY_SECONDS = (60, 120)


class SecretFound(AssertionError):  # noqa: N818  what happened, not who is to blame
    """The webhook URL where it must not be."""


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution that has ended; `waits` are its Wait states' seconds, in order."""

    name: str
    status: str
    error: str | None
    cause: str | None
    history: Sequence[Mapping[str, Any]]
    waits: Sequence[tuple[str, float]]

    @property
    def states(self) -> list[str]:
        entered = (event.get("stateEnteredEventDetails") for event in self.history)
        return [details["name"] for details in entered if details]


@dataclass(slots=True)
class World:
    """A stack deployed at `deployed` (now, unless said), and everything around it.

    `tasks` are what AWS IoT has, `aws` the faults by operation, `slack` Slack's answers, `lambdas`
    the mishaps by function or function/channel; each list holds for one call an item, the last for
    ever after. Leaving the `with` block searches all that was said for the webhook's secret.
    """

    slack_server: Slack
    tasks: Sequence[Scenario] = ()
    slack: Sequence[SlackAnswer] = ()
    aws: Mapping[str, Sequence[Fault]] = field(default_factory=dict)
    lambdas: Mapping[str, Sequence[Mishap]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secret: str = WEBHOOK
    now: datetime = NOW
    calls_per_second: float | None = None
    with_slack: bool = True
    clock: Clock = field(init=False)
    network: Aws = field(init=False)
    iot: FakeIot = field(init=False)
    stack: Stack = field(init=False)
    log: io.StringIO = field(default_factory=io.StringIO)
    functions: dict[str, Function] = field(default_factory=dict)
    _waits: list[Wait] = field(default_factory=list)
    _exit: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._set_up(stack)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.search_for_the_secret()
        finally:
            self._exit.close()

    def _set_up(self, stack: ExitStack) -> None:
        self.slack_server.play(self.slack)
        stack.callback(self.slack_server.stop)
        stack.enter_context(mock.patch.dict("os.environ", self.slack_server.variables))
        stack.enter_context(mock_aws(config=MOTO))
        self.clock = stack.enter_context(Clock(self.now))
        stack.enter_context(on_virtual_time(self.clock, self._invoke, self._waits))
        names = self._make_resources()
        parameters = dict(self.parameters)
        if self.with_slack:
            parameters.setdefault("SlackWebhookSecretArn", names["Secret"])
        self.stack = Stack(parameters, names)
        _client("stepfunctions").create_state_machine(
            name=MACHINE_ARN.rsplit(":", 1)[-1],
            definition=self.stack.definition(),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/watch-task",
        )
        self.iot = FakeIot(
            *self.tasks, calls_per_second=self.calls_per_second, clock=self.clock.monotonic
        )
        self.network = Aws(self.clock, self.iot, self.aws)
        stack.enter_context(contextlib.redirect_stdout(self.log))
        stack.enter_context(_every_log_line_to(self.log))
        self.functions = {
            name: Function(name, self.stack, self.clock, self.log.write, self.lambdas)
            for name in FUNCTIONS
        }
        stack.enter_context(mock.patch("time.sleep", self.clock.sleep))
        pace = {"clock": self.clock.monotonic, "sleep": self.clock.sleep}
        defaults = Pace.__init__.__kwdefaults__
        stack.enter_context(mock.patch.dict(defaults, pace))
        stack.enter_context(self.network.in_place_of_the_network())

    def _make_resources(self) -> dict[str, str]:
        """What the template makes and the functions meet, by the template's names."""
        sqs, sns, secrets = (_client(service) for service in ("sqs", "sns", "secretsmanager"))
        return {
            **{name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES},
            **{f"{name}.Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
               for name in FUNCTIONS},
            "WatchTaskStateMachine": MACHINE_ARN,
            "NotificationTopic": sns.create_topic(Name="topic")["TopicArn"],
            "Secret": secrets.create_secret(Name="webhook", SecretString=self.secret)["ARN"],
        }  # fmt: skip

    def _invoke(self, arn: str, event: str) -> Any:
        return self.functions[arn.rsplit(":", 1)[-1]].invoke(event)

    # --- What happens ----------------------------------------------------------------------

    def happens(self, *events: Mapping[str, Any]) -> None:
        """EventBridge gets the events at once; returns when all that follows has ended."""
        with self.clock.working():
            for event in events:
                if self._matches("TaskStartedRule", event):
                    self.clock.start_thread(functools.partial(self._invoke_async, event))
        self.clock.run_until_idle()

    def ticks(self) -> None:
        """The schedule's turn: the sweep."""
        with self.clock.working():
            tick = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
            self.clock.start_thread(functools.partial(self._invoke_async, tick))
        self.clock.run_until_idle()

    def starts(self, name: str, execution_input: Mapping[str, Any]) -> None:
        """An operator starts a watch by hand."""
        with self.clock.working():
            _client("stepfunctions").start_execution(
                stateMachineArn=MACHINE_ARN,
                name=name,
                input=json.dumps(execution_input),
            )
        self.clock.run_until_idle()

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        with self.clock.working():
            self.clock.sleep(seconds)
        self.clock.run_until_idle()

    def _matches(self, rule: str, event: Mapping[str, Any]) -> bool:
        pattern = self.stack.properties(rule)["EventPattern"]
        return EventPattern(None, pattern).matches_event(dict(event))  # type: ignore[arg-type]

    def _invoke_async(self, event: Mapping[str, Any]) -> None:
        """As Lambda does what it is invoked for asynchronously: with retries, then OnFailure."""
        settings = self.stack.properties("StartWatchFunctionEventInvokeConfig")
        for attempt in range(settings["MaximumRetryAttempts"] + 1):
            if attempt:
                self.clock.sleep(ASYNC_RETRY_SECONDS[attempt - 1])
            try:
                self._invoke("StartWatchFunction", json.dumps(event))
            except (FunctionFailed, InvocationRefused):
                continue
            return
        _client("sqs").send_message(
            QueueUrl=self.stack.names["StartFailuresQueue"],
            MessageBody=json.dumps({"requestPayload": event}),
        )

    # --- What came of it -------------------------------------------------------------------

    @property
    def executions(self) -> list[Execution]:
        backend = stepfunctions_parser_backends[ACCOUNT][REGION]
        machine = backend.describe_state_machine(MACHINE_ARN)
        return [self._execution(found) for found in machine.executions]

    def _execution(self, found: Any) -> Execution:
        return Execution(
            name=found.name,
            status=found.status,
            error=found.error,
            cause=found.cause,
            history=found.to_history_output()["events"],
            waits=[(state, wait) for name, state, wait in self._waits if name == found.name],
        )

    @property
    def execution(self) -> Execution:
        """The only one."""
        [only] = self.executions
        return only

    @property
    def dead_letters(self) -> list[dict[str, Any]]:
        return self._letters("DeadLetterQueue")

    @property
    def start_failures(self) -> list[dict[str, Any]]:
        return self._letters("StartFailuresQueue")

    def _letters(self, queue: str) -> list[dict[str, Any]]:
        """What lies in the queue; it stays there."""
        received = _client("sqs").receive_message(
            QueueUrl=self.stack.names[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]

    @property
    def subjects(self) -> list[str]:
        """Of the messages that SNS took."""
        return [publication.subject for publication in self.network.publications]

    @property
    def texts(self) -> list[str]:
        """Of the messages that Slack took."""
        return self.slack_server.texts

    def search_for_the_secret(self) -> None:
        """Through every log line at DEBUG level, state, history event, message and letter."""
        said = {
            "the log": self.log.getvalue(),
            "an execution": repr(self.executions),
            "a dead letter": repr((self.dead_letters, self.start_failures)),
            "a message": repr((self.network.publications, [p.payload for p in
                               self.slack_server.posts])),
        }  # fmt: skip
        for place, text in said.items():
            if SECRET in text:
                at = text.index(SECRET)
                raise SecretFound(f"in {place}: …{text[max(at - 300, 0) : at + 60]}…")


@functools.cache
def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


@contextlib.contextmanager
def _every_log_line_to(log: io.StringIO) -> Iterator[None]:
    """At DEBUG level; moto's own lines aside, which no Lambda would write."""
    root, moto = logging.getLogger(), logging.getLogger("moto")
    handlers, levels = root.handlers, (root.level, moto.level)
    root.setLevel(logging.DEBUG)
    root.handlers = [logging.StreamHandler(log)]
    moto.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(levels[0])
        moto.setLevel(levels[1])
