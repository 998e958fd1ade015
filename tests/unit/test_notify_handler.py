"""The handler that tells one channel how a task ended."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from embedded.scenario import SlackAnswer
from mitigation.decision import ChannelMemory, Decision
from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.patience import PATIENCE_SECONDS
from mitigation.watch import InvalidWatch
from tests.support import handlers
from tests.support.looks import look, notify_input
from tests.support.slack import RESET, Slack

TOKEN = "XyZ0SecretTokenXyZ0Secret"
URL = f"https://hooks.slack.com/services/T0/B0/{TOKEN}"
NOT_TOLD_YET = {"toldInterim": False, "unsure": 0, "thread": None}
TOLD = {
    "delivered": True,
    "waitSeconds": 0,
    "waitedSeconds": 0,
    "since": None,
    "memory": NOT_TOLD_YET,
}

type Load = Callable[..., ModuleType]
type Received = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def load() -> Iterator[Load]:
    """Loads the handler with a topic, whose messages a queue collects, and a secret."""
    with mock_aws():
        sns = boto3.client("sns", handlers.REGION)
        topic = sns.create_topic(Name="topic")["TopicArn"]
        boto3.client("sqs", handlers.REGION).create_queue(QueueName="queue")
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:queue"
        )
        secret = boto3.client("secretsmanager", handlers.REGION).create_secret(
            Name="slack", SecretString=URL
        )
        environment = {
            **(handlers.HUB | {"MEMBER_ACCOUNTS": ""}),
            "TOPIC_ARN": topic,
            "SLACK_SECRET_ARN": secret["ARN"],
            "SLACK_CHANNEL_ID": "",
            "SLACK_ACTIONS": "off",
            "ACCOUNT_ALIAS": "",
            "AMAZON_Q": "false",
            "HAS_EMAIL": "true",
            "TIME_ZONE": "UTC",
            "SNS_VERDICTS": "all",
            "SLACK_VERDICTS": "all",
        }
        yield cache(lambda **changes: handlers.load("notify", **(environment | changes)))


@pytest.fixture(scope="module")
def queue(load: Load) -> Received:  # noqa: ARG001  makes the queue
    """Takes the messages that came into the queue, as SNS wraps them."""
    sqs = boto3.client("sqs", handlers.REGION)
    url = sqs.get_queue_url(QueueName="queue")["QueueUrl"]

    def take() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    return take


@pytest.fixture
def received(queue: Received) -> Received:
    """The same, of this test alone."""
    queue()
    return queue


def notice(
    channel: str, status: str = "FAILED", memory: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    summary = {"taskStatus": status, "taskStartTime": "2026-11-22T10:00:00Z"}
    if status != "IN_PROGRESS":
        summary["taskEndTime"] = "2026-11-22T10:01:00Z"
    decision = Decision.STILL_RUNNING if status == "IN_PROGRESS" else Decision.ENDED
    return notify_input(
        look(decision, task={"taskSummary": summary}, **(memory or {})), channel, **more
    )


def handle(module: ModuleType, event: dict[str, Any]) -> Any:
    return json.loads(json.dumps(module.handler(event, handlers.Context())))


def test_sns_is_told(load: Load, received: Received, capsys: pytest.CaptureFixture[str]) -> None:
    assert handle(load(), notice("sns")) == TOLD
    [message] = received()
    assert message["Subject"] == "[FAILED] quarantine-7: the task failed"
    assert json.loads(message["Message"])["verdict"] == "FAILED"
    assert message["MessageAttributes"]["severity"]["Value"] == "CRITICAL"
    counted = handlers.metrics(capsys.readouterr().out)
    assert counted["DeliveriesDelivered{Channel=sns}"] == 1
    assert counted["DeliveryDelay{Channel=sns}"] > 0


def test_slack_is_told(
    load: Load,
    slack: Slack,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    assert handle(load(), notice("slack")) == TOLD
    assert slack.texts == ["[FAILED] quarantine-7: the task failed"]
    assert slack.posts[0].path == f"/services/T0/B0/{TOKEN}"
    counted = handlers.metrics(capsys.readouterr().out)
    assert counted["DeliveriesDelivered{Channel=slack}"] == 1
    assert "Delivery" in caplog.text
    assert TOKEN not in caplog.text


def test_the_reader_s_time_zone_and_the_account_s_alias_are_shown(load: Load, slack: Slack) -> None:
    handle(load(TIME_ZONE="Europe/Berlin", ACCOUNT_ALIAS="production"), notice("slack"))
    shown = json.dumps(slack.posts[0].payload)
    assert "11:00:00 CET (10:00:00 UTC)" in shown
    assert "production (123456789012)" in shown


def test_amazon_q_gets_its_own_shape_where_it_is_asked_for(load: Load) -> None:
    module = load(AMAZON_Q="true")
    with Stubber(module.sns_client) as stub:
        seen: list[dict[str, Any]] = []
        module.sns_client.meta.events.register(
            "provide-client-params.sns.Publish", lambda params, **_: seen.append(params)
        )
        stub.add_response("publish", {"MessageId": "1"})
        handle(module, notice("sns"))
    assert set(json.loads(seen[0]["Message"])) == {"default", "email", "sms", "https"}


@pytest.mark.parametrize("channel", ["sns", "slack"])
def test_a_channel_for_problems_gets_no_good_news(
    load: Load,
    received: Received,
    slack: Slack,
    capsys: pytest.CaptureFixture[str],
    channel: str,
) -> None:
    module = load(**{f"{channel.upper()}_VERDICTS": "problems"})
    assert handle(module, notice(channel, "SUCCESSFUL")) == TOLD
    assert received() == []
    assert slack.posts == []
    assert handlers.metrics(capsys.readouterr().out) == {
        f"DeliveriesFiltered{{Channel={channel}}}": 1
    }
    handle(module, notice(channel, "FAILED"))
    assert len(received()) + len(slack.posts) == 1


@pytest.mark.parametrize("channel", ["sns", "slack"])
def test_who_was_told_in_between_is_told_the_end_whatever_the_filter_says(
    load: Load, received: Received, slack: Slack, channel: str
) -> None:
    module = load(SNS_VERDICTS="problems", SLACK_VERDICTS="problems")
    interim = handle(module, notice(channel, "IN_PROGRESS"))
    assert interim["memory"] == NOT_TOLD_YET | {"toldInterim": True}
    assert len(received()) + len(slack.posts) == 1
    slack.play([])
    told = {channel: ChannelMemory(told_interim=True)}
    assert handle(module, notice(channel, "SUCCESSFUL", {"channels": told})) == {
        **TOLD,
        "memory": NOT_TOLD_YET | {"toldInterim": True},
    }
    messages = received()
    assert len(messages) + len(slack.posts) == 1
    for message in messages:
        assert message["MessageAttributes"]["followsInterim"]["Value"] == "true"


def test_a_filter_of_one_channel_leaves_the_other_alone(load: Load, slack: Slack) -> None:
    module = load(SNS_VERDICTS="problems")
    handle(module, notice("slack", "SUCCESSFUL"))
    assert len(slack.posts) == 1


def test_a_channel_that_is_unavailable_is_waited_for(
    load: Load, slack: Slack, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.play([SlackAnswer(429, {"Retry-After": "40"}, "rate_limited"), SlackAnswer()])
    module = load()
    first = handle(module, notice("slack"))
    assert datetime.fromisoformat(first["since"]).tzinfo is UTC
    assert first == {
        "delivered": False,
        "since": first["since"],
        "waitSeconds": 40,
        "waitedSeconds": 40,
        "memory": NOT_TOLD_YET,
    }
    assert handlers.metrics(capsys.readouterr().out) == {"DeliveriesUnavailable{Channel=slack}": 1}
    assert handle(module, notice("slack", attempt=first)) == TOLD
    assert len(slack.posts) == 2


def test_when_patience_has_ended_the_channel_s_failure_is_raised(
    load: Load, slack: Slack, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.play([RESET])
    attempt = {"delivered": False, "waitSeconds": 900, "waitedSeconds": PATIENCE_SECONDS}
    with pytest.raises(DeliveryUnavailable):
        handle(load(), notice("slack", attempt=attempt))
    out = capsys.readouterr().out
    assert handlers.metrics(out) == {"DeliveriesGivenUp{Channel=slack}": 1}


def test_hours_in_which_the_function_itself_failed_count_as_patience(
    load: Load, slack: Slack
) -> None:
    slack.play([RESET])
    long_ago = datetime.now(UTC) - timedelta(seconds=PATIENCE_SECONDS)
    attempt = {"delivered": False, "waitedSeconds": 15, "since": long_ago.isoformat()}
    with pytest.raises(DeliveryUnavailable):
        handle(load(), notice("slack", attempt=attempt))


def test_a_channel_that_refuses_is_raised_at_once(
    load: Load, slack: Slack, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.play([SlackAnswer(404, {}, "no_service")])
    with pytest.raises(DeliveryRejected, match=r"^Slack answered 404: no_service$"):
        handle(load(), notice("slack"))
    counted = handlers.metrics(capsys.readouterr().out)
    assert counted == {"DeliveriesRejected{Channel=slack}": 1}


def test_a_message_that_may_have_arrived_is_sent_once_more_and_no_more(
    load: Load, slack: Slack, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.play([SlackAnswer(200, {}, "maybe"), SlackAnswer(503), SlackAnswer(200, {}, "maybe")])
    module, attempt = load(), {"waitedSeconds": 0}
    attempt = handle(module, notice("slack", attempt=attempt))
    assert attempt["memory"] == NOT_TOLD_YET | {"unsure": 1}
    attempt = handle(module, notice("slack", attempt=attempt))
    with pytest.raises(DeliveryUnavailable, match="Slack answered 200: maybe, not its ok"):
        handle(module, notice("slack", attempt=attempt))
    assert len(slack.posts) == 3
    counted = handlers.metrics(capsys.readouterr().out)
    assert counted["DeliveriesGivenUp{Channel=slack}"] == 1


def test_tries_of_an_earlier_message_don_t_count(load: Load, slack: Slack) -> None:
    slack.play([SlackAnswer(200, {}, "maybe"), SlackAnswer()])
    before = {"channels": {"slack": ChannelMemory(told_interim=True, unsure=1)}}
    attempt = handle(load(), notice("slack", memory=before))
    told = handle(load(), notice("slack", memory=before, attempt=attempt))
    assert told["memory"] == NOT_TOLD_YET | {"toldInterim": True}


def test_where_the_layout_is_refused_the_headline_is_sent_alone(
    load: Load, slack: Slack, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.play([SlackAnswer(400, {}, "invalid_blocks"), SlackAnswer()])
    assert handle(load(), notice("slack")) == TOLD
    [text] = slack.texts
    headline, note, pages = text.split("\n")
    assert headline == "[FAILED] quarantine-7: the task failed"
    assert note == (
        "_Slack refused the layout of this message (invalid_blocks): this is its headline alone._"
    )
    assert "console.aws.amazon.com/states/home?region=eu-west-1" in pages
    assert "blocks" not in slack.posts[1].payload
    assert handlers.metrics(capsys.readouterr().out).items() >= {
        ("DeliveriesLayoutRefused{Channel=slack}", 1), ("DeliveriesDelivered{Channel=slack}", 1)
    }  # fmt: skip


def test_where_the_headline_is_refused_too_the_message_is(load: Load, slack: Slack) -> None:
    slack.play([SlackAnswer(400, {}, "invalid_payload")])
    with pytest.raises(DeliveryRejected, match=r"^Slack answered 400: invalid_payload$"):
        handle(load(), notice("slack"))
    assert len(slack.posts) == 2


def test_a_workflow_s_url_is_refused(load: Load) -> None:
    secrets = boto3.client("secretsmanager", handlers.REGION)
    url = "https://hooks.slack.com/triggers/T0/1/x"
    arn = secrets.create_secret(Name="workflow", SecretString=url)["ARN"]
    with pytest.raises(DeliveryRejected, match="holds a workflow trigger's URL"):
        handle(load(SLACK_SECRET_ARN=arn), notice("slack"))


def test_a_topic_that_is_gone_is_refused(load: Load) -> None:
    module = load(TOPIC_ARN="arn:aws:sns:eu-west-1:123456789012:gone")
    with pytest.raises(DeliveryRejected, match=r"^SNS refused: .*NotFound"):
        handle(module, notice("sns"))


def test_a_channel_that_is_no_longer_configured_is_refused(load: Load) -> None:
    with pytest.raises(DeliveryRejected, match="Slack is no longer configured"):
        handle(load(SLACK_SECRET_ARN=""), notice("slack"))


def test_a_channel_that_there_is_not_is_refused(load: Load) -> None:
    with pytest.raises(DeliveryRejected, match="there is no channel 'pager'"):
        handle(load(), notice("pager"))


def test_an_interim_message_waits_only_briefly_for_a_channel(load: Load, slack: Slack) -> None:
    slack.play([SlackAnswer(503, {"Retry-After": "3600"}, "")])
    with pytest.raises(DeliveryUnavailable):
        handle(load(), notice("slack", "IN_PROGRESS"))


def test_a_message_about_a_task_without_an_end_has_no_delay(
    load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    handle(load(), notice("sns", "IN_PROGRESS"))
    assert handlers.metrics(capsys.readouterr().out) == {"DeliveriesDelivered{Channel=sns}": 1}


def test_a_wrong_time_zone_does_not_cost_the_message(load: Load) -> None:
    module = load(TIME_ZONE="Berlin")
    assert module.CLOCK.complaint is not None
    assert handle(module, notice("sns")) == TOLD


def test_an_input_that_names_no_task_is_refused(load: Load) -> None:
    with pytest.raises(InvalidWatch):
        handle(load(), {"channel": "sns"})
