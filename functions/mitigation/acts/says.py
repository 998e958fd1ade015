"""What people are told about acts, in Slack."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from mitigation.acts.authority import APPROVAL_SECONDS
from mitigation.acts.button import Button
from mitigation.acts.click import PREFIX, Action
from mitigation.acts.progress import Progress, Result
from mitigation.acts.undo import Kind, Plan
from mitigation.causes import Cause
from mitigation.kind import KINDS
from mitigation.messages import SlackMessage, block_kit
from mitigation.messages.block_kit import Block, code, prose
from mitigation.words import Clock, plural

_DONE = {Action.CANCEL: "Canceled", Action.RETRY: "Retry started", Action.UNDO: "Undone"}
_WISH = {
    Action.CANCEL: "cancel it",
    Action.RETRY: "start the actions again for what failed",
    Action.UNDO: "undo what it has done",
}


def person(user: str) -> str:
    return f"<@{user}>"


def ask(button: Button, approve: str, plan: Plan | None) -> SlackMessage:
    """A second person is asked; `approve` is the value of both buttons."""
    minutes = APPROVAL_SECONDS // 60
    where = f" in {button.member}" if button.member else ""
    wish = f"{person(str(button.requester))} wants to {_WISH[button.action]}"
    text = f"{wish}: {button.task_id}{where}"
    lines = [text.replace(button.task_id, code(button.task_id)), *_planned(plan)]
    lines.append(f"Another person has to agree, within {minutes} minutes.")
    buttons: list[Block] = [
        _button(Action.APPROVE, "Approve", approve, "primary"),
        _button(Action.DENY, "Deny", approve, "danger"),
    ]
    return _message(text, lines, {"type": "actions", "elements": [*buttons]})


def asked(button: Button, *, approver: str | None, approved: bool) -> SlackMessage:
    """What becomes of the question once it is answered: its buttons go."""
    wish = f"{person(str(button.requester))} wanted to {_WISH[button.action]}."
    if approver is None:
        end = "Nobody agreed within 30 minutes: nothing was done."
    elif approved:
        end = f"{person(approver)} agreed."
    else:
        end = f"{person(approver)} said no: nothing was done."
    return _message(f"{wish} {end}", [f"{wish} {end}"])


def nothing_to_undo(plan: Plan) -> str:
    lasting = ", ".join(str(cause.error_code) for cause in plan.lasting)
    return f"its actions can't be undone ({lasting})" if lasting else "it has changed nothing"


def dropped(button: Button, *, approver: str | None) -> SlackMessage:
    """For the thread, as an edit notifies nobody."""
    who = f"{person(approver)} said no" if approver else "nobody agreed within 30 minutes"
    text = f"{person(str(button.requester))}: {who}, so nothing was done."
    return _message(text, [text])


def told(
    button: Button,
    progress: Progress,
    *,
    requester: str,
    approver: str | None,
    why: str,
    broken: bool,
) -> SlackMessage:
    """The end of an act, for its thread; `why` is what a member refused with."""
    lines = list(_told(button, progress, why, broken=broken))
    agreed = f", {person(approver)} agreed" if approver else ""
    lines.append(f"Asked for by {person(requester)}{agreed}.")
    return _message(lines[0], lines)


def refused(why: str) -> SlackMessage:
    """For the one who clicked alone."""
    text = f"Nothing was done: {why}."
    return _message(text, [text])


def trail(
    action: Action, *, requester: str, approver: str | None, at: datetime, clock: Clock
) -> str:
    """For the foot of the task's message; the time in each reader's own zone."""
    approved = f", approved by {person(approver)}" if approver else ""
    when = f"<!date^{int(at.timestamp())}^{{time}}|{clock.show(at)}>"
    return f"{_DONE[action]} by {person(requester)}{approved} at {when}"


def _told(button: Button, progress: Progress, why: str, *, broken: bool) -> Iterator[str]:
    task, counts = code(button.task_id), KINDS[button.task_type].subject + "s"
    match progress.result:
        case Result.CANCELED:
            yield f"{task} is canceled. What was done stays done; the final message follows."
        case Result.ENDED:
            yield f"{task} had already ended{_as(progress)}: there was nothing to cancel."
        case Result.STARTED if progress.tasks:
            tasks = plural(progress.tasks, "task")
            yield f"{progress.done:,} of {progress.total:,} failed {counts} start again in {tasks}."
            more = progress.tasks - len(progress.started)
            ids = ", ".join(map(code, progress.started))
            yield f"Each gets a thread of its own: {ids}" + (f" and {more:,} more" if more else "")
        case Result.STARTED:
            yield f"Nothing of {task} could be started again."
        case Result.NOTHING:
            yield f"Nothing of {task} has failed: there is nothing to start again."
        case Result.UNDONE:
            yield f"{plural(progress.done, 'change')} of {task} undone."
            yield from (f"• {count:,} {kind}" for kind, count in progress.kinds.items())
        case Result.RUNNING:
            yield f"{task} still runs{_as(progress)}: cancel it, or wait for its end."
        case Result.CHANGED:
            yield (
                f"{task} now counts {progress.total:,} changes, not the {button.changes or 0:,} "
                "that were agreed to: nothing was done. Ask again."
            )
        case Result.GONE:
            yield f"AWS IoT does not know {task} (any more): nothing was done."
        case Result.NOT_GRANTED:
            yield f"{task}: {why}."
        case None:
            yield f"{_DONE[button.action]}? Not to its end: {task}."
    if broken:
        yield "It broke off: its log says why. Asking again does nothing twice."
    yield from _causes("Left alone", progress.left)
    yield from _causes("Failed", progress.failed)


def _planned(plan: Plan | None) -> Iterator[str]:
    if plan is None:
        return
    yield f"This would undo {plural(plan.total, 'change')}:"
    for cause in plan.changes:
        yield f"• {cause.count:,} {Kind(str(cause.error_code))}: {_names(cause)}"
    for cause in plan.lasting:
        yield f"• can't be undone: {code(str(cause.error_code))} ({cause.count:,})"
    yield "What somebody has changed since is left alone, and listed."


def _causes(title: str, causes: Iterable[Cause]) -> Iterator[str]:
    for cause in causes:
        said = f' "{prose(cause.message)}"' if cause.message else ""
        yield f"{title}, {prose(str(cause.error_code))} ({cause.count:,}): {_names(cause)}{said}"


def _names(cause: Cause) -> str:
    names = ", ".join(map(code, cause.names))
    return f"{names} and {cause.more:,} more" if cause.more else names


def _as(progress: Progress) -> str:
    return f" ({code(progress.status)})" if progress.status else ""


def _button(action: Action, label: str, value: str, style: str) -> Block:
    return {
        "type": "button",
        "action_id": PREFIX + action,
        "text": {"type": "plain_text", "text": label},
        "style": style,
        "value": value,
    }


def _message(text: str, lines: Iterable[str], *blocks: Block) -> SlackMessage:
    return SlackMessage(
        {
            "text": block_kit.cut_escaped(text, 300),
            "blocks": [*block_kit.texts(lines), *blocks],
            "unfurl_links": False,
            "unfurl_media": False,
        }
    )
