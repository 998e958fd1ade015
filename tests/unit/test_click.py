"""What is a click on a button of ours, and what isn't."""

from collections.abc import Callable
from typing import Any

import pytest

from mitigation.acts.button import Button, ForgedButton, prove
from mitigation.acts.click import Action, Click, InvalidClick, parse_click
from mitigation.kind import TaskType
from tests.support.clicks import PLACE, form, payload

TOKEN = "xoxb-1-made-up"
BUTTON = Button(Action.CANCEL, TaskType.DETECT, "quarantine-7")
OTHERS = "was not made by this app, or before its token changed"
BAD = '{"action":"undo","taskType":"audit","taskId":"t","member":{"account":"1","region":"r"}}'


def parsed(**changes: Any) -> Click:
    return parse_click(form(payload() | changes), PLACE)


def test_a_click_says_who_clicked_what_and_where() -> None:
    click = parsed()
    assert click == Click(
        Action.CANCEL, "value", "U0ADA", PLACE.channel, "1763999000.000100", None,
        "1763999999.123456",
    )  # fmt: skip
    assert Click.from_input(click.to_input()) == click


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def made(document: dict[str, Any]) -> None:
        *keys, last = path.split()
        place: Any = document
        for key in keys:
            place = place[int(key)] if isinstance(place, list) else place[key]
        place[last] = value

    return made


ATTACKS = {
    "another app": change("api_app_id", "A0OTHER"),
    "no app": change("api_app_id", None),
    "another team": change("team id", "T0OTHER"),
    "no team": change("team", None),
    "another channel": change("channel id", "C0OTHER"),
    "another channel's message": change("container channel_id", "C0OTHER"),
    "a view": change("container type", "view"),
    "another interaction": change("type", "view_submission"),
    "an unknown button": change("actions 0 action_id", "mitigation-delete"),
    "another app's button": change("actions 0 action_id", "cancel"),
    "a menu": change("actions 0 type", "static_select"),
    "no value": change("actions 0 value", None),
    "a long value": change("actions 0 value", "v" * 2001),
    "a value that is no text": change("actions 0 value", ["v"]),
    "no user": change("user", {}),
    "a mention for a user": change("user id", "<!channel>"),
    "a user with a line break": change("user id", "U0ADA\n"),
    "a timestamp that is none": change("container message_ts", "now"),
    "a thread that is none": change("container thread_ts", ""),
    "no moment": change("actions 0 action_ts", None),
    "no action": change("actions", []),
    "two actions": change("actions", payload()["actions"] * 2),
    "an action that is none": change("actions", [1]),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_ours_is_refused(attack: str) -> None:
    document = payload()
    ATTACKS[attack](document)
    with pytest.raises(InvalidClick):
        parse_click(form(document), PLACE)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"payload", b"payload=%", b"payload=[]", b"\xff", b"a=1"),
        form(payload()) + b"&" + form(payload()),
        b"payload=" + b"[" * 50_000,
    ],
)
def test_a_body_that_holds_no_payload_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidClick):
        parse_click(body, PLACE)


def test_one_person_s_clicks_on_a_button_within_a_minute_are_one() -> None:
    click = parsed()
    name = click.execution_name
    assert len(name) <= 80
    assert click._replace(clicked_at="1763999999.9").execution_name == name
    for other in (
        {"clicked_at": "1764000060.1"}, {"user": "U0BO"}, {"value": "w"},
        {"action": Action.RETRY}, {"message_ts": "1.1"},
    ):  # fmt: skip
        assert click._replace(**other).execution_name != name


def test_a_button_reads_what_was_written_on_it() -> None:
    wish = BUTTON._replace(requester="U0ADA", asked_at=1, request="r", head_ts="1.2", changes=3)
    for button in (BUTTON, wish):
        assert Button.read(button.value("C0", TOKEN), "C0", TOKEN) == button


@pytest.mark.parametrize(
    ("value", "channel", "token", "why"),
    [
        (BUTTON.value("C0", TOKEN), "C1", TOKEN, OTHERS),
        (BUTTON.value("C0", TOKEN), "C0", "xoxb-another", OTHERS),
        (BUTTON.value("C0", TOKEN).replace("ne-7", "ne-8"), "C0", TOKEN, OTHERS),
        (BUTTON.value("C0", TOKEN).replace("cancel", "undo"), "C0", TOKEN, OTHERS),
        (BUTTON._replace(task_id="a b").value("C0", TOKEN), "C0", TOKEN, "names no task"),
        (
            f"{prove('{}', 'C0', TOKEN)}.{{}}",
            "C0",
            TOKEN,
            "of another version: missing: button.action",
        ),
        (f"{prove('{', 'C0', TOKEN)}.{{", "C0", TOKEN, "of another version: "),
        (f"{prove(BAD, 'C0', TOKEN)}.{BAD}", "C0", TOKEN, "of another version: member.account"),
        (BUTTON.value("C0", TOKEN)[1:], "C0", TOKEN, OTHERS),
        ("", "C0", TOKEN, OTHERS),
        ("é.{}", "C0", TOKEN, OTHERS),
    ],
)
def test_a_changed_value_is_forged(value: str, channel: str, token: str, why: str) -> None:
    with pytest.raises(ForgedButton, match=f"^the button(.s value is)? {why}"):
        Button.read(value, channel, token)
