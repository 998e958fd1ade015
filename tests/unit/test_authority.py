"""What follows from a click: who may act, who has to agree, and what a request is read from."""

from datetime import UTC, datetime
from typing import Any

import pytest

from embedded.slack_workspace import CHANNEL, TOKEN
from mitigation.acts.authority import APPROVAL_SECONDS, Follows, Rules, Ruling, rule
from mitigation.acts.button import Button, prove
from mitigation.acts.click import Action, Click, InvalidClick, parse_click
from mitigation.acts.progress import Progress, Result
from mitigation.acts.request import Request
from mitigation.codec import encode
from mitigation.kind import TaskType
from mitigation.member import Member
from mitigation.wire import InvalidTask
from tests.support.clicks import NOW, PLACE, form, payload

CANCEL, RETRY, UNDO, APPROVE, DENY = Action
RULES = Rules.parse("cancel-retry-undo", "retry,undo", "U0ADA, U0BO,")
AT = datetime.fromtimestamp(NOW, UTC)
HEAD = "1763999000.000100"


def button(action: Action, task_id: str = "quarantine-7", **wish: Any) -> Button:
    return Button(action, TaskType.DETECT, task_id, **wish)


def wish(age: int = 0, action: Action = UNDO, **more: Any) -> Button:
    known: dict[str, Any] = {"requester": "U0ADA", "asked_at": int(NOW) - age, "request": "r"}
    return button(action, **(known | {"head_ts": "1.1"} | more))


def click(action: Action, value: Button | str, user: str = "U0ADA", **more: Any) -> Click:
    text = value.value(CHANNEL, TOKEN) if isinstance(value, Button) else value
    return parse_click(form(payload(action, text, user)), PLACE)._replace(**more)


def read(clicked: object, **state: Any) -> Request:
    """What the state machine asks for, which the door has started with that click."""
    execution = {"id": "arn:aws:states:eu:1:exec:Act:click-9", "startedAt": AT.isoformat()}
    event = {"execution": execution, "state": {"click": clicked, **state}}
    return Request.read(event, RULES, token=TOKEN, channel=CHANNEL)


def test_lists_are_read_as_people_write_them() -> None:
    rules = Rules.parse("cancel", "retry,undo", "U0ADA, U0BO,")
    assert rules.approvals == {RETRY, UNDO}
    assert rules.actors == {"U0ADA", "U0BO"}
    for nobody in ("", ",", " , "):
        assert not Rules.parse("cancel", "", nobody).actors
    levels = ("off", "cancel-retry", "cancel-retry-undo")
    acts = [Rules.parse(level, "", "").acts for level in levels]
    assert acts == [set(), {CANCEL, RETRY}, {CANCEL, RETRY, UNDO}]


def proved(text: str) -> str:
    return f"{prove(text, CHANNEL, TOKEN)}.{text}"


ADA, BO, EVE = ("U0ADA", CANCEL), ("U0BO", APPROVE), ("U0EVE", APPROVE)
GENUINE, WISH = (each.value(CHANNEL, TOKEN) for each in (button(CANCEL), wish()))
THEIRS = button(CANCEL, member=Member("210987654321", "us-east-1")).value(CHANNEL, TOKEN)
ELSEWHERE, BY_ANOTHER = button(CANCEL).value("C0OTHER", TOKEN), button(CANCEL).value(CHANNEL, "x")
NOT_LISTED = "you are not among the people who may act from here (SlackActors)"
DROPPED = "the one who asked may no longer act from here (SlackActors)"
OWN = "it has to be another person than the one who asked"
EXPIRED = "30 minutes have passed, so the wish has expired; ask again"
UNFIT, NO_WISH = "the button does not fit what it says", "there is no wish to agree to"
NOT_OURS = "the button was not made by this app, or before its token changed"
OLD, NO_TASK = "the button's value is of another version: ", "the button names no task"
# Clicks that the door lets in, as they are Slack's: by whom, on what; its value, and why not.
UNENTITLED: dict[str, tuple[tuple[str, Action], Button | str, str]] = {
    "a stranger": (("U0EVE", CANCEL), GENUINE, NOT_LISTED),
    "a stranger who approves": (EVE, WISH, NOT_LISTED),
    "the requester who approves": (("U0ADA", APPROVE), WISH, OWN),
    "an expired button": (BO, wish(APPROVAL_SECONDS + 1), EXPIRED),
    "a wish of who may no longer act": (BO, wish(requester="U0EVE"), DROPPED),
    "a wish since nobody knows when": (BO, wish(asked_at=None), NO_WISH),
    "a wish of no execution": (BO, wish(request=None), NO_WISH),
    "a button of another act": (ADA, button(UNDO), UNFIT),
    "a task's button under Approve": (BO, button(UNDO), NO_WISH),
    "a wish under an act": (("U0BO", UNDO), WISH, UNFIT),
    "a button of another task": (ADA, GENUINE.replace("ne-7", "ne-8"), NOT_OURS),
    "a button of another channel": (ADA, ELSEWHERE, NOT_OURS),
    "a button made with another token": (ADA, BY_ANOTHER, NOT_OURS),
    "a button of another member": (ADA, THEIRS.replace("210987", "310987"), NOT_OURS),
    "a button without its member": (ADA, THEIRS.partition(',"member"')[0] + "}", NOT_OURS),
    "no member's button": (ADA, button(CANCEL, member=Member("1", "r")), f"{OLD}member.account"),
    "a changed wish": (BO, WISH.replace("U0ADA", "U0EVE"), NOT_OURS),
    "no task's button": (ADA, button(CANCEL, "a b"), NO_TASK),
    "an empty one": (ADA, proved("{}"), f"{OLD}missing: button.action"),
    "half a one": (ADA, proved("{"), OLD),
    "a proof that is none": (ADA, "é.{}", NOT_OURS),
}


@pytest.mark.parametrize("attack", UNENTITLED)
def test_a_click_that_is_not_entitled_does_not_act(attack: str) -> None:
    (user, action), value, why = UNENTITLED[attack]
    found = read(click(action, value, user).to_input())
    assert found.ruling == Ruling(Follows.REFUSE, found.why)
    assert found.why.startswith(why)


CANCELS, UNDOES, APPROVES = (click(each, "v") for each in (CANCEL, UNDO, APPROVE))
BO_APPROVES, BO_DENIES = (click(each, "v", "U0BO") for each in (APPROVE, DENY))
ALONE, NOT_UNDO = RULES._replace(approvals=frozenset()), Rules.parse("cancel-retry", "", "U0ADA")
AGREED, DENIED = Ruling(Follows.ACT, approver="U0BO"), Ruling(Follows.CLOSE, approver="U0BO")
FIRST, SECOND = Ruling(Follows.DECIDE, approver="U0ADA"), Ruling(Follows.DECIDE, approver="U0BO")
NO_UNDO = Ruling(Follows.REFUSE, "this stack does not allow to undo from Slack (SlackActions)")
TOO_LATE = Ruling(Follows.REFUSE, EXPIRED)
DOES, ASKS = Ruling(Follows.ACT), Ruling(Follows.ASK)
# The last: whether this answer was the first one.
RULED: dict[str, tuple[Click, Button, Rules, Ruling, bool]] = {
    "a cancel is done": (CANCELS, button(CANCEL), RULES, DOES, False),
    "a retry is asked about": (click(RETRY, "v"), button(RETRY), RULES, ASKS, False),
    "a retry alone is done": (click(RETRY, "v"), button(RETRY), ALONE, DOES, False),
    "an undo alone is shown first": (UNDOES, button(UNDO), ALONE, ASKS, False),
    "more than the level": (UNDOES, button(UNDO), NOT_UNDO, NO_UNDO, False),
    "one's own denial": (click(DENY, "v"), wish(), RULES, FIRST, False),
    "one's own approval where nobody else has to agree": (APPROVES, wish(), ALONE, FIRST, False),
    "an approval after 30 minutes": (BO_APPROVES, wish(APPROVAL_SECONDS), RULES, SECOND, False),
    "the first answer, with a minute of grace": (BO_APPROVES, wish(1_860), RULES, AGREED, True),
    "the first answer, too late": (BO_APPROVES, wish(1_861), RULES, TOO_LATE, True),
    "the first answer, a denial": (BO_DENIES, wish(), RULES, DENIED, True),
}


@pytest.mark.parametrize("case", RULED)
def test_what_follows_from(case: str) -> None:
    clicked, known, rules, expected, counts = RULED[case]
    assert rule(clicked, known, rules, NOW, counts=counts) == expected


def test_one_person_s_clicks_on_a_button_within_a_minute_are_one() -> None:
    name = CANCELS.execution_name
    assert len(name) <= 80
    assert CANCELS._replace(clicked_at="1763999999.9").execution_name == name
    more: Any = [{"message_ts": "1.1"}, {"user": "U0BO"}, {"value": "w"}, {"action": RETRY}]
    for other in [{"clicked_at": "1764000060.1"}, *more]:
        assert CANCELS._replace(**other).execution_name != name


def test_a_click_on_a_task_s_message_is_a_request() -> None:
    clicked, known = click(RETRY, button(RETRY)), button(RETRY)
    value = known.value(CHANNEL, TOKEN)
    assert clicked == Click(RETRY, value, "U0ADA", CHANNEL, HEAD, None, "1763999999.123456")
    found = read(clicked.to_input())
    more: dict[str, Any] = {"asked_ts": None, "is_broken": False, "why": ""}
    assert found == Request(clicked, known, ASKS, Progress(), "click-9", AT, **more)
    assert (found.head_ts, found.requester, found.decision) == (HEAD, "U0ADA", "decision-click-9")
    assert found.wish == wish(action=RETRY, request="click-9", head_ts=HEAD)
    assert read(click(CANCEL, button(CANCEL), thread_ts="1.0").to_input()).head_ts == "1.0"


def test_an_answer_to_a_wish_is_one_too() -> None:
    answer = click(APPROVE, wish(), "U0BO", thread_ts="1.1")
    found = read(answer.to_input())
    assert (found.asked_ts, found.head_ts, found.requester) == (HEAD, "1.1", "U0ADA")
    assert (found.decision, found.ruling) == ("decision-r", SECOND)
    denial = click(DENY, wish(), "U0BO").to_input()
    assert read(denial, counts=True).ruling.follows is Follows.CLOSE
    assert read(denial).asked_ts == HEAD


def test_a_wish_that_has_expired_is_closed_whoever_wanted_it() -> None:
    expired = {"wish": wish().value(CHANNEL, TOKEN), "askedTs": "1.3"}
    found = read(click(UNDO, button(UNDO)).to_input(), expired=expired)
    assert (found.button, found.ruling, found.asked_ts) == (wish(), Ruling(Follows.CLOSE), "1.3")


def test_how_far_an_act_is_is_read_again() -> None:
    progress = Progress(Result.NOT_GRANTED, batches=2)
    step = {"progress": encode(progress), "why": "it grants none"}
    found = read(click(CANCEL, button(CANCEL)).to_input(), step=step, failure={"Error": "x"})
    assert (found.progress, found.why, found.is_broken) == (progress, "it grants none", True)


def test_a_forged_button_asks_for_nothing() -> None:
    found = read(click(CANCEL, "value", thread_ts="1.0").to_input())
    assert (found.button, found.requester, found.decision) == (None, "U0ADA", "decision-click-9")
    assert found.head_ts == "1.0"
    assert read(click(CANCEL, "value").to_input()).head_ts == HEAD


KNOWN = {"click": CANCELS.to_input(), "step": {"progress": {"done": "x"}}}
SOON, AT_ONCE = {"startedAt": "soon"}, {"startedAt": AT.isoformat()}


@pytest.mark.parametrize(
    ("event", "error", "names"),
    [
        ([], InvalidTask, "the event: "),
        ({"state": {"click": {}}}, InvalidClick, "click.action"),
        ({"state": 7}, InvalidTask, "the event.state"),
        ({"state": KNOWN, "execution": SOON}, InvalidTask, "the event.execution"),
        ({"state": KNOWN, "execution": AT_ONCE}, InvalidTask, "progress.done"),
    ],
)
def test_a_state_that_is_none_is_named(event: Any, error: type[ValueError], names: str) -> None:
    with pytest.raises(error, match=names):
        Request.read(event, RULES, token=TOKEN, channel=CHANNEL)
