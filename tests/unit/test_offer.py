"""The buttons of a task's message: what makes sense for it now, of what the stack allows."""

from typing import Any

import pytest

from embedded.slack_workspace import CHANNEL, TOKEN
from mitigation.acts.button import Button
from mitigation.acts.click import PREFIX
from mitigation.acts.offer import offer
from mitigation.decision import Decision
from mitigation.member import Member
from mitigation.notice import Notice
from tests.support.iot import ACTIONS
from tests.support.looks import look, notify_input

MEMBER = Member("210987654321", "us-east-1")


def notice(
    status: str, executed: int = 0, failed: int = 0, action: str = "Quarantine", **more: Any
) -> Notice:
    summary = {
        "taskStatus": status,
        "taskStatistics": {"actionsExecuted": executed, "actionsFailed": failed},
        "actionsDefinition": [{"name": action, "actionParams": ACTIONS[action]}],
    }
    decision = more.pop("decision", "wait" if status == "IN_PROGRESS" else "final/ended")
    event = notify_input(look(Decision(decision), task={"taskSummary": summary}))
    event["watch"]["input"] |= more
    return Notice.parse(event, waiting=True)


def buttons(told: Notice, level: str = "cancel-retry-undo") -> Any:
    blocks: Any = offer(told, level, CHANNEL, TOKEN)
    return [element for block in blocks for element in block["elements"]]


def offered(told: Notice, level: str = "cancel-retry-undo") -> list[str]:
    return [each["action_id"].removeprefix(PREFIX) for each in buttons(told, level)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (notice("IN_PROGRESS", executed=3, failed=1), ["cancel"]),
        (notice("IN_PROGRESS", decision="final/gave-up"), ["cancel"]),
        (notice("IN_PROGRESS", decision="final/vanished"), []),
        (notice("SUCCESSFUL", executed=3, action="Tell"), []),
        (notice("SUCCESSFUL"), []),
        (notice("FAILED", failed=3), ["retry"]),
        (notice("CANCELED", executed=3, failed=1), ["retry", "undo"]),
        *((notice("SUCCESSFUL", 3, action=each), ["undo"]) for each in ACTIONS if each != "Tell"),
    ],
)
def test_what_makes_sense_is_offered(told: Notice, expected: list[str]) -> None:
    assert offered(told) == expected


def test_no_more_is_offered_than_the_stack_allows() -> None:
    both = notice("FAILED", executed=1, failed=1)
    assert offered(both, "off") == offered(both, "cancel") == []
    assert offered(both, "cancel-retry") == ["retry"]


def test_a_member_s_buttons_say_whose_task_it_is() -> None:
    [element] = buttons(notice("IN_PROGRESS", member=MEMBER._asdict()))
    named = Button.read(element["value"], CHANNEL, TOKEN)
    assert (named.task_id, named.watch) == ("quarantine-7", "detect-quarantine-7")
    assert named.member == MEMBER
    assert element["confirm"]["text"]["text"].startswith("210987654321, us-east-1: It stops")
