"""What people need to know: Notify's input becomes a report, with its verdict, headline and notes.

Each verdict, and each reason to tell people, has its golden; here is what no golden says.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mitigation.causes import Cause, Details
from mitigation.codec import encode
from mitigation.decision import ChannelMemory, Decision, Look
from mitigation.member import Member
from mitigation.notice import Notice
from mitigation.report import Report, Verdict, judge
from mitigation.state import UnknownVersion
from mitigation.task import Task
from mitigation.thread import Thread
from mitigation.watch import InvalidWatch
from mitigation.wire import InvalidTask
from tests.support.looks import DENIED, look, notify_input
from tests.support.tasks import CERTIFICATE, QUARANTINE, audit, detect

CLAUSES: dict[str, Task | Look] = {
    "SUCCEEDED: succeeded; AWS gave no counts": detect(),
    "SUCCEEDED: 33 of 40 audit findings mitigated, 7 not": audit(total=40, executed=33, failed=0),
    "NOTHING_DONE: succeeded, but nothing was done (4 skipped)": detect(executed=0, skipped=4),
    "PARTLY_FAILED: the task failed": detect("FAILED", executed=3, failed=0),
    "PARTLY_FAILED: canceled; 3 of 40 audit findings could not be mitigated": (
        audit("CANCELED", total=40, executed=5, failed=3, canceled=32)
    ),
    "FAILED: 1 mitigation action failed": detect("SUCCESSFUL", executed=0, failed=1),
    "FAILED: the task failed": detect("FAILED"),
    "FAILED: canceled; 1 of 1 mitigation action failed": detect("CANCELED", executed=0, failed=1),
    "CANCELED: canceled; nothing is rolled back": detect("CANCELED"),
    "CANCELED: canceled before anything was done": detect("CANCELED", executed=0, skipped=0),
    "OVERDUE: still running": detect("IN_PROGRESS"),
    "UNKNOWN_STATUS: AWS gave no status": detect(None),
    "UNKNOWN_STATUS: status SUCCESSFUL is unknown": audit("SUCCESSFUL"),
    "UNREADABLE: out of sight for 15 min: AccessDeniedException; still watching": (
        look(Decision.OUT_OF_SIGHT, trouble_since=2_760, problem=DENIED)
    ),
    "UNREADABLE: out of sight for 1 h 1 min; still watching": (
        look(Decision.OUT_OF_SIGHT, trouble_since=0)
    ),
    "UNREADABLE: the watch broke off; how it ended is not known": Look(Decision.CRASHED),
}


@pytest.mark.parametrize(("clause", "seen"), CLAUSES.items())
def test_what_became_of_a_task_is_told_in_one_clause(clause: str, seen: Task | Look) -> None:
    running = detect("IN_PROGRESS")
    report = Report.of(running, look=seen) if isinstance(seen, Look) else Report.of(seen)
    assert f"{report.verdict}: {report.headline}" == clause


def test_a_decision_to_tell_is_no_good_news_however_the_task_looks() -> None:
    for decision in {*Decision} - {Decision.WAIT, Decision.ENDED}:
        assert judge(detect("SUCCESSFUL"), decision).is_problem, decision


GOES_ON = "The watch goes on; a final message will follow."
NOT_KNOWN = "AWS gives it the status ROLLED_BACK, which is not a known one."
ALL_SKIPPED = (
    "AWS IoT calls the task COMPLETED, yet no audit finding was mitigated: all were skipped."
)
SUPPRESSED = "AWS does not act on suppressed findings."
NEITHER = "AWS reports an end before the start: trust neither time."
AT_ONCE = {"taskStartTime": "2026-11-22T10:00:00Z", "taskEndTime": "2026-11-22T10:00:00Z"}
BACKWARDS = {**AT_ONCE, "taskEndTime": "2026-11-22T09:00:00Z"}


@pytest.mark.parametrize(
    ("task", "seen", "notes"),
    [
        (detect("FAILED", executed=0, actionsDefinition=[CERTIFICATE, QUARANTINE]), None, []),
        (audit(executed=0, skipped=3, total=3), None, [ALL_SKIPPED, SUPPRESSED]),
        (detect("ROLLED_BACK"), look(Decision.STILL_RUNNING), [GOES_ON, NOT_KNOWN]),
        (detect(None), look(Decision.STILL_RUNNING), [GOES_ON]),
        (detect(executed=1, **BACKWARDS), None, [NEITHER]),
        (detect(executed=1, **AT_ONCE), None, []),
    ],
)
def test_notes_say_what_is_else_read_wrongly(task: Task, seen: Any, notes: list[str]) -> None:
    assert list(Report.of(task, look=seen).notes) == notes


# --- What Notify is asked to tell --------------------------------------------------------------

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WATCH = {"taskType": "detect", "taskId": "quarantine-7"}
FIRST = {"waitedSeconds": 0, "memory": None}
TOLD = ChannelMemory(told_interim=True)
STANDS = ChannelMemory(unsure=1, thread=Thread("C1", "1.000001"))


def ended(status: str = "FAILED", slack: ChannelMemory | None = None, **memory: Any) -> Look:
    channels = {"slack": slack} if slack else {}
    task = {"taskSummary": {"taskStatus": status}}
    return look(Decision.ENDED, age=60, task=task, channels=channels, **memory)


def notice(found: Look, state: dict[str, Any] | None = None, **more: Any) -> Notice:
    event = notify_input(found, **more)
    event["watch"] |= state or {}
    return Notice.parse(json.loads(json.dumps(event)), account_alias="production")


def test_a_task_that_ended_is_told_to_its_channel_from_its_place_with_its_details() -> None:
    details = Details(rows=3, failed_rows=1, failed=(Cause("E", 1),))
    found = ended(details=encode(details))
    told = notice(found, {"input": WATCH | {"startedBy": {"arn": "ada"}}})
    assert (told.channel, told.waited(NOW), told.member) == ("slack", 0, None)
    assert told.watch == notify_input(found)["executionArn"]
    report = told.report
    assert (report.verdict, report.task.id) == (Verdict.FAILED, "quarantine-7")
    assert report.started_by is not None
    assert report.started_by.arn == "ada"
    assert (report.place.account_alias, report.place.region) == ("production", "eu-west-1")
    assert report.details == details
    member = {"account": "210987654321", "region": "us-east-1"}
    assert notice(found, {"input": WATCH | {"member": member}}).member == Member(*member.values())


def test_a_second_attempt_knows_how_long_was_waited() -> None:
    def waited(since: str | None) -> int:
        return notice(ended(), attempt={"waitedSeconds": 45, "since": since}).waited(NOW)

    assert waited(None) == 45
    assert waited("2026-11-22T11:59:30Z") == 45
    assert waited("2026-11-22T10:00:00Z") == 7_200


def test_the_first_try_of_the_first_channel_is_one_of_all() -> None:
    def is_first(channel: str, attempt: dict[str, Any] | None) -> bool:
        return notice(ended(), channel=channel, attempt=attempt).is_first

    assert is_first("sns", FIRST)
    assert not is_first("slack", FIRST)
    assert not is_first("sns", FIRST | {"since": "2026-11-22T11:00:00Z"})
    assert not is_first("sns", None)  # a replay


def test_who_was_told_in_between_is_known_from_the_state() -> None:
    earlier = ended(slack=TOLD._replace(unsure=1))
    assert notice(earlier).report.follows_interim
    assert notice(earlier).memory == TOLD  # tries of an earlier message
    assert not notice(earlier, channel="sns").report.follows_interim


def test_what_became_of_this_very_notice_counts_more_than_what_was_before() -> None:
    assert notice(ended(), attempt=FIRST | {"memory": encode(STANDS)}).memory == STANDS
    with pytest.raises(InvalidTask, match=r"^the notice\.attempt\.memory\.unsure: "):
        notice(ended(), attempt={"memory": {"unsure": "x"}})


def test_the_last_deliveries_count_before_a_look_has_taken_them_up() -> None:
    told = {"channel": "slack", "delivered": True, "memory": {"toldInterim": True}}
    not_told = {"channel": "sns", "delivered": False, "memory": None}
    state = {"deliveries": {"all": [told, not_told]}}
    assert notice(ended(), state).report.follows_interim
    # What lies in the dead-letter queue may yet be told, by a replay.
    assert notice(ended(), state, channel="sns").report.follows_interim


def test_an_interim_notice_is_remembered_and_a_final_one_changes_nothing() -> None:
    told = STANDS._replace(told_interim=True, unsure=0)
    assert notice(look(Decision.STILL_RUNNING)).remembered(STANDS) == told
    assert notice(ended()).remembered(STANDS) == STANDS._replace(unsure=0)


def test_only_good_news_that_nobody_waits_for_is_unwanted() -> None:
    assert notice(ended("SUCCESSFUL")).is_wanted(problems_only=False)
    assert not notice(ended("SUCCESSFUL")).is_wanted(problems_only=True)
    assert notice(ended("SUCCESSFUL", TOLD)).is_wanted(problems_only=True)
    assert notice(ended()).is_wanted(problems_only=True)


def test_a_channel_sees_a_task_whose_head_stands_there_or_may() -> None:
    heads = {None: False, Thread(): False, Thread(ts="1.1"): True, Thread(in_doubt=True): True}
    channels = {head: ended(slack=ChannelMemory(thread=head)) for head in heads}
    assert {head: notice(found).is_shown for head, found in channels.items()} == heads


def test_a_watch_of_which_nothing_is_known_broke_off() -> None:
    told = Notice.parse({"watch": WATCH})
    assert told.report.look.decision is Decision.CRASHED
    assert (told.channel, told.watch) == ("", "")


WAITS = {"look": {"decision": "wait"}}
ILL = {"look": {"decision": "final/ended", "memory": {"details": [7]}}}


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ([], "InvalidTask: the notice: expected an object"),
        ({}, "InvalidWatch: "),
        ({"version": 4, "watch": WATCH}, "UnknownVersion: version 4 was written by newer code"),
        ({"watch": WATCH | WAITS}, "InvalidTask: look.decision: there is nothing to tell while"),
        ({"watch": WATCH | ILL}, "InvalidTask: look.memory.details: "),
    ],
)
def test_an_input_that_is_none_is_refused(event: Any, error: str) -> None:
    with pytest.raises((InvalidTask, InvalidWatch, UnknownVersion)) as refused:
        Notice.parse(event)
    assert f"{refused.typename}: {refused.value}".startswith(error)
