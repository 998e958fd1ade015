"""What a task has changed, and what would put each of it back: a plan, made from its rows.

AWS rolls nothing back. Only what the task's own rows say was executed is undone, by the parameters
that its actions had; the rest of the fleet is not looked at.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple, Self

from mitigation.action import (
    Action,
    ActionParams,
    AddThingsToThingGroup,
    ReplaceDefaultPolicyVersion,
    UpdateCACertificate,
    UpdateDeviceCertificate,
)
from mitigation.acts.progress import added
from mitigation.acts.rows import Execution
from mitigation.causes import EXECUTED, Cause
from mitigation.task import Task
from mitigation.wire import Reader


class Kind(StrEnum):
    """What is put back, in words that fit behind a number of them."""

    MEMBERSHIP = "things leave a thing group"
    CERTIFICATE = "device certificates go back to ACTIVE"
    CA_CERTIFICATE = "CA certificates go back to ACTIVE"
    POLICY = "policies get their default version back"


class Change(NamedTuple):
    """One change of the task's. Of thing or certificate one may have to be looked up by the other.

    `version` is the policy version that was the default before, where the finding names it.
    """

    kind: Kind
    thing: str | None = None
    group: str | None = None
    certificate: str | None = None
    policy: str | None = None
    version: str | None = None

    @property
    def name(self) -> str:
        what = self.policy or self.thing or self.certificate or "?"
        return f"{what} ({self.group})" if self.group else what


class Plan(NamedTuple):
    """The dry run: how many changes of each kind, with the first names."""

    changes: tuple[Cause, ...] = ()
    lasting: tuple[Cause, ...] = ()  # what can't be undone, by the action's name

    @property
    def total(self) -> int:
        return sum(cause.count for cause in self.changes)

    def including(self, task: Task, rows: Iterable[Execution]) -> Self:
        changes, lasting = self.changes, self.lasting
        for row in rows:
            for each in changes_of(task, row):
                if isinstance(each, Change):
                    changes = added(changes, each.kind, (each.name,))
                else:
                    lasting = added(lasting, each, (row.thing or row.subject_id or "?",))
        return self._replace(changes=changes, lasting=lasting)


def changes_of(task: Task, row: Execution) -> Iterator[Change | str]:
    """What one executed row has changed; of what can't be undone, the action's name."""
    if row.status not in EXECUTED:
        return
    for params in _params_of(task.actions, row.action_name):
        found: list[Change | str] = [*_changes(params, row)]
        yield from found or [row.action_name or "?"]


def is_undoable(task: Task) -> bool:
    """Whether any of its actions changes what can be put back."""
    return any(isinstance(params, _UNDOABLE) for each in task.actions for params in each.params)


_UNDOABLE = (
    AddThingsToThingGroup,
    UpdateDeviceCertificate,
    UpdateCACertificate,
    ReplaceDefaultPolicyVersion,
)


def _params_of(actions: Iterable[Action], name: str | None) -> Iterator[ActionParams]:
    for action in actions:
        if action.name == name:
            yield from action.params


def _changes(params: ActionParams, row: Execution) -> Iterator[Change]:
    resource = Reader.of(row.resource, "resourceIdentifier")
    certificate = resource.text("deviceCertificateId")
    subject = row.thing or certificate
    match params:
        case AddThingsToThingGroup(thing_group_names=groups) if subject:
            for group in groups:
                yield Change(Kind.MEMBERSHIP, row.thing, group, certificate)
        case UpdateDeviceCertificate() if subject:
            yield Change(Kind.CERTIFICATE, row.thing, certificate=certificate)
        case UpdateCACertificate() if authority := resource.text("caCertificateId"):
            yield Change(Kind.CA_CERTIFICATE, certificate=authority)
        case ReplaceDefaultPolicyVersion():
            version = resource.child("policyVersionIdentifier")
            if policy := version.text("policyName"):
                yield Change(Kind.POLICY, policy=policy, version=version.text("policyVersionId"))
