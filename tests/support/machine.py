"""A deployment whose watches are started as they are in the world; and what people were told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from botocore.exceptions import ClientError
from moto.events.models import EventPattern

from mitigation.conversation import HEAD, VERDICT
from mitigation.slack_app import mark_of
from tests.support.deployment import Deployment, Execution, Json
from tests.support.functions import FunctionFailed
from tests.support.interpreter import client
from tests.support.product import names

NOW = datetime(2026, 11, 22, 10, 1, 30, tzinfo=UTC)
# EventBridge invokes asynchronously: Lambda tries again after one minute, then after two.
ASYNC_RETRY_SECONDS = (60, 120)
LONGEST_ASYNC_WAIT_SECONDS = 300  # between two tries while Lambda itself refuses
TICK: Json = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


@dataclass
class World(Deployment):
    MACHINE, BEGIN = "WatchTaskStateMachine", NOW

    failed_sweeps: int = 0  # they leave no letter: an alarm counts them

    # --- What happens ----------------------------------------------------------------------

    def happens(self, *events: Json) -> None:
        """EventBridge gets the events at once; returns when all that follows has ended."""
        for event in events:
            for resource in self.resources.values():
                if resource["Type"] == "AWS::Events::Rule" and takes(resource["Properties"], event):
                    [target] = resource["Properties"]["Targets"]
                    self.hands(target["Arn"].rpartition(":")[2], event)
        self.ends()

    def asks(self, function: str, event: Mapping[str, Any]) -> Any:
        """What the function answers to somebody, and then all that follows; or FunctionFailed."""
        try:
            return self.functions[function].invoke(json.dumps(event))
        finally:
            self.ends()

    def ticks(self) -> None:
        """The schedule's turn: the sweep."""
        self.happens(TICK)

    def hands(self, function: str, event: Json) -> None:
        """Somebody invokes the function with it, and does not wait."""
        with self.clock.starting():
            Thread(target=self._tries, args=(function, event), daemon=True).start()

    def _tries(self, function: str, event: Json) -> None:
        """As Lambda does what it is invoked for asynchronously: with retries, then OnFailure.

        An invocation that Lambda itself refuses is no attempt: it waits until the event is too old.
        """
        settings = self.resources[f"{function}EventInvokeConfig"]["Properties"]
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
                letter, queue = json.dumps({"requestPayload": event}), names()["StartFailuresQueue"]
                client("sqs").send_message(QueueUrl=queue, MessageBody=letter)
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
        posts = self.slack_server.posts
        if not self.workspace:
            return [post.payload or {} for post in posts if post.was_taken]
        arn = names()[self.MACHINE].replace(":stateMachine:", ":execution:")
        watches = [f"{arn}:{each.name}" for each in self.executions]
        heads = {mark_of(watch, part) for watch in watches for part in (HEAD, VERDICT)}
        return [
            post.payload
            for post in posts
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
                named = sorted({*directive["Dimensions"][0]} - {"service"})
                dimensions = ",".join(f"{name}={content[name]}" for name in named)
                for metric in directive["Metrics"]:
                    found[f"{metric['Name']}{{{dimensions}}}"] = content[metric["Name"]][0]
        return found


def takes(rule: Json, event: Json) -> bool:
    """Whether it is a schedule's rule, or one whose pattern fits."""
    if "EventPattern" not in rule:
        return event is TICK
    message: Any = event
    return bool(EventPattern(None, rule["EventPattern"]).matches_event(message))
