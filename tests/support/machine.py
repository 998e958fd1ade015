"""One deployment of the product, run in this process: the real definition on moto's interpreter,
the real handlers, the real trigger's pattern; only time and the network's far end are made up.
"""

import functools
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from moto.events.models import EventPattern

from embedded.fake_iot import FakeIot
from embedded.places import HOME
from embedded.running import Running
from embedded.scenario import Scenario
from embedded.slack_answers import SlackAnswer, SlackAppAnswer
from embedded.slack_workspace import SlackMode, Workspace
from mitigation.conversation import HEAD, VERDICT
from mitigation.slack_app import mark_of
from tests.support.aws import WORKS, Aws, Fault, Plan
from tests.support.clock import Clock
from tests.support.deployment import (
    APP_FUNCTIONS,
    FUNCTIONS,
    MACHINE_ARN,
    client,
    deploy,
    environment,
    every_log_line_to,
)
from tests.support.functions import Function, FunctionFailed, InvocationRefused, Mishap
from tests.support.interpreter import Wait, on_virtual_time
from tests.support.results import Execution, read_executions, read_letters
from tests.support.slack import Slack
from tests.support.stack import Stack

NOW = datetime(2026, 11, 22, 10, 1, 30, tzinfo=UTC)
# In the webhook URL and the bot token, and nowhere else: whoever finds it has found a leak.
SECRET = "THE-WEBHOOK-IS-A-SECRET"
WEBHOOK = f"https://hooks.slack.com/services/T0/B0/{SECRET}"
TOKEN = f"xoxb-000000000000-{SECRET}"
# EventBridge invokes asynchronously: Lambda tries again after one minute, then after two.
ASYNC_RETRY_SECONDS = (60, 120)
LONGEST_ASYNC_WAIT_SECONDS = 300  # between two tries while Lambda itself refuses
_RULES = ("TaskStartedRule", "MemberTaskStartedRule")
TICK = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


class SecretFound(AssertionError):  # noqa: N818  what happened, not who is to blame
    """The webhook URL, or the bot token, where it must not be."""


@dataclass
class World(Running):
    """A deployed stack and everything around it.

    `tasks` are what AWS IoT has, `aws` the faults by operation, `slack` Slack's answers, `lambdas`
    the mishaps by function or function/channel; each list holds for one call an item, the last for
    ever after. Leaving the `with` block searches all that was said for the webhook's secret.
    """

    slack_server: Slack
    tasks: Sequence[Scenario] = ()
    slack: Sequence[SlackAnswer] = ()
    aws: Mapping[str, Plan[Fault]] = field(default_factory=dict)
    lambdas: Mapping[str, Plan[Mishap]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = None
    calls_per_second: float | None = None
    with_slack: bool = True
    workspace: Workspace | None = None  # where Slack is an app, not a webhook…
    app: Mapping[str, Sequence[SlackAppAnswer]] = field(default_factory=dict)  # …its answers
    clock: Clock = field(init=False)
    network: Aws = field(init=False)
    iot: FakeIot = field(init=False)
    stack: Stack = field(init=False)
    environment: dict[str, str] = field(init=False)
    log: io.StringIO = field(default_factory=io.StringIO)
    lines: list[dict[str, Any]] = field(init=False)  # of the log, the functions' own
    functions: dict[str, Function] = field(default_factory=dict)
    failed_sweeps: int = 0  # they leave no letter: an alarm counts them
    _waits: list[Wait] = field(default_factory=list)

    def _enter(self, running: ExitStack) -> None:
        self.clock = running.enter_context(Clock(NOW))
        if self.workspace:
            self.workspace.clock = self._seconds
            self.workspace.token = TOKEN
        self.slack_server.play(self.slack, self.app, self.workspace)
        running.callback(self.slack_server.stop)
        running.enter_context(on_virtual_time(self.clock, self._invoke, self._waits))
        mode: SlackMode = "app" if self.workspace else "webhook" if self.with_slack else "none"
        secret = self.secret or (TOKEN if self.workspace else WEBHOOK)
        self.stack = deploy(self.parameters, secret, mode)
        shows = self.workspace or self.parameters.get("AmazonQ") == "true"
        functions = APP_FUNCTIONS if shows else FUNCTIONS
        self.iot = FakeIot(
            *self.tasks,
            calls_per_second=self.calls_per_second,
            clock=self.clock.monotonic,
            account_of=lambda key: key if key.isdigit() else HOME.account,
        )
        self.network = Aws(self.clock, self.iot, self.aws)
        self.environment = {**self.slack_server.variables, **environment(self.stack, functions)}
        running.enter_context(mock.patch.dict("os.environ", self.environment))
        self.lines = running.enter_context(every_log_line_to(self.log))
        self.functions = {
            name: Function(name, self.stack, self.clock, self.log.write, self.lambdas)
            for name in functions
        }
        running.enter_context(mock.patch("time.sleep", self.clock.sleep))
        running.enter_context(mock.patch("mitigation.pace.time", self.clock))
        running.enter_context(self.network.in_place_of_the_network())
        running.push(lambda kind, *_: None if kind else self.search_for_the_secret())

    def _seconds(self) -> float:
        return self.clock.now.timestamp()

    def _invoke(self, arn: str, event: str) -> Any:
        return self.functions[arn.rsplit(":", 1)[-1]].invoke(event)

    # --- What happens ----------------------------------------------------------------------

    def happens(self, *events: Mapping[str, Any]) -> None:
        """EventBridge gets the events at once; returns when all that follows has ended."""
        with self.clock.working():
            for event in events:
                if event is TICK:
                    self._invoke_async("SweepFunction", event)
                elif any(self._matches(rule, event) for rule in _RULES):
                    self._invoke_async("StartWatchFunction", event)
        self.clock.run_until_idle()

    def asks(self, function: str, event: Mapping[str, Any]) -> Any:
        """What the function answers to somebody, and then all that follows; or FunctionFailed."""
        try:
            with self.clock.working():
                return self.functions[function].invoke(json.dumps(event))
        finally:
            self.clock.run_until_idle()

    def is_handed(self, function: str, event: Mapping[str, Any]) -> None:
        """Somebody who may invokes the function with it, past the rules."""
        with self.clock.working():
            self._invoke_async(function, event)
        self.clock.run_until_idle()

    def ticks(self) -> None:
        """The schedule's turn: the sweep."""
        self.happens(TICK)

    def starts(self, name: str, execution_input: Mapping[str, Any]) -> None:
        """An operator starts a watch by hand."""
        with self.clock.working():
            client("stepfunctions").start_execution(
                stateMachineArn=MACHINE_ARN, name=name, input=json.dumps(execution_input)
            )
        self.clock.run_until_idle()

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        with self.clock.working():
            self.clock.sleep(seconds)
        self.clock.run_until_idle()

    def _matches(self, rule: str, event: Mapping[str, Any]) -> bool:
        pattern = self.stack.properties(rule)["EventPattern"]
        return EventPattern(None, pattern).matches_event(dict(event))  # type: ignore[arg-type]  # a TypedDict is a dict

    def _invoke_async(self, function: str, event: Mapping[str, Any]) -> None:
        self.clock.start_thread(functools.partial(self._tries, function, event))

    def _tries(self, function: str, event: Mapping[str, Any]) -> None:
        """As Lambda does what it is invoked for asynchronously: with retries, then OnFailure.

        An invocation that Lambda itself refuses is no attempt: it waits until the event is too old.
        """
        settings = self.stack.properties(f"{function}EventInvokeConfig")
        oldest = self.clock.monotonic() + settings["MaximumEventAgeInSeconds"]
        refused, failed = 0, 0
        while self.clock.monotonic() < oldest and failed <= settings["MaximumRetryAttempts"]:
            try:
                self._invoke(function, json.dumps(event))
            except FunctionFailed:
                failed += 1
                if failed <= settings["MaximumRetryAttempts"]:
                    self.clock.sleep(ASYNC_RETRY_SECONDS[failed - 1])
            except InvocationRefused:
                self.clock.sleep(min(2**refused, LONGEST_ASYNC_WAIT_SECONDS))
                refused += 1
            else:
                return
        self.failed_sweeps += function == "SweepFunction"
        if settings.get("DestinationConfig"):
            client("sqs").send_message(
                QueueUrl=self.stack.names["StartFailuresQueue"],
                MessageBody=json.dumps({"requestPayload": event}),
            )

    # --- What came of it -------------------------------------------------------------------

    @property
    def executions(self) -> list[Execution]:
        return read_executions(self._waits)

    @property
    def execution(self) -> Execution:
        """The only one."""
        [only] = self.executions
        return only

    @property
    def dead_letters(self) -> list[dict[str, Any]]:
        return read_letters("DeadLetterQueue")

    @property
    def start_failures(self) -> list[dict[str, Any]]:
        return read_letters("StartFailuresQueue")

    @property
    def subjects(self) -> list[str]:
        """Of the messages that SNS took."""
        return [publication.subject for publication in self.network.publications]

    @property
    def texts(self) -> list[str]:
        """Of the messages that Slack took; of the heads of threads none."""
        return [str(payload["text"]) for payload in self.taken]

    @property
    def taken(self) -> list[Mapping[str, Any]]:
        """What Slack took, but for the heads of threads, which tell nobody by themselves."""
        if not self.workspace:
            return self.slack_server.taken
        arn = f"{MACHINE_ARN.replace(':stateMachine:', ':execution:')}:"
        heads = {mark_of(arn + e.name, part) for e in self.executions for part in (HEAD, VERDICT)}
        return [
            post.payload
            for post in self.slack_server.posts
            if post.method == "chat.postMessage"
            and post.ts
            and post.payload["metadata"]["event_payload"]["mark"] not in heads
        ]

    @property
    def ended_tasks(self) -> list[dict[str, Any]]:
        """What the log says of tasks that ended, a line each."""
        return [line for line in self.lines if line["msg"] == "Task ended"]

    @property
    def metrics(self) -> dict[str, float]:
        """What CloudWatch counts, by `Metric{Dimension=value}`, by lines in the embedded format."""
        found: dict[str, float] = {}
        for line in self.log.getvalue().splitlines():
            content = json.loads(line) if line.startswith('{"_aws"') else {"_aws": {}}
            for directive in content["_aws"].get("CloudWatchMetrics", []):
                assert directive["Namespace"] == "MitigationNotifier"
                names = sorted({*directive["Dimensions"][0]} - {"service"})
                dimensions = ",".join(f"{name}={content[name]}" for name in names)
                for metric in directive["Metrics"]:
                    found[f"{metric['Name']}{{{dimensions}}}"] = content[metric["Name"]][0]
        return found

    @property
    def unmet(self) -> set[str]:
        """The faults, by what they were for, that nothing ever met."""
        met = {call.operation for call in self.network.calls if call.fault != WORKS}
        met |= {key for function in self.functions.values() for key in function.seen}
        met |= {"Slack"} if self.slack_server.posts else set()
        met |= set(self.slack_server.calls)
        planned = {**self.aws, **self.lambdas, **self.app, "Slack": self.slack}
        return {name for name, faults in planned.items() if faults} - met

    def search_for_the_secret(self) -> None:
        """Through every log line at DEBUG level, state, history event, message and letter."""
        posts = [post.payload for post in self.slack_server.posts]
        said = {
            "the log": self.log.getvalue() + repr(self.lines),
            "an execution": repr(self.executions),
            "a letter": repr((self.dead_letters, self.start_failures)),
            "a message": repr((self.network.publications, posts)),
        }
        found = {place: text for place, text in said.items() if SECRET in text}
        for text in found.values():
            at = text.index(SECRET)
            around = text[max(at - 300, 0) : at + 60]
            raise SecretFound(f"in {', '.join(found)}: …{around}…")
