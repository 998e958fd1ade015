"""One deployment of the product: the real trigger's pattern, and what came of it all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from botocore.exceptions import ClientError
from moto.events.models import EventPattern

from embedded.slack_workspace import CHANNEL
from mitigation.conversation import HEAD, VERDICT
from mitigation.slack_app import mark_of
from tests.support.deployment import (
    QUEUES,
    SECRET,
    TOKEN,
    Deployment,
    Execution,
    Json,
    function_arn,
    machine_arn,
    make_secret,
)
from tests.support.functions import FunctionFailed
from tests.support.interpreter import client
from tests.support.stack import Stack

NOW = datetime(2026, 11, 22, 10, 1, 30, tzinfo=UTC)
WEBHOOK = f"https://hooks.slack.com/services/T0/B0/{SECRET}"
FUNCTIONS = ("StartWatchFunction", "SweepFunction", "DescribeTaskFunction", "NotifyFunction")
SHOWS = "ShowProgressFunction"
# EventBridge invokes asynchronously: Lambda tries again after one minute, then after two.
ASYNC_RETRY_SECONDS = (60, 120)
LONGEST_ASYNC_WAIT_SECONDS = 300  # between two tries while Lambda itself refuses
TICK: Json = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


@dataclass
class World(Deployment):
    MACHINE = ("WatchTaskStateMachine", "watch-task")
    BEGIN = NOW

    parameters: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = None
    with_slack: bool = True
    failed_sweeps: int = 0  # they leave no letter: an alarm counts them

    def _deploy(self) -> tuple[Stack, Sequence[str]]:
        topics = [client("sns").create_topic(Name=name) for name in ("notifications", "starts")]
        names = {
            **{name: client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in QUEUES},
            **{f"{name}.Arn": function_arn(name) for name in (*FUNCTIONS, SHOWS)},
            "WatchTaskStateMachine": machine_arn("watch-task"),
            "NotificationTopic": topics[0]["TopicArn"],
            "AmazonQChat.Outputs.StartsTopicArn": topics[1]["TopicArn"],
        }
        arn = make_secret("slack", self.secret or (TOKEN if self.workspace else WEBHOOK))
        slack = {"SlackWebhookSecretArn": arn} if self.with_slack else {}
        if self.workspace:
            slack = {"SlackBotTokenSecretArn": arn, "SlackChannelId": CHANNEL}
        shows = self.workspace or self.parameters.get("AmazonQ") == "true"
        return Stack({**slack, **self.parameters}, names), [*FUNCTIONS, *([SHOWS] if shows else [])]

    # --- What happens ----------------------------------------------------------------------

    def happens(self, *events: Json) -> None:
        """EventBridge gets the events at once; returns when all that follows has ended."""
        with self.clock.working():
            for event in events:
                if event is TICK:
                    self.hands("SweepFunction", event)
                elif self._is_taken(event):
                    self.hands("StartWatchFunction", event)

    def _is_taken(self, event: Json) -> bool:
        rules = ("TaskStartedRule", "MemberTaskStartedRule")
        patterns = (self.stack.properties(rule)["EventPattern"] for rule in rules)
        message: Any = event
        return any(EventPattern(None, pattern).matches_event(message) for pattern in patterns)

    def asks(self, function: str, event: Mapping[str, Any]) -> Any:
        """What the function answers to somebody, and then all that follows; or FunctionFailed."""
        with self.clock.working():
            return self.functions[function].invoke(json.dumps(event))

    def ticks(self) -> None:
        """The schedule's turn: the sweep."""
        self.happens(TICK)

    def starts(self, name: str, execution_input: Mapping[str, Any]) -> None:
        """An operator starts a watch by hand."""
        with self.clock.working():
            client("stepfunctions").start_execution(
                stateMachineArn=machine_arn("watch-task"),
                name=name,
                input=json.dumps(execution_input),
            )

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        with self.clock.working():
            self.clock.sleep(seconds)

    def hands(self, function: str, event: Json) -> None:
        """Somebody invokes the function with it, and does not wait."""
        with self.clock.starting():
            Thread(target=self._tries, args=(function, event), daemon=True).start()

    def _tries(self, function: str, event: Json) -> None:
        """As Lambda does what it is invoked for asynchronously: with retries, then OnFailure.

        An invocation that Lambda itself refuses is no attempt: it waits until the event is too old.
        """
        settings = self.stack.properties(f"{function}EventInvokeConfig")
        oldest = self.clock.monotonic() + settings["MaximumEventAgeInSeconds"]
        refused, waits = 0, [*ASYNC_RETRY_SECONDS[: settings["MaximumRetryAttempts"]], 0]
        try:
            while self.clock.monotonic() < oldest and waits:
                try:
                    self._invoke(function, json.dumps(event))
                except FunctionFailed:
                    self.clock.sleep(waits.pop(0))
                except ClientError:
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
        finally:
            self.clock.leave()

    # --- What came of it -------------------------------------------------------------------

    @property
    def execution(self) -> Execution:
        """The only one."""
        [only] = self.executions
        return only

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
        arn = machine_arn("watch-task").replace(":stateMachine:", ":execution:")
        names = [f"{arn}:{each.name}" for each in self.executions]
        heads = {mark_of(name, part) for name in names for part in (HEAD, VERDICT)}
        return [
            post.payload
            for post in self.slack_server.posts
            if post.method == "chat.postMessage"
            and post.ts
            and post.payload["metadata"]["event_payload"]["mark"] not in heads
        ]

    @property
    def ended_tasks(self) -> list[Json]:
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
