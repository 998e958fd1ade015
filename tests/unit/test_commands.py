"""What to do next, as commands: read here by a real shell and by botocore's model."""

import dataclasses
from typing import Any

import pytest

from mitigation.causes import Details, RetryBatch
from mitigation.commands import NextStep, next_steps
from mitigation.place import Place
from mitigation.task import Task
from tests.support import cli
from tests.support.service_model import why_not
from tests.support.tasks import CERTIFICATE, PLACE, QUARANTINE, audit, detect


def steps(task: Task, details: Details | None = None, place: Place = PLACE) -> tuple[NextStep, ...]:
    return next_steps(task, details, place, running=False, readable=True)


def calls(found: tuple[NextStep, ...]) -> list[cli.Call]:
    """Of the commands that are one call each."""
    one = [command for step in found for command in step.commands if "\n" not in command]
    return cli.read(one)


def loops(found: tuple[NextStep, ...]) -> dict[str, str]:
    """Title and text of the commands that are loops."""
    return {step.title: step.commands[0] for step in found if "\n" in step.commands[0]}


def failures(ids: list[str], actions: Any = ("A",), check: str | None = None) -> Details:
    retries = (RetryBatch(check, actions, tuple(ids[:25])),)
    return Details(failed_subjects=len(ids), failed_rows=len(ids), retries=retries)


def test_rows_of_an_audit_task_are_seen_finding_by_finding() -> None:
    listing = (
        " |\nwhile read -r id; do\n  aws iot list-audit-mitigation-actions-executions "
        '--region eu-west-1 --task-id audit-46 --finding-id "$id"'
    )
    [step] = steps(audit(target={"findingIds": ["f1", "$(f2)", "f3"]}, failed=0))
    assert step.commands == (f"printf '%s\\n' f1 f3{listing}\ndone",)
    [of_none] = steps(audit(failed=0))
    assert of_none.title == "Look again"
    [step] = steps(audit(target={"auditTaskId": "a"}, failed=2))
    findings = "aws iot list-audit-findings --region eu-west-1 --task-id a --output text"
    failed = "--query \"actionsExecutions[?status=='FAILED']\""
    assert step.commands == (
        f'{findings} --query "findings[].[findingId]"{listing} {failed}\ndone',
    )


def test_a_task_without_an_id_has_no_next_steps() -> None:
    assert steps(detect()._replace(id=None)) == ()


def test_failed_findings_are_retried_by_check_where_that_is_known() -> None:
    *_, retry = calls(steps(audit("FAILED"), failures(["f1"], ("A",), "LOGGING_DISABLED_CHECK")))
    assert retry.operation == "StartAuditMitigationActionsTask"
    assert retry.members["target"] == {"findingIds": ["f1"]}
    assert retry.members["auditCheckToActionsMapping"] == {"LOGGING_DISABLED_CHECK": ["A"]}
    assert why_not(retry.operation, retry.members) == ""
    assert [step.title for step in steps(audit("FAILED"), failures(["f1"]))] == ["Look again"]


@pytest.mark.parametrize(
    ("count", "what"),
    [(1, "failed violation"), (2, "2 failed violations"), (25, "25 failed violations")],
)
def test_what_fits_into_one_start_is_retried_by_its_ids(count: int, what: str) -> None:
    step = steps(detect("FAILED"), failures([f"v{n}" for n in range(count)]))[-1]
    assert step.title == f"Retry the {what}"
    [retry] = cli.read(step.commands)
    assert retry.members["target"]["violationIds"] == [f"v{n}" for n in range(count)]


# The last: one less than AWS counted.
UNSURE = [{"failed_subjects": 26}, {"cut": True}, {"error": "Denied"}, {"failed_rows": 1}]


@pytest.mark.parametrize("change", UNSURE)
def test_where_the_message_does_not_know_them_all_they_are_listed_first(change: Any) -> None:
    details = dataclasses.replace(failures(["v1", "v2"]), **change)
    step = steps(detect("FAILED", failed=2), details)[-1]
    assert step.title == "Retry all failed violations"
    assert step.commands[0].startswith("n=0\naws iot list-detect-mitigation-actions-executions")
    of_no_finding = dataclasses.replace(failures(["f1", "f2"], check="C"), **change)
    assert steps(audit("FAILED", failed=3), of_no_finding)[-1].title == "Look again"


def test_a_hostile_task_id_is_in_no_loop() -> None:
    task = detect("FAILED", taskId="$(id)", executed=1, failed=2, actionsDefinition=[QUARANTINE])
    found = loops(steps(task, Details(cut=True)))
    assert "$(id)" not in "".join(found.values()).replace('"taskId": "$(id)"', "")
    assert "Retry all failed violations" not in found


def test_the_id_of_a_retry_is_a_legal_one_however_long_the_task_s_own_is() -> None:
    task = detect("FAILED", taskId="x" * 128)
    retry = calls(steps(task, failures(["v1"])))[-1]
    assert retry.members["taskId"] == "x" * 110 + "-retry-1"
    [retry_all] = loops(steps(task, Details(cut=True))).values()
    assert f'--task-id "{"x" * 110}-retry-$n"' in retry_all


def undone(task: Task, place: Place = PLACE) -> dict[str, str]:
    found = loops(steps(task, place=place))
    return {title: command for title, command in found.items() if title.startswith("Undo")}


def test_things_of_an_audit_are_found_by_their_certificates_in_each_partition() -> None:
    task = audit(executed=1, actionsDefinition=[QUARANTINE], target={"findingIds": ["f1"]})
    [loop] = undone(task, Place("aws-cn", "cn-north-1", "123456789012")).values()
    arns = "join('', ['arn:aws-cn:iot:cn-north-1:123456789012:cert/', deviceCertificateId])"
    assert f"[to_string({{principal: {arns}}})]" in loop
    assert undone(task, Place()) == {}


@pytest.mark.parametrize(("count", "named"), [(3, "g0, g1, g2"), (4, "4 thing groups")])
def test_many_groups_are_counted_in_a_title(count: int, named: str) -> None:
    groups = [*(f"g{n}" for n in range(count)), "$(x)"]
    params = {"addThingsToThingGroupParams": {"thingGroupNames": groups}}
    lasting = {"name": "L", "actionParams": {"enableIoTLoggingParams": {}}}  # nothing to undo
    definition = [lasting, {"name": "Q", "actionParams": params}, CERTIFICATE]
    first, second = undone(detect(executed=1, actionsDefinition=definition)).items()
    assert first[0] == f"Undo: take the things out of {named}"
    assert first[1].count("remove-thing-from-thing-group") == count
    assert second


def test_what_cannot_stand_in_a_query_is_not_undone_by_a_command() -> None:
    hostile = {**CERTIFICATE, "name": "C'] | [?x"}
    assert undone(detect(executed=1, actionsDefinition=[hostile, {**hostile, "name": None}])) == {}
    assert undone(audit(executed=1, actionsDefinition=[CERTIFICATE])) == {}


HOSTILE = [
    "--profile", "FILE:///etc/passwd", "https://evil.example/x", "it's", "{a,b}", "a=b,c=d",
    "a\nb; touch owned", "$(touch owned)", "`touch owned`", "a | b > c * ~ !! \\", "設備 \u202egnp",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_arrives_as_it_is_and_does_nothing_else(name: str) -> None:
    definition = {"actionParams": {"addThingsToThingGroupParams": {"thingGroupNames": [name]}}}
    task = detect("FAILED", executed=1, actionsDefinition=[definition])
    found = steps(task, failures([name], (name,)))
    members: dict[str, Any] = {call.operation: call.members for call in calls(found)}
    retry = members["StartDetectMitigationActionsTask"]
    assert (retry["target"], retry["actions"]) == ({"violationIds": [name]}, [name])
    assert members["ListAttachedPolicies"]["target"].endswith(f":thinggroup/{name}")
    for step in found:
        for command in step.commands:
            assert command.isascii()
            assert command.replace("\n", "").isprintable()
