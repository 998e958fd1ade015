"""Amazon Q Developer in chat applications: a custom notification, for topics with a Q subscription.

Source of the schema: Amazon Q Developer in chat applications, administrator guide, "Custom
notifications". The limits are not documented; these are ours. What stands in `additionalContext` is
what the buttons of amazon_q.yaml go by: whether to be shown, and what to act on.
"""

import json
from collections.abc import Sequence

from mitigation.decision import Decision
from mitigation.kind import TaskStatus
from mitigation.messages import SnsMessage, sections
from mitigation.messages.text import ascii_only, cut, printable
from mitigation.report import Report, Severity
from mitigation.shell import is_id
from mitigation.wire import Json
from mitigation.words import Clock, listing

TITLE_LENGTH = 250
DESCRIPTION_LENGTH = 4_000
SUBJECT_LENGTH = 99  # SNS's; nobody sees it in a chat
MAX_STEPS = 5
RUNNING = "RUNNING"
_SEEN_RUNNING = {Decision.WAIT, Decision.STILL_RUNNING, Decision.GAVE_UP}
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_~[]<>@#|"})


def render(report: Report, clock: Clock) -> dict[str, Json]:
    """How it ended, or what is told in between."""
    lines = _escaped(sections.place(report))
    lines += [_escape(line) for line in sections.opening(report)]
    for cause in report.details.failed if report.details else ():
        names = listing([_escape(name) for name in cause.names], more=cause.more)
        reason, message = sections.cause(cause)
        line = f"- **{_escape(reason)}** ({cause.count:,}): {names}"
        lines.append(line + (f" — {_escape(message)}" if message else ""))
    lines += _escaped(
        sections.notes(report),
        sections.target(report),
        sections.occasion(report, clock, where=not report.place.among_others),
        sections.particulars(report, clock),
    )
    if credentials := sections.credentials(report):
        lines.append(_escape(f"Next steps: {credentials}"))
    ended = report.look.decision.is_final
    event = "MitigationTaskEnded" if ended else "MitigationTaskOverdue"
    severity = report.verdict.severity
    words = (report.verdict.label, report.headline)
    return _notification(report, words, lines, event, [report.verdict.value], severity)


def start(report: Report, clock: Clock) -> SnsMessage:
    """That it runs: for a topic of Amazon Q's own, told once, so that it can still be canceled."""
    words = (RUNNING, f"a {report.task.kind.name} is running")
    lines = [_escape(report.summary[:1].upper() + report.summary[1:])] if report.summary else []
    lines += _escaped(
        sections.target(report), sections.actions(report), sections.occasion(report, clock)
    )
    notification = _notification(
        report, words, lines, "MitigationTaskRunning", [RUNNING], Severity.INFO
    )
    subject = cut(f"[{RUNNING}] {ascii_only(report.name)}", SUBJECT_LENGTH, "...")
    text = json.dumps(notification, ensure_ascii=False)
    return SnsMessage(subject, json.dumps({"default": text}, ensure_ascii=False), {})


def _notification(
    report: Report,
    words: tuple[str, str],
    lines: Sequence[str],
    event: str,
    keywords: list[Json],
    severity: Severity,
) -> dict[str, Json]:
    label, headline = words
    place = report.place
    title = f"[{label}] {place.lead}{report.name}: {headline}"
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": cut(_escape(title), TITLE_LENGTH),
            "description": cut("\n".join(lines), DESCRIPTION_LENGTH),
            "nextSteps": _steps(report),
            "keywords": [*keywords, severity.value],
        },
        "metadata": {
            "threadId": f"{place.lead}{report.task.type}-{report.task.id or 'unnamed'}",
            "summary": cut(_escape(headline), TITLE_LENGTH),
            "eventType": event,
            "relatedResources": [place.execution_arn] if place.execution_arn else [],
            "enableCustomActions": True,
            "additionalContext": {"severity": severity.value, **_context(report)},
        },
    }


def _context(report: Report) -> dict[str, Json]:
    """Whose task it is, of which kind, and whether it was seen running; an unknown one is absent.

    No id that the command line of a button could take for an option.
    """
    task, place = report.task, report.place
    running = task.status == TaskStatus.IN_PROGRESS and report.look.decision in _SEEN_RUNNING
    known = {
        "status": "running" if running else "ended" if task.is_terminal else "unknown",
        "kind": task.type.value,
        "taskId": task.id if is_id(task.id) else None,
        "region": place.region,
        "place": f"{place.account}/{place.region}" if place.account else None,
    }
    return {name: text for name, text in known.items() if text}


def _steps(report: Report) -> Json:
    """One line of markdown each: that has no room for a loop."""
    lines = [
        f"{_escape(step.title)}: `{step.commands[0]}`"
        for step in report.next_steps
        if "\n" not in step.commands[0]
    ]
    return [*lines[:MAX_STEPS]]


def _escaped(*found: sections.Section | None) -> list[str]:
    return [_escape(line) for section in found if section for line in section.lines]


def _escape(text: str) -> str:
    return printable(text).translate(_MARKDOWN)
