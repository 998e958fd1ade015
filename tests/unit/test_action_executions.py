"""Reading action executions: all that fit into the bounds, at AWS's rate, and never an error."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast, override

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from mitigation import action_executions
from mitigation.action_executions import read_details
from mitigation.causes import Details
from mitigation.pace import Pace
from mitigation.task import Task
from tests.support.static_iot import StaticIot, unpaced
from tests.support.tasks import audit, detect

THROTTLED = ClientError(
    {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "List"
)
WHOLE_AUDIT = {"auditTaskId": "audit"}


@dataclass(slots=True)
class Time:
    """A clock that only sleeping moves."""

    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, seconds: float) -> Pace:
        return Pace(seconds, clock=lambda: self.now, sleep=self.sleep)


def read(iot: StaticIot, task: Task, pace: Pace | None = None) -> Details:
    return cast("Details", read_details(cast("Any", iot), task, pace or unpaced()))


def failing(*ids: str, member: str = "findingId") -> list[dict[str, Any]]:
    return [{"status": "FAILED", member: each} for each in ids]


@pytest.mark.parametrize(
    "task", [detect(executed=12, skipped=0, failed=0), audit(executed=3, skipped=0, failed=0)]
)
def test_nothing_is_read_where_the_counts_say_that_nothing_failed(task: Task) -> None:
    iot = StaticIot(failing("f0"))
    assert read(iot, task) is None
    assert iot.calls == []


@pytest.mark.parametrize(("number", "cut"), [(501, True), (500, False)])
def test_reading_stops_at_so_many_rows_and_says_so(
    monkeypatch: pytest.MonkeyPatch, number: int, cut: bool
) -> None:
    monkeypatch.setattr(action_executions, "MAX_ROWS", 500)
    iot = StaticIot(failing("v1", member="violationId") * number)
    details = read(iot, detect("FAILED"))
    assert (details.rows, details.failed_rows, details.cut) == (500, 500, cut)
    assert iot.calls == ["list_detect_mitigation_actions_executions"] * 2
    assert iot.asked == [{"taskId": "quarantine-7", "PaginationConfig": {"PageSize": 250}}]


def test_calls_keep_to_ten_a_second_for_pages_and_for_findings() -> None:
    time, iot = Time(), StaticIot(failing("v1") * 250 * 20)
    read(iot, detect("FAILED"), time.pace(60))
    assert time.now == pytest.approx(2.0)
    ids = [f"f{n}" for n in range(10)]
    time, iot = Time(), StaticIot(failing(*ids))
    read(iot, audit("FAILED", target={"findingIds": ids}), time.pace(60))
    assert len(iot.calls) == 20
    assert time.now == pytest.approx(1.9)


def test_time_that_calls_take_is_not_waited_for_again() -> None:
    time = Time()
    pace = time.pace(60)
    for _ in range(5):
        assert pace.wait()
        time.now += 0.3  # the call
    assert time.now == pytest.approx(1.5)


def test_nobody_rests_where_that_would_use_up_the_time() -> None:
    time = Time()
    pace = time.pace(5)
    assert not pace.rest(5)
    assert time.now == 0
    assert pace.rest(4.9)
    assert time.now == 4.9


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (THROTTLED, f"ClientError: {THROTTLED}"),
        (ResponseParserError(300 * "!"), f"ResponseParserError: {300 * '!'}"[:300]),
        ({"actionsExecutions": [{"status": 7}]}, "actionsExecutions.status: expected text, got 7"),
    ],
)
def test_rows_that_cannot_be_read_are_said_and_cost_nothing_of_those_before(
    monkeypatch: pytest.MonkeyPatch, second: Any, said: str
) -> None:
    answers = iter([{"actionsExecutions": failing("f0")}, second])

    def answer(*_: Any, **__: Any) -> Any:
        if isinstance(found := next(answers), Exception):
            raise found
        return found

    monkeypatch.setattr(StaticIot, "list_audit_mitigation_actions_executions", answer)
    details = read(StaticIot(), audit("FAILED", target={"findingIds": ["f0", "f1"]}))
    assert (details.rows, details.cut, details.error) == (1, False, said)


POLICY = {"resourceIdentifier": {"policyVersionIdentifier": {"policyName": "fleet"}}}


def test_rows_of_an_audit_task_are_read_finding_by_finding_and_name_the_resource() -> None:
    rows = [
        {"findingId": "f0", "status": "COMPLETED", "actionName": "A"},
        {"findingId": "f1", "status": "FAILED", "actionName": "A", "errorCode": "E"},
    ]
    findings = [{"findingId": "f1", "checkName": "CHECK", "nonCompliantResource": POLICY}]
    iot = StaticIot(rows, findings)
    details = read(iot, audit("FAILED", target={"findingIds": ["f0", "f1"]}))
    assert details.failed[0].names == ("policy fleet",)
    assert (details.retries[0].check_name, details.retries[0].subject_ids) == ("CHECK", ("f1",))
    listed = "list_audit_mitigation_actions_executions"
    assert iot.calls == [listed, listed, "describe_audit_finding"]


def test_the_findings_of_a_whole_audit_are_listed_and_not_asked_for_again() -> None:
    findings = [{"findingId": each, "nonCompliantResource": POLICY} for each in ("f0", "f1")]
    iot = StaticIot(failing("f0", "f1"), findings)
    assert read(iot, audit("FAILED", target=WHOLE_AUDIT)).failed_rows == 2
    assert iot.asked == [
        {"taskId": "audit", "PaginationConfig": {"PageSize": 250}},
        {"taskId": "audit-46", "findingId": "f0", "maxResults": 250},
        {"taskId": "audit-46", "findingId": "f1", "maxResults": 250},
    ]
    listed = "list_audit_mitigation_actions_executions"
    assert iot.calls == ["list_audit_findings", listed, listed]


def test_of_a_whole_audit_only_the_task_s_checks_and_reasons_are_read() -> None:
    task = audit(
        "FAILED",
        auditCheckToActionsMapping={"ONE": ["A"], "TWO": ["A"]},
        target={**WHOLE_AUDIT, "auditCheckToReasonCodeFilter": {"TWO": ["WANTED"]}},
    )
    findings = [
        {"findingId": "f0", "checkName": "ONE"},
        {"findingId": "f1", "checkName": "TWO", "reasonForNonComplianceCode": "WANTED"},
        {"findingId": "f2", "checkName": "TWO", "reasonForNonComplianceCode": "OTHER"},
        {"findingId": "f3", "checkName": "THREE"},
        {"findingId": "f4", "checkName": "TWO"},
        {"checkName": "ONE"},
    ]
    details = read(StaticIot(failing(*(f"f{n}" for n in range(5))), findings), task)
    assert details.failed[0].names == ("f0", "f1")


@pytest.mark.parametrize(("number", "cut"), [(9, True), (4, True), (3, False)])
def test_only_so_many_findings_are_listed_and_read_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, number: int, cut: bool
) -> None:
    monkeypatch.setattr(action_executions, "MAX_FINDINGS", 3)
    ids = [f"f{n}" for n in range(number)]
    iot = StaticIot(failing(*ids), [{"findingId": each} for each in ids], page_size=2)
    details = read(iot, audit("FAILED", target=WHOLE_AUDIT))
    assert (details.rows, details.cut) == (3, cut)
    assert iot.calls.count("list_audit_findings") == 2


@pytest.mark.parametrize(("seconds", "cut"), [(0.0, True), (0.15, True), (9.0, False)])
def test_a_list_that_was_cut_before_the_task_s_own_findings_came_is_said(
    monkeypatch: pytest.MonkeyPatch, seconds: float, cut: bool
) -> None:
    """As many as are read may stand on its first pages, too: only then it is whole."""
    monkeypatch.setattr(action_executions, "MAX_FINDINGS", 1)
    task = audit("FAILED", auditCheckToActionsMapping={"ONE": ["A"]}, target=WHOLE_AUDIT)
    others = [{"findingId": f"f{n}", "checkName": "TWO"} for n in range(3)]
    mine = {"findingId": "mine", "checkName": "ONE"}
    iot = StaticIot([], [*others, mine, *others], page_size=1)
    assert read(iot, task, Time().pace(seconds)).cut is cut


class Empty(StaticIot):
    """Answers as boto3 does where AWS leaves a list out."""

    @override
    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: iter([{}]))

    @override
    def list_audit_mitigation_actions_executions(self, **members: Any) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    "task",
    [
        detect("FAILED"),
        audit("FAILED"),
        audit("FAILED", target=WHOLE_AUDIT),
        audit("FAILED", target={"findingIds": ["f0"]}),
    ],
)
def test_an_answer_without_a_list_and_a_task_without_a_target_have_no_rows(task: Task) -> None:
    assert read(Empty(), task) == Details()


def test_more_rows_of_a_finding_than_fit_on_a_page_are_said() -> None:
    rows = failing("f0") * 251
    details = read(StaticIot(rows), audit("FAILED", target={"findingIds": ["f0"]}))
    assert (details.rows, details.cut) == (250, True)


def test_findings_are_read_no_longer_than_there_is_time() -> None:
    ids = [f"f{n}" for n in range(25)]
    task = audit("FAILED", target={"findingIds": ids})
    details = read(StaticIot(failing(*ids)), task, Time().pace(1))
    assert 0 < details.rows < 25
    assert details.cut


@dataclass(slots=True)
class Lagging(StaticIot):
    """Lists so many rows at its first look, and at its second."""

    looks: list[int] = field(default_factory=list)

    @override
    def get_paginator(self, operation: str) -> Any:
        rows = failing("v1", member="violationId") * self.looks.pop(0)
        return StaticIot(rows, calls=self.calls).get_paginator(operation)


MANY_FAILED = detect("FAILED", failed=9)


@pytest.mark.parametrize(
    ("looks", "task", "seconds", "rows"),
    [
        ([1, 2], MANY_FAILED, 20.0, 2),
        ([2, 0], MANY_FAILED, 20.0, 2),  # a second look costs nothing of the first
        ([1, 2], detect("FAILED", failed=1, skipped=0), 20.0, 1),  # all are there
        ([1, 2], detect("FAILED"), 20.0, 1),  # nobody knows how many there should be
        ([1, 2], detect("IN_PROGRESS", failed=9), 20.0, 1),  # the counts go on
        ([1, 2], MANY_FAILED, 5.0, 1),  # there is no time left
    ],
)
def test_rows_that_are_not_listed_yet_are_looked_for_once_more_some_seconds_later(
    looks: list[int], task: Task, seconds: float, rows: int
) -> None:
    time, iot = Time(), Lagging(looks=[*looks])
    assert read(iot, task, time.pace(seconds)).rows == rows
    again = rows == 2
    assert len(iot.calls) == (2 if again else 1)
    assert (time.now > 5) is again
