"""Reading action executions: all that fit into the bounds, at AWS's rate, and never an error."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast, override
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from mitigation.action_executions import read_details
from mitigation.causes import MAX_NAMES, Cause, Details, Missing, RetryBatch, missing
from mitigation.pace import Pace
from mitigation.task import Task
from tests.support.static_iot import StaticIot, unpaced
from tests.support.tasks import audit, detect, fold, row

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "List")
WHOLE_AUDIT, LISTED = {"auditTaskId": "audit"}, {"findingIds": ["f0", "f1"]}


@dataclass(slots=True)
class Time:
    """A clock that only sleeping moves."""

    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, seconds: float) -> Pace:
        return Pace(seconds, clock=lambda: self.now, sleep=self.sleep)


def read(iot: Any, task: Task, pace: Pace | None = None) -> Details:
    return cast("Details", read_details(iot, task, pace or unpaced()))


def failing(*ids: str, member: str = "findingId") -> list[dict[str, Any]]:
    return [{"status": "FAILED", member: each} for each in ids]


@mock.patch("mitigation.action_executions.MAX_ROWS", 500)
@pytest.mark.parametrize(("number", "cut"), [(501, True), (500, False)])
def test_reading_stops_at_so_many_rows_and_says_so(number: int, cut: bool) -> None:
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


def test_time_that_calls_take_is_not_waited_for_again_and_no_rest_uses_up_the_time() -> None:
    time = Time()
    pace = time.pace(6)
    for _ in range(5):
        assert pace.wait()
        time.now += 0.3  # the call
    assert time.now == pytest.approx(1.5)
    assert not pace.rest(4.5)
    assert time.now == pytest.approx(1.5)
    assert pace.rest(4.4)
    assert time.now == pytest.approx(5.9)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (THROTTLED, f"ClientError: {THROTTLED}"),
        (ResponseParserError(300 * "!"), f"ResponseParserError: {300 * '!'}"[:300]),
        ({"actionsExecutions": [{"status": 7}]}, "actionsExecutions.status: expected text, got 7"),
    ],
)
def test_rows_that_cannot_be_read_cost_nothing_of_those_before(second: Any, said: str) -> None:
    rows = mock.Mock(side_effect=[{"actionsExecutions": failing("f0")}, second])
    iot = SimpleNamespace(
        list_audit_mitigation_actions_executions=rows, describe_audit_finding=lambda **_: {}
    )
    details = read(iot, audit("FAILED", target=LISTED))
    assert (details.rows, details.cut, details.error) == (1, False, said)


POLICY = {"resourceIdentifier": {"policyVersionIdentifier": {"policyName": "fleet"}}}


def test_rows_of_an_audit_task_are_read_finding_by_finding_and_name_the_resource() -> None:
    rows = [
        {"findingId": "f0", "status": "COMPLETED", "actionName": "A"},
        {"findingId": "f1", "status": "FAILED", "actionName": "A", "errorCode": "E"},
    ]
    findings = [{"findingId": "f1", "checkName": "CHECK", "nonCompliantResource": POLICY}]
    iot = StaticIot(rows, findings)
    details = read(iot, audit("FAILED", target=LISTED))
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


@mock.patch("mitigation.action_executions.MAX_FINDINGS", 3)
@pytest.mark.parametrize(("number", "cut"), [(9, True), (4, True), (3, False)])
def test_only_so_many_findings_are_read_and_it_is_said(number: int, cut: bool) -> None:
    ids = [f"f{n}" for n in range(number)]
    iot = StaticIot(failing(*ids), [{"findingId": each} for each in ids], page_size=2)
    details = read(iot, audit("FAILED", target=WHOLE_AUDIT))
    assert (details.rows, details.cut) == (3, cut)
    assert iot.calls.count("list_audit_findings") == 2


@mock.patch("mitigation.action_executions.MAX_FINDINGS", 1)
@pytest.mark.parametrize(("seconds", "cut"), [(0.0, True), (0.15, True), (9.0, False)])
def test_a_list_cut_before_the_task_s_own_findings_came_is_said(seconds: float, cut: bool) -> None:
    """As many as are read may stand on its first pages, too: only then it is whole."""
    task = audit("FAILED", auditCheckToActionsMapping={"ONE": ["A"]}, target=WHOLE_AUDIT)
    others = [{"findingId": f"f{n}", "checkName": "TWO"} for n in range(3)]
    mine = {"findingId": "mine", "checkName": "ONE"}
    iot = StaticIot([], [*others, mine, *others], page_size=1)
    assert read(iot, task, Time().pace(seconds)).cut is cut


@pytest.mark.parametrize(
    "task", [detect("FAILED"), *(audit("FAILED", target=t) for t in ({}, WHOLE_AUDIT, LISTED))]
)
def test_an_answer_without_a_list_and_a_task_without_a_target_have_no_rows(task: Task) -> None:
    iot = SimpleNamespace(
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: iter([{}])),
        list_audit_mitigation_actions_executions=lambda **_: {},
    )
    assert read(iot, task) == Details()


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
    ("looks", "task", "seconds", "again"),
    [
        ([1, 2], MANY_FAILED, 20.0, True),
        ([2, 0], MANY_FAILED, 20.0, True),  # a second look costs nothing of the first
        ([1, 2], detect("FAILED", failed=1, skipped=0), 20.0, False),  # all are there
        ([1, 2], detect("FAILED"), 20.0, False),  # nobody knows how many there should be
        ([1, 2], detect("IN_PROGRESS", failed=9), 20.0, False),  # the counts go on
        ([1, 2], MANY_FAILED, 5.0, False),  # there is no time left
    ],
)
def test_rows_that_are_not_listed_yet_are_looked_for_once_more(
    looks: list[int], task: Task, seconds: float, again: bool
) -> None:
    time, iot = Time(), Lagging(looks=[*looks])
    assert read(iot, task, time.pace(seconds)).rows == 1 + again
    assert len(iot.calls) == (2 if again else 1)
    assert (time.now > 5) is again


# --- They become a few lines: grouped, bounded, and honest about what is left out -------------


def test_rows_are_grouped_by_error_code_the_commonest_first_and_others_are_only_counted() -> None:
    details = fold(
        row(error_code="Rare", name="sensor-40"),
        row(error_code="Common", name="sensor-17", subject_id="v1"),
        row(error_code="Common", subject_id="v2", message="Thing group is full"),
        row(error_code="Common", name="sensor-17", message="Thing group is full, again"),
        row("SKIPPED", error_code="Gone", name="sensor-1"),
        *(row(status, name="x", subject_id="v3", action_name="A") for status in ("NEW_ONE", None)),
    )
    rare = Cause("Rare", 1, ("sensor-40",))
    # A thing once, and where a row has none the violation; the first message that there is.
    common = Cause("Common", 3, ("sensor-17", "v2"), 0, "Thing group is full")
    assert (details.rows, details.failed_rows, details.skipped_rows) == (7, 4, 1)
    assert (details.failed, details.skipped) == ((common, rare), (Cause("Gone", 1, ("sensor-1",)),))


def test_what_others_wrote_is_bounded_and_says_what_it_leaves_out() -> None:
    [cause] = fold(*(row(name=f"sensor-{n % 24}") for n in range(99))).failed
    assert (cause.count, len(cause.names), cause.more) == (99, MAX_NAMES, 24 - MAX_NAMES)
    thing = "設" * 128  # as long as it may be
    [cause] = fold(row(name=thing), row(name="n" * 5_000, message="m" * 5_000)).failed
    assert cause.names == (thing, "n" * 397 + "…")
    [cause] = fold(row(error_code="c" * 5_000, message="m" * 5_000)).failed
    assert (cause.error_code, cause.message) == ("c" * 297 + "…", "m" * 297 + "…")


def test_subjects_are_retried_with_the_actions_that_failed_check_by_check() -> None:
    details = fold(
        row(subject_id="s1", action_name="Tell"),
        row(subject_id="s1", action_name="Quarantine"),
        row(subject_id="s2", action_name="Tell"),
        row("SUCCESSFUL", subject_id="s2", action_name="Quarantine"),
        row(subject_id="s3", action_name="Quarantine"),
        row(subject_id="s3", action_name="Tell"),
        row(subject_id="s4", action_name="Tell", check_name="CHECK"),
        row(subject_id="without an action"),
        row(action_name="without an id"),
    )
    assert details.retries == (
        RetryBatch(None, ("Quarantine", "Tell"), ("s1", "s3")),
        RetryBatch(None, ("Tell",), ("s2",)),
        RetryBatch("CHECK", ("Tell",), ("s4",)),
    )
    assert details.failed_subjects == 5
    many = fold(*(row(subject_id=f"v{n}", action_name="A") for n in range(1_000)))
    assert [len(retry.subject_ids) for retry in many.retries] == [25]  # one command's
    assert many.failed_subjects == 1_000


@pytest.mark.parametrize(
    ("task", "missed"),
    [
        (detect(failed=12, skipped=3), Missing(9, 2)),
        (detect(failed=2), Missing()),
        (audit(failed=5, skipped=9), Missing(3)),  # by findings; suppressed ones have no rows
        (audit(failed=1), Missing()),
    ],
)
def test_what_aws_has_counted_and_not_listed_is_missing(task: Task, missed: Missing) -> None:
    rows = [row(subject_id="s1"), row(subject_id="s1"), row(subject_id="s2"), row("SKIPPED")]
    assert missing(task, fold(*rows)) == missed
    assert missing(task, fold(*rows, cut=True)) == missing(task, None) == Missing()
    assert missing(task, fold(*rows, error="AccessDenied")) == Missing()
    assert missing(detect(), Details()) == Missing()
