"""What people are told of acts in Slack, and the buttons that they see: `_acts/` holds it all."""

import json
from datetime import UTC, datetime
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
from tests.golden.test_golden import GOLDEN, check
from tests.support.looks import look, notify_input
from tests.support.tasks import ACTIONS, CERTIFICATE, QUARANTINE, detect

AT = datetime(2026, 11, 22, 10, 12, tzinfo=UTC)
CANCEL = Button(Action.CANCEL, TaskType.DETECT, "quarantine-7", requester="U0ADA")
RETRY = CANCEL._replace(action=Action.RETRY)
UNDO = CANCEL._replace(action=Action.UNDO, changes=3)
MEMBER = Member("210987654321", "us-east-1")
AUDIT = Button(Action.RETRY, TaskType.AUDIT, "audit-46", member=MEMBER)
TELL = {"name": "Tell <all>", "actionParams": {"publishFindingToSnsParams": {"topicArn": "arn"}}}
LOG = {"name": "Log", "actionParams": {"enableIoTLoggingParams": {"logLevel": "WARN"}}}
COUNTS = {"Quarantine": 1_012, "Deactivate": 2, "Tell <all>": 1, "Log": 2}
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
}  # fmt: skip


def planned() -> Plan:
    rows = [
        Execution("SUCCESSFUL", f"v{number}", f"sensor-{number}", name)
        for name, count in COUNTS.items()
        for number in range(count)
    ]
    return Plan().including(detect(actionsDefinition=[QUARANTINE, CERTIFICATE, TELL, LOG]), rows)


def test_what_is_said_of_acts_reads_as_expected() -> None:
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
        "trail": says.trail(Action.UNDO, requester="U0ADA", approver="U0BO", at=AT, clock=Clock()),
        "trail of one": says.trail(
            Action.RETRY, requester="U0ADA", approver=None, at=AT, clock=Clock()
        ),
    }
    for name, (button, progress) in ENDS.items():
        said[f"told: {name}"] = says.told(
            button,
            progress,
            requester="U0ADA",
            approver="U0BO" if button.action is Action.UNDO else None,
            why="210987654321 grants none" if name == "not granted" else "",
            broken=name == "broken off",
        )
    seen = (notice(status, executed=3, failed=1) for status in ("IN_PROGRESS", "FAILED"))
    foot = [offer(each, "cancel-retry-undo", "C0", "xoxb-1") for each in seen]
    check(
        GOLDEN / "_acts",
        {"said.json": written({k: v if isinstance(v, str) else v.payload for k, v in said.items()}),
         "buttons.json": written(foot)},
    )  # fmt: skip


def written(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


# --- The buttons of a task's message: what makes sense for it now, of what the stack allows ----


def notice(
    status: str, executed: int = 0, failed: int = 0, action: str = "Quarantine", **more: Any
) -> Notice:
    summary = {
        "taskStatus": status,
        "taskStatistics": {"actionsExecuted": executed, "actionsFailed": failed},
        "actionsDefinition": [{"name": action, "actionParams": ACTIONS[action]}],
    }
    decision = more.pop("decision", "wait" if status == "IN_PROGRESS" else "final/ended")
    found = look(Decision(decision), task={"taskSummary": summary})
    event = notify_input(found, task_id="q-7")
    event["watch"]["input"] |= more
    return Notice.parse(event, waiting=True)


def buttons(told: Notice, level: str = "cancel-retry-undo") -> Any:
    blocks: Any = offer(told, level, "C0", "xoxb-1")
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
    assert Button.read(element["value"], "C0", "xoxb-1").member == MEMBER
    assert element["confirm"]["text"]["text"].startswith("210987654321, us-east-1: It stops")
