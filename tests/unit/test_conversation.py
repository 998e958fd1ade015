"""One task in Slack: what is posted, edited and answered, step by step, whatever goes wrong."""

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import CHANNEL, TOKEN, Workspace
from mitigation.conversation import MARGIN_SECONDS, Conversation, with_foot, without_layout
from mitigation.decision import ChannelMemory, Decision
from mitigation.delivery import DeliveryError, DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SlackMessage
from mitigation.messages.block_kit import section
from mitigation.notice import Notice
from mitigation.thread import Thread
from mitigation.words import Clock
from tests.support.looks import look, notify_input
from tests.support.slack import Slack

NOW = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
FOOT = section("buttons")
OK, DOWN, LOST = SlackAppAnswer(), SlackAppAnswer(status=503), SlackAppAnswer(drop="after")
NOT_FOUND, BLOCKS = (
    SlackAppAnswer(error="message_not_found"),
    SlackAppAnswer(error="invalid_blocks"),
)
ARCHIVED, NO_THREAD = SlackAppAnswer(error="is_archived"), SlackAppAnswer(error="thread_not_found")
POST, EDIT, REPLIES = "chat_postMessage", "chat_update", "conversations_replies"

type Answers = dict[str, list[SlackAppAnswer]]


STEPS = {
    "show": (Decision.WAIT, "IN_PROGRESS", "actionsExecuted"),
    "between": (Decision.STILL_RUNNING, "IN_PROGRESS", "actionsExecuted"),
    "later": (Decision.STILL_RUNNING, "IN_PROGRESS", "actionsExecuted"),
    "end": (Decision.ENDED, "FAILED", "actionsFailed"),
    "good end": (Decision.ENDED, "SUCCESSFUL", "actionsExecuted"),
}


def take(step: str, thread: Thread) -> tuple[Thread, str, list[str]]:
    """One step, as a function takes it that knows the thread alone; what it keeps, and raises:

    `?` where it is to be tried again, `!` where it was rejected.
    """
    decision, status, count = STEPS[step]
    task = {"taskSummary": {"taskStatus": status, "taskStatistics": {count: 1}}}
    age = 600 + (step == "later")
    since = NOW - timedelta(seconds=age)
    channels = {"slack": ChannelMemory(thread=thread)}
    found = look(decision, age=age, since=since, task=task, channels=channels)
    told = Notice.parse(notify_input(found), waiting=True)
    conversation = Conversation.of(told, TOKEN, CHANNEL, foot=[FOOT])
    error = ""
    try:
        if step == "show":
            conversation.show(told.report, Clock(), NOW)
        else:
            conversation.tell(told.report, Clock(), has_email=False)
    except DeliveryError as raised:
        error = {DeliveryUnavailable: "?", DeliveryRejected: "!"}[type(raised)]
    return conversation.thread, error, conversation.refusals


def seen(slack: Slack) -> str:
    """Each message: how it came, `+` where the channel sees a reply, with what first word."""
    found = []
    for post in slack.posts:
        payload = post.payload
        reply = "reply" if "thread_ts" in payload else "post"
        how = "edit" if post.method == "chat.update" else reply
        seen_by_all = "+" if payload.get("reply_broadcast") else ""
        foot = "*" if FOOT in payload["blocks"] else ""
        came_to = "" if post.body == "ok" else f" {post.body.removeprefix('connection ')}"
        word = payload["text"].split()[0].strip("[]")
        found.append(f"{how}{seen_by_all}{foot} {word}{came_to}")
    return ", ".join(found)


PLAYS: dict[str, tuple[str, Answers, str]] = {
    "good news is an edit and a quiet reply": (
        "show, good end", {}, "post* RUNNING, edit* SUCCEEDED, reply SUCCEEDED"),
    "what is told in between is a reply that the channel sees": (
        "show, between, later, end", {},
        "post* RUNNING, reply+ STILL, reply+ STILL, edit* FAILED, reply+ FAILED"),
    "what was said is not said again": (
        "show, between, between, end, end", {},
        "post* RUNNING, reply+ STILL, edit* FAILED, reply+ FAILED"),
    "a head that is lost is followed by whole messages": (
        "show, between, end, end, show", {REPLIES: [NO_THREAD]},
        "post* RUNNING, post STILL, post FAILED"),
    "a head that can't be edited is followed by a whole message": (
        "show, end, end", {EDIT: [NOT_FOUND]},
        "post* RUNNING, edit* FAILED message_not_found, post FAILED"),
    "a head that is lost while it runs is left alone": (
        "show, show, show", {EDIT: [NOT_FOUND]}, "post* RUNNING, edit* RUNNING message_not_found"),
    "a head whose answer is lost is found and edited": (
        "show?, show", {POST: [LOST, OK]}, "post* RUNNING lost after, edit* RUNNING"),
    "a head whose answer is lost is found and answered": (
        "show?, between", {POST: [LOST, OK]}, "post* RUNNING lost after, reply+ STILL"),
    "a head whose answer is lost is found at the end": (
        "show?, end", {POST: [LOST, OK]}, "post* RUNNING lost after, edit* FAILED, reply+ FAILED"),
    "a verdict whose answer is lost is found and not edited": (
        "end?, end", {POST: [LOST, OK]}, "post* FAILED lost after, reply FAILED"),
    "a message in between whose answer is lost is found too": (
        "between?, between, end", {POST: [LOST, OK]},
        "post* STILL lost after, edit* FAILED, reply+ FAILED"),
    "in doubt nothing is posted until the history can be read": (
        "end?, end?, end", {POST: [LOST, OK], "conversations_history": [OK, DOWN, OK]},
        "post* FAILED lost after, reply FAILED"),
    "a doubt is over once a post has an answer": (
        "end?, end, end", {POST: [SlackAppAnswer(drop="before"), OK], REPLIES: [DOWN]},
        "post* FAILED lost before, post* FAILED, reply FAILED, reply FAILED"),
    "where an edit's layout is refused its text is shown": (
        "show, end", {EDIT: [BLOCKS, OK]},
        "post* RUNNING, edit* FAILED invalid_blocks, edit FAILED, reply+ FAILED"),
    "where an edit's text is refused too, a new message may be taken": (
        "show, end", {EDIT: [BLOCKS]},
        "post* RUNNING, edit* FAILED invalid_blocks, edit FAILED invalid_blocks, post FAILED"),
    "an edit that is rejected is no lost head": (
        "show, end!", {EDIT: [ARCHIVED]}, "post* RUNNING, edit* FAILED is_archived"),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "answers", "expected"), PLAYS.values(), ids=PLAYS)
def test_in_slack(slack: Slack, steps: str, answers: Answers, expected: str) -> None:
    slack.play(workspace=Workspace(clock=NOW.timestamp), **answers)
    thread = Thread()
    for each in steps.split(", "):
        step = each.rstrip("?!")
        thread, raised, _ = take(step, thread)
        assert step + raised == each
    assert seen(slack) == expected


def test_what_stands_in_slack_is_kept(slack: Slack) -> None:
    slack.play(workspace=Workspace(clock=NOW.timestamp))
    thread, _, _ = take("show", Thread())
    [head] = slack.workspace.messages
    assert thread == Thread(CHANNEL, head["ts"], "1/None/None/None/None", NOW)
    assert take("end", thread)[0] == thread._replace(has_verdict=True)
    slack.play()
    new, _, _ = take("end", Thread())
    assert (new.has_verdict, new.is_new, new.channel) == (True, True, CHANNEL)


def test_what_a_step_that_fails_has_done_is_kept_too(slack: Slack) -> None:
    slack.play(chat_postMessage=[SlackAppAnswer(error="ratelimited"), LOST])
    assert take("show", Thread())[0] == Thread(tried_at=NOW, in_doubt=False)
    assert take("show", Thread())[0] == Thread(tried_at=NOW, in_doubt=True)


@pytest.mark.parametrize("has_email", [True, False])
@pytest.mark.parametrize("thread", [None, Thread(CHANNEL, "1.000001", is_lost=True)])
def test_the_end_is_in_the_reader_s_zone_and_knows_of_the_mail(
    slack: Slack, thread: Thread | None, has_email: bool
) -> None:
    actions = [{"name": f"{number:0128}"} for number in range(50)]  # too much for a chat
    ended = {"taskStatus": "FAILED", "taskEndTime": "2026-11-22T10:03:41Z"}
    task = {"taskSummary": {**ended, "actionsDefinition": actions}}
    found = look(Decision.ENDED, task=task, channels={"slack": ChannelMemory(thread=thread)})
    told, tokyo = Notice.parse(notify_input(found)), Clock(ZoneInfo("Asia/Tokyo"))
    Conversation.of(told, TOKEN, CHANNEL).tell(told.report, tokyo, has_email=has_email)
    reply = json.dumps(slack.workspace.messages[-1]["blocks"])
    assert "19:03:41" in reply
    assert ("in the e-mail" in reply) is has_email


def test_a_refused_layout_is_told_to_the_operator_and_where_it_was_refused(slack: Slack) -> None:
    slack.play(chat_postMessage=[BLOCKS, OK])
    assert take("end", Thread())[2] == ["Slack answered invalid_blocks"]
    assert "(invalid_blocks)" in slack.workspace.messages[0]["text"]


def test_no_two_tasks_take_each_other_s_messages_for_their_own(slack: Slack) -> None:
    for task_id in ("quarantine-7", "quarantine-8"):
        told = Notice.parse(notify_input(look(Decision.ENDED), task_id=task_id))
        Conversation.of(told, TOKEN, CHANNEL).tell(told.report, Clock(), has_email=False)
    marks = [post.payload["metadata"]["event_payload"]["mark"] for post in slack.posts]
    assert len(marks) == len({*marks}) == 4
    assert all(re.fullmatch(r"[0-9a-f]{32}", mark) for mark in marks)  # which tells nobody anything


def test_a_head_in_another_channel_is_left_alone_for_a_whole_message(slack: Slack) -> None:
    thread = Thread("C0OTHER", "1.000001")
    assert take("between", thread)[0] == thread._replace(is_lost=True)
    assert slack.calls == ["conversations.history", "chat.postMessage"]
    assert seen(slack) == "post STILL"


@pytest.mark.parametrize(("age", "posts"), [(MARGIN_SECONDS - 1, 1), (MARGIN_SECONDS + 1, 2)])
def test_what_was_posted_long_before_the_look_is_none_of_it(
    slack: Slack, age: int, posts: int
) -> None:
    early = Workspace(clock=lambda: NOW.timestamp() - age)
    slack.play(workspace=early, chat_postMessage=[LOST, OK])
    take("between", take("between", Thread())[0])
    assert len(slack.posts) == posts


def test_a_foot_and_a_plain_text_leave_the_rest_of_a_message_as_it_is() -> None:
    message = SlackMessage({"text": "t", "blocks": [section("a")], "unfurl_links": False})
    assert with_foot(message, [FOOT]).payload == message.payload | {"blocks": [section("a"), FOOT]}
    assert without_layout(message, "no_text").payload == message.payload | {
        "blocks": [],
        "text": "t\n_Slack refused the layout of this message (no_text): "
        "this is its headline alone._",
    }
