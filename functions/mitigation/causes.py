"""What failed and what was skipped, grouped by cause: action executions folded into a few lines.

A task can hold tens of thousands of action executions, and what is kept of them travels through the
state machine (256 KiB), so everything here is bounded and says how much it left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from mitigation.task import Task
from mitigation.wire import clip

MAX_CAUSES = 8
MAX_NAMES = 10
# In UTF-8 bytes, as the state machine counts: room for any thing's name, 128 characters.
NAME_SIZE = 400
MESSAGE_SIZE = 300
RETRY_BATCH = 25  # Start…MitigationActionsTask takes at most 25 violationIds, or findingIds

FAILED = "FAILED"
SKIPPED = "SKIPPED"
EXECUTED = {"SUCCESSFUL", "COMPLETED"}  # of detect, and of audit


@dataclass(frozen=True, slots=True)
class Row:
    """One action execution: an action applied to a violation (detect) or to a finding (audit)."""

    status: str | None
    subject_id: str | None  # violationId or findingId
    name: str | None  # the thing, or the resource that the finding is about
    action_name: str | None
    check_name: str | None
    error_code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Cause:
    """The rows that share an errorCode; `names` are the first few, `more` counts the others."""

    error_code: str | None = None
    count: int = 0
    names: tuple[str, ...] = ()
    more: int = 0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RetryBatch:
    """Violations or findings for which the same actions failed: what one command can retry."""

    check_name: str | None = None
    action_names: tuple[str, ...] = ()
    subject_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Details:
    """What the action executions tell.

    `cut` when there were more rows than were read; `error` when they could not be read at all, or
    not to the end; `failed_subjects` counts violations or findings, the rest counts rows. Only the
    first so many subjects as one command takes are in `retries`.
    """

    rows: int = 0
    cut: bool = False
    error: str | None = None
    failed_rows: int = 0
    skipped_rows: int = 0
    failed_subjects: int = 0
    failed: tuple[Cause, ...] = ()
    skipped: tuple[Cause, ...] = ()
    retries: tuple[RetryBatch, ...] = ()


@dataclass(slots=True)
class _Group:
    count: int = 0
    names: dict[str, None] = field(default_factory=dict)  # in the order seen, each once
    message: str | None = None

    def add(self, row: Row) -> None:
        self.count += 1
        if name := row.name or row.subject_id:
            self.names[name] = None
        if row.message and not self.message:
            self.message = clip(row.message, MESSAGE_SIZE)


@dataclass(slots=True)
class _Failure:
    check_name: str | None = None
    action_names: dict[str, None] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.check_name = self.check_name or row.check_name
        if row.action_name:
            self.action_names[row.action_name] = None


@dataclass(slots=True)
class Tally:
    """Folds rows, one at a time, into Details."""

    _rows: int = 0
    _failed: dict[str | None, _Group] = field(default_factory=dict)
    _skipped: dict[str | None, _Group] = field(default_factory=dict)
    _failures: dict[str, _Failure] = field(default_factory=dict)

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._rows += 1
            if row.status == FAILED:
                self._failed.setdefault(row.error_code, _Group()).add(row)
                if row.subject_id:
                    self._failures.setdefault(row.subject_id, _Failure()).add(row)
            elif row.status == SKIPPED:
                self._skipped.setdefault(row.error_code, _Group()).add(row)

    def details(self, *, cut: bool = False, error: str | None = None) -> Details:
        return Details(
            rows=self._rows,
            cut=cut,
            error=error,
            failed_rows=sum(group.count for group in self._failed.values()),
            skipped_rows=sum(group.count for group in self._skipped.values()),
            failed_subjects=len(self._failures),
            failed=_causes(self._failed),
            skipped=_causes(self._skipped),
            retries=self._retries(),
        )

    def _retries(self) -> tuple[RetryBatch, ...]:
        alike: dict[tuple[str | None, tuple[str, ...]], list[str]] = {}
        for subject_id, failure in list(self._failures.items())[:RETRY_BATCH]:
            key = (failure.check_name, tuple(sorted(failure.action_names)))
            alike.setdefault(key, []).append(subject_id)
        return tuple(
            RetryBatch(check_name, action_names, tuple(ids))
            for (check_name, action_names), ids in alike.items()
            if action_names
        )


class Missing(NamedTuple):
    """How many more failed, or were skipped, by AWS's counts than it has listed."""

    failed: int = 0
    skipped: int = 0


def missing(task: Task, details: Details | None) -> Missing:
    """Nothing where rows are known to be unread: `cut` and `error` tell that.

    Findings that were skipped because they are suppressed have no rows, so none is missed there.
    """
    if details is None or details.cut or details.error:
        return Missing()
    failed, skipped = task.statistics.failed or 0, task.statistics.skipped or 0
    if task.kind.rows_by_subject:
        return Missing(max(failed - details.failed_subjects, 0))
    return Missing(max(failed - details.failed_rows, 0), max(skipped - details.skipped_rows, 0))


def _causes(groups: dict[str | None, _Group]) -> tuple[Cause, ...]:
    largest = sorted(groups.items(), key=lambda item: -item[1].count)[:MAX_CAUSES]
    return tuple(
        Cause(
            error_code=error_code and clip(error_code, MESSAGE_SIZE),
            count=group.count,
            names=tuple(clip(name, NAME_SIZE) for name in islice(group.names, MAX_NAMES)),
            more=max(len(group.names) - MAX_NAMES, 0),
            message=group.message,
        )
        for error_code, group in largest
    )
