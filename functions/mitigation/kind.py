"""The two kinds of mitigation actions tasks. Where they differ in words, they differ here."""

from enum import StrEnum
from typing import NamedTuple


class TaskType(StrEnum):
    DETECT = "detect"
    AUDIT = "audit"


class TaskStatus(StrEnum):
    """Every taskStatus that either kind knows, spelled as AWS does."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"  # detect
    COMPLETED = "COMPLETED"  # audit
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class Kind(NamedTuple):
    """What a kind of task is called, and what its counts count."""

    statuses: frozenset[TaskStatus]
    name: str
    unit: str  # what is counted, in the singular
    counts: str  # the same where the short word would mislead: in a headline
    executed: str  # the verb for a unit that went well…
    failed: str  # …and, in a headline, for one that did not
    subject: str  # what an action execution is about…
    subject_ids: str  # …its member in a target…
    rows_by_subject: bool  # …and whether executions can be listed for one subject at a time only
    actions_by_check: bool  # whether a start names the actions for each audit check


_COMMON = {TaskStatus.IN_PROGRESS, TaskStatus.FAILED, TaskStatus.CANCELED}
KINDS = {
    TaskType.DETECT: Kind(
        statuses=frozenset(_COMMON | {TaskStatus.SUCCESSFUL}),
        name="detect mitigation actions task",
        unit="action",
        counts="mitigation action",
        executed="executed",
        failed="failed",
        subject="violation",
        subject_ids="violationIds",
        rows_by_subject=False,
        actions_by_check=False,
    ),
    TaskType.AUDIT: Kind(
        statuses=frozenset(_COMMON | {TaskStatus.COMPLETED}),
        name="audit mitigation actions task",
        unit="finding",
        counts="audit finding",
        executed="mitigated",
        failed="could not be mitigated",
        subject="finding",
        subject_ids="findingIds",
        rows_by_subject=True,
        actions_by_check=True,
    ),
}
