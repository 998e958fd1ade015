"""What to do next, as AWS CLI commands. Each is one paste, for tasks of any size.

A command that has to reach every action execution lists them at the time that it is pasted: a
message has no room for ten thousand ids, and AWS may have listed more of them since.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from mitigation.action import AddThingsToThingGroup
from mitigation.causes import FAILED, RETRY_BATCH, Details, RetryBatch, missing
from mitigation.place import Place
from mitigation.shell import Cli, Loop, is_id, unique
from mitigation.task import Task
from mitigation.undo import Rows, undo_commands

_RETRY_ID_STEM = 110  # leaves room for "-retry-N" in the 128 characters of a taskId
# Lines "action id", or "check action id", become "action id,id,…": batches of one kind.
_BATCHES = (
    f'awk \'{{ id = $NF; $NF = ""; if (n == {RETRY_BATCH} || $0 != kind) {{ if (n) print kind ids; '
    'kind = $0; ids = id; n = 1 } else { ids = ids "," id; n++ } } END { if (n) print kind ids }\''
)
_LIMIT_SECONDS = 20  # only a few tasks run at once: 5 of detect, 10 of audit


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
    steps = _Steps(task, task.id, place, Cli(place.region))
    rows = steps.rows() if readable else None
    found = [steps.describe()] if running or rows is None else []
    if running:
        found.append(steps.cancel())
    if rows:
        found.append(rows)
    if details and not running:
        found.extend(steps.retry(details))
    if readable and (task.statistics.executed or 0) > 0:
        if not running:
            found.extend(steps.audit_again())
        found.extend(steps.enforce())
        if not running:
            found.extend(steps.undo())
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Steps:
    task: Task
    task_id: str
    place: Place
    cli: Cli

    def describe(self) -> NextStep:
        call = f"describe-{self.task.type}-mitigation-actions-task"
        return NextStep("Look again", (self.cli.call(call, {"taskId": self.task_id}),))

    def cancel(self) -> NextStep:
        call = f"cancel-{self.task.type}-mitigation-actions-task"
        command = self.cli.call(call, {"taskId": self.task_id})
        return NextStep("Cancel it (this rolls nothing back)", (command,))

    def rows(self) -> NextStep | None:
        """None where no finding is known: audit's rows can be listed for one finding only."""
        rows = Rows(self.task, self.task_id, self.cli)
        if self.task.statistics.failed == 0:
            command = rows.listing("actionsExecutions")
            return NextStep("See every row", (command,)) if command else None
        command = rows.listing(f"actionsExecutions[?status=='{FAILED}']", as_json=True)
        return NextStep("See every failed row", (command,)) if command else None

    def retry(self, details: Details) -> Iterator[NextStep]:
        """With the ids where the message knows all of them, and one batch takes them."""
        noun, count = self.task.kind.subject, details.failed_subjects
        unlisted = details.cut or details.error or missing(self.task, details).failed
        if unlisted or count > RETRY_BATCH:
            if command := self._retry_all():
                yield NextStep(f"Retry all failed {noun}s", (command,))
            return
        by_check = self.task.kind.actions_by_check
        # A start names the actions by check: nothing for findings whose check is not known.
        retries = [retry for retry in details.retries if retry.check_name or not by_check]
        if retries:
            subjects = sum(len(retry.subject_ids) for retry in retries)
            what = f"{subjects} failed {noun}s" if subjects > 1 else f"failed {noun}"
            commands = (self._retry(retry, n) for n, retry in enumerate(retries, start=1))
            yield NextStep(f"Retry the {what}", tuple(commands))

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
        return self.cli.call(self._start, members | self._flags())

    def _retry_all(self) -> str | None:
        """Pasted twice it starts nothing twice: the names of its tasks are taken by then."""
        kind, rows = self.task.kind, Rows(self.task, self.task_id, self.cli)
        subject = f"{kind.subject}Id"
        failed = rows.listing(f"actionsExecutions[?status=='{FAILED}'].[actionName,{subject}]")
        if failed is None or not is_id(self.task_id):
            return None
        if kind.actions_by_check:
            query = "finding.[checkName,'$action',findingId]"
            finding = self.cli.query("describe-audit-finding", {}, query, '--finding-id "$id"')
            failed = str(Loop(unique(failed), "action id", finding))
            reads, actions = "check action ids", '--audit-check-to-actions-mapping "$check=$action"'
        else:
            reads, actions = "action ids", '--actions "$action"'
        name = f"{self.task_id[:_RETRY_ID_STEM]}-retry-$n"
        extra = f'--task-id "{name}" {actions} --target "{kind.subject_ids}=$ids" 2>&1'
        start = self.cli.call(self._start, self._flags(), extra)
        return (
            f"n=0\n{unique(failed)} |\n{_BATCHES} |\nwhile read -r {reads}; do\n"
            f"  n=$((n + 1))\n  while ! out=$({start}); do\n"
            f'    case "$out" in *LimitExceeded*) sleep {_LIMIT_SECONDS} ;; *) break ;; esac\n'
            f'  done\n  echo "$out"\ndone'
        )

    @property
    def _start(self) -> str:
        return f"start-{self.task.type}-mitigation-actions-task"

    def _flags(self) -> dict[str, object]:
        flags = {
            "includeOnlyActiveViolations": self.task.only_active_violations_included,
            "includeSuppressedAlerts": self.task.suppressed_alerts_included,
        }
        return {name: flag for name, flag in flags.items() if flag is not None}

    def audit_again(self) -> Iterator[NextStep]:
        """Only an audit proves that findings are gone."""
        if checks := tuple(check.name for check in self.task.checks):
            command = self.cli.call("start-on-demand-audit-task", {"targetCheckNames": checks})
            yield NextStep("Audit again, to prove that the findings are gone", (command,))

    def enforce(self) -> Iterator[NextStep]:
        groups = [
            group
            for action in self.task.actions
            for params in action.params
            if isinstance(params, AddThingsToThingGroup)
            for group in params.thing_group_names
        ]
        arns = [self.place.iot_arn("thinggroup", group) for group in groups]
        commands = [self.cli.call("list-attached-policies", {"target": arn}) for arn in arns if arn]
        if commands:
            yield NextStep("Check that a deny policy is attached", tuple(commands))

    def undo(self) -> Iterator[NextStep]:
        rows = Rows(self.task, self.task_id, self.cli)
        for title, command in undo_commands(rows, self.place):
            yield NextStep(title, (command,))
