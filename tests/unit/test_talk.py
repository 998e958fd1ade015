"""What an act says in Slack: where, to whom, and once, whatever becomes of the answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from embedded.slack_answers import SlackAppAnswer
from embedded.slack_workspace import CHANNEL, TOKEN, Workspace
from mitigation.acts import says
from mitigation.acts.authority import Follows, Ruling
from mitigation.acts.button import Button
from mitigation.acts.click import Action, Click
from mitigation.acts.progress import Progress, Result
from mitigation.acts.request import Request
from mitigation.acts.talk import Talk
from mitigation.acts.undo import Kind, Plan
from mitigation.causes import Cause
from mitigation.decision import ChannelMemory, Decision
from mitigation.delivery import DeliveryUnavailable
from mitigation.kind import TaskType
from mitigation.messages import block_kit, slack_thread
from mitigation.notice import Notice
from mitigation.slack_app import SlackApp, mark_of
from mitigation.thread import Thread
from mitigation.words import Clock
from tests.support.looks import look, notify_input
from tests.support.slack import Slack

NOW = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
LOST, NO_HEAD = SlackAppAnswer(drop="after"), SlackAppAnswer(error="thread_not_found")
UNDO = Button(Action.UNDO, TaskType.DETECT, "quarantine-7", requester="U0ADA")


def room(slack: Slack, seconds: float = 0, /, **answers: Any) -> str:
    """The ts of the task's own message in the channel, which was posted at that moment."""
    workspace = Workspace(clock=lambda: NOW.timestamp() + seconds)
    slack.play(workspace=workspace, **answers)
    head = {"channel": CHANNEL, "text": "head"}
    ts: str = workspace.call("chat.postMessage", f"Bearer {TOKEN}", head)["ts"]
    return ts


def talk(head: str, action: Action = Action.UNDO, **more: Any) -> Talk:
    click = Click(action, "value", "U0BO", CHANNEL, "1.2", more.pop("thread_ts", None), "1.1")
    button = UNDO._replace(head_ts=head, action=more.pop("act", Action.UNDO))
    ruling = Ruling(Follows.ACT, approver=more.pop("approver", None))
    known: dict[str, Any] = {
        "execution": "click-9", "progress": Progress(Result.UNDONE, done=2), "started_at": NOW,
        "asked_ts": None, "is_broken": False, "why": "",
    }  # fmt: skip
    return Talk(SlackApp(TOKEN, CHANNEL), Request(click, button, ruling, **(known | more)))


def replies(slack: Slack, head: str) -> list[dict[str, Any]]:
    return slack.workspace.thread(head)[1:]


def test_a_second_person_is_asked_once_in_the_task_s_thread(slack: Slack) -> None:
    head = room(slack)
    plan = Plan((Cause(Kind.MEMBERSHIP, 2, ("sensor-1", "sensor-2")),))
    asked = [talk(head).ask(UNDO, "value", plan) for _ in range(2)]
    [question] = replies(slack, head)
    assert asked == [question["ts"]] * 2
    assert question["blocks"] == says.ask(UNDO, "value", plan).payload["blocks"]
    assert "sensor-2" in str(question["blocks"])
    assert "subtype" not in question
    talk(head).tell()
    assert len(replies(slack, head)) == 2  # another thing that is said
    talk(head, execution="click-8").ask(UNDO, "value", None)
    assert len(replies(slack, head)) == 3  # another click's question


def test_what_was_said_more_than_a_minute_before_the_click_does_not_count(slack: Slack) -> None:
    head = room(slack, -61)
    for _ in range(2):
        talk(head).ask(UNDO, "value", None)
    assert len(replies(slack, head)) == 2


def test_without_its_thread_it_is_said_in_the_channel(slack: Slack) -> None:
    head = room(slack, chat_postMessage=[NO_HEAD, SlackAppAnswer()])
    talk(head).ask(UNDO, "value", None)
    said = slack.workspace.messages[-1]
    assert "thread_ts" not in said
    assert said["metadata"]["event_payload"] == {"mark": mark_of("click-9", "question")}
    talk("1.000001").tell()
    assert "thread_ts" not in slack.workspace.messages[-1]


@pytest.mark.parametrize("lost", ["chat_postMessage", "conversations_replies", "chat_update"])
def test_an_answer_that_is_lost_is_tried_again_and_said_once(slack: Slack, lost: str) -> None:
    head = room(slack, **{lost: [LOST, SlackAppAnswer()]})
    told = talk(head, asked_ts=head if lost == "chat_update" else "1.000009")  # which is gone
    with pytest.raises(DeliveryUnavailable, match="did not answer: RemoteDisconnected"):
        told.tell()
    told.tell()
    assert len(replies(slack, head)) == 1


ASKED_FOR = "`quarantine-7`: why.\nIt broke off: its log says why. Asking again does nothing twice."
ALONE = f"{ASKED_FOR}\nAsked for by <@U0ADA>."
AGREED = f"{ASKED_FOR}\nAsked for by <@U0ADA>, <@U0BO> agreed."
WISH, NOTHING = "<@U0ADA> wanted to undo what it has done.", "nothing was done."
EXPIRED = f"{WISH} Nobody agreed within 30 minutes: {NOTHING}"
TOLD: dict[str, tuple[Action, Action, str | None, list[str]]] = {
    "a cancel that nobody had to agree to": (Action.CANCEL, Action.CANCEL, None, [ALONE]),
    "a cancel that somebody agreed to": (
        Action.APPROVE, Action.CANCEL, "U0BO",
        ["<@U0ADA> wanted to cancel it. <@U0BO> agreed.", AGREED],
    ),
    "an undo that somebody agreed to": (
        Action.APPROVE, Action.UNDO, "U0BO", [f"{WISH} <@U0BO> agreed.", AGREED],
    ),
    "an undo that somebody denied": (
        Action.DENY, Action.UNDO, "U0BO",
        [f"{WISH} <@U0BO> said no: {NOTHING}", f"<@U0ADA>: <@U0BO> said no, so {NOTHING}"],
    ),
    "an undo that nobody agreed to": (
        Action.UNDO, Action.UNDO, None,
        [EXPIRED, f"<@U0ADA>: nobody agreed within 30 minutes, so {NOTHING}"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_the_thread_is_told_and_the_question_closed(slack: Slack, case: str) -> None:
    clicked, act, approver, said = TOLD[case]
    head = room(slack)
    question = talk(head, act=act).ask(UNDO, "value", None) if len(said) > 1 else None
    ended = Progress(Result.NOT_GRANTED)
    more = {"asked_ts": question, "progress": ended, "why": "why", "is_broken": True}
    talk(head, clicked, act=act, approver=approver, **more).tell()
    found = replies(slack, head)
    assert [each["blocks"][0]["text"]["text"] for each in found] == said
    assert ("subtype" in found[-1]) is (act is Action.UNDO and clicked is Action.APPROVE)


def notice(thread: Thread | None) -> Notice:
    channels = {"slack": ChannelMemory(thread=thread)}
    return Notice.parse(notify_input(look(Decision.ENDED, channels=channels)))


def test_the_task_s_own_message_says_who_did_it(slack: Slack) -> None:
    head = room(slack)
    told, foot = notice(Thread(CHANNEL, head)), [block_kit.section("buttons")]
    talk(head, approver="U0BO").show(told, foot, Clock())
    line = says.trail(Action.UNDO, requester="U0ADA", approver="U0BO", at=NOW, clock=Clock())
    [shown] = slack.workspace.messages
    before: Any = slack_thread.verdict(told.report, Clock()).payload["blocks"]
    assert shown["blocks"] == [*before, block_kit.context(line), *foot]


@pytest.mark.parametrize("thread", [Thread(CHANNEL, "1.000009"), None])
def test_any_other_message_is_left_as_it_is(slack: Slack, thread: Thread | None) -> None:
    head = room(slack)
    talk(head).show(notice(thread), [], Clock())
    assert slack.calls == []


@pytest.mark.parametrize("thread_ts", [None, "1.2"])
def test_who_clicked_alone_is_told_why_not(slack: Slack, thread_ts: str | None) -> None:
    head = room(slack)
    talk(head, thread_ts=thread_ts).refuse("it has ended")
    [whisper] = slack.workspace.whispers
    assert (whisper["user"], whisper["text"]) == ("U0BO", "Nothing was done: it has ended.")
    assert whisper.get("thread_ts") == thread_ts


@pytest.mark.parametrize("answer", [LOST, NO_HEAD])
def test_a_refusal_that_may_not_have_arrived_is_told_again(slack: Slack, answer: Any) -> None:
    room(slack, chat_postEphemeral=[answer])
    with pytest.raises(DeliveryUnavailable, match="Slack "):
        talk("1.1").refuse("it has ended")
