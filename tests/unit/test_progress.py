"""How far an act is: bounded, whatever the size of the task; and the rows that it reads."""

from collections.abc import Sequence
from typing import Any
from unittest import mock

import pytest

from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.acts.perform import read_task
from mitigation.acts.progress import MAX_STARTED, Progress
from mitigation.acts.rows import FINDINGS_A_PAGE, Execution, pages
from mitigation.causes import MAX_CAUSES, MAX_NAMES, NAME_SIZE, Cause
from mitigation.codec import decode, encode
from mitigation.kind import TaskType
from mitigation.pace import Pace
from tests.support.iot import Iot, scenario


def test_started_tasks_are_counted_and_the_first_are_named() -> None:
    progress = Progress()
    for number in range(MAX_STARTED + 2):
        progress = progress.starting(f"t-{number}", 25)
    assert (progress.done, progress.tasks, progress.batches) == (1_050, 42, 42)
    assert progress.started == tuple(f"t-{number}" for number in range(MAX_STARTED))


def test_what_failed_is_grouped_by_cause() -> None:
    names = [f"n{number}" for number in range(MAX_NAMES + 3)]
    progress = Progress().failing("A", names[:2], "why").failing("B", ["x" * 500], "m" * 500)
    progress = progress.failing("A", names[2:], "another why")
    a, b = progress.failed
    assert a == Cause("A", MAX_NAMES + 3, tuple(names[:MAX_NAMES]), 3, "why")
    assert (b.error_code, b.count, len(b.names[0].encode())) == ("B", 1, NAME_SIZE)
    assert len((b.message or "").encode()) == NAME_SIZE
    assert progress.left == ()


def test_more_causes_than_fit_are_other_reasons() -> None:
    progress = Progress()
    for number in range(MAX_CAUSES + 2):
        progress = progress.leaving(f"reason {number}", f"n{number}")
    progress = progress.leaving("reason 0", "once more")
    last = progress.left[-1]
    assert (last.error_code, last.count, last.names) == ("other reasons", 2, ("n8", "n9"))
    assert (progress.left[0].count, len(progress.left)) == (2, MAX_CAUSES + 1)
    assert progress.left[0].message is None


def test_what_is_undone_is_counted_by_kind() -> None:
    progress = Progress().undoing("things").undoing("policies").undoing("things")
    assert (progress.done, progress.kinds) == (3, {"things": 2, "policies": 1})
    assert Progress().kinds == {}
    assert decode(Progress, encode(progress)) == progress


# --- The rows of a task ------------------------------------------------------------------------


def read(iot: Iot, cursor: str | None = None, *, seconds: float = 1e9) -> list[Any]:
    known = iot.scenario
    task = read_task(iot.client, Button(Action.UNDO, TaskType(known.task_type), known.task_id))
    assert task
    with mock.patch("mitigation.pace.time", iot):
        return list(pages(iot.client, task, Pace(seconds), cursor))


def test_a_detect_task_s_rows_come_in_pages_from_any_cursor_on() -> None:
    iot = Iot(scenario("FAILED", failed=260))
    first, second = read(iot)
    assert (len(first.rows), len(second.rows), second.cursor) == (250, 10, None)
    assert first.rows[0] == Execution(
        "FAILED", "violation-Quarantine-1000", "sensor-1000", "Quarantine"
    )
    assert read(iot, first.cursor) == [second]
    assert {each["taskId"] for each in iot.asked("ListDetectMitigationActionsExecutions")} == {
        "quarantine-7"
    }


def test_it_ends_early_with_a_cursor_when_the_time_is_up() -> None:
    [page] = read(Iot(scenario("FAILED", failed=260)), seconds=0)
    assert page.cursor


def test_an_audit_s_rows_are_read_finding_by_finding() -> None:
    iot = Iot(scenario("COMPLETED", "audit", executed={"Blank": 30}))
    first, second = read(iot)
    assert (len(first.rows), first.cursor, second.cursor) == (FINDINGS_A_PAGE, "1", None)
    resource = {"policyVersionIdentifier": {"policyName": "p0", "policyVersionId": "3"}}
    assert first.rows[0] == Execution(
        "COMPLETED", "finding-Blank-0", None, "Blank", "A_CHECK", resource
    )
    assert read(iot, "1") == [second]
    moments = [moment for _, moment in iot.moments[1:61]]
    assert moments == pytest.approx([number / 10 for number in range(60)])


FILTERS: dict[str, tuple[dict[str, list[str]] | None, Sequence[str]]] = {
    "no filter": (None, ["Blank", "Deactivate"]),
    "a check": ({"A_CHECK": []}, ["Blank", "Deactivate"]),
    "another check": ({"B_CHECK": []}, []),
    "a reason": ({"A_CHECK": ["FOR_BLANK"]}, ["Blank"]),
    "another reason": ({"A_CHECK": ["FOR_NOTHING"]}, []),
}


@pytest.mark.parametrize(("reasons", "actions"), FILTERS.values(), ids=FILTERS)
def test_of_a_whole_audit_only_what_is_meant_is_read(
    reasons: dict[str, list[str]] | None, actions: Sequence[str]
) -> None:
    target = {"auditTaskId": "audit-1"}
    filtered = target | ({"auditCheckToReasonCodeFilter": reasons} if reasons else {})
    executed = {"Blank": 1, "Deactivate": 1}
    iot = Iot(scenario("COMPLETED", "audit", executed=executed, target=filtered))
    [page] = read(iot)
    assert [row.action_name for row in page.rows] == actions
    assert iot.asked("ListAuditFindings") == [{"taskId": "audit-1", "maxResults": 25}]


def test_a_whole_audit_is_read_page_by_page() -> None:
    target = {"auditTaskId": "audit-1"}
    iot = Iot(scenario("COMPLETED", "audit", executed={"Blank": 30}, target=target))
    first, second = read(iot)
    assert (len(first.rows), len(second.rows)) == (25, 5)
    assert read(iot, first.cursor) == [second]


def test_a_finding_with_many_rows_is_read_to_its_end() -> None:
    rows = [{"findingId": "f", "status": "COMPLETED", "actionName": f"A{n}"} for n in range(260)]
    target = {"findingIds": ["f"]}
    findings = [{"findingId": "f"}]
    known = scenario("COMPLETED", "audit", target=target, executions=rows, findings=findings)
    iot = Iot(known)
    [page] = read(iot)
    assert len(iot.asked("ListAuditMitigationActionsExecutions")) == 2
    assert [row.action_name for row in page.rows] == [f"A{n}" for n in range(260)]
    assert page.rows[0][-2:] == (None, {})
