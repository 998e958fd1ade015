"""What AWS says about a mitigation actions task, of either kind, as values.

An answer of DescribeDetectMitigationActionsTask or DescribeAuditMitigationActionsTask is parsed
here once; no dict travels further. Every member may be missing (AWS requires none), so every field
may be None or empty. Source: the service model `iot` 2015-05-28 of botocore.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from mitigation.action import Action, parse_actions
from mitigation.kind import KINDS, Kind, TaskStatus, TaskType
from mitigation.wire import Reader

TASK_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")


class TimeRange(NamedTuple):
    start: datetime | None
    end: datetime | None


class Target(NamedTuple):
    """What the task applies to: only the members of its kind are set."""

    violation_ids: tuple[str, ...] = ()
    security_profile_name: str | None = None
    behavior_name: str | None = None
    audit_task_id: str | None = None
    finding_ids: tuple[str, ...] = ()


class Statistics(NamedTuple):
    """Counts of actions (detect) or of findings (audit); None where AWS gave none."""

    executed: int | None = None
    skipped: int | None = None
    failed: int | None = None
    canceled: int | None = None
    total: int | None = None

    @property
    def done(self) -> int:
        """How many have an outcome."""
        return sum(n or 0 for n in (self.executed, self.skipped, self.failed, self.canceled))

    @property
    def known(self) -> bool:
        return any(n is not None for n in (self.executed, self.skipped, self.failed, self.canceled))


class Check(NamedTuple):
    """What an audit task does, and has done, for one audit check."""

    name: str
    statistics: Statistics | None
    action_names: tuple[str, ...]
    reason_codes: tuple[str, ...]


class Task(NamedTuple):
    type: TaskType
    id: str | None
    status: str | None  # as AWS wrote it, so that an unknown one can be shown
    started: datetime | None
    ended: datetime | None
    target: Target
    occurrence_range: TimeRange | None
    only_active_violations_included: bool | None
    suppressed_alerts_included: bool | None
    actions: tuple[Action, ...]
    checks: tuple[Check, ...]
    statistics: Statistics

    @property
    def kind(self) -> Kind:
        return KINDS[self.type]

    @property
    def is_terminal(self) -> bool:
        return self.has_known_status and self.status != TaskStatus.IN_PROGRESS

    @property
    def has_known_status(self) -> bool:
        return self.status in self.kind.statuses

    @property
    def is_canceled(self) -> bool:
        return self.status == TaskStatus.CANCELED

    @property
    def took_seconds(self) -> float | None:
        """None where a time is missing, or where the end lies before the start."""
        if self.started is None or self.ended is None:
            return None
        seconds = (self.ended - self.started).total_seconds()
        return seconds if seconds >= 0 else None

    @property
    def whole(self) -> int | None:
        """How many there were to do; None where AWS does not tell it, now or at all.

        It gives no total for detect: what has an outcome is all only if nothing came in between.
        """
        if self.statistics.total is not None:
            return max(self.statistics.total, self.statistics.done)
        ran_to_its_end = self.is_terminal and not self.is_canceled
        return self.statistics.done if ran_to_its_end else None

    @property
    def expected_total(self) -> int | None:
        """How many outcomes the task will have in the end, where its definition tells."""
        if self.statistics.total is not None:
            return self.statistics.total
        return len(self.target.violation_ids) * len(self.actions) or None


def parse_task(answer: object, task_type: TaskType, task_id: str | None = None) -> Task:
    """The Task in a Describe answer: boto3's own, or its JSON as the AWS CLI prints it.

    `task_id` names the task where the answer does not (audit answers never do).
    Raises InvalidTask, which names the member that is not what the service model says.
    """
    root = Reader.of(answer)
    return _PARSERS[task_type](root, task_id)


def task_type_of(answer: object) -> TaskType:
    """The kind of task that an answer tells of; an empty answer counts as detect."""
    is_audit = isinstance(answer, Mapping) and not _AUDIT_MEMBERS.isdisjoint(answer)
    return TaskType.AUDIT if is_audit else TaskType.DETECT


_AUDIT_MEMBERS = {
    "taskStatus",
    "startTime",
    "endTime",
    "taskStatistics",
    "target",
    "auditCheckToActionsMapping",
    "actionsDefinition",
}


def _parse_detect(root: Reader, task_id: str | None) -> Task:
    summary = root.child("taskSummary")
    target = summary.child("target")
    statistics = summary.child("taskStatistics")
    return Task(
        type=TaskType.DETECT,
        id=summary.text("taskId") or task_id,
        status=summary.text("taskStatus"),
        started=summary.time("taskStartTime"),
        ended=summary.time("taskEndTime"),
        target=Target(
            violation_ids=target.texts("violationIds"),
            security_profile_name=target.text("securityProfileName"),
            behavior_name=target.text("behaviorName"),
        ),
        occurrence_range=_parse_range(summary.optional("violationEventOccurrenceRange")),
        only_active_violations_included=summary.flag("onlyActiveViolationsIncluded"),
        suppressed_alerts_included=summary.flag("suppressedAlertsIncluded"),
        actions=parse_actions(summary),
        checks=(),
        statistics=Statistics(
            executed=statistics.count("actionsExecuted"),
            skipped=statistics.count("actionsSkipped"),
            failed=statistics.count("actionsFailed"),
        ),
    )


def _parse_audit(root: Reader, task_id: str | None) -> Task:
    target = root.child("target")
    statistics = {
        name: Statistics(
            executed=check.count("succeededFindingsCount"),
            skipped=check.count("skippedFindingsCount"),
            failed=check.count("failedFindingsCount"),
            canceled=check.count("canceledFindingsCount"),
            total=check.count("totalFindingsCount"),
        )
        for name, check in root.child("taskStatistics").children()
    }
    action_names = root.child("auditCheckToActionsMapping").texts_by_name()
    reason_codes = target.child("auditCheckToReasonCodeFilter").texts_by_name()
    return Task(
        type=TaskType.AUDIT,
        id=task_id,
        status=root.text("taskStatus"),
        started=root.time("startTime"),
        ended=root.time("endTime"),
        target=Target(
            audit_task_id=target.text("auditTaskId"),
            finding_ids=target.texts("findingIds"),
        ),
        occurrence_range=None,
        only_active_violations_included=None,
        suppressed_alerts_included=None,
        actions=parse_actions(root),
        checks=tuple(
            Check(
                name=name,
                statistics=statistics.get(name),
                action_names=action_names.get(name, ()),
                reason_codes=reason_codes.get(name, ()),
            )
            for name in dict.fromkeys([*statistics, *action_names, *reason_codes])
        ),
        statistics=_sum(tuple(statistics.values())),
    )


_PARSERS = {TaskType.DETECT: _parse_detect, TaskType.AUDIT: _parse_audit}


def _sum(parts: tuple[Statistics, ...]) -> Statistics:
    """Each count over all parts that have it."""
    known = ([n for n in counts if n is not None] for counts in zip(*parts, strict=True))
    return Statistics(*(sum(counts) if counts else None for counts in known))


def _parse_range(reader: Reader | None) -> TimeRange | None:
    if reader is None:
        return None
    return TimeRange(start=reader.time("startTime"), end=reader.time("endTime"))
