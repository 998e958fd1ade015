"""Shows how far a task is, while the watch waits: edits its one message in Slack, tells Amazon Q.

Input: Notify's; the memory's `shows` says who is to see something. It is a courtesy: it answers
whatever they do, with what stands in Slack and with what is left of the wait, so that the watch
goes on as if nothing had been shown.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from mitigation.acts.offer import offer
from mitigation.codec import encode
from mitigation.conversation import Conversation
from mitigation.delivery import DeliveryError, publish, read_secret
from mitigation.member import read_aliases
from mitigation.notice import Notice
from mitigation.thread import AMAZON_Q, CHANNEL, Thread
from mitigation.zone import find_clock

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


SLACK_SECRET_ARN = os.environ["SLACK_SECRET_ARN"]
SLACK_CHANNEL_ID = os.environ["SLACK_CHANNEL_ID"]
SLACK_ACTIONS = os.environ["SLACK_ACTIONS"]
ACCOUNT_ALIAS = os.environ["ACCOUNT_ALIAS"] or None
MEMBER_ALIASES = read_aliases(os.environ)
AMAZON_Q_TOPIC_ARN = os.environ["AMAZON_Q_TOPIC_ARN"]
CLOCK = find_clock(os.environ["TIME_ZONE"])

logger, metrics = Logger(), Metrics()
config = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard"})
secrets = boto3.client("secretsmanager", config=config)


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    began = time.monotonic()
    notice = Notice.parse(
        event, account_alias=ACCOUNT_ALIAS, member_aliases=MEMBER_ALIASES, waiting=True
    )
    shows, memory = notice.report.look.memory.shows, notice.memory
    if AMAZON_Q in shows:
        announce(notice)
    if CHANNEL in shows:
        memory = memory._replace(thread=show(notice))
    wait = notice.report.look.wait_seconds - (time.monotonic() - began)
    return {
        "told": {"channel": notice.channel, "delivered": True, "memory": encode(memory)},
        "waitSeconds": max(round(wait), 0),
    }


def show(notice: Notice) -> Thread:
    """What stands in Slack then; where Slack does not go along, a metric counts it."""
    now = datetime.now(UTC)
    thread = (notice.memory.thread or Thread())._replace(tried_at=now)
    try:
        secret = read_secret(secrets, SLACK_SECRET_ARN)
        foot = offer(notice, SLACK_ACTIONS, SLACK_CHANNEL_ID, secret)
        conversation = Conversation.of(notice, secret, SLACK_CHANNEL_ID, foot=foot)
        thread = conversation.thread
        try:
            conversation.show(notice.report, CLOCK, now)
        finally:
            thread = conversation.thread
    except DeliveryError as error:
        complain(CHANNEL, error)
    return thread


def announce(notice: Notice) -> None:
    """Once a task, so that there is a button to cancel it; it is not tried again."""
    from mitigation.messages import amazon_q  # noqa: PLC0415  as seldom as the client

    sns = boto3.client("sns", config=config.merge(Config(retries={"total_max_attempts": 2})))
    try:
        publish(sns, AMAZON_Q_TOPIC_ARN, amazon_q.start(notice.report, CLOCK))
    except DeliveryError as error:
        complain(AMAZON_Q, error)
    else:
        logger.info("Announced", task_id=notice.report.task.id)


def complain(channel: str, error: DeliveryError) -> None:
    logger.warning("Progress not shown", channel=channel, reason=str(error))
    metrics.add_metric("ProgressNotShown", MetricUnit.Count, 1)
    metrics.flush_metrics()
