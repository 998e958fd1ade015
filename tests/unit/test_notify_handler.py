"""The handler that tells one channel how a task ended."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from embedded.scenario import SlackAnswer
from mitigation.decision import ChannelMemory, Decision, Problem
from mitigation.patience import PATIENCE_SECONDS
from tests.support.functions import FunctionFailed
from tests.support.looks import look, notify_input
from tests.support.machine import NOW, World
from tests.support.slack import OK, RESET, REVOKED

NOT_TOLD_YET = {"toldInterim": False, "unsure": 0, "thread": None}
TOLD = {
    "delivered": True,
    "waitSeconds": 0,
    "waitedSeconds": 0,
    "since": None,
    "memory": NOT_TOLD_YET,
}
TOLD_AGAIN = TOLD | {"memory": NOT_TOLD_YET | {"toldInterim": True}}
MAYBE = SlackAnswer(200, {}, "maybe")

type Worlds = Callable[..., World]


def tell(world: World, channel: str, status: str = "FAILED", **given: Any) -> Any:
    """What Notify answers about a task with this status."""
    summary = {"taskStatus": status, "taskStartTime": "2026-11-22T10:00:00Z"}
    if status != "IN_PROGRESS":
        summary["taskEndTime"] = "2026-11-22T10:01:00Z"
    decision = Decision.STILL_RUNNING if status == "IN_PROGRESS" else Decision.ENDED
    found = look(decision, task={"taskSummary": summary}, channels=given.pop("channels", {}))
    return world.asks("NotifyFunction", notify_input(found, channel, **given))


def messages(world: World) -> int:
    return len(world.subjects) + len(world.slack_server.posts)


def test_sns_is_told(world: Worlds) -> None:
    told = world()
    assert tell(told, "sns") == TOLD
    [message] = told.network.publications
    assert message.subject == "[FAILED] quarantine-7: the task failed"
    assert set(message.bodies) == {"default", "email", "sms"}
    assert json.loads(message.bodies["default"])["verdict"] == "FAILED"
    assert message.attributes["severity"] == "CRITICAL"
    assert told.metrics == {
        "DeliveriesDelivered{Channel=sns}": 1,
        "DeliveryDelay{Channel=sns}": 30,
    }


def test_slack_is_told(world: Worlds) -> None:
    told = world()
    assert tell(told, "slack") == TOLD
    assert told.texts == ["[FAILED] quarantine-7: the task failed"]
    assert told.metrics["DeliveriesDelivered{Channel=slack}"] == 1
    [line] = [line for line in told.lines if line["msg"] == "Delivery"]
    assert (line["channel"], line["result"]) == ("slack", "Delivered")


def test_the_reader_s_time_zone_and_the_account_s_alias_are_shown(world: Worlds) -> None:
    told = world(parameters={"TimeZone": "Europe/Berlin", "AccountAlias": "production"})
    tell(told, "slack")
    shown = json.dumps(told.slack_server.posts[0].payload)
    assert "11:00:00 CET (10:00:00 UTC)" in shown
    assert "production (123456789012)" in shown


def test_a_wrong_time_zone_does_not_cost_the_message(world: Worlds) -> None:
    assert tell(world(parameters={"TimeZone": "Berlin"}), "sns") == TOLD


def test_amazon_q_gets_its_own_shape_where_it_is_asked_for(world: Worlds) -> None:
    told = world(parameters={"AmazonQ": "true"})
    tell(told, "sns")
    assert set(told.network.publications[0].bodies) == {"default", "email", "sms", "https"}


@pytest.mark.parametrize(("channel", "verdicts"), [("sns", "Sns"), ("slack", "Slack")])
def test_a_channel_for_problems_gets_no_good_news(
    world: Worlds, channel: str, verdicts: str
) -> None:
    told = world(parameters={f"{verdicts}Verdicts": "problems"})
    assert tell(told, channel, "SUCCESSFUL") == TOLD
    assert messages(told) == 0
    assert told.metrics == {f"DeliveriesFiltered{{Channel={channel}}}": 1}
    tell(told, channel, "FAILED")
    assert messages(told) == 1
    tell(told, {"sns": "slack", "slack": "sns"}[channel], "SUCCESSFUL")
    assert messages(told) == 2


@pytest.mark.parametrize("channel", ["sns", "slack"])
def test_who_was_told_in_between_is_told_the_end_whatever_the_filter_says(
    world: Worlds, channel: str
) -> None:
    told = world(parameters={"SnsVerdicts": "problems", "SlackVerdicts": "problems"})
    assert tell(told, channel, "IN_PROGRESS") == TOLD_AGAIN
    assert messages(told) == 1
    channels = {channel: ChannelMemory(told_interim=True)}
    assert tell(told, channel, "SUCCESSFUL", channels=channels) == TOLD_AGAIN
    assert messages(told) == 2
    follows = [message.attributes["followsInterim"] for message in told.network.publications]
    assert follows == (["false", "true"] if channel == "sns" else [])


def test_a_channel_that_is_unavailable_is_waited_for(world: Worlds) -> None:
    busy = SlackAnswer(429, {"Retry-After": "40"}, "rate_limited")
    told = world(slack=[busy, OK])
    first = tell(told, "slack")
    assert first == {
        "delivered": False,
        "since": "2026-11-22T10:01:30Z",
        "waitSeconds": 40,
        "waitedSeconds": 40,
        "memory": NOT_TOLD_YET,
    }
    assert told.metrics == {"DeliveriesUnavailable{Channel=slack}": 1}
    assert tell(told, "slack", attempt=first) == TOLD


@pytest.mark.parametrize(
    "attempt",
    [
        {"waitedSeconds": PATIENCE_SECONDS},
        {
            "waitedSeconds": 15,
            "since": (NOW - timedelta(seconds=PATIENCE_SECONDS)).isoformat(),
        },
    ],
    ids=["waited for the channel", "the function itself failed meanwhile"],
)
def test_when_patience_has_ended_the_channel_s_failure_is_raised(
    world: Worlds, attempt: dict[str, Any]
) -> None:
    told = world(slack=[RESET])
    with pytest.raises(FunctionFailed, match="DeliveryUnavailable: Slack did not answer"):
        tell(told, "slack", attempt=attempt)
    assert told.metrics == {"DeliveriesGivenUp{Channel=slack}": 1}


def test_an_interim_message_waits_only_briefly_for_a_channel(world: Worlds) -> None:
    told = world(slack=[SlackAnswer(503, {"Retry-After": "3600"}, "")])
    with pytest.raises(FunctionFailed, match="DeliveryUnavailable"):
        tell(told, "slack", "IN_PROGRESS")


def test_a_channel_that_refuses_is_raised_at_once(world: Worlds) -> None:
    told = world(slack=[REVOKED])
    with pytest.raises(FunctionFailed, match=r"^DeliveryRejected: Slack answered 404: no_service$"):
        tell(told, "slack")
    assert told.metrics == {"DeliveriesRejected{Channel=slack}": 1}


def test_a_message_that_may_have_arrived_is_sent_once_more_and_no_more(world: Worlds) -> None:
    told = world(slack=[MAYBE, SlackAnswer(503), MAYBE])
    attempt = tell(told, "slack", attempt={"waitedSeconds": 0})
    assert attempt["memory"] == NOT_TOLD_YET | {"unsure": 1}
    attempt = tell(told, "slack", attempt=attempt)
    with pytest.raises(FunctionFailed, match="Slack answered 200: maybe, not its ok"):
        tell(told, "slack", attempt=attempt)
    assert messages(told) == 3
    assert told.metrics["DeliveriesGivenUp{Channel=slack}"] == 1


def test_tries_of_an_earlier_message_don_t_count(world: Worlds) -> None:
    told = world(slack=[MAYBE, OK])
    channels = {"slack": ChannelMemory(told_interim=True, unsure=1)}
    attempt = tell(told, "slack", channels=channels)
    assert tell(told, "slack", channels=channels, attempt=attempt) == TOLD_AGAIN


def test_where_the_layout_is_refused_the_headline_is_sent_alone(world: Worlds) -> None:
    told = world(slack=[SlackAnswer(400, {}, "invalid_blocks"), OK])
    assert tell(told, "slack") == TOLD
    [text] = told.texts
    headline, note, pages = text.split("\n")
    assert headline == "[FAILED] quarantine-7: the task failed"
    assert note == (
        "_Slack refused the layout of this message (invalid_blocks): this is its headline alone._"
    )
    assert "console.aws.amazon.com/states/home?region=eu-west-1" in pages
    assert "blocks" not in told.taken[0]
    assert told.metrics["DeliveriesLayoutRefused{Channel=slack}"] == 1
    assert told.metrics["DeliveriesDelivered{Channel=slack}"] == 1


def test_where_the_headline_is_refused_too_the_message_is(world: Worlds) -> None:
    told = world(slack=[SlackAnswer(400, {}, "invalid_payload")])
    with pytest.raises(FunctionFailed, match=r"^DeliveryRejected: Slack answered 400: invalid_pay"):
        tell(told, "slack")
    assert messages(told) == 2


@pytest.mark.parametrize(
    ("channel", "complaint"),
    [("slack", "Slack is no longer configured"), ("pager", "there is no channel 'pager'")],
)
def test_a_channel_that_there_is_not_is_refused(
    world: Worlds, channel: str, complaint: str
) -> None:
    with pytest.raises(FunctionFailed, match=f"^DeliveryRejected: {complaint}"):
        tell(world(with_slack=False), channel)


def test_a_message_about_a_task_without_an_end_has_no_delay(world: Worlds) -> None:
    told = world()
    tell(told, "sns", "IN_PROGRESS")
    assert told.metrics == {"DeliveriesDelivered{Channel=sns}": 1}


@pytest.mark.parametrize(
    "answers",
    [[OK], [SlackAnswer(503), SlackAnswer(503), OK], [REVOKED]],
    ids=["told at once", "told at the third try", "refused"],
)
def test_the_end_of_a_task_whose_watch_broke_off_is_logged_once(
    world: Worlds, answers: list[SlackAnswer]
) -> None:
    told = world(slack=answers)
    for channel in ("sns", "slack"):
        attempt = {"waitedSeconds": 0, "memory": None}
        with suppress(FunctionFailed):
            while not attempt.get("delivered"):
                attempt = told.asks("NotifyFunction", of_crash(channel, attempt=attempt))
    assert messages(told) == 1 + len(answers)
    [line] = told.ended_tasks
    assert (line["verdict"], line["task_id"]) == ("UNREADABLE", "quarantine-7")
    assert (line["account"], line["region"]) == ("123456789012", "eu-west-1")


def test_neither_a_replay_nor_what_describe_task_has_logged_is_logged_as_an_end(
    world: Worlds,
) -> None:
    told = world()
    replayed = of_crash("slack")
    del replayed["attempt"]
    told.asks("NotifyFunction", replayed)
    watch = of_crash("slack")["watch"]
    watch["look"]["decision"] = "final/unreadable"
    told.asks("NotifyFunction", of_crash("slack", watch=watch))
    assert messages(told) == 2
    assert told.ended_tasks == []


def of_crash(channel: str, **more: Any) -> dict[str, Any]:
    """What Notify is given where the watch broke off, and Slack is the first channel."""
    crashed = look(Decision.CRASHED, problem=Problem("Runtime.ExitError", "it exits"))
    event = notify_input(crashed, channel, **more)
    event["watch"]["machine"]["channels"] = ["slack", "sns"]
    return event


def test_an_input_that_names_no_task_is_refused(world: Worlds) -> None:
    with pytest.raises(FunctionFailed, match=r"^InvalidWatch: "):
        world().asks("NotifyFunction", {"channel": "sns"})
