"""Tells one channel how the task ended: formats the report and hands it to SNS or to Slack.

Slack is an incoming webhook, or a channel in which an app has a thread for each task.

Input: `{"version", "channel", "executionArn", "watch": {the state machine's state}, "attempt"}`. A
channel that is unavailable is answered with the seconds to wait: so the state machine waits, at no
cost and for as long as Retry-After says. When patience has ended DeliveryUnavailable is raised, as
DeliveryRejected is at once.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from mitigation import delivery, ending, webhook
from mitigation.codec import encode
from mitigation.decision import Decision
from mitigation.member import read_aliases
from mitigation.messages import slack, sns
from mitigation.notice import Notice
from mitigation.patience import retry_seconds
from mitigation.wire import format_time
from mitigation.zone import find_clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from mitigation.decision import ChannelMemory
    from mitigation.thread import Thread

    type Keep = Callable[[Thread], None]

TOPIC_ARN = os.environ["TOPIC_ARN"]
SLACK_SECRET_ARN = os.environ["SLACK_SECRET_ARN"]
SLACK_CHANNEL_ID = os.environ["SLACK_CHANNEL_ID"]  # of the app; empty for a webhook
ACCOUNT_ALIAS = os.environ["ACCOUNT_ALIAS"] or None
SLACK_ACTIONS = os.environ["SLACK_ACTIONS"]
HAS_EMAIL = os.environ["HAS_EMAIL"] == "true"
MEMBER_ALIASES = read_aliases(os.environ)
FOR_AMAZON_Q = os.environ["AMAZON_Q"] == "true"
CLOCK = find_clock(os.environ["TIME_ZONE"])
PROBLEMS_ONLY = {
    channel
    for channel in ("sns", "slack")
    if os.environ[f"{channel.upper()}_VERDICTS"] == "problems"
}

logger, metrics = Logger(), Metrics()
config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard"})
sns_client = boto3.client("sns", config=config)
secrets = boto3.client("secretsmanager", config=config)


def tell_sns(notice: Notice, _keep: Keep) -> None:
    message = sns.render(notice.report, CLOCK, for_amazon_q=FOR_AMAZON_Q)
    delivery.publish(sns_client, TOPIC_ARN, message)


def tell_slack(notice: Notice, keep: Keep) -> None:
    if not SLACK_SECRET_ARN:
        raise delivery.DeliveryRejected(
            "Slack is no longer configured: SlackWebhookSecretArn is empty"
        )
    if SLACK_CHANNEL_ID:
        tell_slack_app(notice, keep)
        return
    url = webhook.check_url(delivery.read_secret(secrets, SLACK_SECRET_ARN))
    try:
        webhook.post(url, slack.render(notice.report, CLOCK, has_email=has_email(notice)))
    except delivery.DeliveryRejected as rejected:
        if not rejected.layout_refused:
            raise
        logger.error("Layout refused", reason=str(rejected))  # noqa: TRY400  a text is sent now
        count("slack", "LayoutRefused")
        webhook.post(url, slack.without_layout(notice.report, rejected.layout_refused))


def tell_slack_app(notice: Notice, keep: Keep) -> None:
    """`keep` gets what stands in Slack by then, also where not all could be said."""
    from mitigation.acts.offer import offer  # noqa: PLC0415  as below
    from mitigation.conversation import Conversation  # noqa: PLC0415  where there is an app

    secret = delivery.read_secret(secrets, SLACK_SECRET_ARN)
    foot = offer(notice, SLACK_ACTIONS, SLACK_CHANNEL_ID, secret) if SLACK_ACTIONS != "off" else ()
    conversation = Conversation.of(notice, secret, SLACK_CHANNEL_ID, foot=foot)
    try:
        conversation.tell(notice.report, CLOCK, has_email=has_email(notice))
    finally:
        keep(conversation.thread)
        for refusal in conversation.refusals:
            logger.error("Layout refused", reason=refusal)
            count("slack", "LayoutRefused")


def has_email(notice: Notice) -> bool:
    return HAS_EMAIL and notice.is_wanted(problems_only="sns" in PROBLEMS_ONLY)


def tell(notice: Notice, keep: Keep) -> None:
    if notice.channel not in CHANNELS:
        raise delivery.DeliveryRejected(
            f"there is no channel {notice.channel!r}: expected {' or '.join(CHANNELS)}"
        )
    CHANNELS[notice.channel](notice, keep)


CHANNELS = {"sns": tell_sns, "slack": tell_slack}


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """What the state machine goes by; it hands `memory` back with the next notice."""
    notice = Notice.parse(event, account_alias=ACCOUNT_ALIAS, member_aliases=MEMBER_ALIASES)
    report = notice.report
    if not (notice.is_wanted(problems_only=notice.channel in PROBLEMS_ONLY) or notice.is_shown):
        return done(notice, "Filtered", notice.memory)
    memory = notice.memory

    def keep(thread: Thread) -> None:
        nonlocal memory
        memory = memory._replace(thread=thread)

    try:
        tell(notice, keep)
    except delivery.DeliveryUnavailable as unavailable:
        now, final = datetime.now(UTC), report.look.decision.is_final
        waited, unsure = notice.waited(now), notice.memory.unsure + unavailable.is_unsure
        wait = retry_seconds(waited, unavailable.retry_after, final=final, unsure=unsure)
        logger.warning("Channel unavailable", reason=str(unavailable), wait_seconds=wait)
        note(notice, "Unavailable" if wait else "GivenUp")
        if wait is None:
            raise
        return {
            "delivered": False,
            "waitSeconds": wait,
            "waitedSeconds": waited + wait,
            "since": format_time(notice.since or now),
            "memory": encode(memory._replace(unsure=unsure)),
        }
    except delivery.DeliveryRejected as rejected:
        logger.error("Delivery rejected", reason=str(rejected))  # noqa: TRY400  raised below
        note(notice, "Rejected")
        raise
    if report.task.ended:
        delay = max((datetime.now(UTC) - report.task.ended).total_seconds(), 0)
        metrics.add_metric("DeliveryDelay", MetricUnit.Seconds, delay)
    return done(notice, "Delivered", memory)


def done(notice: Notice, result: str, memory: ChannelMemory) -> dict[str, Any]:
    note(notice, result)
    return {
        "delivered": True,
        "waitSeconds": 0,
        "waitedSeconds": 0,
        "since": None,
        "memory": encode(notice.remembered(memory)),
    }


def note(notice: Notice, result: str) -> None:
    """What has come of this try; of a watch that broke off nobody else can log the end."""
    count(notice.channel, result)
    if notice.is_first and notice.report.look.decision is Decision.CRASHED:
        report = notice.report
        line = ending.line(report.task, report.look, report.started_by, report.place)
        logger.info(ending.MESSAGE, **line)


def count(channel: str, result: str) -> None:
    logger.info("Delivery", channel=channel, result=result)
    metrics.add_dimension("Channel", channel)
    metrics.add_metric(f"Deliveries{result}", MetricUnit.Count, 1)
    metrics.flush_metrics()
