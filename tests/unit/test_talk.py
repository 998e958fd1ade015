"""What an act says in Slack: where, to whom, and once, whatever becomes of the answers."""

from collections.abc import Callable
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
POST, EDIT = "chat.postMessage", "chat.update"
LOST, NO_HEAD = SlackAppAnswer(drop="after"), SlackAppAnswer(error="thread_not_found")
UNDO = Button(Action.UNDO, TaskType.DETECT, "quarantine-7", requester="U0ADA", head_ts="?")
CLOSED = Ruling(Follows.CLOSE)

type Play = Callable[..., Slack]


def at_moment(seconds: float = 0) -> Workspace:
    return Workspace(clock=lambda: NOW.timestamp() + seconds)


def room(slack: Slack, workspace: Workspace | None = None) -> str:
    """The head's ts: a task's own message stands in the channel."""
    slack.workspace = workspace or at_moment()
    head = {"channel": CHANNEL, "text": "head"}
    ts: str = slack.workspace.call(POST, f"Bearer {TOKEN}", head)["ts"]
    return ts


def request(head: str, action: Action = Action.UNDO, **more: Any) -> Request:
    click = Click(action, "value", "U0BO", CHANNEL, "1.2", more.pop("thread_ts", None), "1.1")
    button = UNDO._replace(head_ts=head, action=more.pop("act", Action.UNDO))
    known: dict[str, Any] = {
        "click": click, "button": button, "ruling": Ruling(Follows.ACT), "execution": "click-9",
        "progress": Progress(Result.UNDONE, done=2), "started_at": NOW, "asked_ts": None,
        "is_broken": False, "why": "",
    }  # fmt: skip
    return Request(**(known | more))


def talk(asked: Request) -> Talk:
    return Talk(SlackApp(TOKEN, CHANNEL), asked)


def replies(slack: Slack, head: str) -> list[dict[str, Any]]:
    return slack.workspace.thread(head)[1:]


def test_a_second_person_is_asked_once_in_the_task_s_thread(play: Play) -> None:
    slack = play()
    head = room(slack)
    plan = Plan((Cause(Kind.POLICY, 1, ("p",)),))
    asked = [talk(request(head)).ask(UNDO, "value", plan) for _ in range(2)]
    [question] = replies(slack, head)
    assert asked == [question["ts"]] * 2
    assert question["blocks"] == says.ask(UNDO, "value", plan).payload["blocks"]
    assert "subtype" not in question
    talk(request(head)).tell()
    assert len(replies(slack, head)) == 2  # another thing that is said


def test_another_click_s_question_is_another_one(play: Play) -> None:
    slack = play()
    head = room(slack)
    for execution in ("click-8", "click-9"):
        talk(request(head, execution=execution)).ask(UNDO, "value", None)
    assert len(replies(slack, head)) == 2


@pytest.mark.parametrize(("seconds", "posts"), [(-59, 1), (-61, 2)])
def test_what_was_said_within_a_minute_before_the_click_counts(
    play: Play, seconds: int, posts: int
) -> None:
    slack = play()
    head = room(slack, at_moment(seconds))
    for _ in range(2):
        talk(request(head)).ask(UNDO, "value", None)
    assert len(replies(slack, head)) == posts


def test_without_its_thread_it_is_said_in_the_channel(play: Play) -> None:
    slack = play(chat_postMessage=[NO_HEAD, SlackAppAnswer()])
    ts = talk(request(room(slack))).ask(UNDO, "value", None)
    [said] = [each for each in slack.workspace.messages if each["ts"] == ts]
    assert "thread_ts" not in said
    assert said["metadata"]["event_payload"] == {"mark": mark_of("click-9", "question")}
    talk(request("1.000001")).tell()
    assert "thread_ts" not in slack.workspace.messages[-1]


def test_who_may_not_read_the_history_says_it_all_the_same(play: Play) -> None:
    slack = play()
    head = room(slack)
    slack.workspace.scopes = ("chat:write",)
    talk(request(head)).tell()
    assert len(replies(slack, head)) == 1


@pytest.mark.parametrize("lost", ["chat_postMessage", "conversations_replies", "chat_update"])
def test_an_answer_that_is_lost_is_tried_again_and_said_once(play: Play, lost: str) -> None:
    slack = play(**{lost: [LOST, SlackAppAnswer()]})
    head = room(slack)
    asked = request(head, asked_ts=head if lost == "chat_update" else None)
    with pytest.raises(DeliveryUnavailable, match="did not answer: RemoteDisconnected"):
        talk(asked).tell()
    talk(asked).tell()
    assert len(replies(slack, head)) == 1


TOLD: dict[str, tuple[Action, Action, str | None]] = {
    "a cancel that nobody had to agree to": (Action.CANCEL, Action.CANCEL, None),
    "a cancel that somebody agreed to": (Action.APPROVE, Action.CANCEL, "U0BO"),
    "an undo that somebody agreed to": (Action.APPROVE, Action.UNDO, "U0BO"),
    "an undo that somebody denied": (Action.DENY, Action.UNDO, "U0BO"),
    "an undo that nobody agreed to": (Action.UNDO, Action.UNDO, None),
}


@pytest.mark.parametrize(("clicked", "act", "approver"), TOLD.values(), ids=TOLD)
def test_the_thread_is_told_and_the_question_closed(
    play: Play, clicked: Action, act: Action, approver: str | None
) -> None:
    slack = play()
    head = room(slack)
    asked = clicked is not act
    is_wish = asked or act is Action.UNDO
    question = talk(request(head, act=act)).ask(UNDO, "value", None) if is_wish else None
    ruling = Ruling(Follows.ACT, approver=approver)
    done = request(
        head, clicked, act=act, ruling=ruling, asked_ts=question, why="why", is_broken=True,
        progress=Progress(Result.NOT_GRANTED),
    )  # fmt: skip
    talk(done).tell()
    assert done.button
    approved = clicked is Action.APPROVE
    *closed, told = [each["text"] for each in replies(slack, head)]
    if is_wish:
        expected = says.asked(done.button, approver=approver, approved=approved)
        assert closed == [expected.payload["text"]]
        assert slack.calls.count(EDIT) == 1
    if is_wish and not approved:
        message = says.dropped(done.button, approver=approver)
    else:
        message = says.told(
            done.button, done.progress, requester="U0ADA", approver=approver, why="why", broken=True
        )
    last = replies(slack, head)[-1]
    assert (told, last["blocks"]) == (message.payload["text"], message.payload["blocks"])
    assert ("subtype" in last) is (act is Action.UNDO and approved)


def test_a_question_that_is_gone_is_no_reason_not_to_tell(play: Play) -> None:
    slack = play()
    head = room(slack)
    talk(request(head, asked_ts="1.000009", ruling=CLOSED)).tell()
    assert [each["text"] for each in replies(slack, head)] == [
        "<@U0ADA>: nobody agreed within 30 minutes, so nothing was done."
    ]


# --- Below the task's own message --------------------------------------------------------------


def notice(thread: Thread | None) -> Notice:
    return Notice.parse(
        notify_input(look(Decision.ENDED, channels={"slack": ChannelMemory(thread=thread)}))
    )


def test_the_task_s_own_message_says_who_did_it(play: Play) -> None:
    slack = play()
    head = room(slack)
    told, foot = notice(Thread(CHANNEL, head)), [block_kit.section("buttons")]
    asked = request(head, ruling=Ruling(Follows.ACT, approver="U0BO"))
    talk(asked).show(told, foot, Clock())
    line = says.trail(Action.UNDO, requester="U0ADA", approver="U0BO", at=NOW, clock=Clock())
    [shown] = slack.workspace.messages
    before = slack_thread.verdict(told.report, Clock()).payload["blocks"]
    assert isinstance(before, list)
    assert shown["blocks"] == [*before, block_kit.context(line), *foot]


@pytest.mark.parametrize(
    ("thread", "changes"),
    [
        (Thread(CHANNEL, "1.000009"), {}),
        (None, {}),
        (Thread(CHANNEL, "?"), {"button": None}),
    ],
    ids=["another message", "no message", "no button"],
)
def test_any_other_message_is_left_as_it_is(
    play: Play, thread: Thread | None, changes: dict[str, Any]
) -> None:
    slack = play()
    head = room(slack)
    if thread and thread.ts == "?":
        thread = thread._replace(ts=head)
    talk(request(head, **changes)).show(notice(thread), [], Clock())
    assert slack.calls == []


# --- To one person alone -----------------------------------------------------------------------


@pytest.mark.parametrize("thread_ts", [None, "1.2"])
def test_who_clicked_alone_is_told_why_not(play: Play, thread_ts: str | None) -> None:
    slack = play()
    talk(request(room(slack), thread_ts=thread_ts)).refuse("it has ended")
    [whisper] = slack.workspace.whispers
    assert (whisper["user"], whisper["text"]) == ("U0BO", "Nothing was done: it has ended.")
    assert whisper.get("thread_ts") == thread_ts


@pytest.mark.parametrize("answer", [LOST, NO_HEAD, SlackAppAnswer(status=503)])
def test_a_refusal_that_may_not_have_arrived_is_told_again(
    play: Play, answer: SlackAppAnswer
) -> None:
    slack = play(chat_postEphemeral=[answer, SlackAppAnswer()])
    room(slack)
    with pytest.raises(DeliveryUnavailable, match="Slack "):
        talk(request("1.1")).refuse("it has ended")
    talk(request("1.1")).refuse("it has ended")
    assert slack.workspace.whispers
