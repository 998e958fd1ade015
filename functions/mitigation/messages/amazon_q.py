"""Amazon Q Developer in chat applications: a custom notification, for topics with a Q subscription.

Source of the schema: Amazon Q Developer in chat applications, administrator guide, "Custom
notifications". The limits are not documented; these are ours.
"""

from mitigation.messages import sections
from mitigation.messages.text import cut, printable
from mitigation.report import Report
from mitigation.wire import Json
from mitigation.words import Clock, listing

TITLE_LENGTH = 250
DESCRIPTION_LENGTH = 4_000
MAX_STEPS = 5
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_~[]<>@#|"})


def render(report: Report, clock: Clock) -> dict[str, Json]:
    place = report.place
    whose = sections.place(report)
    lines = [_escape(line) for line in (*(whose.lines if whose else ()), *sections.opening(report))]
    for cause in report.details.failed if report.details else ():
        names = listing([_escape(name) for name in cause.names], more=cause.more)
        reason, message = sections.cause(cause)
        line = f"- **{_escape(reason)}** ({cause.count:,}): {names}"
        lines.append(line + (f" — {_escape(message)}" if message else ""))
    for section in (
        sections.notes(report),
        sections.target(report),
        sections.occasion(report, clock, where=not report.place.among_others),
        sections.particulars(report, clock),
    ):
        lines.extend(_escape(line) for line in (section.lines if section else ()))
    if credentials := sections.credentials(report):
        lines.append(_escape(f"Next steps: {credentials}"))
    title = f"[{report.verdict.label}] {place.lead}{report.name}: {report.headline}"
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": cut(_escape(title), TITLE_LENGTH),
            "description": cut("\n".join(lines), DESCRIPTION_LENGTH),
            "nextSteps": _steps(report),
            "keywords": [report.verdict.value, report.verdict.severity.value],
        },
        "metadata": {
            "threadId": f"{place.lead}{report.task.type}-{report.task.id or 'unnamed'}",
            "summary": cut(_escape(report.headline), TITLE_LENGTH),
            "eventType": "MitigationTaskEnded"
            if report.look.decision.is_final
            else "MitigationTaskOverdue",
            "relatedResources": [place.execution_arn] if place.execution_arn else [],
            "additionalContext": {"severity": report.verdict.severity.value},
        },
    }


def _steps(report: Report) -> Json:
    """One line of markdown each: that has no room for a loop."""
    lines = [
        f"{_escape(step.title)}: `{step.commands[0]}`"
        for step in report.next_steps
        if "\n" not in step.commands[0]
    ]
    return [*lines[:MAX_STEPS]]


def _escape(text: str) -> str:
    return printable(text).translate(_MARKDOWN)
