"""The buttons that a task's message offers: what makes sense for it now, of what the stack allows.

What they show is a hint: what is true is read anew when somebody has clicked. How much a member
grants is not known here; it says so when it refuses.
"""

from collections.abc import Iterator

from mitigation.acts.button import Button
from mitigation.acts.click import PREFIX, Action
from mitigation.acts.undo import is_undoable
from mitigation.decision import Decision
from mitigation.messages.block_kit import Block
from mitigation.notice import Notice
from mitigation.report import Report

_LABELS = {Action.CANCEL: "Cancel", Action.RETRY: "Retry what failed", Action.UNDO: "Undo"}
_CONFIRM = {
    Action.CANCEL: "It stops where it is. What was done stays done.",
    Action.RETRY: "The same actions start again for all that failed, 25 at a time.",
    Action.UNDO: "You see first what would change; nothing changes before somebody agrees.",
}


def offer(notice: Notice, level: str, channel: str, secret: str) -> list[Block]:
    """One block of buttons, or none.

    `level` is SlackActions, `secret` what proves that the buttons are ours.
    """
    report = notice.report
    offered = [act for act in _fitting(report) if act in level.split("-")]
    if report.task.id is None or not offered:
        return []
    execution = (report.place.execution_arn or "").rpartition(":")[2] or None
    named = Button(Action.CANCEL, report.task.type, report.task.id, execution, notice.member)
    return [
        {
            "type": "actions",
            "elements": [
                _button(act, named._replace(action=act).value(channel, secret), report.place.lead)
                for act in offered
            ],
        }
    ]


def _fitting(report: Report) -> Iterator[Action]:
    task, decision = report.task, report.look.decision
    if not task.is_terminal:
        if decision.is_final and decision is not Decision.GAVE_UP:
            return  # nobody knows whether it is there
        yield Action.CANCEL
        return
    if task.statistics.failed:
        yield Action.RETRY
    if task.statistics.executed and is_undoable(task):
        yield Action.UNDO


def _button(act: Action, value: str, lead: str) -> Block:
    return {
        "type": "button",
        "action_id": PREFIX + act,
        "text": {"type": "plain_text", "text": _LABELS[act]},
        **({"style": "danger"} if act is not Action.RETRY else {}),
        "value": value,
        "confirm": {
            "title": {"type": "plain_text", "text": f"{_LABELS[act]}?"},
            "text": {"type": "plain_text", "text": lead + _CONFIRM[act]},
            "confirm": {"type": "plain_text", "text": _LABELS[act]},
            "deny": {"type": "plain_text", "text": "Not now"},
        },
    }
