"""The parts of a message that every prose channel shows: titled lines, not escaped yet."""

from dataclasses import dataclass

from mitigation import words
from mitigation.causes import Cause, Details
from mitigation.report import Report
from mitigation.words import Clock

MAX_ACTIONS = 20
MAX_CHECKS = 60


@dataclass(frozen=True, slots=True)
class Section:
    title: str | None
    lines: tuple[str, ...]


def lead(report: Report) -> str:
    """The first line: the counts where they are known, the headline where they are not."""
    return f"{report.verdict.label}: {report.summary or report.headline}"


def target(report: Report, clock: Clock) -> Section | None:
    lines = [", ".join(words.target(report.task.target))]
    lines.append(words.scope(report.task, clock) or "")
    return _section(None, lines)


def checks(report: Report) -> Section | None:
    task = report.task
    lines = [words.check(check, task.kind.executed) for check in task.checks]
    return _section("Audit checks", _capped(lines, MAX_CHECKS))


def actions(report: Report) -> Section | None:
    lines = []
    for number, action in enumerate(report.task.actions, start=1):
        lines.append(f"{number}. {words.action(action)}")
        if identity := words.action_identity(action):
            lines.append(f"   {identity}")
    return _section("Actions", _capped(lines, 2 * MAX_ACTIONS))


def times(report: Report, clock: Clock) -> Section | None:
    task, by = report.task, report.started_by
    who = ""
    if by and by.arn:
        who = f" by {_principal(by.arn)}" + (f" from {by.source_ip}" if by.source_ip else "")
    parts = []
    if task.started:
        parts.append(f"Started {clock.show(task.started)}{who}")
    elif who:
        parts.append(f"Started{who}" + (f" at {clock.show(by.at)}" if by and by.at else ""))
    if task.ended:
        parts.append(f"ended {clock.show(task.ended, after=task.started)}")
    if report.took_seconds is not None:
        parts.append(f"took {words.duration(report.took_seconds)}")
    line = ", ".join(parts)
    status = f"AWS IoT gives the task status {task.status}" if task.status else ""
    return _section(None, [line[:1].upper() + line[1:], status, clock.complaint or ""])


def where(report: Report) -> Section | None:
    place = report.place
    account = place.account or ""
    if place.account_alias:
        account = f"{place.account_alias} ({account})" if account else place.account_alias
    parts = [f"account {account}" if account else "", f"region {place.region or ''}".strip()]
    line = ", ".join(part for part in parts if part and part != "region")
    return _section(None, [line[:1].upper() + line[1:]])


def details_note(details: Details | None) -> str | None:
    """What the lists of failed and skipped ones leave out; None when nothing."""
    if details is None:
        return None
    if details.error:
        read = f" after {words.plural(details.rows, 'row')}" if details.rows else ""
        return f"The details could not be read{read}: {details.error}"
    if details.cut:
        return f"Only the first {words.plural(details.rows, 'row')} were read; there are more."
    return None


def unlisted(causes: tuple[Cause, ...], rows: int) -> int:
    """How many rows have causes that are not listed."""
    return rows - sum(cause.count for cause in causes)


def _principal(arn: str) -> str:
    """`assumed-role/SecOps/ada` of an STS or IAM ARN: the part that people recognize."""
    return arn.split(":", 5)[-1] if arn.startswith("arn:") else arn


def _capped(lines: list[str], limit: int) -> list[str]:
    if len(lines) <= limit:
        return lines
    return [*lines[:limit], f"and {len(lines) - limit:,} more lines"]


def _section(title: str | None, lines: list[str]) -> Section | None:
    kept = tuple(line for line in lines if line)
    return Section(title, kept) if kept else None
