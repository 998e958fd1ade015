"""Describe answers become tasks, of either kind, with or without their members."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mitigation import undo
from mitigation.action import (
    Action,
    ActionParams,
    AddThingsToThingGroup,
    EnableIoTLogging,
    PublishFindingToSns,
    ReplaceDefaultPolicyVersion,
    UpdateCACertificate,
    UpdateDeviceCertificate,
)
from mitigation.causes import FAILED, SKIPPED
from mitigation.kind import KINDS, TaskType
from mitigation.task import Check, Statistics, Target, TimeRange, parse_task, task_type_of
from mitigation.wire import InvalidTask
from tests.support.service_model import enum_of, members_of
from tests.support.tasks import audit, detect


@pytest.mark.parametrize(
    ("task_type", "enum"),
    [
        (TaskType.DETECT, "DetectMitigationActionsTaskStatus"),
        (TaskType.AUDIT, "AuditMitigationActionsTaskStatus"),
    ],
)
def test_our_statuses_are_those_of_the_service_model(task_type: TaskType, enum: str) -> None:
    assert {status.value for status in KINDS[task_type].statuses} == enum_of(enum)


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
    ("status", "terminal"),
    [("IN_PROGRESS", False), ("SUCCESSFUL", True), ("FAILED", True), ("CANCELED", True)],
)
def test_a_detect_task_ends_with_every_status_but_in_progress(status: str, terminal: bool) -> None:
    assert detect(status).is_terminal is terminal


@pytest.mark.parametrize(
    ("status", "terminal"),
    [("IN_PROGRESS", False), ("COMPLETED", True), ("FAILED", True), ("CANCELED", True)],
)
def test_an_audit_task_ends_with_every_status_but_in_progress(status: str, terminal: bool) -> None:
    assert audit(status).is_terminal is terminal


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
    task = parse_task({"taskSummary": summary}, TaskType.DETECT)
    assert task.id == "quarantine-7"
    assert task.status == "FAILED"
    assert task.started == datetime(2026, 10, 30, 6, tzinfo=UTC)
    assert task.ended == datetime(2026, 10, 30, 7, 41, tzinfo=UTC)
    assert task.target == Target(("v1", "v2"), "Fleet", "Auth")
    assert task.occurrence_range == TimeRange(
        datetime(2026, 10, 30, 5, tzinfo=UTC), datetime(2026, 10, 30, 6, tzinfo=UTC)
    )
    assert task.only_active_violations_included is True
    assert task.suppressed_alerts_included is False
    assert task.actions == (Action("A", "i", "r", ()),)
    assert task.statistics == Statistics(executed=1, skipped=2, failed=3)
    assert task.checks == ()


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


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"updateDeviceCertificateParams": {"action": "DEACTIVATE"}},
            UpdateDeviceCertificate("DEACTIVATE"),
        ),
        (
            {"updateCACertificateParams": {"action": "DEACTIVATE"}},
            UpdateCACertificate("DEACTIVATE"),
        ),
        (
            {
                "addThingsToThingGroupParams": {
                    "thingGroupNames": ["a", "b"],
                    "overrideDynamicGroups": True,
                }
            },
            AddThingsToThingGroup(("a", "b"), True),
        ),
        (
            {"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}},
            ReplaceDefaultPolicyVersion("BLANK_POLICY"),
        ),
        (
            {"enableIoTLoggingParams": {"roleArnForLogging": "arn", "logLevel": "ERROR"}},
            EnableIoTLogging("arn", "ERROR"),
        ),
        ({"publishFindingToSnsParams": {"topicArn": "arn"}}, PublishFindingToSns("arn")),
    ],
)
def test_each_kind_of_action_keeps_its_parameters(
    params: dict[str, Any], expected: ActionParams
) -> None:
    assert detect(actionsDefinition=[{"actionParams": params}]).actions[0].params == (expected,)


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


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ([], "the Describe answer: expected an object, got []"),
        ("x", "the Describe answer: expected an object, got 'x'"),
        ({"taskSummary": 7}, "taskSummary: expected an object, got 7"),
        ({"taskSummary": {"taskId": 7}}, "taskSummary.taskId: expected text, got 7"),
        (
            {"taskSummary": {"taskStartTime": "soon"}},
            "taskSummary.taskStartTime: expected an ISO 8601 time with its offset, got 'soon'",
        ),
        (
            {"taskSummary": {"taskStatistics": {"actionsFailed": "3"}}},
            "taskSummary.taskStatistics.actionsFailed: expected a whole number, got '3'",
        ),
        (
            {"taskSummary": {"onlyActiveViolationsIncluded": "yes"}},
            "taskSummary.onlyActiveViolationsIncluded: expected true or false, got 'yes'",
        ),
        (
            {"taskSummary": {"target": {"violationIds": "v1"}}},
            "taskSummary.target.violationIds: expected a list, got 'v1'",
        ),
        (
            {"taskSummary": {"target": {"violationIds": ["v1", None]}}},
            "taskSummary.target.violationIds: expected texts only, got None",
        ),
        (
            {"taskSummary": {"actionsDefinition": [{}, 3]}},
            "taskSummary.actionsDefinition[1]: expected an object, got 3",
        ),
    ],
)
def test_an_answer_that_is_no_task_is_refused_by_the_name_of_the_member(
    answer: Any, complaint: str
) -> None:
    with pytest.raises(InvalidTask) as error:
        parse_task(answer, TaskType.DETECT)
    assert str(error.value) == complaint


def test_an_audit_answer_that_is_no_task_is_refused_by_the_name_of_the_check() -> None:
    with pytest.raises(InvalidTask, match=r"^taskStatistics\.ONE\.totalFindingsCount: expected"):
        parse_task({"taskStatistics": {"ONE": {"totalFindingsCount": 1.5}}}, TaskType.AUDIT)


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


def test_the_total_is_known_from_the_ids_and_the_actions() -> None:
    actions = [{"name": "A"}, {"name": "B"}]
    task = detect(target={"violationIds": ["v1", "v2", "v3"]}, actionsDefinition=actions)
    assert task.expected_total == 6


def test_the_total_of_a_profile_is_not_known() -> None:
    target = {"securityProfileName": "Fleet", "behaviorName": "Auth"}
    assert detect(target=target, actionsDefinition=[{}]).expected_total is None


def test_the_total_of_an_audit_task_is_what_aws_says() -> None:
    assert audit(total=40, executed=3).expected_total == 40


def test_canceled_findings_have_an_outcome() -> None:
    assert audit(executed=3, canceled=4, skipped=1, failed=2).statistics.done == 10
