"""What has to hold for a deployed stack, so that nobody is left in silence: one function a check.

Each reads AWS, changes nothing, and yields findings; it may raise what boto3 raises.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import boto3

from mitigation import delivery, webhook
from mitigation.slack_app import SlackApp
from ops.aws import Stack, fit
from ops.filters import hides_final

PENDING = "PendingConfirmation"
OF_MANAGEMENT_WRITES = {"All", "WriteOnly"}


class Mark(StrEnum):
    GOOD = "ok"
    NOTE = "-"  # nobody has to do anything about it
    BAD = "!!"  # a person has to


class Finding(NamedTuple):
    mark: Mark
    text: str


class Deployed(NamedTuple):
    """A stack, and what its resources are called, by logical id."""

    session: boto3.Session
    stack: Stack
    resources: dict[str, str]
    alarms: tuple[str, ...]
    now: datetime

    @classmethod
    def read(cls, session: boto3.Session, stack: Stack) -> "Deployed":
        client = session.client("cloudformation")
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack.name)
        items = [item for page in pages for item in page["StackResourceSummaries"]]
        names = {i["LogicalResourceId"]: i.get("PhysicalResourceId", "") for i in items}
        alarms = [i for i in items if i["ResourceType"] == "AWS::CloudWatch::Alarm"]
        ringing = tuple(names[i["LogicalResourceId"]] for i in alarms)
        return cls(session, stack, names, ringing, datetime.now(UTC))

    def client(self, service: str) -> Any:  # noqa: ANN401  boto3's clients are made at run time
        return self.session.client(service)  # type: ignore[call-overload]  # any service


def messages(deployed: Deployed) -> Iterator[Finding]:
    """Who gets the messages by SNS, and what their filters hide."""
    sns = deployed.client("sns")
    topic = deployed.stack.output("TopicArn")
    confirmed, findings = _subscribers(sns, topic)
    parameters = deployed.stack.parameters
    has_slack = any(map(parameters.get, ("SlackWebhookSecretArn", "SlackBotTokenSecretArn")))
    if confirmed:
        yield Finding(Mark.GOOD, f"{_counted(confirmed)} to {_name(topic)}")
    else:
        mark = Mark.NOTE if has_slack else Mark.BAD
        yield Finding(mark, f"nobody is subscribed to {_name(topic)}")
    yield from findings
    for subscription in confirmed:
        yield from _filtered(sns, subscription)


def alarm_topic(deployed: Deployed) -> Iterator[Finding]:
    topic = deployed.stack.output("AlarmTopicArn")
    confirmed, findings = _subscribers(deployed.client("sns"), topic)
    if confirmed:
        yield Finding(Mark.GOOD, f"{_counted(confirmed)} to {_name(topic)}")
    else:
        yield Finding(Mark.BAD, f"nobody hears an alarm: subscribe somebody to {topic}")
    yield from findings


def slack(deployed: Deployed) -> Iterator[Finding]:
    """The secret: readable, by whoever asks, and of the right form; never shown."""
    parameters = deployed.stack.parameters
    is_app = bool(parameters.get("SlackBotTokenSecretArn"))
    arn = parameters.get("SlackBotTokenSecretArn" if is_app else "SlackWebhookSecretArn")
    if not arn:
        yield Finding(Mark.NOTE, "not configured")
        return
    try:
        secret = delivery.read_secret(deployed.client("secretsmanager"), arn)
        if is_app:
            yield from _slack_app(SlackApp(secret, parameters["SlackChannelId"]))
        else:
            webhook.check_url(secret)
            yield Finding(Mark.GOOD, "the secret can be read, and holds a webhook's URL")
    except delivery.DeliveryError as error:
        yield Finding(Mark.BAD, fit(str(error)))


def _slack_app(app: SlackApp) -> Iterator[Finding]:
    """The token, asked of Slack; whether it is in the channel shows only with a history scope."""
    who, scopes = app.who()
    if "chat:write" not in scopes:
        yield Finding(Mark.BAD, f"{who} has no scope chat:write: add it, and install it again")
        return
    yield Finding(Mark.GOOD, f"the bot token is that of {who}")
    wanted = "groups:history" if app.channel.startswith("G") else "channels:history"
    if wanted in scopes:
        app.read_channel()
        yield Finding(Mark.GOOD, f"it is in {app.channel}, and finds what it has posted there")
    else:
        text = f"without {wanted} a message whose answer is lost may come twice"
        yield Finding(Mark.NOTE, f"{text}; whether it is in {app.channel} shows at the first one")


def trail(deployed: Deployed) -> Iterator[Finding]:
    """What brings AWS IoT's calls to EventBridge."""
    cloudtrail = deployed.client("cloudtrail")
    for each in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        arn = each["TrailARN"]
        is_here = each.get("IsMultiRegionTrail") or each["HomeRegion"] == arn.split(":")[3]
        if not is_here or not cloudtrail.get_trail_status(Name=arn)["IsLogging"]:
            continue
        if takes_writes(cloudtrail.get_event_selectors(TrailName=arn)):
            yield Finding(Mark.GOOD, f"{fit(each['Name'])} logs AWS IoT's calls")
            return
    minutes = deployed.stack.parameters.get("SweepMinutes", "0")
    if minutes == "0":
        yield Finding(Mark.BAD, "no trail logs here, and the sweep is off: no task is watched")
    else:
        text = f"no trail logs here: tasks are found by the sweep, within {minutes} minutes or so"
        yield Finding(Mark.BAD, f"{text}, and nobody knows who started them")


def sweep(deployed: Deployed) -> Iterator[Finding]:
    """Its last run, and how the ones before it went."""
    minutes = int(deployed.stack.parameters.get("SweepMinutes", "0"))
    if not minutes:
        yield Finding(Mark.NOTE, "off: tasks whose start CloudTrail does not tell are not watched")
        return
    runs = _ran(deployed, "Invocations", 4 * minutes)
    failed = sum(_ran(deployed, "Errors", 4 * minutes).values())
    if not runs:
        yield Finding(Mark.BAD, f"has not run for {4 * minutes} minutes")
        return
    ago = int((deployed.now - max(runs)).total_seconds() // 60)
    text = f"ran {ago} minutes ago" if ago else "ran just now"
    if failed:
        text += f"; {failed:g} of the last {sum(runs.values()):g} failed: see its log"
    yield Finding(Mark.BAD if failed else Mark.GOOD, text)


def letters(deployed: Deployed) -> Iterator[Finding]:
    sqs = deployed.client("sqs")
    for output, what, replay in (
        ("DeadLetterQueueUrl", "could not be delivered", "make replay"),
        ("StartFailuresQueueUrl", "could not start a watch", 'make replay ARGS="--starts"'),
    ):
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = sqs.get_queue_attributes(
            QueueUrl=deployed.stack.output(output), AttributeNames=wanted
        )
        if waiting := sum(int(answer["Attributes"][name]) for name in wanted):
            yield Finding(Mark.BAD, f"{waiting} {what}: {replay} STACK={deployed.stack.name}")
        else:
            yield Finding(Mark.GOOD, f"none that {what}")


def alarms(deployed: Deployed) -> Iterator[Finding]:
    """Those of this stack that ring now."""
    pages = deployed.client("cloudwatch").get_paginator("describe_alarms")
    ringing = [
        alarm
        for page in pages.paginate(AlarmNames=list(deployed.alarms))
        for alarm in page["MetricAlarms"]
        if alarm["StateValue"] == "ALARM"
    ]
    names = {physical: logical for logical, physical in deployed.resources.items()}
    for alarm in ringing:
        name = names[alarm["AlarmName"]]
        yield Finding(Mark.BAD, f"{name} rings: {fit(alarm.get('AlarmDescription', ''))}")
    if not ringing:
        yield Finding(Mark.GOOD, f"none of {len(deployed.alarms)} rings")


# In the order of the screen. A channel that is added gets its line here.
CHECKS: dict[str, Callable[[Deployed], Iterator[Finding]]] = {
    "Messages": messages,
    "Slack": slack,
    "Alarm topic": alarm_topic,
    "CloudTrail": trail,
    "Sweep": sweep,
    "Letters": letters,
    "Alarms": alarms,
}


def _subscribers(sns: Any, topic: str) -> tuple[list[dict[str, str]], list[Finding]]:  # noqa: ANN401  a client
    """Those who confirmed; and what is to be said of those who did not."""
    found = _subscriptions(sns, topic)
    pending = [each for each in found if each["SubscriptionArn"] == PENDING]
    return [each for each in found if each not in pending], [
        Finding(Mark.BAD, f"{_who(each)} has not confirmed: use the link in SNS's e-mail, or "
                          "subscribe again after three days")
        for each in pending
    ]  # fmt: skip


def _subscriptions(sns: Any, topic: str) -> list[dict[str, str]]:  # noqa: ANN401  a client
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return [each for page in pages for each in page["Subscriptions"]]


def _filtered(sns: Any, subscription: dict[str, str]) -> Iterator[Finding]:  # noqa: ANN401  a client
    answer = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    policy = answer["Attributes"].get("FilterPolicy")
    if not policy or policy == "{}":
        return
    who = _who(subscription)
    if answer["Attributes"].get("FilterPolicyScope", "MessageAttributes") != "MessageAttributes":
        yield Finding(Mark.NOTE, f"{who} filters by what messages say, not by their attributes")
        return
    try:
        hides = hides_final(policy)
    except (ValueError, TypeError, LookupError):
        yield Finding(Mark.NOTE, f"{who} has a filter that is not understood here")
        return
    if hides:
        wanted = 'let {"followsInterim": ["true"]} through, too'
        yield Finding(Mark.BAD, f'{who} may be told "still running" and never the end: {wanted}')


def takes_writes(selectors: dict[str, Any]) -> bool:
    """Whether these selectors of a trail take management calls that write."""
    if any(
        each.get("IncludeManagementEvents") and each.get("ReadWriteType") in OF_MANAGEMENT_WRITES
        for each in selectors.get("EventSelectors") or []
    ):
        return True
    for each in selectors.get("AdvancedEventSelectors") or []:
        wanted = {field["Field"]: field.get("Equals", []) for field in each["FieldSelectors"]}
        if "Management" in wanted.get("eventCategory", []) and "true" not in wanted.get(
            "readOnly", []
        ):
            return True
    return False


def _ran(deployed: Deployed, metric: str, minutes: int) -> dict[datetime, float]:
    """The sweep's counts in the last minutes, by the minute; only those above zero."""
    answer = deployed.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": deployed.resources["SweepFunction"]}],
        StartTime=deployed.now - timedelta(minutes=minutes),
        EndTime=deployed.now,
        Period=60,
        Statistics=["Sum"],
    )
    return {each["Timestamp"]: each["Sum"] for each in answer["Datapoints"] if each["Sum"]}


def _counted(subscriptions: list[dict[str, str]]) -> str:
    shown = ", ".join(_who(each) for each in subscriptions[:3])
    more = len(subscriptions) - 3
    verb = "is" if len(subscriptions) == 1 else "are"
    return f"{shown}{f' and {more} more' if more > 0 else ''} {verb} subscribed"


def _who(subscription: dict[str, str]) -> str:
    return fit(f"{subscription['Protocol']} {subscription['Endpoint']}")


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
