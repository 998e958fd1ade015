"""Tasks, and details of them, for tests, each with no more than the test is about."""

from typing import Any

from mitigation.causes import Details, Row, Tally
from mitigation.kind import TaskType
from mitigation.place import Place
from mitigation.task import Task, parse_task

PLACE = Place.of_execution(
    "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7", "production"
)


def detect(status: str | None = "SUCCESSFUL", **summary: Any) -> Task:
    """A detect task; `executed`, `skipped` and `failed` are its counts."""
    names = {"executed": "actionsExecuted", "skipped": "actionsSkipped", "failed": "actionsFailed"}
    counts = {names[name]: summary.pop(name) for name in list(summary) if name in names}
    given = {"taskStatus": status, "taskStatistics": counts or None, **summary}
    answer = {name: value for name, value in given.items() if value is not None}
    return parse_task({"taskSummary": answer}, TaskType.DETECT, "quarantine-7")


def audit(status: str | None = "COMPLETED", **answer: Any) -> Task:
    """An audit task; `total`, `executed`, `skipped`, `failed` and `canceled` count findings."""
    names = {
        "total": "totalFindingsCount",
        "executed": "succeededFindingsCount",
        "skipped": "skippedFindingsCount",
        "failed": "failedFindingsCount",
        "canceled": "canceledFindingsCount",
    }
    counts = {names[name]: answer.pop(name) for name in list(answer) if name in names}
    given = {
        "taskStatus": status,
        "taskStatistics": {"LOGGING_DISABLED_CHECK": counts} if counts else None,
        **answer,
    }
    answer = {name: value for name, value in given.items() if value is not None}
    return parse_task(answer, TaskType.AUDIT, "audit-46")


def row(status: str | None = "FAILED", **members: Any) -> Row:
    """One action execution."""
    known: dict[str, Any] = dict.fromkeys(Row.__slots__) | {"status": status} | members
    return Row(**known)


def fold(*rows: Row, cut: bool = False, error: str | None = None) -> Details:
    tally = Tally()
    tally.add(rows)
    return tally.details(cut=cut, error=error)


QUARANTINE = {
    "name": "Quarantine",
    "actionParams": {"addThingsToThingGroupParams": {"thingGroupNames": ["quarantine"]}},
}
CERTIFICATE = {
    "name": "Deactivate",
    "actionParams": {"updateDeviceCertificateParams": {"action": "DEACTIVATE"}},
}
