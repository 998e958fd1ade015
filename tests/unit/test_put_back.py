"""Undo at AWS IoT: what is put back, what is left alone and why, and how it goes on."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from embedded.iot_rows import PAGE
from embedded.scenario import Scenario
from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.acts.perform import perform, plan_undo, read_task
from mitigation.acts.progress import Progress, Result
from mitigation.acts.rows import Execution
from mitigation.acts.undo import Change, Kind, Plan, changes_of, is_undoable
from mitigation.causes import Cause
from mitigation.kind import TaskType
from tests.support.iot import ACTIONS, Iot, scenario
from tests.support.tasks import audit, detect

AGREED = datetime(2026, 11, 22, 10, 10, tzinfo=UTC)
END = datetime(2026, 11, 22, 10, 3, tzinfo=UTC).timestamp()
REMOVE, UPDATE = "RemoveThingFromThingGroup", "UpdateCertificate"
UPDATE_CA, SET = "UpdateCACertificate", "SetDefaultPolicyVersion"
GONE, INVALID = "ResourceNotFoundException", "InvalidRequestException"

type Since = Callable[[Any], object]  # what somebody has done since, to the registry


def of(kind: str = "detect", **executed: int) -> Scenario:
    return scenario("SUCCESSFUL" if kind == "detect" else "COMPLETED", kind, executed=executed)


def button_of(iot: Iot, changes: int | None = None) -> Button:
    known = iot.scenario
    return Button(Action.UNDO, TaskType(known.task_type), known.task_id, changes=changes)


def undone(
    iot: Iot, progress: Progress | None = None, agreed: int | None = None
) -> tuple[Progress, int]:
    with mock.patch("mitigation.pace.time", iot):
        task = read_task(iot.client, button_of(iot))
        assert task
        agreed = plan_undo(iot.client, task).total if agreed is None else agreed
        iot.moments.clear()
        button = button_of(iot, agreed)
        return perform(iot.client, button, progress or Progress(), since=AGREED)


def certificate(registry: Any, **changes: object) -> None:
    """The only one there is."""
    kept: dict[str, dict[str, object]] = registry.certificates | registry.authorities
    [found] = kept.values()
    found |= changes


def policy(registry: Any, **changes: object) -> None:
    """The version that the task has made the default one."""
    registry.policies["p0"]["99"] |= changes


JOINED, INACTIVE = of(Quarantine=1), of(Deactivate=1)
FOUND, FOUND_JOINED = of("audit", Deactivate=1), of("audit", Quarantine=1)
AUTHORITY, POLICY = of("audit", DeactivateCA=1), of("audit", Blank=1)
PUT_BACK = {
    "a thing in a group": (JOINED, REMOVE, "things leave a thing group"),
    "the thing of a finding's certificate": (FOUND_JOINED, REMOVE, "things leave a thing group"),
    "a thing's certificate": (INACTIVE, UPDATE, "device certificates go back to ACTIVE"),
    "a finding's certificate": (FOUND, UPDATE, "device certificates go back to ACTIVE"),
    "a CA's certificate": (AUTHORITY, UPDATE_CA, "CA certificates go back to ACTIVE"),
    "a policy": (POLICY, SET, "policies get their default version back"),
}


@pytest.mark.parametrize(("known", "call", "kind"), PUT_BACK.values(), ids=PUT_BACK)
def test_what_is_put_back(known: Scenario, call: str, kind: str) -> None:
    iot = Iot(known)
    found, wait = undone(iot)
    assert list(iot.fake.registry.changes()) == []
    assert (iot.changes, wait) == ([call], 0)
    assert found == Progress(Result.UNDONE, done=1, total=1, kinds={kind: 1})
    at_once = [name for (_, a), (name, b) in pairwise(iot.moments[1:]) if b - a < 0.09]
    assert len(at_once) <= 1  # the first one after the numbers are seen to be as agreed to


def test_no_turn_is_waited_for_without_a_call() -> None:
    """Else 10,000 certificates take a quarter longer."""
    iot = Iot(of(Deactivate=9))
    undone(iot)
    assert max(b - a for (_, a), (_, b) in pairwise(iot.moments)) < 0.11


def test_what_stands_on_a_later_page_is_put_back_too() -> None:
    iot = Iot(INACTIVE)
    [one] = iot.fake.registry.attached["sensor-0"]
    others = [f"{number:064x}" for number in range(PAGE)]
    known = iot.fake.registry.certificates
    known |= {each: {**known[one], "certificateId": each} for each in others}
    iot.fake.registry.attached["sensor-0"] += others
    assert undone(iot)[0].done == len(iot.changes) == PAGE + 1


GROUPLESS, SINCE = "no longer there", "changed since the task ended"
LATER, NO_CERTIFICATE = END + 61, "it has no certificate any more"
NO_THING, NO_VERSION = "it belongs to no thing any more", "the version before is no longer there"
LEFT: dict[str, tuple[Scenario, Since, str]] = {
    "a group that is gone": (JOINED, lambda r: r.groups.clear(), GROUPLESS),
    "a thing that is gone": (INACTIVE, lambda r: r.attached.clear(), GROUPLESS),
    "a certificate that is gone": (FOUND, lambda r: r.certificates.clear(), GROUPLESS),
    "the thing of one that is gone": (FOUND_JOINED, lambda r: r.certificates.clear(), GROUPLESS),
    "a policy that is gone": (POLICY, lambda r: r.policies.clear(), GROUPLESS),
    "a thing without one": (INACTIVE, lambda r: r.attached["sensor-0"].clear(), NO_CERTIFICATE),
    "a certificate without a thing": (FOUND_JOINED, lambda r: r.attached.clear(), NO_THING),
    "a revoked one": (INACTIVE, lambda r: certificate(r, status="REVOKED"), "it is REVOKED now"),
    "an active one": (INACTIVE, lambda r: certificate(r, status="ACTIVE"), "it is ACTIVE now"),
    "one changed later": (INACTIVE, lambda r: certificate(r, lastModifiedDate=LATER), SINCE),
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
    [left] = found.left
    assert (left.error_code, left.count) == (why, 1)


def test_what_an_earlier_try_has_put_back_counts() -> None:
    iot = Iot(of("audit", DeactivateCA=1, Blank=1))
    certificate(iot.fake.registry, status="ACTIVE", lastModifiedDate=AGREED.timestamp())
    policy(iot.fake.registry, isDefaultVersion=False)
    iot.fake.registry.policies["p0"]["3"]["isDefaultVersion"] = True
    found, _ = undone(iot)
    assert (iot.changes, found.done, found.left) == ([], 2, ())


@pytest.mark.parametrize("seconds", [60, -240])
def test_a_change_within_a_minute_of_the_task_is_the_task_s(seconds: int) -> None:
    iot = Iot(of("audit", Blank=1, DeactivateCA=1))
    policy(iot.fake.registry, createDate=END + seconds)
    certificate(iot.fake.registry, lastModifiedDate=END + seconds)
    assert undone(iot)[0].done == 2


@pytest.mark.parametrize(
    ("operation", "executed"), [(REMOVE, "Quarantine"), (UPDATE, "Deactivate")]
)
@pytest.mark.parametrize("code", [INVALID, "CertificateStateException", "UnauthorizedException"])
def test_what_aws_refuses_is_listed_and_the_rest_goes_on(
    operation: str, executed: str, code: str
) -> None:
    iot = Iot(scenario("SUCCESSFUL", executed={executed: 2}))
    iot.refuse({operation: [code]})
    found, _ = undone(iot)
    assert found.failed == (Cause(code, 1, found.failed[0].names, 0, "as planned"),)
    assert found.failed[0].names[0].startswith("sensor-0")
    assert (found.done, iot.changes) == (1, [operation] * 2)


@pytest.mark.parametrize("operation", [REMOVE, "ListThingPrincipals", UPDATE])
def test_what_may_work_later_raises_and_is_done_then(operation: str) -> None:
    iot = Iot(of(Quarantine=1, Deactivate=1))
    iot.refuse({operation: ["ThrottlingException"]})
    with pytest.raises(ClientError):
        undone(iot)
    assert undone(iot)[0].done == 2
    assert list(iot.fake.registry.changes()) == []


@pytest.mark.parametrize("agreed", [0, 1, 3])
def test_another_number_than_was_agreed_to_changes_nothing(agreed: int) -> None:
    iot = Iot(of(Quarantine=2))
    assert undone(iot, agreed=agreed) == (Progress(Result.CHANGED, total=2), 0)
    assert iot.changes == []


def test_many_rows_take_several_steps_and_each_is_done_once() -> None:
    iot = Iot(of(Quarantine=510))
    with mock.patch("mitigation.acts.perform.UNDO_SECONDS", 30):  # a page takes 25
        progress, seconds = undone(iot)
        assert (progress.result, progress.total, progress.done, seconds) == (None, 510, 500, 1)
        progress, seconds = undone(iot, progress, agreed=0)
    assert (progress.result, progress.done, seconds) == (Result.UNDONE, 510, 0)
    assert len(iot.asked(REMOVE)) == 510


# --- What a row has changed --------------------------------------------------------------------

DEVICE, CA = {"deviceCertificateId": "c"}, {"caCertificateId": "ca"}
VERSION = {"policyVersionIdentifier": {"policyName": "p", "policyVersionId": "3"}}
THING_JOINED = Change(Kind.MEMBERSHIP, "t", "quarantine")
CERTIFICATE_JOINED = Change(Kind.MEMBERSHIP, None, "quarantine", "c")
THING_S, CERTIFICATE = Change(Kind.CERTIFICATE, "t"), Change(Kind.CERTIFICATE, certificate="c")
CA_S = Change(Kind.CA_CERTIFICATE, certificate="ca")
REPLACED = Change(Kind.POLICY, policy="p", version="3")


def violated(action: str, thing: str | None = "t", status: str = "SUCCESSFUL") -> Execution:
    return Execution(status, "v", thing, action)


def found(action: str, resource: dict[str, Any]) -> Execution:
    return Execution("COMPLETED", "f", None, action, "A", resource)


ROWS: dict[str, tuple[Execution, Sequence[Change | str]]] = {
    "a thing joined a group": (violated("Quarantine"), [THING_JOINED]),
    "a certificate's thing did": (found("Quarantine", DEVICE), [CERTIFICATE_JOINED]),
    "a thing's certificate": (violated("Deactivate"), [THING_S]),
    "a finding's certificate": (found("Deactivate", DEVICE), [CERTIFICATE]),
    "a CA's": (found("DeactivateCA", CA), [CA_S]),
    "a policy": (found("Blank", VERSION), [REPLACED]),
    "what can't be undone": (violated("Tell"), ["Tell"]),
    "nothing that is named": (found("Blank", CA), ["Blank"]),
    "nobody's group": (violated("Quarantine", None), ["Quarantine"]),
    "nothing, as it failed": (violated("Quarantine", status="FAILED"), []),
    "nothing that is known": (violated("Other"), []),
}


@pytest.mark.parametrize(("row", "changes"), ROWS.values(), ids=ROWS)
def test_what_a_row_has_changed(row: Execution, changes: Sequence[Change | str]) -> None:
    defined = [{"name": name, "actionParams": params} for name, params in ACTIONS.items()]
    assert list(changes_of(detect(actionsDefinition=defined), row)) == changes


def test_a_plan_names_what_can_be_undone_by_kind_and_what_not_by_action() -> None:
    rows = [violated("Quarantine"), violated("Tell"), violated("Tell", None)]
    defined = [{"name": name, "actionParams": params} for name, params in ACTIONS.items()]
    plan = Plan().including(detect(actionsDefinition=defined), rows)
    assert plan.changes == (Cause(Kind.MEMBERSHIP, 1, ("t (quarantine)",)),)
    assert plan.lasting == (Cause("Tell", 2, ("t", "v")),)
    assert plan.total == 1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (Change(Kind.MEMBERSHIP, "t", "g", "c"), "t (g)"),
        (Change(Kind.CERTIFICATE, "t"), "t"),
        (Change(Kind.CERTIFICATE, certificate="c"), "c"),
        (Change(Kind.POLICY, policy="p", version="3"), "p"),
        (Change(Kind.POLICY), "?"),
    ],
)
def test_a_change_is_called_by_what_people_know(change: Change, name: str) -> None:
    assert change.name == name


@pytest.mark.parametrize("name", ACTIONS)
def test_whether_a_task_can_be_undone_at_all(name: str) -> None:
    task = audit(actionsDefinition=[{"name": name, "actionParams": ACTIONS[name]}])
    assert is_undoable(task) is (name != "Tell")
