"""The buttons of a task's message: what makes sense for it now, of what the stack allows."""

from typing import Any

import pytest

from mitigation.acts.button import Button
from mitigation.acts.click import PREFIX
from mitigation.acts.offer import offer
from mitigation.member import Member
from mitigation.notice import Notice

MEMBER = Member("210987654321", "us-east-1")
TOKEN, CHANNEL = "xoxb-made-up-token", "C0MITIGATE"
EVERYTHING = "cancel-retry-undo"
ARN = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7"
GROUPS = {"name": "Q", "actionParams": {"addThingsToThingGroupParams": {"thingGroupNames": ["g"]}}}
TELL = {"name": "T", "actionParams": {"publishFindingToSnsParams": {"topicArn": "arn"}}}


def notice(
    status: str, executed: int = 0, failed: int = 0, actions: Any = (GROUPS,), **more: Any
) -> Notice:
    summary = {
        "taskId": "quarantine-7",
        "taskStatus": status,
        "taskStatistics": {"actionsExecuted": executed, "actionsFailed": failed},
        "actionsDefinition": list(actions),
    }
    decision = more.pop("decision", "wait" if status == "IN_PROGRESS" else "final/ended")
    look = {"decision": decision, "memory": {"task": {"taskSummary": summary}}}
    watch = {"input": {"taskId": "quarantine-7"} | more, "look": look}
    event = {"channel": "slack", "executionArn": ARN, "watch": watch}
    return Notice.parse(event, waiting=True)


def buttons(told: Notice, level: str = EVERYTHING) -> Any:
    blocks: Any = offer(told, level, CHANNEL, TOKEN)
    return [element for block in blocks for element in block["elements"]]


def offered(told: Notice, level: str = EVERYTHING) -> list[str]:
    return [each["action_id"].removeprefix(PREFIX) for each in buttons(told, level)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (notice("IN_PROGRESS", executed=3, failed=1), ["cancel"]),
        (notice("IN_PROGRESS", decision="interim/still-running"), ["cancel"]),
        (notice("IN_PROGRESS", decision="final/gave-up"), ["cancel"]),
        (notice("IN_PROGRESS", decision="final/vanished"), []),
        (notice("SUCCESSFUL", executed=3), ["undo"]),
        (notice("SUCCESSFUL", executed=3, actions=[TELL]), []),
        (notice("SUCCESSFUL"), []),
        (notice("FAILED", failed=3), ["retry"]),
        (notice("CANCELED", executed=3, failed=1), ["retry", "undo"]),
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
    assert Button.read(element["value"], CHANNEL, TOKEN).member == MEMBER
    assert element["confirm"]["text"]["text"].startswith("210987654321, us-east-1: It stops")


def test_a_button_names_the_task_and_its_watch_within_slack_s_limits() -> None:
    [element] = buttons(notice("IN_PROGRESS"))
    button = Button.read(element["value"], CHANNEL, TOKEN)
    assert (button.action, button.task_id, button.watch, button.member) == (
        "cancel", "quarantine-7", "detect-quarantine-7", None,
    )  # fmt: skip
    assert len(element["confirm"]["title"]["text"]) <= 100
    assert len(element["confirm"]["text"]["text"]) <= 300
    assert max(len(element["confirm"][each]["text"]) for each in ("confirm", "deny")) <= 30


def test_the_longest_wish_fits_into_a_button() -> None:
    [element] = buttons(notice("IN_PROGRESS"))
    named = Button.read(element["value"], CHANNEL, TOKEN)
    longest = named._replace(
        task_id="t" * 128, watch="w" * 80, requester="U" * 21, asked_at=2**40, request="r" * 80,
        head_ts="1" * 22, changes=10**9, member=Member("2" * 12, "r" * 40),
    )  # fmt: skip
    assert len(longest.value(CHANNEL, TOKEN)) < 800
