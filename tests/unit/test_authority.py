"""What follows from a click: who may act, who has to agree, and what a request is read from."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from mitigation.acts.authority import Follows, Rules, Ruling, rule
from mitigation.acts.button import Button
from mitigation.acts.click import Action, Click, InvalidClick
from mitigation.acts.progress import Progress, Result
from mitigation.acts.request import Request
from mitigation.codec import encode
from mitigation.kind import TaskType
from mitigation.wire import InvalidTask

CANCEL, RETRY, UNDO, APPROVE, DENY = Action
RULES = Rules.parse("cancel-retry-undo", "retry,undo", "U0ADA, U0BO,")
NOW = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
ASKED = int(NOW.timestamp())
CHANNEL, TOKEN = "C0", "xoxb-1-made-up"


def button(action: Action, **wish: Any) -> Button:
    return Button(action, TaskType.DETECT, "quarantine-7", **wish)


def wish(action: Action = UNDO, **more: Any) -> Button:
    known = {"requester": "U0ADA", "asked_at": ASKED, "request": "click-1", "head_ts": "1.1"}
    return button(action, **(known | more))


def click(action: Action, user: str = "U0ADA", value: str = "value", **more: Any) -> Click:
    return Click(action, value, user, CHANNEL, "1.2", more.get("thread_ts"), "1763999999.1")


@pytest.mark.parametrize(
    ("level", "acts"),
    [
        ("off", set()),
        ("cancel", {CANCEL}),
        ("cancel-retry", {CANCEL, RETRY}),
        ("cancel-retry-undo", {CANCEL, RETRY, UNDO}),
    ],
)
def test_a_level_allows_what_it_names(level: str, acts: set[Action]) -> None:
    assert Rules.parse(level, "", "").acts == acts


def test_lists_are_read_as_people_write_them() -> None:
    rules = Rules.parse("cancel", "retry,undo", "U0ADA, U0BO,")
    assert rules.approvals == {RETRY, UNDO}
    assert rules.actors == {"U0ADA", "U0BO"}
    for nobody in ("", ",", " , "):
        assert not Rules.parse("cancel", "", nobody).actors


NOT_LISTED = "you are not among the people who may act from here (SlackActors)"
UNFIT, NO_WISH = "the button does not fit what it says", "there is no wish to agree to"
OTHER = "it has to be another person than the one who asked"
EXPIRED = "30 minutes have passed, so the wish has expired; ask again"
ALONE = RULES._replace(approvals=frozenset())
BO, CANCELS = click(APPROVE, "U0BO"), click(CANCEL)
AGREED, DENIED = Ruling(Follows.ACT, approver="U0BO"), Ruling(Follows.CLOSE, approver="U0BO")
FIRST, SECOND = Ruling(Follows.DECIDE, approver="U0ADA"), Ruling(Follows.DECIDE, approver="U0BO")
NOT_UNDO = Rules.parse("cancel-retry", "", "U0ADA")
NO_UNDO = "this stack does not allow to undo from Slack (SlackActions)"
DROPPED = "the one who asked may no longer act from here (SlackActors)"
RULED: dict[str, tuple[Click, Button, Rules, Ruling | str]] = {
    "a cancel is done": (CANCELS, button(CANCEL), RULES, Ruling(Follows.ACT)),
    "a retry is asked about": (click(RETRY), button(RETRY), RULES, Ruling(Follows.ASK)),
    "a retry alone is done": (click(RETRY), button(RETRY), ALONE, Ruling(Follows.ACT)),
    "an undo alone is shown first": (click(UNDO), button(UNDO), ALONE, Ruling(Follows.ASK)),
    "a stranger": (click(CANCEL, "U0EVE"), button(CANCEL), RULES, NOT_LISTED),
    "a stranger's approval": (click(APPROVE, "U0EVE"), wish(), RULES, NOT_LISTED),
    "more than the level": (click(UNDO), button(UNDO), NOT_UNDO, NO_UNDO),
    "another act's button": (CANCELS, button(RETRY), RULES, UNFIT),
    "a question's button under an act": (click(UNDO), wish(), RULES, UNFIT),
    "a task's button under Approve": (BO, button(UNDO), RULES, NO_WISH),
    "a wish since nobody knows when": (BO, wish(asked_at=None), RULES, NO_WISH),
    "a wish of no execution": (BO, wish(request=None), RULES, NO_WISH),
    "a wish of who may no longer act": (BO, wish(requester="U0EVE"), RULES, DROPPED),
    "one's own approval": (click(APPROVE), wish(), RULES, OTHER),
    "one's own denial": (click(DENY), wish(), RULES, FIRST),
    "one's own approval where nobody else has to agree": (click(APPROVE), wish(), ALONE, FIRST),
    "an approval after 30 minutes": (BO, wish(asked_at=ASKED - 1_800), RULES, SECOND),
    "an approval a second later": (BO, wish(asked_at=ASKED - 1_801), RULES, EXPIRED),
}


@pytest.mark.parametrize("case", RULED)
def test_what_follows_from(case: str) -> None:
    clicked, known, rules, expected = RULED[case]
    found = rule(clicked, known, rules, ASKED, counts=False)
    assert found == (expected if isinstance(expected, Ruling) else (Follows.REFUSE, expected, None))


@pytest.mark.parametrize(
    ("clicked", "age", "expected"),
    [
        (BO, 1_860, AGREED),
        (BO, 1_861, Ruling(Follows.REFUSE, EXPIRED)),
        (click(DENY, "U0BO"), 0, DENIED),
        (click(APPROVE), 0, Ruling(Follows.REFUSE, OTHER)),
    ],
    ids=["an approval, with a minute of grace", "one too late", "a denial", "one's own approval"],
)
def test_what_follows_from_the_first_answer(clicked: Click, age: int, expected: Ruling) -> None:
    assert rule(clicked, wish(), RULES, ASKED + age, counts=True) == expected


# --- What the state machine asks for -----------------------------------------------------------


def read(clicked: Click, known: Button | None = None, **state: Any) -> Request:
    value = known.value(CHANNEL, TOKEN) if known else clicked.value
    state["click"] = clicked._replace(value=value).to_input()
    event = {
        "step": "act",
        "execution": {"id": "arn:aws:states:eu:1:exec:Act:click-9", "startedAt": NOW.isoformat()},
        "state": state,
    }  # fmt: skip
    return Request.read(event, RULES, token=TOKEN, channel=CHANNEL)


def test_a_click_on_a_task_s_message_is_a_request() -> None:
    found = read(click(RETRY), button(RETRY))
    assert found == Request(
        click(RETRY, value=button(RETRY).value(CHANNEL, TOKEN)), button(RETRY),
        Ruling(Follows.ASK), Progress(), "click-9", NOW, None, False, "",
    )  # fmt: skip
    assert (found.head_ts, found.requester, found.decision) == ("1.2", "U0ADA", "decision-click-9")
    assert found.wish == wish(RETRY, request="click-9", head_ts="1.2")


def test_an_answer_to_a_wish_is_one_too() -> None:
    found = read(click(APPROVE, "U0BO", thread_ts="1.1"), wish())
    assert (found.asked_ts, found.head_ts, found.requester) == ("1.2", "1.1", "U0ADA")
    assert found.decision == "decision-click-1"
    assert found.ruling == Ruling(Follows.DECIDE, approver="U0BO")
    assert read(click(DENY, "U0BO"), wish(), counts=True).ruling.follows is Follows.CLOSE
    assert read(click(DENY), wish()).asked_ts == "1.2"
    assert read(click(CANCEL, thread_ts="1.0"), button(CANCEL)).head_ts == "1.0"


def test_a_wish_that_has_expired_is_closed_whoever_wanted_it() -> None:
    expired = {"wish": wish().value(CHANNEL, TOKEN), "askedTs": "1.3"}
    found = read(click(UNDO), button(UNDO), expired=expired)
    assert (found.button, found.ruling, found.asked_ts) == (wish(), Ruling(Follows.CLOSE), "1.3")


def test_how_far_an_act_is_is_read_again() -> None:
    progress = Progress(Result.NOT_GRANTED, batches=2)
    step = {"progress": encode(progress), "why": "it grants none"}
    found = read(click(CANCEL), button(CANCEL), step=step, failure={"Error": "x"})
    assert (found.progress, found.why, found.is_broken) == (progress, "it grants none", True)


def test_a_forged_button_is_refused_and_asks_for_nothing() -> None:
    found = read(click(CANCEL, thread_ts="1.0"))
    why = "the button was not made by this app, or before its token changed"
    assert (found.button, found.ruling, found.why) == (None, Ruling(Follows.REFUSE, why), why)
    assert (found.head_ts, found.requester, found.decision) == ("1.0", "U0ADA", "decision-click-9")
    assert read(click(CANCEL)).head_ts == "1.2"


@pytest.mark.parametrize(
    ("event", "error", "names"),
    [
        ([], InvalidTask, "the event: "),
        ({"state": {"click": {}}}, InvalidClick, "click.action"),
        ({"state": 7}, InvalidTask, "the event.state"),
        ({"state": {"click": click(CANCEL).to_input()}, "execution": {"startedAt": "soon"}},
         InvalidTask, "the event.execution.startedAt"),
        ({"state": {"click": click(CANCEL).to_input(), "step": {"progress": {"done": "x"}}},
          "execution": {"startedAt": NOW.isoformat()}}, InvalidTask, "progress.done"),
    ],
)  # fmt: skip
def test_a_state_that_is_none_is_named(
    event: Mapping[str, Any], error: type[ValueError], names: str
) -> None:
    with pytest.raises(error, match=names):
        Request.read(event, RULES, token=TOKEN, channel=CHANNEL)
