"""Describe answers become tasks, of either kind, with or without their members."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mitigation import action, undo
from mitigation.causes import FAILED, SKIPPED
from mitigation.kind import KINDS, TaskType
from mitigation.task import Check, Statistics, Target, Task, TimeRange, parse_task, task_type_of
from mitigation.wire import InvalidTask
from tests.support.service_model import enum_of, members_of
from tests.support.tasks import audit, detect


@pytest.mark.parametrize("kind", ["Detect", "Audit"])
def test_our_statuses_are_those_of_the_service_model(kind: str) -> None:
    known = {status.value for status in KINDS[TaskType(kind.lower())].statuses}
    assert known == enum_of(f"{kind}MitigationActionsTaskStatus")


@pytest.mark.parametrize(
    "enum", ["DetectMitigationActionExecutionStatus", "AuditMitigationActionsExecutionStatus"]
)
def test_every_status_of_an_action_execution_is_known(enum: str) -> None:
    told = {FAILED, SKIPPED, *undo.EXECUTED.values()}
    without_outcome = {"IN_PROGRESS", "PENDING", "CANCELED"}
    assert enum_of(enum) <= told | without_outcome
    assert {FAILED, SKIPPED} < enum_of(enum)
    assert enum_of(enum) & {*undo.EXECUTED.values()}


def test_our_kinds_of_action_are_those_of_the_service_model() -> None:
    assert members_of("MitigationActionParams") == {
        "updateDeviceCertificateParams",
        "updateCACertificateParams",
        "addThingsToThingGroupParams",
        "replaceDefaultPolicyVersionParams",
        "enableIoTLoggingParams",
        "publishFindingToSnsParams",
    }


@pytest.mark.parametrize(
    ("task", "terminal"),
    [
        (detect("IN_PROGRESS"), False),
        (detect("SUCCESSFUL"), True),
        (detect("FAILED"), True),
        (detect("CANCELED"), True),
        (audit("IN_PROGRESS"), False),
        (audit("COMPLETED"), True),
        (audit("FAILED"), True),
        (audit("CANCELED"), True),
    ],
)
def test_a_task_ends_with_every_status_but_in_progress(task: Task, terminal: bool) -> None:
    assert task.has_known_status
    assert task.is_terminal is terminal


@pytest.mark.parametrize("status", [None, "ROLLED_BACK", "COMPLETED", "successful"])
def test_a_status_that_detect_does_not_have_is_neither_known_nor_an_end(status: str | None) -> None:
    task = detect(status)
    assert not task.has_known_status
    assert not task.is_terminal
    assert task.status == status


def test_a_detect_answer_is_read_whole() -> None:
    summary: dict[str, Any] = {
        "taskId": "quarantine-7",
        "taskStatus": "FAILED",
        "taskStartTime": 1793340000,
        "taskEndTime": "2026-10-30T08:41:00+01:00",
        "target": {
            "violationIds": ["v1", "v2"],
            "securityProfileName": "Fleet",
            "behaviorName": "Auth",
        },
        "violationEventOccurrenceRange": {
            "startTime": "2026-10-30T05:00:00Z",
            "endTime": datetime(2026, 10, 30, 6, tzinfo=UTC),
        },
        "onlyActiveViolationsIncluded": True,
        "suppressedAlertsIncluded": False,
        "actionsDefinition": [{"name": "A", "id": "i", "roleArn": "r", "actionParams": {}}],
        "taskStatistics": {"actionsExecuted": 1, "actionsSkipped": 2, "actionsFailed": 3},
    }
    assert parse_task({"taskSummary": summary}, TaskType.DETECT) == Task(
        type=TaskType.DETECT,
        id="quarantine-7",
        status="FAILED",
        started=datetime(2026, 10, 30, 6, tzinfo=UTC),
        ended=datetime(2026, 10, 30, 7, 41, tzinfo=UTC),
        target=Target(("v1", "v2"), "Fleet", "Auth"),
        occurrence_range=TimeRange(
            datetime(2026, 10, 30, 5, tzinfo=UTC), datetime(2026, 10, 30, 6, tzinfo=UTC)
        ),
        only_active_violations_included=True,
        suppressed_alerts_included=False,
        actions=(action.Action("A", "i", "r", ()),),
        checks=(),
        statistics=Statistics(executed=1, skipped=2, failed=3),
    )


def test_an_audit_answer_is_read_whole_and_its_counts_are_summed() -> None:
    answer = {
        "taskStatus": "COMPLETED",
        "startTime": "2026-11-22T03:10:00Z",
        "endTime": "2026-11-22T03:20:00Z",
        "taskStatistics": {
            "ONE": {"totalFindingsCount": 5, "failedFindingsCount": 1, "succeededFindingsCount": 4},
            "TWO": {"totalFindingsCount": 3, "skippedFindingsCount": 2, "canceledFindingsCount": 1},
        },
        "target": {
            "auditTaskId": "audit",
            "findingIds": ["f1"],
            "auditCheckToReasonCodeFilter": {"TWO": ["CODE"], "THREE": ["OTHER"]},
        },
        "auditCheckToActionsMapping": {"ONE": ["A"], "TWO": ["A", "B"]},
    }
    task = parse_task(answer, TaskType.AUDIT, "audit-46")
    assert task.id == "audit-46"
    assert task.target == Target(audit_task_id="audit", finding_ids=("f1",))
    assert task.statistics == Statistics(executed=4, skipped=2, failed=1, canceled=1, total=8)
    assert task.checks == (
        Check("ONE", Statistics(executed=4, failed=1, total=5), ("A",), ()),
        Check("TWO", Statistics(skipped=2, canceled=1, total=3), ("A", "B"), ("CODE",)),
        Check("THREE", None, (), ("OTHER",)),
    )


GROUPS = {"thingGroupNames": ["a", "b"], "overrideDynamicGroups": True}
BLANK = {"templateName": "BLANK_POLICY"}
LOGGING = {"roleArnForLogging": "arn", "logLevel": "ERROR"}


@pytest.mark.parametrize(
    ("member", "params", "expected"),
    [
        ("updateDeviceCertificate", {"action": "X"}, action.UpdateDeviceCertificate("X")),
        ("updateCACertificate", {"action": "X"}, action.UpdateCACertificate("X")),
        ("addThingsToThingGroup", GROUPS, action.AddThingsToThingGroup(("a", "b"), True)),
        (
            "replaceDefaultPolicyVersion",
            {"templateName": "X"},
            action.ReplaceDefaultPolicyVersion("X"),
        ),
        ("enableIoTLogging", LOGGING, action.EnableIoTLogging("arn", "ERROR")),
        ("publishFindingToSns", {"topicArn": "arn"}, action.PublishFindingToSns("arn")),
    ],
)
def test_each_kind_of_action_keeps_its_parameters(
    member: str, params: dict[str, Any], expected: action.ActionParams
) -> None:
    [found] = detect(actionsDefinition=[{"actionParams": {f"{member}Params": params}}]).actions
    assert found.params == (expected,)


@pytest.mark.parametrize("answer", [{}, {"taskSummary": {}}, {"taskSummary": None}])
def test_an_answer_with_nothing_in_it_is_a_task_of_which_nothing_is_known(
    answer: dict[str, Any],
) -> None:
    task = parse_task(answer, TaskType.DETECT, "quarantine-7")
    assert task.id == "quarantine-7"
    assert task.status is None
    assert not task.statistics.known
    assert task.expected_total is None


def test_an_empty_text_counts_as_absent() -> None:
    assert detect(target={"securityProfileName": ""}).target.security_profile_name is None


DETECT, AUDIT = TaskType.DETECT, TaskType.AUDIT


@pytest.mark.parametrize(
    ("task_type", "answer", "complaint"),
    [
        (DETECT, [], "the Describe answer: expected an object, got []"),
        (DETECT, {"taskSummary": 7}, "taskSummary: expected an object, got 7"),
        (DETECT, {"taskSummary": {"taskId": 7}}, "taskSummary.taskId: expected text, got 7"),
        (
            DETECT,
            {"taskSummary": {"taskStartTime": "soon"}},
            "taskSummary.taskStartTime: expected an ISO 8601 time with its offset, got 'soon'",
        ),
        (
            DETECT,
            {"taskSummary": {"taskStatistics": {"actionsFailed": "3"}}},
            "taskSummary.taskStatistics.actionsFailed: expected a whole number, got '3'",
        ),
        (
            DETECT,
            {"taskSummary": {"onlyActiveViolationsIncluded": "yes"}},
            "taskSummary.onlyActiveViolationsIncluded: expected true or false, got 'yes'",
        ),
        (
            DETECT,
            {"taskSummary": {"target": {"violationIds": "v1"}}},
            "taskSummary.target.violationIds: expected a list, got 'v1'",
        ),
        (
            DETECT,
            {"taskSummary": {"target": {"violationIds": ["v1", None]}}},
            "taskSummary.target.violationIds: expected texts only, got None",
        ),
        (
            DETECT,
            {"taskSummary": {"actionsDefinition": [{}, 3]}},
            "taskSummary.actionsDefinition[1]: expected an object, got 3",
        ),
        (
            AUDIT,
            {"taskStatistics": {"ONE": {"totalFindingsCount": 1.5}}},
            "taskStatistics.ONE.totalFindingsCount: expected a whole number, got 1.5",
        ),
    ],
)
def test_an_answer_that_is_no_task_is_refused_by_the_name_of_the_member(
    task_type: TaskType, answer: Any, complaint: str
) -> None:
    with pytest.raises(InvalidTask) as error:
        parse_task(answer, task_type)
    assert str(error.value) == complaint


def test_a_long_wrong_value_is_cut_in_the_complaint() -> None:
    with pytest.raises(InvalidTask) as error:
        parse_task({"taskSummary": "x" * 10_000}, TaskType.DETECT)
    assert len(str(error.value)) < 120


@pytest.mark.parametrize("member", sorted(members_of("DescribeAuditMitigationActionsTaskResponse")))
def test_any_member_of_an_audit_answer_tells_that_it_is_one(member: str) -> None:
    assert task_type_of({member: None}) is TaskType.AUDIT


@pytest.mark.parametrize("answer", [{}, [], None, {"taskSummary": {}}, {"other": 1}])
def test_any_other_answer_counts_as_detect(answer: Any) -> None:
    assert task_type_of(answer) is TaskType.DETECT


TWO_ACTIONS: Any = {"actionsDefinition": [{"name": "A"}, {"name": "B"}]}


@pytest.mark.parametrize(
    ("task", "total"),
    [
        (detect(target={"violationIds": ["v1", "v2", "v3"]}, **TWO_ACTIONS), 6),
        (detect(target={"securityProfileName": "Fleet"}, **TWO_ACTIONS), None),
        (audit(total=40, executed=3), 40),
    ],
    ids=["the ids times the actions", "of a profile not known", "of an audit as AWS says"],
)
def test_the_total_is_known_beforehand(task: Task, total: int | None) -> None:
    assert task.expected_total == total


def test_canceled_findings_have_an_outcome() -> None:
    assert audit(executed=3, canceled=4, skipped=1, failed=2).statistics.done == 10
