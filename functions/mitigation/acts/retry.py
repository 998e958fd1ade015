"""Starting the mitigation actions once more, for what failed: 25 a task, each task once.

The ids derive from the task that failed and from nothing else, so a batch that was started before
is found again, whoever started it and however often this runs.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mitigation.acts.rows import Execution
from mitigation.causes import FAILED, RETRY_BATCH
from mitigation.kind import TaskType
from mitigation.task import Task

_STEM = 110  # leaves room for what is added, in the 128 characters of a taskId


class Batch(NamedTuple):
    """One task to start: its id, and the parameters of Start…MitigationActionsTask."""

    task_id: str
    parameters: dict[str, Any]
    subject_ids: list[str]


class Failures:
    """The violations or findings for which actions failed, and which actions those were.

    Kept for each is no more than its id and names: tens of thousands fit into memory.
    """

    def __init__(self) -> None:
        self._failed: dict[str, tuple[str | None, tuple[str, ...]]] = {}

    def add(self, rows: Iterable[Execution]) -> None:
        for row in rows:
            if row.status == FAILED and row.subject_id and row.action_name:
                check, names = self._failed.get(row.subject_id, (row.check_name, ()))
                if row.action_name not in names:
                    names = (*names, row.action_name)
                self._failed[row.subject_id] = (check, names)

    def __len__(self) -> int:
        return len(self._failed)

    def batches(self, task: Task) -> Iterator[Batch]:
        """In the same order each time, whatever the order of the rows was."""
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for subject_id, (check, names) in self._failed.items():
            alike.setdefault((check or "", tuple(sorted(names))), []).append(subject_id)
        number = 0
        for (check, names), ids in sorted(alike.items()):
            ids.sort()
            for start in range(0, len(ids), RETRY_BATCH):
                number += 1
                yield _batch(task, number, check, names, ids[start : start + RETRY_BATCH])


def _batch(task: Task, number: int, check: str, names: tuple[str, ...], ids: list[str]) -> Batch:
    task_id = f"{str(task.id)[:_STEM]}-retry-{_digest(task.type, task.id)[:6]}-{number}"
    parameters: dict[str, Any] = {
        "taskId": task_id,
        "clientRequestToken": _digest(task_id, ids),
    }
    if task.type is TaskType.DETECT:
        parameters |= {
            "target": {"violationIds": ids},
            "actions": list(names),
        }
        if (active := task.only_active_violations_included) is not None:
            parameters["includeOnlyActiveViolations"] = active
        if (suppressed := task.suppressed_alerts_included) is not None:
            parameters["includeSuppressedAlerts"] = suppressed
        span = task.occurrence_range
        if span and span.start and span.end:
            parameters["violationEventOccurrenceRange"] = {
                "startTime": span.start,
                "endTime": span.end,
            }
    else:
        parameters |= {
            "target": {"findingIds": ids},
            "auditCheckToActionsMapping": {check: list(names)},
        }
    return Batch(task_id, parameters, ids)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
