"""Notify's input becomes a report: of a task that was seen, or of why it could not be seen."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mitigation.causes import Cause, Details
from mitigation.codec import encode
from mitigation.decision import ChannelMemory, Decision, Look, Problem
from mitigation.member import Member
from mitigation.notice import Notice
from mitigation.report import Verdict
from mitigation.state import UnknownVersion
from mitigation.thread import Thread
from mitigation.watch import InvalidWatch
from mitigation.wire import InvalidTask
from tests.support.looks import look, notify_input

ENDED = look(Decision.ENDED, age=60, task={"taskSummary": {"taskStatus": "FAILED"}})
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WATCH = {"taskType": "detect", "taskId": "quarantine-7"}
FIRST = {"waitedSeconds": 0, "memory": None}


def notice(found: Look, state: dict[str, Any] | None = None, **more: Any) -> Notice:
    event = notify_input(found, **more)
    event["watch"] |= state or {}
    return Notice.parse(json.loads(json.dumps(event)), account_alias="production")


def test_a_task_that_ended_is_told_to_its_channel_from_its_place_with_its_details() -> None:
    details = Details(rows=3, failed_rows=1, failed=(Cause("E", 1),))
    found = ENDED._replace(memory=ENDED.memory._replace(details=encode(details)))
    told = notice(found, {"input": WATCH | {"startedBy": {"arn": "ada"}}})
    assert (told.channel, told.waited(NOW), told.member) == ("slack", 0, None)
    assert told.watch == notify_input(ENDED)["executionArn"]
    report = told.report
    assert (report.verdict, report.task.id) == (Verdict.FAILED, "quarantine-7")
    assert report.started_by is not None
    assert report.started_by.arn == "ada"
    assert (report.place.account_alias, report.place.region) == ("production", "eu-west-1")
    assert report.details == details


def test_a_member_s_task_is_known_as_one() -> None:
    member = {"account": "210987654321", "region": "us-east-1"}
    assert notice(ENDED, {"input": WATCH | {"member": member}}).member == Member(*member.values())


@pytest.mark.parametrize(
    ("since", "waited"),
    [(None, 45), (NOW - timedelta(seconds=30), 45), (NOW - timedelta(hours=2), 7_200)],
)
def test_a_second_attempt_knows_how_long_was_waited(since: datetime | None, waited: int) -> None:
    attempt = {"waitedSeconds": 45, "since": since and since.isoformat()}
    assert notice(ENDED, attempt=attempt).waited(NOW) == waited


@pytest.mark.parametrize(
    ("channel", "attempt", "first"),
    [
        ("sns", FIRST, True),
        ("slack", FIRST, False),
        ("sns", FIRST | {"since": "2026-11-22T11:00:00Z"}, False),
        ("sns", None, False),  # a replay
    ],
)
def test_the_first_try_of_the_first_channel_is_one_of_all(
    channel: str, attempt: dict[str, Any] | None, first: bool
) -> None:
    assert notice(ENDED, channel=channel, attempt=attempt).is_first is first


def test_who_was_told_in_between_is_known_from_the_state() -> None:
    earlier = look(Decision.ENDED, channels={"slack": ChannelMemory(told_interim=True, unsure=1)})
    told = notice(earlier)
    assert told.report.follows_interim
    assert told.memory == ChannelMemory(told_interim=True)  # tries of an earlier message
    assert not notice(earlier, channel="sns").report.follows_interim


def test_what_became_of_this_very_notice_counts_more_than_what_was_before() -> None:
    memory = ChannelMemory(unsure=1, thread=Thread("C1", "1.000001"))
    assert notice(ENDED, attempt=FIRST | {"memory": encode(memory)}).memory == memory
    with pytest.raises(InvalidTask, match=r"^the notice\.attempt\.memory\.unsure: "):
        notice(ENDED, attempt={"memory": {"unsure": "x"}})


def test_the_last_deliveries_count_before_a_look_has_taken_them_up() -> None:
    told = {"channel": "slack", "delivered": True, "memory": {"toldInterim": True}}
    not_told = {"channel": "sns", "delivered": False, "memory": None}
    state = {"deliveries": {"all": [told, not_told]}}
    assert notice(ENDED, state).report.follows_interim
    # What lies in the dead-letter queue may yet be told, by a replay.
    assert notice(ENDED, state, channel="sns").report.follows_interim


def test_an_interim_notice_is_remembered_and_a_final_one_changes_nothing() -> None:
    memory = ChannelMemory(unsure=1, thread=Thread("C1", "1.000001"))
    told = memory._replace(told_interim=True, unsure=0)
    assert notice(look(Decision.STILL_RUNNING)).remembered(memory) == told
    assert notice(ENDED).remembered(memory) == memory._replace(unsure=0)


def test_only_good_news_that_nobody_waits_for_is_unwanted() -> None:
    good = look(Decision.ENDED, task={"taskSummary": {"taskStatus": "SUCCESSFUL"}})
    told = good._replace(
        memory=good.memory._replace(channels={"slack": ChannelMemory(told_interim=True)})
    )
    assert notice(good).is_wanted(problems_only=False)
    assert not notice(good).is_wanted(problems_only=True)
    assert notice(told).is_wanted(problems_only=True)
    assert notice(ENDED).is_wanted(problems_only=True)


@pytest.mark.parametrize(
    ("thread", "shown"),
    [(None, False), (Thread(), False), (Thread(ts="1.1"), True), (Thread(in_doubt=True), True)],
)
def test_a_channel_sees_a_task_whose_head_stands_there_or_may(
    thread: Thread | None, shown: bool
) -> None:
    channels = {"slack": ChannelMemory(thread=thread)}
    assert notice(look(Decision.ENDED, channels=channels)).is_shown is shown


def test_nothing_was_told_before_the_task_was_looked_at() -> None:
    assert notice(ENDED).looked_at == 0
    assert notice(look(Decision.ENDED, age=60, since=NOW)).looked_at == NOW.timestamp() + 60


def test_why_the_function_failed_is_told_in_its_own_words_with_what_was_seen_before() -> None:
    crash = {"Error": "Timeout", "Cause": "x" * 30_000}
    seen = look(Decision.CRASHED, task={"taskSummary": {"taskStatus": "IN_PROGRESS"}})
    # Before the first look, all that the state machine has to write is the decision.
    for state, status in (({}, "IN_PROGRESS"), ({"look": {"decision": "final/crashed"}}, None)):
        report = notice(seen, {**state, "crash": crash}).report
        assert report.look.memory.problem == Problem("Timeout", "x" * 500)
        assert (report.verdict, report.task.status) == (Verdict.UNREADABLE, status)


def test_a_watch_of_which_nothing_is_known_broke_off() -> None:
    told = Notice.parse({"watch": WATCH})
    assert told.report.look.decision is Decision.CRASHED
    assert (told.channel, told.watch) == ("", "")


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ([], "InvalidTask: the notice: expected an object"),
        ({}, "InvalidWatch: "),
        ({"version": 4, "watch": WATCH}, "UnknownVersion: version 4 was written by newer code"),
        ({"watch": WATCH | {"look": {"decision": "final/else"}}}, "InvalidTask: "),
        (
            {"watch": WATCH | {"look": {"decision": "wait"}}},
            "InvalidTask: look.decision: there is nothing to tell while the watch waits",
        ),
        (
            {"watch": WATCH | {"look": {"decision": "final/ended", "memory": {"details": [7]}}}},
            "InvalidTask: look.memory.details: ",
        ),
    ],
)
def test_an_input_that_is_none_is_refused(event: Any, error: str) -> None:
    with pytest.raises((InvalidTask, InvalidWatch, UnknownVersion)) as refused:
        Notice.parse(event)
    assert f"{refused.typename}: {refused.value}".startswith(error)
