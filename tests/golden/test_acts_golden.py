"""What people are told of acts in Slack, and the buttons that they see: `_acts/` holds it all."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from mitigation.acts import says
from mitigation.acts.button import Button
from mitigation.acts.click import PREFIX, Action
from mitigation.acts.offer import offer
from mitigation.acts.progress import Progress, Result
from mitigation.acts.rows import Execution
from mitigation.acts.undo import Plan
from mitigation.decision import Decision
from mitigation.kind import TaskType
from mitigation.member import Member
from mitigation.notice import Notice
from mitigation.words import Clock
from tests.golden.test_golden import GOLDEN, check, written
from tests.support.looks import look, notify_input
from tests.support.tasks import ACTIONS, detect

AT = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
CANCEL = Button(Action.CANCEL, TaskType.DETECT, "quarantine-7", requester="U0ADA")
RETRY = CANCEL._replace(action=Action.RETRY)
UNDO = CANCEL._replace(action=Action.UNDO, changes=3)
MEMBER = Member("210987654321", "us-east-1")
AUDIT = Button(Action.RETRY, TaskType.AUDIT, "audit-46", member=MEMBER)
COUNTS = {"Quarantine": 1_012, "Deactivate": 2, "Tell <all>": 1, "Log": 2}
LOG = {"enableIoTLoggingParams": {"logLevel": "WARN"}}
PARAMS = ACTIONS | {"Tell <all>": ACTIONS["Tell"], "Log": LOG}
STARTED = Progress(Result.STARTED, total=1_030).starting("t-1", 25)
MANY = STARTED._replace(done=1_025, tasks=41, started=("t-1", "t-2"))
LEFT = Progress().leaving("it is REVOKED now", "sensor-1").failing("Busy", ["a", "b"], "<later>")
UNDONE = LEFT._replace(result=Result.UNDONE).undoing("things leave").undoing("things leave")
ENDS = {
    "canceled": (CANCEL, Progress(Result.CANCELED)),
    "ended": (CANCEL, Progress(Result.ENDED, "SUCCESSFUL")),
    "ended, nobody knows how": (CANCEL, Progress(Result.ENDED)),
    "started": (RETRY, STARTED),
    "many started": (AUDIT, MANY),
    "none started": (RETRY, Progress(Result.STARTED).failing("Limit", map(str, range(12)))),
    "nothing failed": (RETRY, Progress(Result.NOTHING)),
    "still runs": (UNDO, Progress(Result.RUNNING, "IN_PROGRESS")),
    "undone": (UNDO, UNDONE),
    "changed": (UNDO, Progress(Result.CHANGED, total=1_012)),
    "changed from none": (UNDO._replace(changes=None), Progress(Result.CHANGED)),
    "gone": (CANCEL, Progress(Result.GONE)),
    "not granted": (CANCEL, Progress(Result.NOT_GRANTED)),
    "broken off": (UNDO, Progress()),
}


def planned() -> Plan:
    rows = [
        Execution("SUCCESSFUL", f"v{number}", f"sensor-{number}", name)
        for name, count in COUNTS.items()
        for number in range(count)
    ]
    actions = [{"name": name, "actionParams": PARAMS[name]} for name in COUNTS]
    return Plan().including(detect(actionsDefinition=actions), rows)


def test_what_is_said_of_acts_reads_as_expected() -> None:
    trail = partial(says.trail, requester="U0ADA", at=AT, clock=Clock())
    said: dict[str, Any] = {
        "ask": says.ask(CANCEL, "value", None),
        "ask for an undo": says.ask(UNDO, "value", planned()),
        "ask in a member": says.ask(AUDIT._replace(requester="U0BO"), "value", None),
        "asked, agreed": says.asked(RETRY, approver="U0BO", approved=True),
        "asked, denied": says.asked(UNDO, approver="U0BO", approved=False),
        "asked, expired": says.asked(CANCEL, approver=None, approved=False),
        "dropped, denied": says.dropped(CANCEL, approver="U0BO"),
        "dropped, expired": says.dropped(CANCEL, approver=None),
        "refused": says.refused("it has <ended>"),
        "refused at length": says.refused("x" * 400),
        "nothing to undo": says.nothing_to_undo(Plan()),
        "nothing that can be undone": says.nothing_to_undo(planned()),
        "trail": trail(Action.UNDO, approver="U0BO"),
        "trail of one": trail(Action.RETRY, approver=None),
    }
    for name, (button, progress) in ENDS.items():
        approver = "U0BO" if button.action is Action.UNDO else None
        why = "210987654321 grants none" if name == "not granted" else ""
        told = partial(says.told, requester="U0ADA", approver=approver, why=why)
        said[f"told: {name}"] = told(button, progress, broken=name == "broken off")
    texts = {name: text if isinstance(text, str) else text.payload for name, text in said.items()}
    seen = (notice(status, executed=3, failed=1) for status in ("IN_PROGRESS", "FAILED"))
    foot = [offer(each, ALL, "C0", "xoxb-1") for each in seen]
    check(GOLDEN / "_acts", {"said.json": written(texts, 1), "buttons.json": written(foot, 1)})


# --- The buttons of a task's message: what makes sense for it now, of what the stack allows ----

ALL = "cancel-retry-undo"


def notice(
    status: str,
    executed: int = 0,
    failed: int = 0,
    action: str = "Quarantine",
    decision: Decision | None = None,
    **more: Any,
) -> Notice:
    counts = {"actionsExecuted": executed, "actionsFailed": failed}
    actions = [{"name": action, "actionParams": ACTIONS[action]}]
    summary = {"taskStatus": status, "taskStatistics": counts, "actionsDefinition": actions}
    usual = Decision.WAIT if status == "IN_PROGRESS" else Decision.ENDED
    event = notify_input(look(decision or usual, task={"taskSummary": summary}), task_id="q-7")
    event["watch"]["input"] |= more
    return Notice.parse(event, waiting=True)


def buttons(told: Notice, level: str = ALL) -> Any:
    blocks: Any = offer(told, level, "C0", "xoxb-1")
    return [element for block in blocks for element in block["elements"]]


@pytest.mark.parametrize(
    ("told", "level", "expected"),
    [
        (notice("IN_PROGRESS", executed=3, failed=1), ALL, ["cancel"]),
        (notice("IN_PROGRESS", decision=Decision.GAVE_UP), ALL, ["cancel"]),
        (notice("IN_PROGRESS", decision=Decision.VANISHED), ALL, []),
        (notice("SUCCESSFUL", executed=3, action="Tell"), ALL, []),
        (notice("SUCCESSFUL"), ALL, []),
        (notice("FAILED", failed=3), ALL, ["retry"]),
        (notice("CANCELED", executed=3, failed=1), ALL, ["retry", "undo"]),
        *((notice("SUCCESSFUL", 3, action=n), ALL, ["undo"]) for n in ACTIONS if n != "Tell"),
        (notice("FAILED", executed=1, failed=1), "off", []),
        (notice("FAILED", executed=1, failed=1), "cancel", []),
        (notice("FAILED", executed=1, failed=1), "cancel-retry", ["retry"]),
    ],
)
def test_what_makes_sense_is_offered_and_no_more_than_the_stack_allows(
    told: Notice, level: str, expected: list[str]
) -> None:
    offered = [each["action_id"].removeprefix(PREFIX) for each in buttons(told, level)]
    assert offered == expected


def test_a_member_s_buttons_say_whose_task_it_is() -> None:
    [element] = buttons(notice("IN_PROGRESS", member=MEMBER._asdict()))
    assert Button.read(element["value"], "C0", "xoxb-1").member == MEMBER
    assert element["confirm"]["text"]["text"].startswith("210987654321, us-east-1: It stops")
