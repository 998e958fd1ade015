"""Plays one scenario through the deployed stack: starts the task, is CloudTrail, and looks on."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from embedded.clicks import APP, SIGNING_SECRET
from embedded.deploy import Stack
from embedded.engine import Engine
from embedded.fake_slack import Post
from embedded.history import Event, new_events
from embedded.places import HOME, Place
from embedded.process import ROOT
from embedded.scenario import Json, Scenario
from embedded.slack_workspace import CHANNEL, TEAM, TOKEN, SlackMode

EMAIL = "on-call@example.com"
WEBHOOK_URL = "https://hooks.slack.com/services/T00000000/B00000000/notARealWebhookButSecret"
# From the start of a task to its event; AWS publishes no figure.
TRAIL_LAG = timedelta(seconds=15)
START_SECONDS = 30
POLL_SECONDS = 0.05

_TRAIL = {"detect": "start_detect.json", "audit": "start_audit.json"}
_ANY_TARGET: dict[str, dict[str, Any]] = {
    "detect": {
        "target": {"securityProfileName": "FleetBaseline", "behaviorName": "any"},
        "actions": ["any"],
    },
    "audit": {
        "target": {"auditTaskId": "00000000000000000000000000000000"},
        "auditCheckToActionsMapping": {"LOGGING_DISABLED_CHECK": ["any"]},
    },
}


class PlayFailed(Exception):  # noqa: N818  reads as what happened
    """The run came to no end; one line says what it is stuck at."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run; `posts` are what reached Slack, in full."""

    execution: Json
    messages: Mapping[str, list[Json]]
    posts: list[Post]
    dead_letters: list[Json]
    iot_calls: list[Json]
    acts: list[Json]

    @property
    def succeeded(self) -> bool:
        return bool(self.execution["status"] == "SUCCEEDED")

    def to_json(self) -> Json:
        """What `run --json` prints: people script it."""
        return {
            "execution": self.execution,
            "messages": self.messages,
            "deadLetters": self.dead_letters,
            "acts": self.acts,
            "iotCalls": self.iot_calls,
        }


def stack_parameters(
    engine: Engine, *, slack: SlackMode = "webhook", place: Place = HOME, acts: bool = False
) -> dict[str, str]:
    """Parameters for the template: an e-mail address, a secret for Slack, a member.

    No sweep: it would tell the engine's real time from the run's.
    """
    parameters = {"EmailAddress": EMAIL, "SweepMinutes": "0"}
    if slack != "none":
        secret = engine.client("secretsmanager").create_secret(
            Name="slack", SecretString=WEBHOOK_URL if slack == "webhook" else TOKEN
        )
    if slack == "webhook":
        parameters["SlackWebhookSecretArn"] = secret["ARN"]
    elif slack == "app":
        parameters |= {"SlackBotTokenSecretArn": secret["ARN"], "SlackChannelId": CHANNEL}
    if acts:
        signing = engine.client("secretsmanager").create_secret(
            Name="slack-signing", SecretString=SIGNING_SECRET
        )
        parameters |= {
            "SlackActions": "cancel-retry-undo",
            "SlackActors": "U0ADA,U0BO",
            "SlackSigningSecretArn": signing["ARN"],
            "SlackAppId": APP,
            "SlackTeamId": TEAM,
        }
    if place != HOME:
        parameters |= {"MemberAccounts": place.account, "MemberRegions": place.region}
    return parameters


def start_task(engine: Engine, scenario: Scenario) -> None:
    """Start the task at the fake IoT, and hand EventBridge what CloudTrail tells of it."""
    start: Any = getattr(
        engine.client("iot", scenario.place), f"start_{scenario.task_type}_mitigation_actions_task"
    )
    try:
        start(taskId=scenario.task_id, **_start_parameters(scenario))
    except (ClientError, ParamValidationError):  # the answers are made up, so is their target
        start(taskId=scenario.task_id, **_ANY_TARGET[scenario.task_type])
    event = cloudtrail_event(scenario)
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
    }
    answer = engine.client("events", scenario.place).put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise PlayFailed(f"EventBridge refused the event: {answer['Entries'][0]['ErrorMessage']}")


def cloudtrail_event(scenario: Scenario) -> dict[str, Any]:
    """The real-shaped event of events/cloudtrail/, with this task's id, start and place."""
    path = ROOT / "events" / "cloudtrail" / _TRAIL[scenario.task_type]
    event: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    detail = event["detail"]
    for part in ("requestParameters", "responseElements"):
        if detail.get(part):
            detail[part]["taskId"] = scenario.task_id
    started = scenario.started or datetime.now(UTC)
    detail["eventTime"] = started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event["account"] = detail["recipientAccountId"] = scenario.place.account
    event["region"] = detail["awsRegion"] = scenario.place.region
    return event


def await_execution(engine: Engine, stack: Stack, deadline: float) -> str:
    """The ARN of the execution that StartWatch starts; `deadline` is of time.monotonic()."""
    states, sqs = engine.client("stepfunctions"), engine.client("sqs")
    machine = stack.outputs["StateMachineArn"]
    until = min(deadline, time.monotonic() + START_SECONDS)
    while True:
        if executions := states.list_executions(stateMachineArn=machine)["executions"]:
            return str(executions[-1]["executionArn"])
        for letter in receive(sqs, stack.outputs["StartFailuresQueueUrl"]):
            raised = letter.get("responsePayload", {})
            raise PlayFailed(
                f"no watch was started: StartWatch failed with {raised.get('errorType')}: "
                f"{raised.get('errorMessage')}"
            )
        if time.monotonic() > until:
            raise PlayFailed(
                f"no watch was started within {START_SECONDS} s: "
                "no rule of template.yaml takes the event, or StartWatch is stuck"
            )
        time.sleep(POLL_SECONDS)


def follow(engine: Engine, execution_arn: str, deadline: float) -> Iterator[Event]:
    """The execution's events as they happen; ends with it, or raises PlayFailed."""
    states = engine.client("stepfunctions")
    seen, last = 0, "none"
    while True:
        running = states.describe_execution(executionArn=execution_arn)["status"] == "RUNNING"
        for event in new_events(engine, states, execution_arn, seen):
            seen, last = event.number, event.state or last
            yield event
        if not running:
            return
        if time.monotonic() > deadline:
            raise PlayFailed(f"the watch did not end in time; the last state is {last}")
        time.sleep(POLL_SECONDS)


def collect(
    engine: Engine,
    stack: Stack,
    execution_arn: str,
    place: Place = HOME,
    acts: Sequence[Json] = (),
) -> Outcome:
    """Everything that the ended execution left behind; `place` is whose task it watched."""
    execution = engine.client("stepfunctions").describe_execution(executionArn=execution_arn)
    entered = [
        event.state
        for event in new_events(engine, engine.client("stepfunctions"), execution_arn, 0)
        if event.kind.endswith("StateEntered")
    ]
    letters = receive(engine.client("sqs"), stack.outputs["DeadLetterQueueUrl"])
    return Outcome(
        execution={
            "name": execution["name"],
            "status": execution["status"],
            "error": execution.get("error"),
            "cause": execution.get("cause"),
            "states": entered,
        },
        messages={
            "email": [
                {key: mail[key] for key in ("to", "subject", "body")} for mail in engine.mail
            ],
            "sns": [
                {key: publish[key] for key in ("subject", "message", "attributes")}
                for publish in engine.sns
            ],
            "slack": [
                {
                    "method": post.method,
                    "payload": post.payload,
                    "status": post.status,
                    "answer": post.body,
                    "ts": post.ts,
                }
                for post in engine.slack.posts
            ],
        },
        posts=engine.slack.posts,
        dead_letters=letters,
        acts=list(acts),
        iot_calls=[asdict(call) for call in engine.iot.at(place).calls],
    )


def receive(sqs: Any, queue_url: str) -> list[Json]:
    """The messages of a queue, whose bodies are JSON objects."""
    letters: list[Json] = []
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        letters += [json.loads(message["Body"]) for message in messages]
    return letters


def _start_parameters(scenario: Scenario) -> dict[str, Any]:
    """What the task was started with, as far as its first answer tells."""
    summary = next(scenario.summaries, {})
    parameters: dict[str, Any] = dict(_ANY_TARGET[scenario.task_type])
    if summary.get("target"):
        parameters["target"] = summary["target"]
    if scenario.task_type == "audit":
        if summary.get("auditCheckToActionsMapping"):
            parameters["auditCheckToActionsMapping"] = summary["auditCheckToActionsMapping"]
    elif isinstance(actions := summary.get("actionsDefinition"), list):
        names = [action.get("name") for action in actions if isinstance(action, dict)]
        parameters["actions"] = names or parameters["actions"]
    return parameters
