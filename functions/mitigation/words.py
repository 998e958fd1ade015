"""AWS's terms in plain words: times, durations, targets, actions, counts. Not escaped yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import assert_never

from mitigation.action import (
    Action,
    ActionParams,
    AddThingsToThingGroup,
    EnableIoTLogging,
    PublishFindingToSns,
    ReplaceDefaultPolicyVersion,
    UpdateCACertificate,
    UpdateDeviceCertificate,
)
from mitigation.kind import Kind
from mitigation.task import Check, Statistics, Target, Task


@dataclass(frozen=True, slots=True)
class Clock:
    """Shows moments in the reader's time zone, and always in UTC too."""

    zone: tzinfo = UTC
    complaint: str | None = None  # why the reader's zone could not be used

    def show(self, moment: datetime, *, after: datetime | None = None) -> str:
        """`2026-11-22 10:01:07 UTC`; without the date where it is that of the moment before."""
        return self._show([moment], "%H:%M:%S", after)

    def range(self, start: datetime | None, end: datetime | None) -> str:
        """`from 2026-11-22 08:00 to 10:00 UTC`, with seconds only where there are any."""
        if start and end:
            time = "%H:%M:%S" if start.second or end.second else "%H:%M"
            return f"from {self._show([start, end], time)}"
        if start:
            return f"from {self.show(start)}"
        return f"to {self.show(end)}" if end else "at any time"

    def _show(self, moments: list[datetime], time: str, after: datetime | None = None) -> str:
        local = [_at(moment, self.zone) for moment in moments]
        utc = [_at(moment, UTC) for moment in moments]
        if all(moment.utcoffset() == timedelta(0) for moment in local):
            return _moments(utc, time, after and _at(after, UTC).date())
        shown = _moments(local, time, after and _at(after, self.zone).date())
        return f"{shown} ({_moments(utc, time, local[0].date())})"


def _at(moment: datetime, zone: tzinfo) -> datetime:
    """The moment in the zone; in UTC where the calendar ends, as it does in the year 9999."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment.astimezone(UTC)


def _moments(moments: list[datetime], time: str, known: date | None) -> str:
    """`2026-11-22 09:00 to 11:00 CET`: no date, and no zone, twice in a row."""
    parts = []
    names = [moment.tzname() or "" for moment in moments]
    for moment, name, following in zip(moments, names, [*names[1:], ""], strict=True):
        day = "" if moment.date() == known else f"{moment:%Y-%m-%d} "
        # Some zones have no letters, only their offset.
        zone = f"UTC{name}" if name[0] in "+-" else name
        parts.append(f"{day}{moment:{time}}" + ("" if name == following else f" {zone}"))
        known = moment.date()
    return " to ".join(parts)


def duration(seconds: float) -> str:
    """The two largest units: `2 min 34 s`, `3 h 5 min`, `2 d 1 h`; `under 1 s` below that."""
    whole = round(abs(seconds))
    if whole == 0:
        return "under 1 s"
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for name, size in units:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {name}")
        if parts and (not count or len(parts) == 2):
            break
    return " ".join(parts)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listing(items: Sequence[str], limit: int | None = None, *, more: int = 0) -> str:
    """`a, b and 3 more`; `more` counts what is missing from `items` already."""
    shown = items if limit is None else items[:limit]
    missing = len(items) - len(shown) + more
    text = ", ".join(shown)
    return f"{text} and {missing:,} more" if missing else text


def share(part: int, whole: int) -> str:
    """A share in whole percent that never claims all or nothing falsely."""
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "under 1 %"
    if 99 < percent < 100:
        return "over 99 %"
    return f"{percent:.0f} %"


def counts(statistics: Statistics, kind: Kind, whole: int | None) -> str:
    """`3 of 12 actions failed (25 %), 8 executed, 1 skipped`, with what is known, worst first.

    Where none failed: `8 of 12 actions executed (67 %), 0 failed, 4 skipped`. Where `whole`, how
    many there are in all, is not known: `3 actions failed, 8 executed, 1 skipped`.
    """
    s, unit = statistics, kind.unit
    named = [(s.failed, kind.failed), (s.executed, kind.executed), (s.skipped, "skipped")]
    if not s.failed:
        named = [named[1], (s.failed, "failed"), named[2]]
    known = [(n, word) for n, word in [*named, (s.canceled, "canceled")] if n is not None]
    if not known:
        return f"{plural(whole or 0, unit)}, none with an outcome"
    (first, word), *others = known
    percent = f" ({share(first, whole)})" if whole and 0 < first < whole else ""
    parts = [f"{_of(first, whole, unit)} {word}{percent}"]
    parts += [f"{n:,} {word}" for n, word in others]
    if whole and (pending := whole - s.done):
        parts.append(f"{pending:,} without an outcome")
    return ", ".join(parts)


def _of(part: int, whole: int | None, unit: str) -> str:
    if whole is not None and part < whole:
        return f"{part:,} of {plural(whole, unit)}"
    return f"all {plural(part, unit)}" if whole is not None and part > 1 else plural(part, unit)


def target(target: Target) -> Iterable[str]:
    """What the task applies to, a sentence part an item; ids are counted only."""
    if target.security_profile_name:
        yield f"Security profile {target.security_profile_name}"
    if target.behavior_name:
        yield f"behavior {target.behavior_name}"
    if ids := target.violation_ids:
        yield plural(len(ids), "violation")
    if target.audit_task_id:
        yield f"Findings of audit {target.audit_task_id}"
    if ids := target.finding_ids:
        yield plural(len(ids), "finding")


def scope(task: Task, clock: Clock) -> str | None:
    """Which of the target's violations count: the occurrence range and both flags, if known."""
    parts = []
    if task.occurrence_range:
        time_range = clock.range(task.occurrence_range.start, task.occurrence_range.end)
        parts.append(f"Violations {time_range}")
    if (active := task.only_active_violations_included) is not None:
        parts.append("active ones only" if active else "active and past ones")
    if (suppressed := task.suppressed_alerts_included) is not None:
        parts.append(f"suppressed alerts {'included' if suppressed else 'left out'}")
    text = ", ".join(parts)
    return text[:1].upper() + text[1:] or None


def action(action: Action) -> str:
    """`Name: what it does`."""
    does = "; ".join(_does(params) for params in action.params) or "parameters not told by AWS"
    return f"{action.name or 'unnamed action'}: {does}"


def action_identity(action: Action) -> str | None:
    """`Name: its id, the role that it acts as, what else has an ARN`; None where AWS tells none."""
    parts = [action.id, action.role_arn]
    for params in action.params:
        match params:
            case EnableIoTLogging(role_arn_for_logging=arn) | PublishFindingToSns(topic_arn=arn):
                parts.append(arn)
    known = [part for part in parts if part]
    return f"{action.name or 'unnamed action'}: {', '.join(known)}" if known else None


def _does(params: ActionParams) -> str:
    match params:
        case UpdateDeviceCertificate():
            return _update("device certificate", params.action)
        case UpdateCACertificate():
            return _update("CA certificate", params.action)
        case AddThingsToThingGroup(groups, override):
            noun = "thing group" if len(groups) == 1 else "thing groups"
            overridden = {
                None: "",
                True: ", dynamic groups overridden",
                False: ", dynamic groups kept",
            }
            return f"adds the things to {noun} {', '.join(groups) or '?'}{overridden[override]}"
        case ReplaceDefaultPolicyVersion(template):
            if template == "BLANK_POLICY":
                return "replaces the default policy version with a blank policy (BLANK_POLICY)"
            return f"replaces the default policy version with template {template or '?'}"
        case EnableIoTLogging(role_arn, level):
            role = (role_arn or "?").rpartition("/")[2]
            return f"enables AWS IoT logging at level {level or '?'} as role {role}"
        case PublishFindingToSns(topic_arn):
            return f"publishes the finding to SNS topic {(topic_arn or '?').rpartition(':')[2]}"
    assert_never(params)


def _update(what: str, action: str | None) -> str:
    verb = "deactivates" if action == "DEACTIVATE" else "updates"
    return f"{verb} the {what} ({action or '?'})"


def check(check: Check, kind: Kind) -> str:
    """One audit check: its counts, the actions for it, the reason codes that it is limited to."""
    parts = []
    if check.statistics:
        total = check.statistics.total
        whole = None if total is None else max(total, check.statistics.done)
        parts.append(counts(check.statistics, kind, whole))
    if check.action_names:
        parts.append(f"actions {', '.join(check.action_names)}")
    if check.reason_codes:
        parts.append(f"only reasons {', '.join(check.reason_codes)}")
    return f"{check.name}: {'; '.join(parts) or 'nothing known'}"
