"""Tasks, and details of them, for tests, each with no more than the test is about."""

from typing import Any

from mitigation.causes import Details, Row, Tally
from mitigation.kind import TaskType
from mitigation.place import Place
from mitigation.task import Task, parse_task

PLACE = Place.of_execution(
    "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-quarantine-7", "production"
)
# Actions, by name.
ACTIONS: dict[str, Any] = {
    "Quarantine": {"addThingsToThingGroupParams": {"thingGroupNames": ["quarantine"]}},
    "Deactivate": {"updateDeviceCertificateParams": {"action": "DEACTIVATE"}},
    "DeactivateCA": {"updateCACertificateParams": {"action": "DEACTIVATE"}},
    "Blank": {"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}},
    "Tell": {"publishFindingToSnsParams": {"topicArn": "arn"}},
}
DEFINITIONS = [{"name": name, "actionParams": params} for name, params in ACTIONS.items()]
QUARANTINE, CERTIFICATE, *_ = DEFINITIONS


def detect(status: str | None = "SUCCESSFUL", **summary: Any) -> Task:
    """A detect task; `executed`, `skipped` and `failed` are its counts."""
    names = {"executed": "actionsExecuted", "skipped": "actionsSkipped", "failed": "actionsFailed"}
    counts = {names[name]: summary.pop(name) for name in names if name in summary}
    answer = {"taskStatus": status, "taskStatistics": counts, **summary}
    return parse_task({"taskSummary": answer}, TaskType.DETECT, "quarantine-7")


def audit(status: str | None = "COMPLETED", **answer: Any) -> Task:
    """An audit task; `total`, `executed`, `skipped`, `failed` and `canceled` count findings."""
    names = {"executed": "succeeded"} | {n: n for n in ("total", "skipped", "failed", "canceled")}
    counts = {f"{names[n]}FindingsCount": answer.pop(n) for n in names if n in answer}
    checks = {"LOGGING_DISABLED_CHECK": counts} if counts else {}
    answer = {"taskStatus": status, "taskStatistics": checks, **answer}
    return parse_task(answer, TaskType.AUDIT, "audit-46")


def row(status: str | None = "FAILED", **members: Any) -> Row:
    """One action execution."""
    known: dict[str, Any] = dict.fromkeys(Row.__slots__) | {"status": status} | members
    return Row(**known)


def fold(*rows: Row, cut: bool = False, error: str | None = None) -> Details:
    tally = Tally()
    tally.add(rows)
    return tally.details(cut=cut, error=error)
