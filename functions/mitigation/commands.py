"""What to do next, as AWS CLI commands that paste and run, whatever the names in them hold.

Names that are more than plain words go through `--cli-input-json` in ASCII: so neither the shell
nor the CLI (which reads `file://…` values from disk) nor a terminal finds anything to act on.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from mitigation.causes import Details, RetryBatch
from mitigation.place import Place
from mitigation.task import (
    AddThingsToThingGroup,
    Task,
    UpdateCACertificate,
    UpdateDeviceCertificate,
)

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:/-]*")
_FILE = re.compile(r"(file|fileb|https?)://", re.IGNORECASE)
_RETRY_ID_STEM = 110  # leaves room for "-retry-N" in the 128 characters of a taskId


@dataclass(frozen=True, slots=True)
class NextStep:
    title: str
    commands: tuple[str, ...]


def next_steps(
    task: Task, details: Details | None, place: Place, *, running: bool, readable: bool
) -> tuple[NextStep, ...]:
    """The steps that make sense for this task, most urgent first; none without a task id."""
    if task.id is None:
        return ()
    cli = _Cli(task, task.id, place)
    rows = cli.rows(details) if readable else None
    steps = [cli.describe()] if running or rows is None else []
    if running:
        steps.append(cli.cancel())
    if rows:
        steps.append(rows)
    if details and not running:
        steps.extend(cli.retry(details))
    if readable and (task.statistics.executed or 0) > 0:
        steps.extend(cli.enforce())
        steps.extend(() if running else cli.undo(details))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class _Cli:
    task: Task
    task_id: str
    place: Place

    def describe(self) -> NextStep:
        call = f"describe-{self.task.type}-mitigation-actions-task"
        return NextStep("Look again", (self._aws(call, taskId=self.task_id),))

    def cancel(self) -> NextStep:
        call = f"cancel-{self.task.type}-mitigation-actions-task"
        command = self._aws(call, taskId=self.task_id)
        return NextStep("Cancel it (this rolls nothing back)", (command,))

    def rows(self, details: Details | None) -> NextStep | None:
        """None where no finding is known: audit's rows can be listed for one finding only."""
        call = f"list-{self.task.type}-mitigation-actions-executions"
        if not self.task.kind.rows_by_subject:
            return NextStep("See every row", (self._aws(call, taskId=self.task_id),))
        ids = [
            *(
                subject
                for retry in (details.retries if details else ())
                for subject in retry.subject_ids
            ),
            *self.task.target.finding_ids,
        ]
        if not ids:
            return None
        command = self._aws(call, taskId=self.task_id, findingId=ids[0])
        title = "See the rows of one finding; the others likewise"
        return NextStep(title, (command,))

    def retry(self, details: Details) -> Iterator[NextStep]:
        """None for findings whose check is not known: a start names the actions by check."""
        kind = self.task.kind
        retries = [r for r in details.retries if r.check_name or not kind.actions_by_check]
        if not retries:
            return
        subjects = sum(len(retry.subject_ids) for retry in retries)
        noun = kind.subject
        what = f"the {subjects} failed {noun}s" if subjects > 1 else f"the failed {noun}"
        if subjects < details.failed_subjects:
            what = f"{subjects} of the {details.failed_subjects:,} failed {noun}s"
        commands = (self._retry(retry, n) for n, retry in enumerate(retries, start=1))
        yield NextStep(f"Retry {what}", tuple(commands))

    def _retry(self, retry: RetryBatch, number: int) -> str:
        # The token depends on what is retried alone: pasting the command twice starts one task.
        seed = json.dumps([self.task_id, number, retry.subject_ids])
        members: dict[str, object] = {
            "taskId": f"{self.task_id[:_RETRY_ID_STEM]}-retry-{number}",
            "target": {self.task.kind.subject_ids: retry.subject_ids},
            "clientRequestToken": hashlib.sha256(seed.encode()).hexdigest()[:32],
        }
        if retry.check_name:
            members["auditCheckToActionsMapping"] = {retry.check_name: retry.action_names}
        else:
            members["actions"] = retry.action_names
        if (active := self.task.only_active_violations_included) is not None:
            members["includeOnlyActiveViolations"] = active
        if (suppressed := self.task.suppressed_alerts_included) is not None:
            members["includeSuppressedAlerts"] = suppressed
        return self._aws(f"start-{self.task.type}-mitigation-actions-task", **members)

    def enforce(self) -> Iterator[NextStep]:
        groups = self._groups()
        if not groups or not (self.place.region and self.place.account):
            return
        stem = f"arn:{self.place.partition}:iot:{self.place.region}:{self.place.account}"
        commands = (
            self._aws("list-attached-policies", target=f"{stem}:thinggroup/{group}")
            for group in groups
        )
        yield NextStep("Check that a deny policy is attached", tuple(commands))

    def undo(self, details: Details | None) -> Iterator[NextStep]:
        names = details.executed_names if details and self.task.kind.names_things else ()
        thing = names[0] if names else None
        if groups := self._groups():
            commands = (
                self._aws("remove-thing-from-thing-group", thingGroupName=group, thingName=thing)
                if thing
                else self._aws("list-things-in-thing-group", thingGroupName=group)
                for group in groups
            )
            yield NextStep("Undo, one thing at a time", tuple(commands))
        kinds = {type(params) for action in self.task.actions for params in action.params}
        if UpdateDeviceCertificate in kinds:
            command = self._aws("update-certificate", newStatus="ACTIVE")
            yield NextStep(
                "Undo, one certificate at a time",
                (f'{command} --certificate-id "$CERTIFICATE_ID"',),
            )
        if UpdateCACertificate in kinds:
            command = self._aws("update-ca-certificate", newStatus="ACTIVE")
            yield NextStep(
                "Undo, one CA certificate at a time",
                (f'{command} --certificate-id "$CA_CERTIFICATE_ID"',),
            )

    def _groups(self) -> list[str]:
        return [
            group
            for action in self.task.actions
            for params in action.params
            if isinstance(params, AddThingsToThingGroup)
            for group in params.thing_group_names
        ]

    def _aws(self, call: str, **members: object) -> str:
        """An `aws iot` command for the members of the request, by their names in the API."""
        words = ["aws", "iot", call]
        if self.place.region:
            words += ["--region", shlex.quote(self.place.region)]
        texts = [value for value in members.values() if isinstance(value, str)]
        if not all(_PLAIN.fullmatch(text) and not _FILE.match(text) for text in texts):
            return " ".join([*words, "--cli-input-json", _quote(members)])
        for name, value in members.items():
            option = "-" + re.sub(r"[A-Z]", lambda match: f"-{match[0].lower()}", f"-{name}")
            if isinstance(value, bool):
                words.append(option if value else option.replace("--", "--no-", 1))
            elif isinstance(value, str):
                words += [option, value]
            else:
                words += [option, _quote(value)]
        return " ".join(words)


def _quote(value: object) -> str:
    """JSON as one word of a shell, without the backticks that would end a code block in chat."""
    return shlex.quote(json.dumps(value).replace("`", r"\u0060"))
