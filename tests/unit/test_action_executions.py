"""Reading action executions: all that fit into the bounds, at AWS's rate, and never an error."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast, override
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError

from mitigation import action_executions
from mitigation.action_executions import read_details
from mitigation.causes import Details
from mitigation.pace import Pace
from mitigation.task import Task
from tests.support.static_iot import StaticIot, unpaced
from tests.support.tasks import audit, detect

if TYPE_CHECKING:
    from mypy_boto3_iot import IoTClient

THROTTLED = ClientError(
    {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "List"
)
POLICY = {"resourceIdentifier": {"policyVersionIdentifier": {"policyName": "fleet"}}}


@dataclass(slots=True)
class Time:
    """A clock that only sleeping moves; `slept` lists how long."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self, seconds: float) -> Pace:
        return Pace(seconds, clock=lambda: self.now, sleep=self.sleep)


def read(iot: StaticIot, task: Task, pace: Pace | None = None) -> Details | None:
    return read_details(cast("IoTClient", iot), task, pace or unpaced())


def details_of(iot: StaticIot, task: Task, pace: Pace | None = None) -> Details:
    details = read(iot, task, pace)
    assert details is not None
    return details


def failing(number: int = 1, **members: Any) -> list[dict[str, Any]]:
    return [
        {"status": "FAILED", "violationId": f"v{n}", "thingName": f"sensor-{n}", **members}
        for n in range(number)
    ]


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    return fail


def test_rows_of_a_detect_task_are_read_page_by_page() -> None:
    iot = StaticIot(failing(600))
    details = details_of(iot, detect("FAILED", failed=600))
    assert details.rows == 600
    assert details.failed_rows == 600
    assert not details.cut
    assert iot.calls == ["list_detect_mitigation_actions_executions"] * 3


@pytest.mark.parametrize(
    "task", [detect(executed=12, skipped=0, failed=0), audit(executed=3, skipped=0, failed=0)]
)
def test_nothing_is_read_where_the_counts_say_that_nothing_failed(task: Task) -> None:
    iot = StaticIot(failing())
    assert read(iot, task) is None
    assert iot.calls == []


def test_rows_are_read_where_the_counts_say_nothing() -> None:
    assert details_of(StaticIot(failing()), detect("FAILED")).rows == 1


@pytest.mark.parametrize(("number", "read_rows", "cut"), [(501, 500, True), (500, 500, False)])
def test_reading_stops_at_so_many_rows_and_says_so(
    monkeypatch: pytest.MonkeyPatch, number: int, read_rows: int, cut: bool
) -> None:
    monkeypatch.setattr(action_executions, "MAX_ROWS", 500)
    details = details_of(StaticIot(failing(number)), detect("FAILED"))
    assert (details.rows, details.cut) == (read_rows, cut)


def test_calls_keep_to_ten_a_second() -> None:
    time = Time()
    details_of(StaticIot(failing(250 * 20)), detect("FAILED"), time.pace(60))
    assert time.now == pytest.approx(2.0)


def test_time_that_calls_take_is_not_waited_for_again() -> None:
    time = Time()
    pace = time.pace(60)
    for _ in range(5):
        assert pace.wait()
        time.now += 0.3  # the call
    assert time.slept == []


def test_reading_stops_when_the_time_is_up_and_says_so() -> None:
    details = details_of(StaticIot(failing(250 * 100)), detect("FAILED"), Time().pace(2))
    assert 250 * 15 <= details.rows <= 250 * 21
    assert details.cut


def test_nobody_rests_where_that_would_use_up_the_time() -> None:
    time = Time()
    pace = time.pace(5)
    assert not pace.rest(5)
    assert time.slept == []
    assert pace.rest(4.9)
    assert time.slept == [4.9]


@pytest.mark.parametrize(
    "error",
    [
        THROTTLED,
        EndpointConnectionError(endpoint_url="https://iot"),
        ResponseParserError("not JSON" + 300 * "!"),
    ],
)
def test_rows_that_cannot_be_read_are_said_and_cost_nothing_else(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(StaticIot, "get_paginator", raising(error))
    said = f"{type(error).__name__}: {error}"[:300]
    assert details_of(StaticIot(), detect("FAILED")) == Details(error=said)


def test_what_was_read_before_an_error_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    task = audit("FAILED", target={"findingIds": ["f0", "f1"]})
    rows = [{"findingId": "f0", "status": "SKIPPED"}, {"findingId": "f1", "status": "FAILED"}]
    list_rows = StaticIot.list_audit_mitigation_actions_executions

    def once(iot: StaticIot, **members: Any) -> dict[str, Any]:
        if members["findingId"] == "f1":
            raise THROTTLED
        return list_rows(iot, **members)

    monkeypatch.setattr(StaticIot, "list_audit_mitigation_actions_executions", once)
    details = details_of(StaticIot(rows), task)
    assert details.rows == 1
    assert details.error is not None
    assert "ThrottlingException" in details.error


def test_a_row_that_is_none_is_said_by_the_name_of_the_member() -> None:
    details = details_of(StaticIot([{"status": 7}]), detect("FAILED"))
    assert details.error == "actionsExecutions.status: expected text, got 7"


def test_rows_of_an_audit_task_are_read_finding_by_finding_and_name_the_resource() -> None:
    task = audit("FAILED", target={"findingIds": ["f0", "f1"]})
    rows = [
        {"findingId": "f0", "status": "COMPLETED", "actionName": "A"},
        {"findingId": "f1", "status": "FAILED", "actionName": "A", "errorCode": "E"},
    ]
    findings = [{"findingId": "f1", "checkName": "CHECK", "nonCompliantResource": POLICY}]
    iot = StaticIot(rows, findings)
    details = details_of(iot, task)
    assert details.failed[0].names == ("policy fleet",)
    assert details.retries[0].check_name == "CHECK"
    assert details.retries[0].subject_ids == ("f1",)
    assert iot.calls == [
        "list_audit_mitigation_actions_executions",
        "list_audit_mitigation_actions_executions",
        "describe_audit_finding",
    ]


def test_the_findings_of_a_whole_audit_are_listed_and_not_asked_for_again() -> None:
    task = audit("FAILED", target={"auditTaskId": "audit"})
    rows = [{"findingId": f"f{n}", "status": "FAILED"} for n in range(2)]
    findings = [{"findingId": f"f{n}", "nonCompliantResource": POLICY} for n in range(2)]
    iot = StaticIot(rows, findings)
    assert details_of(iot, task).failed_rows == 2
    assert iot.asked == [
        {"taskId": "audit", "PaginationConfig": {"PageSize": 250}},
        {"taskId": "audit-46", "findingId": "f0", "maxResults": 250},
        {"taskId": "audit-46", "findingId": "f1", "maxResults": 250},
    ]
    assert iot.calls == [
        "list_audit_findings",
        "list_audit_mitigation_actions_executions",
        "list_audit_mitigation_actions_executions",
    ]


def test_of_a_whole_audit_only_the_task_s_checks_and_reasons_are_read() -> None:
    task = audit(
        "FAILED",
        auditCheckToActionsMapping={"ONE": ["A"], "TWO": ["A"]},
        target={"auditTaskId": "audit", "auditCheckToReasonCodeFilter": {"TWO": ["WANTED"]}},
    )
    findings = [
        {"findingId": "f0", "checkName": "ONE"},
        {"findingId": "f1", "checkName": "TWO", "reasonForNonComplianceCode": "WANTED"},
        {"findingId": "f2", "checkName": "TWO", "reasonForNonComplianceCode": "OTHER"},
        {"findingId": "f3", "checkName": "THREE"},
        {"findingId": "f4", "checkName": "TWO"},
        {"checkName": "ONE"},
    ]
    rows = [{"findingId": f"f{n}", "status": "FAILED"} for n in range(5)]
    details = details_of(StaticIot(rows, findings), task)
    assert details.failed[0].names == ("f0", "f1")


@pytest.mark.parametrize(("number", "cut"), [(4, True), (3, False)])
def test_only_so_many_findings_are_read_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, number: int, cut: bool
) -> None:
    monkeypatch.setattr(action_executions, "MAX_FINDINGS", 3)
    ids = [{"findingId": f"f{n}"} for n in range(number)]
    rows = [{**each, "status": "FAILED"} for each in ids]
    details = details_of(StaticIot(rows, ids), audit("FAILED", target={"auditTaskId": "a"}))
    assert (details.rows, details.cut) == (3, cut)


def test_findings_are_listed_no_further_than_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(action_executions, "MAX_FINDINGS", 3)
    iot = StaticIot([], [{"findingId": f"f{n}"} for n in range(9)], page_size=2)
    assert details_of(iot, audit("FAILED", target={"auditTaskId": "a"})).cut
    assert iot.calls.count("list_audit_findings") == 2
    assert iot.calls.count("list_audit_mitigation_actions_executions") == 3


@pytest.mark.parametrize(("seconds", "cut"), [(0.0, True), (0.15, True), (9.0, False)])
def test_a_list_that_was_cut_before_the_task_s_own_findings_came_is_said(
    monkeypatch: pytest.MonkeyPatch, seconds: float, cut: bool
) -> None:
    """As many as are read may stand on its first pages, too: only then it is whole."""
    monkeypatch.setattr(action_executions, "MAX_FINDINGS", 1)
    task = audit(
        "FAILED", auditCheckToActionsMapping={"ONE": ["A"]}, target={"auditTaskId": "audit"}
    )
    others = [{"findingId": f"f{n}", "checkName": "TWO"} for n in range(3)]
    mine = {"findingId": "mine", "checkName": "ONE"}
    iot = StaticIot([], [*others, mine, *others], page_size=1)
    assert details_of(iot, task, Time().pace(seconds)).cut is cut


class Empty(StaticIot):
    """Answers as boto3 does where AWS leaves a list out."""

    @override
    def get_paginator(self, operation: str) -> Any:
        return Mock(spec=["paginate"], paginate=lambda **_: iter([{}]))

    @override
    def list_audit_mitigation_actions_executions(self, **members: Any) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    "task",
    [
        detect("FAILED"),
        audit("FAILED", target={"auditTaskId": "audit"}),
        audit("FAILED", target={"findingIds": ["f0"]}),
    ],
)
def test_an_answer_without_a_list_holds_no_rows(task: Task) -> None:
    assert details_of(Empty(), task) == Details()


def test_every_call_for_a_finding_keeps_to_ten_a_second() -> None:
    ids = [f"f{n}" for n in range(10)]
    rows = [{"findingId": finding_id, "status": "FAILED"} for finding_id in ids]
    time = Time()
    iot = StaticIot(rows)
    details_of(iot, audit("FAILED", target={"findingIds": ids}), time.pace(60))
    assert len(iot.calls) == 20
    assert time.now == pytest.approx(1.9)


def test_more_rows_of_a_finding_than_fit_on_a_page_are_said() -> None:
    rows = [{"findingId": "f0", "status": "FAILED"}] * 251
    details = details_of(StaticIot(rows), audit("FAILED", target={"findingIds": ["f0"]}))
    assert details.rows == 250
    assert details.cut


def test_findings_are_read_no_longer_than_there_is_time() -> None:
    ids = [f"f{n}" for n in range(25)]
    rows = [{"findingId": finding_id, "status": "FAILED"} for finding_id in ids]
    task = audit("FAILED", target={"findingIds": ids})
    details = details_of(StaticIot(rows), task, Time().pace(1))
    assert 0 < details.rows < 25
    assert details.cut


def test_an_audit_task_without_a_target_has_no_rows() -> None:
    assert details_of(StaticIot(), audit("FAILED")) == Details()


class Lagging(StaticIot):
    """Lists one row more at each look."""

    @override
    def get_paginator(self, operation: str) -> Any:
        looks = len(self.calls) + 1
        return StaticIot(self.rows[:looks], calls=self.calls).get_paginator(operation)


def test_rows_that_are_not_listed_yet_are_looked_for_once_more_some_seconds_later() -> None:
    time, iot = Time(), Lagging(failing(9))
    assert details_of(iot, detect("FAILED", failed=9), time.pace(20)).rows == 2
    assert time.now == pytest.approx(5.2)  # two calls, and the ends of both lists
    assert len(iot.calls) == 2


@pytest.mark.parametrize(
    ("task", "seconds"),
    [
        (detect("FAILED", failed=1, skipped=0), 20.0),  # all are there
        (detect("FAILED"), 20.0),  # nobody knows how many there should be
        (detect("IN_PROGRESS", failed=9), 20.0),  # the counts go on
        (detect("FAILED", failed=9), 5.0),  # there is no time left
    ],
)
def test_no_second_look_is_taken_without_need_or_time(task: Task, seconds: float) -> None:
    time, iot = Time(), Lagging(failing(9))
    assert details_of(iot, task, time.pace(seconds)).rows == 1
    assert len(iot.calls) == 1
    assert 5.0 not in time.slept


def test_a_second_look_that_fails_costs_nothing_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time, iot = Time(), StaticIot(failing(2))
    first = details_of(iot, detect("FAILED", failed=2))
    answers = iter([iot.get_paginator("list_detect_mitigation_actions_executions")])
    throttle = raising(THROTTLED)
    monkeypatch.setattr(StaticIot, "get_paginator", lambda *_: next(answers, None) or throttle())
    assert details_of(iot, detect("FAILED", failed=9), time.pace(20)) == first
