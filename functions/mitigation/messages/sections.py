"""The parts of a message that every prose channel shows: titled lines, not escaped yet."""

from dataclasses import dataclass

from mitigation import words
from mitigation.causes import Cause, Details, missing
from mitigation.place import Place
from mitigation.report import Report, Verdict
from mitigation.task import Task
from mitigation.words import Clock

MAX_ACTIONS = 20
MAX_CHECKS = 60
MAX_IDS = 50  # twice what AWS allows in a target


@dataclass(frozen=True, slots=True)
class Section:
    title: str | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Causes:
    """What failed, or was skipped, by cause; `rest` says how much is not listed there."""

    listed: tuple[Cause, ...]
    rest: tuple[str, ...]


def opening(report: Report) -> tuple[str, ...]:
    """The verdict with what happened, then the counts where these are not the same."""
    label, headline, statistics = report.verdict.label, report.headline, report.task.statistics
    counted = {
        Verdict.SUCCEEDED: statistics.executed is not None,
        Verdict.PARTLY_FAILED: bool(statistics.failed),
        Verdict.FAILED: bool(statistics.failed),
    }
    if report.summary and counted.get(report.verdict) and not report.task.is_canceled:
        return (f"{label}: {report.summary}",)
    if headline.casefold().startswith(label.casefold()):
        lead = label + headline[len(label) :]
    else:
        lead = f"{label}: {headline}"
    return (lead, _sentence(report.summary)) if report.summary else (lead,)


def target(report: Report) -> Section | None:
    return _section(None, [", ".join(words.target(report.task.target))])


def occasion(report: Report, clock: Clock, *, where: bool = True) -> Section | None:
    """Where, who and when: with the target, all that is wanted at first beside what happened."""
    lines = [
        _place(report.place) if where else "",
        _times(report, clock),
        clock.complaint or "",
    ]
    return _section(None, [_sentence(line) for line in lines])


def brief(report: Report, clock: Clock) -> Section | None:
    """The same in the three lines that a phone's first screen has room for, and the target."""
    task, by, place = report.task, report.started_by, report.place
    who = f"started by {_principal(by.arn).removeprefix('assumed-role/')}" if by and by.arn else ""
    known = [place.account_alias or place.account, place.region]
    # Among others the headline begins with it.
    where = "" if place.among_others else ", ".join(filter(None, known))
    where = f"in {where}" if where else ""
    started = task.started or (by.at if by else None)
    lines = [
        ", ".join(words.target(task.target)),
        " ".join(filter(None, (who, where))),
        ", ".join(filter(None, (clock.show(started) if started else "", _took(task, clock)))),
        clock.complaint or "",
    ]
    return _section(None, [_sentence(line) for line in lines])


def checks(report: Report) -> Section | None:
    task = report.task
    lines = [words.check(check, task.kind) for check in task.checks]
    return _section("Audit checks", _capped(lines, MAX_CHECKS))


def actions(report: Report) -> Section | None:
    lines = [
        f"{n}. {words.action(action)}" for n, action in enumerate(report.task.actions, start=1)
    ]
    return _section("Actions", _capped(lines, MAX_ACTIONS))


def ids(report: Report) -> Section | None:
    """Read only when they are needed: the target's ids in full, and the actions' ids and roles."""
    target, kind = report.task.target, report.task.kind
    subjects = words.listing(target.violation_ids + target.finding_ids, MAX_IDS)
    lines = [f"{_sentence(kind.subject)}s: {subjects}" if subjects else ""]
    lines += [words.action_identity(action) or "" for action in report.task.actions]
    return _section("Ids", _capped(lines, MAX_ACTIONS))


def particulars(report: Report, clock: Clock, *, where: bool = False) -> Section | None:
    """Seldom wanted: the target's range and flags, AWS's own terms, the end, the address.

    `where`: the account and region in full as well, where they have not been told before.
    """
    task, by = report.task, report.started_by
    kind = _sentence(task.kind.name) + (f", status {task.status}" if task.status else "")
    ended = f"ended {clock.show(task.ended)}" if task.ended else ""
    source = f"started from {by.source_ip}" if by and by.source_ip else ""
    more = _sentence(", ".join(filter(None, (ended, source))))
    place = _sentence(_place(report.place)) if where else ""
    return _section("Details", [words.scope(task, clock) or "", kind, more, place])


def _times(report: Report, clock: Clock) -> str:
    task, by = report.task, report.started_by
    who = f" by {_principal(by.arn)}" if by and by.arn else ""
    parts = []
    if task.started:
        parts.append(f"started {clock.show(task.started)}{who}")
    elif who:
        parts.append(f"started{who}" + (f" at {clock.show(by.at)}" if by and by.at else ""))
    return ", ".join(filter(None, (*parts, _took(task, clock))))


def _took(task: Task, clock: Clock) -> str:
    if task.took_seconds is not None:
        return f"took {words.duration(task.took_seconds)}"
    return f"ended {clock.show(task.ended, after=task.started)}" if task.ended else ""


def place(report: Report) -> Section | None:
    """Whose task it is: the first thing to know where there are several accounts."""
    if not report.place.among_others:
        return None
    return _section(None, [_sentence(_place(report.place))])


def credentials(report: Report) -> str | None:
    """Whose the commands need."""
    if not (report.place.among_others and report.next_steps):
        return None
    return f"with credentials of account {report.place.account_name}"


def _place(place: Place) -> str:
    parts = [("account", place.account_name), ("region", place.region)]
    return ", ".join(f"{name} {text}" for name, text in parts if text)


def notes(report: Report) -> Section | None:
    return _section(None, [_gap(report.details) or "", *report.notes])


def _gap(details: Details | None) -> str | None:
    """What the lists of failed and skipped ones leave out; None when nothing."""
    if details is None:
        return None
    if details.error:
        read = f" after {words.plural(details.rows, 'row')}" if details.rows else ""
        return f"The details could not be read{read}: {details.error}"
    if details.cut:
        return f"Only the first {words.plural(details.rows, 'row')} were read; there are more."
    return None


def failed(report: Report) -> Causes | None:
    if report.details is None:
        return None
    more = missing(report.task, report.details).failed
    words_for = report.task.kind.failed
    return _causes(report.details.failed, report.details.failed_rows, more, words_for)


def skipped(report: Report) -> Causes | None:
    if report.details is None:
        return None
    more = missing(report.task, report.details).skipped
    return _causes(report.details.skipped, report.details.skipped_rows, more, "skipped")


def _causes(listed: tuple[Cause, ...], rows: int, more: int, what: str) -> Causes | None:
    """None where there is nothing to tell."""
    others = rows - sum(cause.count for cause in listed)
    rest = []
    if others:
        rest.append(f"and {words.plural(others, 'row')} with other errors")
    if more:
        them = "it" if more == 1 else "them"
        rest.append(f"{more:,} more {what}; AWS did not list {them} (yet)")
    return Causes(listed, tuple(rest)) if listed or rest else None


def cause(cause: Cause) -> tuple[str, str | None]:
    """What rows have in common, by AWS's error code, and what AWS says about it."""
    if cause.error_code:
        return cause.error_code, cause.message
    return cause.message or "no reason given", None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


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
