"""Undo at AWS IoT: what is put back, what is left alone and why; and the rows that acts read."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from embedded.iot_rows import PAGE
from embedded.scenario import Scenario
from mitigation.acts.click import Action
from mitigation.acts.perform import read_task
from mitigation.acts.progress import Progress, Result
from mitigation.acts.rows import FINDINGS_A_PAGE, Execution, pages
from mitigation.acts.undo import Kind, Plan, changes_of
from mitigation.causes import Cause
from mitigation.pace import Pace
from mitigation.task import Task
from mitigation.wire import InvalidTask
from tests.support.iot import AGREED, Iot, scenario
from tests.support.static_iot import unpaced
from tests.support.tasks import DEFINITIONS, audit, detect

END = datetime(2026, 11, 22, 10, 3, tzinfo=UTC).timestamp()
REMOVE, UPDATE = "RemoveThingFromThingGroup", "UpdateCertificate"
UPDATE_CA, SET = "UpdateCACertificate", "SetDefaultPolicyVersion"

type Since = Callable[[Any], object]  # what somebody has done since, to the registry


def of(kind: str = "detect", **executed: int) -> Scenario:
    return scenario("SUCCESSFUL" if kind == "detect" else "COMPLETED", kind, executed=executed)


def undone(iot: Iot, progress: Progress | None = None, agreed: int = 1) -> tuple[Progress, int]:
    return iot.acts(Action.UNDO, progress, agreed=agreed)


def certificate(registry: Any, **changes: object) -> None:
    """The only one there is."""
    [found] = (registry.certificates | registry.authorities).values()
    found |= changes


def policy(registry: Any, **changes: object) -> None:
    """The version that the task has made the default one."""
    registry.policies["p0"]["99"] |= changes


JOINED, INACTIVE = of(Quarantine=1), of(Deactivate=1)
FOUND, FOUND_JOINED = of("audit", Deactivate=1), of("audit", Quarantine=1)
AUTHORITY, POLICY = of("audit", DeactivateCA=1), of("audit", Blank=1)
PUT_BACK = {
    "a thing in a group": (JOINED, REMOVE, Kind.MEMBERSHIP),
    "the thing of a finding's certificate": (FOUND_JOINED, REMOVE, Kind.MEMBERSHIP),
    "a thing's certificate": (INACTIVE, UPDATE, Kind.CERTIFICATE),
    "a finding's certificate": (FOUND, UPDATE, Kind.CERTIFICATE),
    "a CA's certificate": (AUTHORITY, UPDATE_CA, Kind.CA_CERTIFICATE),
    "a policy": (POLICY, SET, Kind.POLICY),
}


@pytest.mark.parametrize(("known", "call", "kind"), PUT_BACK.values(), ids=PUT_BACK)
def test_what_is_put_back(known: Scenario, call: str, kind: str) -> None:
    iot = Iot(known)
    found = Progress(Result.UNDONE, done=1, total=1, kinds={kind: 1})
    assert undone(iot) == (found, 0)
    assert list(iot.fake.registry.changes()) == []
    assert iot.changes == [call]
    at_once = [name for (_, a), (name, b) in pairwise(iot.moments[1:]) if b - a < 0.09]
    assert len(at_once) <= 1  # the first one after the numbers are seen to be as agreed to


def test_what_stands_on_a_later_page_is_put_back_too() -> None:
    iot = Iot(INACTIVE)
    registry = iot.fake.registry
    [known] = list(registry.certificates.values())
    for number in range(PAGE):
        other = f"{number:064x}"
        registry.certificates[other] = {**known, "certificateId": other}
        registry.attached["sensor-0"].append(other)
    assert undone(iot)[0].done == len(iot.changes) == PAGE + 1


GROUPLESS, SINCE = "no longer there", "changed since the task ended"
LATER, NO_CERTIFICATE = END + 61, "it has no certificate any more"
NO_THING, NO_VERSION = "it belongs to no thing any more", "the version before is no longer there"
LEFT: dict[str, tuple[Scenario, Since, str]] = {
    "a group that is gone": (JOINED, lambda r: r.groups.clear(), GROUPLESS),
    "a thing that is gone": (INACTIVE, lambda r: r.attached.clear(), GROUPLESS),
    "the thing of one that is gone": (FOUND_JOINED, lambda r: r.certificates.clear(), GROUPLESS),
    "a thing without one": (INACTIVE, lambda r: r.attached["sensor-0"].clear(), NO_CERTIFICATE),
    "a certificate without a thing": (FOUND_JOINED, lambda r: r.attached.clear(), NO_THING),
    "an active one": (INACTIVE, lambda r: certificate(r, status="ACTIVE"), "it is ACTIVE now"),
    "a CA's changed later": (AUTHORITY, lambda r: certificate(r, lastModifiedDate=LATER), SINCE),
    "a policy changed later": (POLICY, lambda r: policy(r, createDate=LATER), SINCE),
    "a policy changed before": (POLICY, lambda r: policy(r, createDate=END - 241), SINCE),
    "a policy changed nobody knows when": (POLICY, lambda r: policy(r, createDate=None), SINCE),
    "a policy without a default": (POLICY, lambda r: policy(r, isDefaultVersion=False), SINCE),
    "a policy without a version before": (POLICY, lambda r: r.policies["p0"].pop("3"), NO_VERSION),
}


@pytest.mark.parametrize(("known", "change", "why"), LEFT.values(), ids=LEFT)
def test_what_is_left_alone_and_listed(known: Scenario, change: Since, why: str) -> None:
    iot = Iot(known)
    change(iot.fake.registry)
    found, _ = undone(iot)
    assert set(iot.changes) <= {REMOVE}  # AWS itself says there that the group is gone
    assert (found.result, found.done, found.kinds) == (Result.UNDONE, 0, {})
    assert [(left.error_code, left.count) for left in found.left] == [(why, 1)]


def test_what_an_earlier_try_has_put_back_counts() -> None:
    iot = Iot(of("audit", DeactivateCA=1, Blank=1))
    certificate(iot.fake.registry, status="ACTIVE", lastModifiedDate=AGREED.timestamp())
    policy(iot.fake.registry, isDefaultVersion=False)
    iot.fake.registry.policies["p0"]["3"]["isDefaultVersion"] = True
    found, _ = undone(iot, agreed=2)
    assert (iot.changes, found.done, found.left) == ([], 2, ())


@pytest.mark.parametrize("seconds", [60, -240])
def test_a_change_within_a_minute_of_the_task_is_the_task_s(seconds: int) -> None:
    iot = Iot(of("audit", Blank=1, DeactivateCA=1))
    policy(iot.fake.registry, createDate=END + seconds)
    certificate(iot.fake.registry, lastModifiedDate=END + seconds)
    assert undone(iot, agreed=2)[0].done == 2


def test_what_aws_refuses_is_listed_and_the_rest_goes_on() -> None:
    codes = "InvalidRequestException", "CertificateStateException", "UnauthorizedException"
    iot = Iot(of(Quarantine=4), {REMOVE: codes})
    found, _ = undone(iot, agreed=4)
    names = [f"sensor-{number} (quarantine)" for number in range(3)]
    assert found.failed == tuple(
        Cause(code, 1, (name,), 0, "as planned") for code, name in zip(codes, names, strict=True)
    )
    assert (found.done, iot.changes) == (1, [REMOVE] * 4)


@pytest.mark.parametrize("agreed", [1, 3])
def test_another_number_than_was_agreed_to_changes_nothing(agreed: int) -> None:
    iot = Iot(of(Quarantine=2))
    assert undone(iot, agreed=agreed) == (Progress(Result.CHANGED, total=2), 0)
    assert iot.changes == []


def test_many_rows_take_several_steps_and_each_is_done_once() -> None:
    iot = Iot(of(Quarantine=510))
    with mock.patch("mitigation.acts.perform.UNDO_SECONDS", 30):  # a page takes 25
        progress, seconds = undone(iot, agreed=510)
        assert (progress.result, progress.total, progress.done, seconds) == (None, 510, 500, 1)
        progress, seconds = undone(iot, progress)
    assert (progress.result, progress.done, seconds) == (Result.UNDONE, 510, 0)
    assert len(iot.asked(REMOVE)) == 510


def test_a_plan_names_what_can_be_undone_by_kind_and_what_not_by_action() -> None:
    certificate, authority = {"deviceCertificateId": "c"}, {"caCertificateId": "ca"}
    version = {"policyVersionIdentifier": {"policyName": "p", "policyVersionId": "3"}}
    plan = Plan().including(
        detect(actionsDefinition=DEFINITIONS),
        [
            Execution("SUCCESSFUL", "v", "t", "Quarantine"),
            Execution("FAILED", "v", "t", "Quarantine"),
            Execution("SUCCESSFUL", "v", "t", "Deactivate"),
            Execution("SUCCESSFUL", "v", "t", "Tell"),
            Execution("SUCCESSFUL", "v", None, "Tell"),
            Execution("SUCCESSFUL", "v", None, "Quarantine"),
            Execution("SUCCESSFUL", "v", "t", "not one of the task's"),
            Execution("COMPLETED", "f", None, "Quarantine", "A", certificate),
            Execution("COMPLETED", "f", None, "Deactivate", "A", certificate),
            Execution("COMPLETED", "f", None, "DeactivateCA", "A", authority),
            Execution("COMPLETED", "f", None, "Blank", "A", version),
            Execution("COMPLETED", "f", None, "Blank", "A", authority),
        ],
    )
    assert plan.changes == (
        Cause(Kind.MEMBERSHIP, 2, ("t (quarantine)", "c (quarantine)")),
        Cause(Kind.CERTIFICATE, 2, ("t", "c")),
        Cause(Kind.CA_CERTIFICATE, 1, ("ca",)),
        Cause(Kind.POLICY, 1, ("p",)),
    )
    assert [(each.error_code, each.count, each.names) for each in plan.lasting] == [
        ("Tell", 2, ("t", "v")), ("Quarantine", 1, ("v",)), ("Blank", 1, ("f",)),
    ]  # fmt: skip
    assert plan.total == 6


WHOLE = {"auditTaskId": "audit-1"}


def read(iot: Iot, cursor: str | None = None) -> list[Any]:
    task = read_task(iot.client, iot.button(Action.UNDO))
    assert task
    with mock.patch("mitigation.pace.time", iot):
        return list(pages(iot.client, task, Pace(1e9), cursor))


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


def test_of_a_whole_audit_only_what_is_meant_is_read() -> None:
    def read_for(reasons: dict[str, list[str]]) -> list[str]:
        target = WHOLE | {"auditCheckToReasonCodeFilter": reasons}
        executed = {"Blank": 1, "Deactivate": 1}
        [page] = read(Iot(scenario("COMPLETED", "audit", executed=executed, target=target)))
        return [row.action_name for row in page.rows]

    assert read_for({"A_CHECK": []}) == ["Blank", "Deactivate"]
    assert read_for({"B_CHECK": []}) == []
    assert read_for({"A_CHECK": ["FOR_BLANK"]}) == ["Blank"]
    assert read_for({"A_CHECK": ["FOR_NOTHING"]}) == []


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


def answered(task: Task, rows: Any, findings: Any) -> list[Execution]:
    """What is read of the same answer for every list of rows, and for every finding asked for."""
    iot: Any = SimpleNamespace(
        list_detect_mitigation_actions_executions=lambda **_: rows,
        list_audit_mitigation_actions_executions=lambda **_: rows,
        list_audit_findings=lambda **_: findings,
        describe_audit_finding=lambda **_: {},
    )
    return [row for page in pages(iot, task, unpaced()) for row in page.rows]


@pytest.mark.parametrize(
    ("task", "what"),
    [
        (detect(), "actionsExecutions"),
        (audit(target={"findingIds": ["f"]}), "actionsExecutions"),
        (audit(target=WHOLE), "finding.nonCompliantResource"),
    ],
)
def test_no_list_has_no_rows_and_what_is_no_row_is_named(task: Task, what: str) -> None:
    assert answered(task, {}, {}) == []
    findings = {"findings": [{"findingId": "f", "nonCompliantResource": 7}]}
    with pytest.raises(InvalidTask, match=rf"^{what}: expected an object, got 7$"):
        answered(task, {"actionsExecutions": [7]}, findings)


def test_a_resource_that_is_none_is_named() -> None:
    row = Execution("COMPLETED", "f", None, "Deactivate", None, {"deviceCertificateId": 7})
    with pytest.raises(InvalidTask, match=r"^resourceIdentifier\.deviceCertificateId: expected"):
        list(changes_of(audit(actionsDefinition=DEFINITIONS), row))
