"""The handler that tells one channel how a task ended: what it answers, counts and logs."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from embedded.scenario import SlackAnswer
from mitigation.decision import Decision, Problem
from mitigation.patience import PATIENCE_SECONDS
from tests.support.functions import FunctionFailed
from tests.support.looks import look, notify_input
from tests.support.machine import World
from tests.support.slack import OK, REVOKED

DOWN = SlackAnswer(503, {}, "")

type Worlds = Callable[..., World]


def tell(world: World, channel: str, status: str = "FAILED", **given: Any) -> Any:
    """What Notify answers about a task with this status."""
    runs = status == "IN_PROGRESS"
    end = {} if runs else {"taskEndTime": "2026-11-22T10:01:00Z"}
    summary = {"taskStatus": status, "taskStartTime": "2026-11-22T10:00:00Z", **end}
    decision = Decision.STILL_RUNNING if runs else Decision.ENDED
    found = look(decision, task={"taskSummary": summary})
    return world.asks("NotifyFunction", notify_input(found, channel, **given))


def messages(world: World) -> int:
    return len(world.subjects) + len(world.slack_server.posts)


def test_a_channel_is_told_and_it_is_counted_how_long_after_the_end(world: Worlds) -> None:
    told, named = world(), "{Channel=sns}"
    assert tell(told, "sns", "IN_PROGRESS")["memory"]["toldInterim"] is True
    assert told.metrics == {f"DeliveriesDelivered{named}": 1}
    memory = {"toldInterim": False, "unsure": 0, "thread": None}
    waits = {"waitSeconds": 0, "waitedSeconds": 0, "since": None}
    assert tell(told, "sns") == {"delivered": True, **waits, "memory": memory}
    assert told.subjects[1:] == ["[FAILED] quarantine-7: the task failed"]
    assert told.metrics == {f"DeliveriesDelivered{named}": 1, f"DeliveryDelay{named}": 30}


def test_the_reader_s_time_zone_and_the_account_s_alias_are_shown(world: Worlds) -> None:
    told = world(parameters={"TimeZone": "Europe/Berlin", "AccountAlias": "production"})
    tell(told, "slack")
    shown = json.dumps(told.slack_server.posts[0].payload)
    assert "11:00:00 CET (10:00:00 UTC)" in shown
    assert "production (123456789012)" in shown


@pytest.mark.parametrize(("channel", "other"), [("sns", "slack"), ("slack", "sns")])
def test_a_channel_for_problems_gets_no_good_news(world: Worlds, channel: str, other: str) -> None:
    told = world(parameters={f"{channel.capitalize()}Verdicts": "problems"})
    assert tell(told, channel, "SUCCESSFUL")["delivered"] is True
    assert messages(told) == 0
    assert told.metrics == {f"DeliveriesFiltered{{Channel={channel}}}": 1}
    tell(told, channel, "FAILED")
    tell(told, other, "SUCCESSFUL")
    assert messages(told) == 2


def test_a_channel_that_is_unavailable_is_waited_for(world: Worlds) -> None:
    told = world(slack=[SlackAnswer(200, {}, "maybe")])
    memory = {"toldInterim": False, "unsure": 1, "thread": None}
    waits = {"waitSeconds": 15, "waitedSeconds": 22, "since": "2026-11-22T10:01:30Z"}
    answer = tell(told, "slack", attempt={"waitedSeconds": 7})
    assert answer == {"delivered": False, **waits, "memory": memory}
    assert told.metrics == {"DeliveriesUnavailable{Channel=slack}": 1}


def test_a_channel_that_is_down_for_twelve_hours_or_refuses_is_counted_and_raised(
    world: Worlds,
) -> None:
    told = world(slack=[DOWN, REVOKED])
    with pytest.raises(FunctionFailed, match=r"^DeliveryUnavailable: Slack answered 503$"):
        tell(told, "slack", attempt={"waitedSeconds": PATIENCE_SECONDS})
    with pytest.raises(FunctionFailed, match=r"^DeliveryRejected: Slack answered 404: no_service$"):
        tell(told, "slack")
    results = ("GivenUp", "Rejected")
    assert told.metrics == {f"Deliveries{result}{{Channel=slack}}": 1 for result in results}


def test_where_the_layout_is_refused_the_headline_is_sent_alone(world: Worlds) -> None:
    told = world(slack=[SlackAnswer(400, {}, "invalid_blocks"), OK])
    tell(told, "slack")
    [text] = told.texts
    assert "(invalid_blocks): this is its headline alone" in text
    assert told.metrics["DeliveriesLayoutRefused{Channel=slack}"] == 1
    assert told.metrics["DeliveriesDelivered{Channel=slack}"] == 1


def test_a_channel_that_there_is_not_is_refused(world: Worlds) -> None:
    told = world(parameters={"SlackWebhookSecretArn": ""})
    with pytest.raises(FunctionFailed, match=r"^DeliveryRejected: Slack is no longer configured"):
        tell(told, "slack")
    with pytest.raises(FunctionFailed, match=r"^DeliveryRejected: there is no channel 'pager'"):
        tell(told, "pager")


def of_crash(channel: str, **more: Any) -> dict[str, Any]:
    """What Notify is given where the watch broke off, and Slack is the first channel."""
    crashed = look(Decision.CRASHED, problem=Problem("Runtime.ExitError", "it exits"))
    event = notify_input(crashed, channel, **more)
    event["watch"]["machine"]["channels"] = ["slack", "sns"]
    return event


@pytest.mark.parametrize("answers", [[DOWN, DOWN, OK], [REVOKED]], ids=["told late", "refused"])
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
    told, replayed, logged = world(), of_crash("slack"), of_crash("slack")
    del replayed["attempt"]
    logged["watch"]["look"]["decision"] = "final/unreadable"
    for event in (replayed, logged):
        told.asks("NotifyFunction", event)
    assert messages(told) == 2
    assert told.ended_tasks == []
