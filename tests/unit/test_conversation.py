"""One task in Slack: what is posted, edited and answered, step by step, whatever goes wrong."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import CHANNEL, TOKEN, Workspace
from mitigation.conversation import MARGIN_SECONDS, Conversation, with_foot, without_layout
from mitigation.decision import ChannelMemory, Decision
from mitigation.delivery import DeliveryRejected, DeliveryUnavailable
from mitigation.messages import SlackMessage
from mitigation.messages.block_kit import section
from mitigation.notice import Notice
from mitigation.thread import Thread
from mitigation.words import Clock
from tests.support.looks import look, notify_input
from tests.support.slack import Slack

NOW = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
AGE = 600
FOOT = section("buttons")
OK, DOWN, LOST = SlackAppAnswer(), SlackAppAnswer(status=503), SlackAppAnswer(drop="after")
NO_HEAD, ARCHIVED = SlackAppAnswer(error="message_not_found"), SlackAppAnswer(error="is_archived")
BLOCKS, BUSY = SlackAppAnswer(error="invalid_blocks"), SlackAppAnswer(error="ratelimited")
POST, EDIT, HISTORY, REPLIES = (
    "chat_postMessage", "chat_update", "conversations_history", "conversations_replies",
)  # fmt: skip

type Play = Callable[..., Slack]

LOOKS: dict[str, tuple[Decision, str, Mapping[str, int]]] = {
    "show": (Decision.WAIT, "IN_PROGRESS", {"actionsExecuted": 1}),
    "between": (Decision.STILL_RUNNING, "IN_PROGRESS", {"actionsExecuted": 1}),
    "later": (Decision.STILL_RUNNING, "IN_PROGRESS", {"actionsExecuted": 1}),
    "end": (Decision.ENDED, "FAILED", {"actionsFailed": 1}),
    "good end": (Decision.ENDED, "SUCCESSFUL", {"actionsExecuted": 1}),
}


def notice(step: str, thread: Thread | None = None) -> Notice:
    decision, status, counts = LOOKS[step]
    summary = {"taskStatus": status, "taskStatistics": counts}
    age = AGE + (step == "later")
    since = NOW - timedelta(seconds=age)
    channels = {"slack": ChannelMemory(thread=thread)}
    found = look(decision, age=age, since=since, task={"taskSummary": summary}, channels=channels)
    return Notice.parse(notify_input(found), waiting=True)


def take(step: str, thread: Thread) -> tuple[Thread, str, list[str]]:
    """One step, as a function takes it that knows the thread alone: what it keeps, and raises."""
    told = notice(step, thread)
    conversation = Conversation.of(told, TOKEN, CHANNEL, foot=[FOOT])
    error = ""
    try:
        if step == "show":
            conversation.show(told.report, Clock(), NOW)
        else:
            conversation.tell(told.report, Clock(), has_email=False)
    except DeliveryUnavailable:
        error = "unavailable"
    except DeliveryRejected:
        error = "rejected"
    return conversation.thread, error, conversation.refusals


def seen(slack: Slack) -> list[str]:
    """Each message: how it came, `+` where the channel sees a reply, with what first word."""
    found = []
    for post in slack.posts:
        payload = post.payload
        reply = "reply" if "thread_ts" in payload else "post"
        how = "edit" if post.method == "chat.update" else reply
        foot = "*" if FOOT in payload["blocks"] else ""
        found.append(
            f"{how}{'+' * payload.get('reply_broadcast', False)}{foot} {payload['text'].split()[0]}"
            + ("" if post.body == "ok" else f" {post.body}")
        )
    return found


RUNS, FAILED = "[RUNNING]", "[FAILED]"
SO_FAR, GOOD = "[STILL", "[SUCCEEDED]"
OPENED, SHOWN = f"post* {RUNS}", f"edit* {RUNS}"
NO_BLOCKS = f"{FAILED} invalid_blocks"
GONE, ENDS = f"edit* {FAILED} message_not_found", [f"edit* {FAILED}", f"reply+ {FAILED}"]
PLAYS: dict[str, tuple[str, dict[str, Sequence[SlackAppAnswer]], Sequence[str]]] = {
    "good news is an edit and a quiet reply": (
        "show, good end", {}, [OPENED, f"edit* {GOOD}", f"reply {GOOD}"]
    ),
    "what is told in between is a reply that the channel sees": (
        "show, between, later, end",
        {},
        [OPENED, f"reply+ {SO_FAR}", f"reply+ {SO_FAR}", *ENDS],
    ),
    "what was said is not said again": (
        "show, between, between, end, end",
        {},
        [OPENED, f"reply+ {SO_FAR}", *ENDS],
    ),
    "a head that is lost is followed by whole messages": (
        "show, between, end, end, show",
        {REPLIES: [SlackAppAnswer(error="thread_not_found")]},
        [OPENED, f"post {SO_FAR}", f"post {FAILED}"],
    ),
    "a head that can't be edited is followed by a whole message": (
        "show, end, end", {EDIT: [NO_HEAD]}, [OPENED, GONE, f"post {FAILED}"]
    ),
    "a head that is lost while it runs is left alone": (
        "show, show, show", {EDIT: [NO_HEAD]}, [OPENED, f"{SHOWN} message_not_found"]
    ),
    "a head whose answer is lost is found and edited": (
        "show !unavailable, show",
        {POST: [LOST, OK]},
        [f"{OPENED} connection lost after", SHOWN],
    ),
    "a head whose answer is lost is found and answered": (
        "show !unavailable, between",
        {POST: [LOST, OK]},
        [f"{OPENED} connection lost after", f"reply+ {SO_FAR}"],
    ),
    "a head whose answer is lost is found at the end": (
        "show !unavailable, end", {POST: [LOST, OK]}, [f"{OPENED} connection lost after", *ENDS]
    ),
    "a verdict whose answer is lost is found and not edited": (
        "end !unavailable, end",
        {POST: [LOST, OK]},
        [f"post* {FAILED} connection lost after", f"reply {FAILED}"],
    ),
    "a message in between whose answer is lost is found too": (
        "between !unavailable, between, end",
        {POST: [LOST, OK]},
        [f"post* {SO_FAR} connection lost after", *ENDS],
    ),
    "in doubt nothing is posted until the history can be read": (
        "end !unavailable, end !unavailable, end",
        {POST: [LOST, OK], HISTORY: [OK, DOWN, OK]},
        [f"post* {FAILED} connection lost after", f"reply {FAILED}"],
    ),
    "a doubt is over once a post has an answer": (
        "end !unavailable, end, end",
        {POST: [SlackAppAnswer(drop="before"), OK], REPLIES: [DOWN]},
        [f"post* {FAILED} connection lost before", f"post* {FAILED}", *[f"reply {FAILED}"] * 2],
    ),
    "where an edit's layout is refused its text is shown": (
        "show, end", {EDIT: [BLOCKS, OK]},
        [OPENED, f"edit* {NO_BLOCKS}", f"edit {FAILED}", f"reply+ {FAILED}"],
    ),
    "where an edit's text is refused too, a new message may be taken": (
        "show, end", {EDIT: [BLOCKS]},
        [OPENED, f"edit* {NO_BLOCKS}", f"edit {NO_BLOCKS}", f"post {FAILED}"],
    ),
    "an edit that is rejected is no lost head": (
        "show, end !rejected", {EDIT: [ARCHIVED]}, [OPENED, f"edit* {FAILED} is_archived"]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "answers", "expected"), PLAYS.values(), ids=PLAYS)
def test_in_slack(
    play: Play, steps: str, answers: dict[str, Sequence[SlackAppAnswer]], expected: Sequence[str]
) -> None:
    slack = play(Workspace(clock=NOW.timestamp), **{k: [*v] for k, v in answers.items()})
    thread = Thread()
    for each in steps.split(", "):
        step, _, error = each.partition(" !")
        thread, raised, _ = take(step, thread)
        assert raised == error
    assert seen(slack) == expected


def test_what_stands_in_slack_is_kept(play: Play) -> None:
    slack = play(Workspace(clock=NOW.timestamp))
    thread, _, _ = take("show", Thread())
    [head] = slack.workspace.messages
    assert thread == Thread(CHANNEL, head["ts"], "1/None/None/None/None", NOW)
    ended, _, _ = take("end", thread)
    assert ended == thread._replace(has_verdict=True)
    play()
    new, _, _ = take("end", Thread())
    assert (new.has_verdict, new.is_new, new.channel) == (True, True, CHANNEL)


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ({POST: [LOST]}, Thread(tried_at=NOW, in_doubt=True)),
        ({POST: [BUSY]}, Thread(tried_at=NOW)),
    ],
)
def test_what_a_step_that_fails_has_done_is_kept_too(
    play: Play, answers: dict[str, list[SlackAppAnswer]], kept: Thread
) -> None:
    play(**answers)
    assert take("show", Thread()) == (kept, "unavailable", [])


@pytest.mark.parametrize("has_email", [True, False])
@pytest.mark.parametrize("thread", [None, Thread(CHANNEL, "1.000001", is_lost=True)])
def test_the_end_is_in_the_reader_s_zone_and_knows_of_the_mail(
    play: Play, thread: Thread | None, has_email: bool
) -> None:
    slack = play()
    actions = [{"name": f"{number:0128}"} for number in range(50)]  # too much for a chat
    ended = {"taskStatus": "FAILED", "taskEndTime": "2026-11-22T10:03:41Z"}
    task = {"taskSummary": {**ended, "actionsDefinition": actions}}
    channels = {"slack": ChannelMemory(thread=thread)}
    found = look(Decision.ENDED, task=task, channels=channels)
    told, tokyo = Notice.parse(notify_input(found)), Clock(ZoneInfo("Asia/Tokyo"))
    Conversation.of(told, TOKEN, CHANNEL).tell(told.report, tokyo, has_email=has_email)
    reply = json.dumps(slack.workspace.messages[-1]["blocks"])
    assert "19:03:41" in reply
    assert ("in the e-mail" in reply) is has_email


def test_a_refused_layout_is_told_to_the_operator_and_where_it_was_refused(play: Play) -> None:
    slack = play(chat_postMessage=[BLOCKS, OK])
    assert take("end", Thread())[2] == ["Slack answered invalid_blocks"]
    assert "(invalid_blocks)" in slack.workspace.messages[0]["text"]


def test_no_two_tasks_take_each_other_s_messages_for_their_own(play: Play) -> None:
    slack = play()
    for task_id in ("quarantine-7", "quarantine-8"):
        told = Notice.parse(notify_input(look(Decision.ENDED), task_id=task_id))
        Conversation.of(told, TOKEN, CHANNEL).tell(told.report, Clock(), has_email=False)
    marks = [post.payload["metadata"]["event_payload"]["mark"] for post in slack.posts]
    assert len(marks) == len({*marks}) == 4


def test_a_head_in_another_channel_is_left_alone_for_a_whole_message(play: Play) -> None:
    slack, thread = play(), Thread("C0OTHER", "1.000001")
    kept, _, _ = take("between", thread)
    assert [each.partition(" ")[0] for each in seen(slack)] == ["post"]
    assert kept == thread._replace(is_lost=True)


@pytest.mark.parametrize(("age", "posts"), [(MARGIN_SECONDS - 1, 1), (MARGIN_SECONDS + 1, 2)])
def test_what_was_posted_long_before_the_look_is_none_of_it(
    play: Play, age: int, posts: int
) -> None:
    slack = play(Workspace(clock=lambda: NOW.timestamp() - age), chat_postMessage=[LOST, OK])
    thread, _, _ = take("between", Thread())
    take("between", thread)
    assert len(slack.posts) == posts


def test_a_foot_and_a_plain_text_leave_the_rest_of_a_message_as_it_is() -> None:
    message = SlackMessage({"text": "t", "blocks": [section("a")], "unfurl_links": False})
    assert with_foot(message, [FOOT]).payload == message.payload | {"blocks": [section("a"), FOOT]}
    assert without_layout(message, "no_text").payload == message.payload | {
        "blocks": [],
        "text": "t\n_Slack refused the layout of this message (no_text): "
        "this is its headline alone._",
    }
