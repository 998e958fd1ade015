"""Commands that undo what a task has executed: a loop over its action executions, of any number.

AWS rolls nothing back, so each action is undone by the call that reverts it. What an action changed
is read from AWS when the command is pasted; each loop hands the next call's input on as JSON.
"""

from collections.abc import Iterator
from typing import NamedTuple

from mitigation.action import (
    Action,
    AddThingsToThingGroup,
    ReplaceDefaultPolicyVersion,
    UpdateCACertificate,
    UpdateDeviceCertificate,
)
from mitigation.kind import TaskType
from mitigation.place import Place
from mitigation.shell import Cli, Loop, is_id, lines, unique
from mitigation.task import Task

EXECUTED = {TaskType.DETECT: "SUCCESSFUL", TaskType.AUDIT: "COMPLETED"}
_RESOURCE = "finding.nonCompliantResource.resourceIdentifier"


class Rows(NamedTuple):
    """The action executions of a task, as commands that list them."""

    task: Task
    task_id: str
    cli: Cli

    def listing(self, query: str, *, as_json: bool = False) -> str | None:
        """Prints what the query finds; None where no finding is known, whose rows to list."""
        call = f"list-{self.task.type}-mitigation-actions-executions"
        shown = "--query" if as_json else "--output text --query"
        extra = "" if query == "actionsExecutions" else f'{shown} "{query}"'
        if not self.task.kind.rows_by_subject:
            return self.cli.call(call, {"taskId": self.task_id}, extra)
        findings = self._findings()
        by_id = f'--finding-id "$id" {extra}'.rstrip()
        body = self.cli.call(call, {"taskId": self.task_id}, by_id)
        return str(Loop(findings, "id", body)) if findings else None

    def _findings(self) -> str | None:
        target = self.task.target
        if ids := tuple(filter(is_id, target.finding_ids)):
            return lines(ids)
        if not target.audit_task_id:
            return None
        audit = {"taskId": target.audit_task_id}
        return self.cli.query("list-audit-findings", audit, "findings[].[findingId]")

    def executed(self, action: Action, what: str) -> str | None:
        """Prints `what` of each row that this action has executed, once."""
        if not is_id(action.name):
            return None
        status = EXECUTED[self.task.type]
        where = f"status=='{status}'] | [?actionName=='{action.name}'"
        listing = self.listing(f"actionsExecutions[?{where}].[{what}]")
        return listing and unique(listing)

    def resources(self, action: Action, query: str) -> str | None:
        """Prints what the query finds in the finding of each such row: audit's rows name none."""
        ids = self.executed(action, "findingId")
        finding = self.cli.query("describe-audit-finding", {}, query, '--finding-id "$id"')
        return ids and unique(str(Loop(ids, "id", finding)))


def undo_commands(rows: Rows, place: Place) -> Iterator[tuple[str, str]]:
    """Title and command for each action that can be undone."""
    for action in rows.task.actions:
        for params in action.params:
            match params:
                case AddThingsToThingGroup(groups) if plain := tuple(filter(is_id, groups)):
                    names = ", ".join(plain) if len(plain) < 4 else f"{len(plain)} thing groups"
                    removal = "remove-thing-from-thing-group"
                    calls = [rows.cli.call(removal, {"thingGroupName": name}) for name in plain]
                    title, source = f"take the things out of {names}", _things(rows, action, place)
                case UpdateDeviceCertificate():
                    calls = [rows.cli.call("update-certificate", {"newStatus": "ACTIVE"})]
                    title = "activate the device certificates, whatever deactivated them"
                    source = _certificates(rows, action)
                case UpdateCACertificate() if rows.task.kind.rows_by_subject:
                    calls = [rows.cli.call("update-ca-certificate", {"newStatus": "ACTIVE"})]
                    title = "activate the CA certificates"
                    source = rows.resources(action, _input("certificateId: caCertificateId"))
                case ReplaceDefaultPolicyVersion() if rows.task.kind.rows_by_subject:
                    calls = [rows.cli.call("set-default-policy-version", {})]
                    title = "make the former policy versions default"
                    query = f"{_RESOURCE}.policyVersionIdentifier.[to_string(@)]"
                    source = rows.resources(action, query)
                case _:
                    continue
            if source:
                body = "\n".join(f'{call} --cli-input-json "$input"' for call in calls)
                yield f"Undo: {title}", str(Loop(source, "input", body))


def _input(members: str) -> str:
    return f"{_RESOURCE}.[to_string({{{members}}})]"


def _things(rows: Rows, action: Action, place: Place) -> str | None:
    """Detect's rows name the thing; audit's lead to a certificate, which things are attached to."""
    if not rows.task.kind.rows_by_subject:
        return rows.executed(action, "to_string({thingName: thingName})")
    if not (arn := place.iot_arn("cert", "")):
        return None
    principal = f"principal: join('', ['{arn}', deviceCertificateId])"
    if not (certificates := rows.resources(action, _input(principal))):
        return None
    query = "things[].[to_string({thingName: @})]"
    things = rows.cli.query("list-principal-things", {}, query, '--cli-input-json "$cert"')
    return unique(str(Loop(certificates, "cert", things)))


def _certificates(rows: Rows, action: Action) -> str | None:
    """Audit's findings name the certificate; detect's rows the thing that it is attached to."""
    if rows.task.kind.rows_by_subject:
        return rows.resources(action, _input("certificateId: deviceCertificateId"))
    if not (things := rows.executed(action, "to_string({thingName: thingName})")):
        return None
    query = "principals[?contains(@, ':cert/')].[to_string({certificateId: @})]"
    principals = rows.cli.query("list-thing-principals", {}, query, '--cli-input-json "$thing"')
    return unique(f"{Loop(things, 'thing', principals)} | sed 's|arn:.*:cert/||'")
