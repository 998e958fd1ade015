"""What to do next, as commands: read here by a real shell and by botocore's model."""

import dataclasses
import itertools
from typing import Any

import pytest

from mitigation.causes import Details, RetryBatch
from mitigation.commands import NextStep, next_steps
from mitigation.place import Place
from mitigation.task import Task
from tests.support import cli
from tests.support.service_model import iot_model, why_not
from tests.support.tasks import QUARANTINE, audit, detect

PLACE = Place.of_execution("arn:aws:states:eu-west-1:123456789012:execution:WatchTask:x")
HOSTILE = [
    "--profile",
    "-",
    "file:///etc/passwd",
    "FILE://x",
    "fileb://x",
    "https://evil.example/x",
    "it's",
    'say "hi"',
    "a\nb",
    "$(touch owned)",
    "`touch owned`",
    "${HOME}",
    "a; touch owned",
    "a | b > c",
    "*",
    "~",
    "!!",
    "\\",
    "設備 😀",
    "\u202egnp",
    "{a,b}",
    "[1]",
    "a=b,c=d",
]


def steps(
    task: Task,
    details: Details | None = None,
    *,
    running: bool = False,
    readable: bool = True,
    place: Place = PLACE,
) -> tuple[NextStep, ...]:
    return next_steps(task, details, place, running=running, readable=readable)


def calls(found: tuple[NextStep, ...]) -> list[cli.Call]:
    return cli.read([command for step in found for command in step.commands])


def operations(found: tuple[NextStep, ...]) -> list[str]:
    return [call.operation for call in calls(found)]


def failures(
    ids: list[str], actions: tuple[str, ...] = ("A",), check: str | None = None
) -> Details:
    batches = [tuple(ids[n : n + 25]) for n in range(0, len(ids), 25)]
    retries = tuple(RetryBatch(check, actions, batch) for batch in batches)
    return Details(failed_subjects=len(ids), retries=retries)


def test_every_row_can_be_seen() -> None:
    assert [step.commands for step in steps(detect())] == [
        (
            (
                "aws iot list-detect-mitigation-actions-executions --region eu-west-1 "
                "--task-id quarantine-7"
            ),
        )
    ]


def test_a_running_task_can_be_looked_at_and_canceled() -> None:
    assert operations(steps(detect("IN_PROGRESS"), running=True)) == [
        "DescribeDetectMitigationActionsTask",
        "CancelDetectMitigationActionsTask",
        "ListDetectMitigationActionsExecutions",
    ]


def test_a_task_that_could_not_be_read_can_be_looked_at_again() -> None:
    assert operations(steps(audit(None), readable=False)) == ["DescribeAuditMitigationActionsTask"]


def test_a_task_without_an_id_has_no_next_steps() -> None:
    assert steps(dataclasses.replace(detect(), id=None)) == ()


def test_rows_of_an_audit_task_are_seen_by_finding() -> None:
    found = calls(steps(audit(target={"findingIds": ["f1", "f2"]})))
    assert [call.members for call in found] == [{"taskId": "audit-46", "findingId": "f1"}]


def test_rows_of_a_failed_finding_are_seen_first() -> None:
    task = audit(target={"findingIds": ["f1", "f2"]})
    found = calls(steps(task, failures(["f2"], check="C")))
    assert found[0].members == {"taskId": "audit-46", "findingId": "f2"}


def test_an_audit_task_of_which_no_finding_is_known_can_be_described() -> None:
    found = operations(steps(audit(target={"auditTaskId": "a"})))
    assert found == ["DescribeAuditMitigationActionsTask"]


def test_failed_violations_are_retried_with_what_failed_and_as_the_task_was() -> None:
    task = detect("FAILED", onlyActiveViolationsIncluded=True, suppressedAlertsIncluded=False)
    *_, retry = calls(steps(task, failures(["v1", "v2"], ("A", "B"))))
    token = retry.members.pop("clientRequestToken")
    assert 1 <= len(token) <= 64
    assert retry == cli.Call(
        "StartDetectMitigationActionsTask",
        {
            "taskId": "quarantine-7-retry-1",
            "target": {"violationIds": ["v1", "v2"]},
            "actions": ["A", "B"],
            "includeOnlyActiveViolations": True,
            "includeSuppressedAlerts": False,
        },
        "eu-west-1",
    )


def test_the_flags_are_booleans_so_the_cli_has_both_ways_to_say_them() -> None:
    shape = iot_model().operation_model("StartDetectMitigationActionsTask").input_shape
    members = getattr(shape, "members", {})
    for name in ("includeOnlyActiveViolations", "includeSuppressedAlerts"):
        assert members[name].type_name == "boolean"
    (command,) = steps(
        detect("FAILED", onlyActiveViolationsIncluded=False, suppressedAlertsIncluded=True),
        failures(["v1"]),
    )[-1].commands
    assert "--no-include-only-active-violations --include-suppressed-alerts" in command


def test_failed_findings_are_retried_by_check() -> None:
    *_, retry = calls(steps(audit("FAILED"), failures(["f1"], ("A",), "LOGGING_DISABLED_CHECK")))
    assert retry.operation == "StartAuditMitigationActionsTask"
    assert retry.members["target"] == {"findingIds": ["f1"]}
    assert retry.members["auditCheckToActionsMapping"] == {"LOGGING_DISABLED_CHECK": ["A"]}
    assert why_not(retry.operation, retry.members) == ""


def test_findings_whose_check_is_not_known_are_not_retried() -> None:
    found = operations(steps(audit("FAILED"), failures(["f1"])))
    assert "StartAuditMitigationActionsTask" not in found


@pytest.mark.parametrize(
    ("count", "title", "batches"),
    [
        (1, "Retry the failed violation", 1),
        (3, "Retry the 3 failed violations", 1),
        (25, "Retry the 25 failed violations", 1),
        (26, "Retry the 26 failed violations", 2),
        (100, "Retry the 100 failed violations", 4),
    ],
)
def test_retries_come_twenty_five_at_a_time(count: int, title: str, batches: int) -> None:
    step = steps(detect("FAILED"), failures([f"v{n}" for n in range(count)]))[-1]
    assert step.title == title
    retries = cli.read(step.commands)
    assert len(retries) == batches
    retried = [call.members["target"]["violationIds"] for call in retries]
    assert [*itertools.chain(*retried)] == [f"v{n}" for n in range(count)]
    for member in ("taskId", "clientRequestToken"):
        assert len({call.members[member] for call in retries}) == batches


def test_a_retry_says_how_many_it_leaves_out() -> None:
    details = Details(failed_subjects=1_400, retries=(RetryBatch(None, ("A",), ("v1",)),))
    assert steps(detect("FAILED"), details)[-1].title == "Retry 1 of the 1,400 failed violations"


def test_a_command_is_the_same_each_time_so_that_pasting_it_twice_starts_one_task() -> None:
    details = failures([f"v{n}" for n in range(30)])
    assert steps(detect("FAILED"), details) == steps(detect("FAILED"), details)


def test_other_failures_have_another_token() -> None:
    tokens = {
        calls(steps(detect("FAILED"), failures([subject])))[-1].members["clientRequestToken"]
        for subject in ("v1", "v2")
    }
    assert len(tokens) == 2


def test_the_id_of_a_retry_is_a_legal_one_however_long_the_task_s_own_is() -> None:
    task = detect("FAILED", taskId="x" * 128)
    ids = [
        call.members["taskId"]
        for call in calls(steps(task, failures([f"v{n}" for n in range(100)])))
        if call.operation.startswith("Start")
    ]
    assert len(ids) == 4
    assert all(len(task_id) <= 128 for task_id in ids)


def test_a_running_task_is_not_retried() -> None:
    found = operations(steps(detect("IN_PROGRESS"), failures(["v1"]), running=True))
    assert "StartDetectMitigationActionsTask" not in found


def test_a_thing_group_s_policies_can_be_checked_and_a_thing_taken_out_again() -> None:
    task = detect(executed=1, actionsDefinition=[QUARANTINE])
    found = calls(steps(task, Details(executed_names=("sensor-17",))))
    policies, removal = found[1:]
    assert policies.operation == "ListAttachedPolicies"
    assert policies.members == {
        "target": "arn:aws:iot:eu-west-1:123456789012:thinggroup/quarantine"
    }
    assert removal.operation == "RemoveThingFromThingGroup"
    assert removal.members == {"thingGroupName": "quarantine", "thingName": "sensor-17"}


def test_without_a_thing_s_name_the_group_s_things_are_listed() -> None:
    found = operations(steps(detect(executed=1, actionsDefinition=[QUARANTINE])))
    assert found[-1] == "ListThingsInThingGroup"


def test_a_resource_of_an_audit_is_no_thing_to_take_out_of_a_group() -> None:
    task = audit(executed=1, actionsDefinition=[QUARANTINE], target={"findingIds": ["f1"]})
    found = operations(steps(task, Details(executed_names=("device certificate c0ffee",))))
    assert found[-1] == "ListThingsInThingGroup"


@pytest.mark.parametrize(
    ("member", "operation", "variable"),
    [
        ("updateDeviceCertificateParams", "UpdateCertificate", "c" * 64),
        ("updateCACertificateParams", "UpdateCACertificate", "d" * 64),
    ],
)
def test_a_certificate_can_be_reactivated(member: str, operation: str, variable: str) -> None:
    definition = {"actionParams": {member: {"action": "DEACTIVATE"}}}
    undo = calls(steps(detect(executed=1, actionsDefinition=[definition])))[-1]
    assert undo.operation == operation
    assert undo.members == {"newStatus": "ACTIVE", "certificateId": variable}


def test_nothing_is_undone_while_the_task_still_runs() -> None:
    task = detect("IN_PROGRESS", executed=1, actionsDefinition=[QUARANTINE])
    found = operations(steps(task, Details(executed_names=("sensor-17",)), running=True))
    assert "ListAttachedPolicies" in found
    assert "RemoveThingFromThingGroup" not in found


def test_nothing_is_undone_where_nothing_was_done() -> None:
    task = detect("FAILED", executed=0, failed=3, actionsDefinition=[QUARANTINE])
    assert operations(steps(task)) == ["ListDetectMitigationActionsExecutions"]


def test_outside_of_an_execution_no_region_is_named() -> None:
    found = steps(detect(executed=1, actionsDefinition=[QUARANTINE]), place=Place())
    assert {call.region for call in calls(found)} == {None}
    assert "ListAttachedPolicies" not in operations(found)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_arrives_as_it_is_and_does_nothing_else(name: str) -> None:
    definition = {
        "actionParams": {"addThingsToThingGroupParams": {"thingGroupNames": [name]}},
    }
    task = detect("FAILED", executed=1, actionsDefinition=[definition])
    retries = (RetryBatch(None, (name,), (name,)),)
    details = Details(executed_names=(name,), retries=retries, failed_subjects=1)
    found = steps(task, details)
    members: dict[str, Any] = {call.operation: call.members for call in calls(found)}
    retry = members["StartDetectMitigationActionsTask"]
    assert retry["target"] == {"violationIds": [name]}
    assert retry["actions"] == [name]
    assert members["RemoveThingFromThingGroup"] == {"thingGroupName": name, "thingName": name}
    assert members["ListAttachedPolicies"]["target"].endswith(f":thinggroup/{name}")
    for step in found:
        for command in step.commands:
            assert command.isascii()
            assert command.isprintable()
