"""The rows that acts read where AWS's answer is none, or leaves something out."""

from types import SimpleNamespace
from typing import Any

import pytest

from mitigation.acts.rows import Execution, pages
from mitigation.acts.undo import changes_of
from mitigation.task import Task
from mitigation.wire import InvalidTask
from tests.support.static_iot import unpaced
from tests.support.tasks import CERTIFICATE, audit, detect

DETECT, WHOLE = detect(), audit(target={"auditTaskId": "a"})
LISTED = audit(target={"findingIds": ["f"]})
ROWS, FOUND = {"actionsExecutions": [7]}, {"findings": [{"findingId": "f"}]}
ODD: dict[str, Any] = {"findings": [{"findingId": "f", "nonCompliantResource": 7}]}


def read(task: Task, rows: Any, findings: Any = None) -> list[Execution]:
    """What is read of the same answer for every list of rows, and for every finding asked for."""
    iot: Any = SimpleNamespace(
        list_detect_mitigation_actions_executions=lambda **_: rows,
        list_audit_mitigation_actions_executions=lambda **_: rows,
        list_audit_findings=lambda **_: findings,
        describe_audit_finding=lambda **_: {},
    )
    return [row for page in pages(iot, task, unpaced()) for row in page.rows]


@pytest.mark.parametrize(
    ("task", "rows", "findings", "complaint"),
    [
        (DETECT, ROWS, {}, "actionsExecutions: expected an object, got 7"),
        (LISTED, ROWS, {}, "actionsExecutions: expected an object, got 7"),
        (WHOLE, ROWS, FOUND, "actionsExecutions: expected an object, got 7"),
        (WHOLE, {}, ODD, "finding.nonCompliantResource: expected an object, got 7"),
    ],
)
def test_what_is_no_row_is_named(task: Task, rows: Any, findings: Any, complaint: str) -> None:
    with pytest.raises(InvalidTask) as error:
        read(task, rows, findings)
    assert str(error.value) == complaint


@pytest.mark.parametrize("task", [DETECT, LISTED, WHOLE])
def test_an_answer_without_a_list_has_no_rows(task: Task) -> None:
    assert read(task, {}, {}) == []


def test_a_resource_that_is_none_is_named() -> None:
    task = audit(actionsDefinition=[CERTIFICATE])
    row = Execution("COMPLETED", "f", None, "Deactivate", None, {"deviceCertificateId": 7})
    with pytest.raises(InvalidTask, match=r"^resourceIdentifier\.deviceCertificateId: expected"):
        list(changes_of(task, row))
