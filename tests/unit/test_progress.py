"""How far an act is: bounded, whatever the size of the task; and the rows that it reads."""

from typing import Any
from unittest import mock

import pytest

from mitigation.acts.click import Action
from mitigation.acts.perform import read_task
from mitigation.acts.progress import Progress
from mitigation.acts.rows import FINDINGS_A_PAGE, Execution, pages
from mitigation.causes import MAX_CAUSES, MAX_NAMES, NAME_SIZE, Cause
from mitigation.codec import decode, encode
from mitigation.pace import Pace
from tests.support.iot import Iot, scenario


def test_what_failed_is_grouped_by_cause() -> None:
    names = [f"n{number}" for number in range(MAX_NAMES + 3)]
    progress = Progress().failing("A", names[:2], "why").failing("B", ["x" * 500], "m" * 500)
    progress = progress.failing("A", names[2:], "another why").undoing("things").undoing("things")
    a, b = progress.failed
    assert a == Cause("A", MAX_NAMES + 3, tuple(names[:MAX_NAMES]), 3, "why")
    assert (b.error_code, b.count, len(b.names[0].encode())) == ("B", 1, NAME_SIZE)
    assert len((b.message or "").encode()) == NAME_SIZE
    assert (progress.left, progress.done, progress.kinds) == ((), 2, {"things": 2})
    assert decode(Progress, encode(progress)) == progress


def test_more_causes_than_fit_are_other_reasons() -> None:
    progress = Progress()
    for number in range(MAX_CAUSES + 2):
        progress = progress.leaving(f"reason {number}", f"n{number}")
    progress = progress.leaving("reason 0", "once more")
    last = progress.left[-1]
    assert (last.error_code, last.count, last.names) == ("other reasons", 2, ("n8", "n9"))
    assert (progress.left[0].count, len(progress.left)) == (2, MAX_CAUSES + 1)
    assert progress.left[0].message is None


# --- The rows of a task ------------------------------------------------------------------------

WHOLE = {"auditTaskId": "audit-1"}


def read(iot: Iot, cursor: str | None = None) -> list[Any]:
    task = read_task(iot.client, iot.button(Action.UNDO))
    assert task
    with mock.patch("mitigation.pace.time", iot):
        return list(pages(iot.client, task, Pace(1e9), cursor))


def test_a_detect_task_s_rows_come_in_pages_from_any_cursor_on() -> None:
    iot = Iot(scenario("FAILED", failed=260))
    first, second = read(iot)
    assert (len(first.rows), len(second.rows), second.cursor) == (250, 10, None)
    known = ("violation-Quarantine-1000", "sensor-1000", "Quarantine")
    assert first.rows[0] == Execution("FAILED", *known)
    assert read(iot, first.cursor) == [second]
    [asked, *_] = iot.asked("ListDetectMitigationActionsExecutions")
    assert asked["taskId"] == "quarantine-7"


def test_an_audit_s_rows_are_read_finding_by_finding() -> None:
    iot = Iot(scenario("COMPLETED", "audit", executed={"Blank": 30}))
    first, second = read(iot)
    assert (len(first.rows), first.cursor, second.cursor) == (FINDINGS_A_PAGE, "1", None)
    resource = {"policyVersionIdentifier": {"policyName": "p0", "policyVersionId": "3"}}
    known = ("finding-Blank-0", None, "Blank", "A_CHECK", resource)
    assert first.rows[0] == Execution("COMPLETED", *known)
    assert read(iot, "1") == [second]
    moments = [moment for _, moment in iot.moments[1:61]]
    assert moments == pytest.approx([number / 10 for number in range(60)])


@pytest.mark.parametrize(
    ("reasons", "actions"),
    [
        ({"A_CHECK": []}, ["Blank", "Deactivate"]),
        ({"B_CHECK": []}, []),
        ({"A_CHECK": ["FOR_BLANK"]}, ["Blank"]),
        ({"A_CHECK": ["FOR_NOTHING"]}, []),
    ],
    ids=["a check", "another check", "a reason", "another reason"],
)
def test_of_a_whole_audit_only_what_is_meant_is_read(
    reasons: dict[str, list[str]], actions: list[str]
) -> None:
    target = WHOLE | {"auditCheckToReasonCodeFilter": reasons}
    executed = {"Blank": 1, "Deactivate": 1}
    [page] = read(Iot(scenario("COMPLETED", "audit", executed=executed, target=target)))
    assert [row.action_name for row in page.rows] == actions


def test_a_whole_audit_is_read_page_by_page() -> None:
    iot = Iot(scenario("COMPLETED", "audit", executed={"Blank": 30}, target=WHOLE))
    first, second = read(iot)
    assert (len(first.rows), len(second.rows)) == (25, 5)
    assert read(iot, first.cursor) == [second]
    assert iot.asked("ListAuditFindings")[0] == {"taskId": "audit-1", "maxResults": 25}


def test_a_finding_with_many_rows_is_read_to_its_end() -> None:
    rows = [{"findingId": "f", "status": "COMPLETED", "actionName": f"A{n}"} for n in range(260)]
    more: Any = {"executions": rows, "findings": [{"findingId": "f"}]}
    [page] = read(Iot(scenario("COMPLETED", "audit", target={"findingIds": ["f"]}, **more)))
    assert [row.action_name for row in page.rows] == [f"A{n}" for n in range(260)]
    assert page.rows[0][-2:] == (None, {})
