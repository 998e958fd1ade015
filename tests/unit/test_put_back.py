"""Undo at AWS IoT: what is put back, what is left alone and why, and how it goes on."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from mitigation.acts.button import Button
from mitigation.acts.click import Action
from mitigation.acts.perform import perform, plan_undo, read_task
from mitigation.acts.progress import Progress, Result
from mitigation.acts.rows import Execution
from mitigation.acts.undo import Change, Kind, changes_of, is_undoable
from mitigation.causes import Cause
from mitigation.kind import TaskType
from tests.support.iot import ACTIONS, Iot, scenario
from tests.support.tasks import audit, detect

AGREED = datetime(2026, 11, 22, 10, 10, tzinfo=UTC)
END = datetime(2026, 11, 22, 10, 3, tzinfo=UTC).timestamp()
REMOVE, UPDATE = "RemoveThingFromThingGroup", "UpdateCertificate"
UPDATE_CA, SET = "UpdateCACertificate", "SetDefaultPolicyVersion"
GONE, INVALID = "ResourceNotFoundException", "InvalidRequestException"

type Met = Callable[[], Iot]
type Since = Callable[[Any], object]  # what somebody has done since, to the registry


def met(kind: str = "detect", **executed: int) -> Iot:
    status = "SUCCESSFUL" if kind == "detect" else "COMPLETED"
    return Iot(scenario(status, kind, executed=executed))


def of(kind: str = "detect", **executed: int) -> Met:
    return partial(met, kind, **executed)


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


def one(kept: dict[str, Any], **changes: object) -> None:
    """The only certificate there is has changed."""
    [certificate] = kept.values()
    certificate |= changes


def policy(registry: Any, **changes: object) -> None:
    """The version that the task has made the default one."""
    registry.policies["p0"]["99"] |= changes


CERTIFICATE, AUTHORITY = (
    "device certificates go back to ACTIVE",
    "CA certificates go back to ACTIVE",
)
LEAVES, POLICIES = "things leave a thing group", "policies get their default version back"
PUT_BACK: dict[str, tuple[Met, list[str], str]] = {
    "a thing in a group": (of(Quarantine=1), [REMOVE], LEAVES),
    "a thing's certificate": (of(Deactivate=1), [UPDATE], CERTIFICATE),
    "a finding's certificate": (of("audit", Deactivate=1), [UPDATE], CERTIFICATE),
    "the thing of a finding's certificate": (of("audit", Quarantine=1), [REMOVE], LEAVES),
    "a CA's certificate": (of("audit", DeactivateCA=1), [UPDATE_CA], AUTHORITY),
    "a policy": (of("audit", Blank=1), [SET], POLICIES),
}  # fmt: skip


@pytest.mark.parametrize(("met", "calls", "kind"), PUT_BACK.values(), ids=PUT_BACK)
def test_what_is_put_back(met: Met, calls: list[str], kind: str) -> None:
    iot = met()
    found, wait = undone(iot)
    assert list(iot.fake.registry.changes()) == []
    assert (iot.changes, wait) == (calls, 0)
    assert found == Progress(Result.UNDONE, done=1, total=1, kinds={kind: 1})
    at_once = [name for (_, a), (name, b) in pairwise(iot.moments[1:]) if b - a < 0.09]
    assert len(at_once) <= 1  # the first one after the numbers are seen to be as agreed to


def test_no_turn_is_waited_for_without_a_call() -> None:
    """Else 10,000 certificates take a quarter longer."""
    iot = met(Deactivate=9)
    undone(iot)
    assert max(b - a for (_, a), (_, b) in pairwise(iot.moments)) < 0.11


NO_LONGER, NONE = "no longer there", "it has no certificate any more"
SINCE = "changed since the task ended"
LEFT: dict[str, tuple[Met, Since, str]] = {
    "a group that is gone": (of(Quarantine=1), lambda r: r.groups.clear(), NO_LONGER),
    "a thing that is gone": (of(Deactivate=1), lambda r: r.attached.clear(), NO_LONGER),
    "a thing without a certificate": (
        of(Deactivate=1), lambda r: r.attached.update({"sensor-0": []}), NONE
    ),
    "a certificate that is gone": (
        of("audit", Deactivate=1), lambda r: r.certificates.clear(), NO_LONGER
    ),
    "the thing of a certificate that is gone": (
        of("audit", Quarantine=1), lambda r: r.certificates.clear(), NO_LONGER
    ),
    "a certificate without a thing": (
        of("audit", Quarantine=1), lambda r: r.attached.clear(), "it belongs to no thing any more"
    ),
    "a revoked certificate": (
        of(Deactivate=1), lambda r: one(r.certificates, status="REVOKED"), "it is REVOKED now"
    ),
    "an active one": (
        of(Deactivate=1), lambda r: one(r.certificates, status="ACTIVE"), "it is ACTIVE now"
    ),
    "one that was changed later": (
        of(Deactivate=1), lambda r: one(r.certificates, lastModifiedDate=END + 61), SINCE
    ),
    "a CA's that was changed later": (
        of("audit", DeactivateCA=1), lambda r: one(r.authorities, lastModifiedDate=END + 61), SINCE
    ),
    "a policy that is gone": (of("audit", Blank=1), lambda r: r.policies.clear(), NO_LONGER),
    "a policy whose version before is gone": (
        of("audit", Blank=1),
        lambda r: r.policies["p0"].pop("3"),
        "the version before is no longer there",
    ),
    "a policy that was changed later": (
        of("audit", Blank=1), lambda r: policy(r, createDate=END + 61), SINCE
    ),
    "a policy that was changed before": (
        of("audit", Blank=1), lambda r: policy(r, createDate=END - 241), SINCE
    ),
    "a policy without a default": (
        of("audit", Blank=1), lambda r: policy(r, isDefaultVersion=False), SINCE
    ),
    "a policy from nobody knows when": (
        of("audit", Blank=1), lambda r: policy(r, createDate=None), SINCE
    ),
}  # fmt: skip


@pytest.mark.parametrize(("met", "change", "why"), LEFT.values(), ids=LEFT)
def test_what_is_left_alone_and_listed(met: Met, change: Since, why: str) -> None:
    iot = met()
    change(iot.fake.registry)
    found, _ = undone(iot)
    assert set(iot.changes) <= {REMOVE}  # AWS itself says there that the group is gone
    assert (found.result, found.done, found.kinds) == (Result.UNDONE, 0, {})
    [left] = found.left
    assert (left.error_code, left.count) == (why, 1)


DONE_BEFORE: dict[str, tuple[Met, Since]] = {
    "a certificate": (
        of(Deactivate=1),
        lambda r: one(r.certificates, status="ACTIVE", lastModifiedDate=AGREED.timestamp()),
    ),
    "a policy": (
        of("audit", Blank=1),
        lambda r: [each.update(isDefaultVersion=n == "3") for n, each in r.policies["p0"].items()],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("met", "change"), DONE_BEFORE.values(), ids=DONE_BEFORE)
def test_what_an_earlier_try_has_put_back_counts(met: Met, change: Since) -> None:
    iot = met()
    change(iot.fake.registry)
    found, _ = undone(iot)
    assert (iot.changes, found.done, found.left) == ([], 1, ())


@pytest.mark.parametrize("seconds", [60, -240])
def test_a_change_within_a_minute_of_the_task_is_the_task_s(seconds: int) -> None:
    iot = met("audit", Blank=1, DeactivateCA=1)
    policy(iot.fake.registry, createDate=END + seconds)
    one(iot.fake.registry.authorities, lastModifiedDate=END + seconds)
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
    iot = met(Quarantine=1, Deactivate=1)
    iot.refuse({operation: ["ThrottlingException"]})
    with pytest.raises(ClientError):
        undone(iot)
    assert undone(iot)[0].done == 2
    assert list(iot.fake.registry.changes()) == []


@pytest.mark.parametrize("agreed", [0, 1, 3])
def test_another_number_than_was_agreed_to_changes_nothing(agreed: int) -> None:
    iot = met(Quarantine=2)
    assert undone(iot, agreed=agreed) == (Progress(Result.CHANGED, total=2), 0)
    assert iot.changes == []


def test_many_rows_take_several_steps_and_each_is_done_once() -> None:
    iot = met(Quarantine=510)
    with mock.patch("mitigation.acts.perform.UNDO_SECONDS", 30):  # a page takes 25
        progress, seconds = undone(iot)
        assert (progress.result, progress.total, progress.done, seconds) == (None, 510, 500, 1)
        progress, seconds = undone(iot, progress, agreed=0)
    assert (progress.result, progress.done, seconds) == (Result.UNDONE, 510, 0)
    assert len(iot.asked(REMOVE)) == 510


# --- What a row has changed --------------------------------------------------------------------

DEVICE, CA = {"deviceCertificateId": "c"}, {"caCertificateId": "ca"}
VERSION = {"policyVersionIdentifier": {"policyName": "p", "policyVersionId": "3"}}
ROWS: dict[str, tuple[Execution, Sequence[Change | str]]] = {
    "a thing joined a group": (
        Execution("SUCCESSFUL", "v", "t", "Quarantine"),
        [Change(Kind.MEMBERSHIP, "t", "quarantine")],
    ),
    "a certificate's thing did": (
        Execution("COMPLETED", "f", None, "Quarantine", "A", DEVICE),
        [Change(Kind.MEMBERSHIP, None, "quarantine", "c")],
    ),
    "a thing's certificate": (
        Execution("SUCCESSFUL", "v", "t", "Deactivate"), [Change(Kind.CERTIFICATE, "t")]
    ),
    "a finding's": (
        Execution("COMPLETED", "f", None, "Deactivate", "A", DEVICE),
        [Change(Kind.CERTIFICATE, certificate="c")],
    ),
    "a CA's": (
        Execution("COMPLETED", "f", None, "DeactivateCA", "A", CA),
        [Change(Kind.CA_CERTIFICATE, certificate="ca")],
    ),
    "a policy": (
        Execution("COMPLETED", "f", None, "Blank", "A", VERSION),
        [Change(Kind.POLICY, policy="p", version="3")],
    ),
    "what can't be undone": (Execution("SUCCESSFUL", "v", "t", "Tell"), ["Tell"]),
    "nothing that is named": (Execution("COMPLETED", "f", None, "Blank", "A", CA), ["Blank"]),
    "nobody's group": (Execution("SUCCESSFUL", "v", None, "Quarantine"), ["Quarantine"]),
    "nothing, as it failed": (Execution("FAILED", "v", "t", "Quarantine"), []),
    "nothing that is known": (Execution("SUCCESSFUL", "v", "t", "Other"), []),
}  # fmt: skip


@pytest.mark.parametrize(("row", "changes"), ROWS.values(), ids=ROWS)
def test_what_a_row_has_changed(row: Execution, changes: Sequence[Change | str]) -> None:
    defined = [{"name": name, "actionParams": params} for name, params in ACTIONS.items()]
    assert list(changes_of(detect(actionsDefinition=defined), row)) == changes


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
