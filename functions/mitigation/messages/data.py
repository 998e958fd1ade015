"""The report as JSON for queues, functions and web hooks; its schema is docs/report.schema.json."""

import json

from mitigation.action import Action
from mitigation.causes import Details, missing
from mitigation.codec import encode
from mitigation.report import Report
from mitigation.task import Check, Statistics, Task
from mitigation.wire import Json, format_time

VERSION = "1"
# Characters, all ASCII: a share of SNS's 256 KB, of which each may take two as text in JSON.
LENGTH = 50_000
# What gives way, in this order, where a report is longer than that; lists become empty ones.
_OPTIONAL = ("nextSteps", "skipped", "actions", "checks", "failed", "target", "notes")


def render(report: Report) -> str:
    """ASCII, so that every consumer reads it; `cut` names the members that were left out."""
    content = to_json(report)
    for count, member in enumerate(_OPTIONAL, start=1):
        if len(text := _dump(content)) <= LENGTH:
            return text
        content[member] = [] if isinstance(content[member], list) else None
        content["cut"] = [*_OPTIONAL[:count]]
    return _dump(content)


def _dump(content: Json) -> str:
    return json.dumps(content, separators=(",", ":"))


def to_json(report: Report) -> dict[str, Json]:
    """Every member is always there; null and [] say that nothing is known."""
    task, details, place, by = report.task, report.details, report.place, report.started_by
    span = task.occurrence_range
    return {
        "version": VERSION,
        "taskType": task.type.value,
        "taskId": task.id,
        "taskStatus": task.status,
        "verdict": report.verdict.value,
        "severity": report.verdict.severity.value,
        "final": report.look.decision.is_final,
        "headline": report.headline,
        "notes": list(report.notes),
        "counts": _counts(task.statistics),
        "startedAt": format_time(task.started),
        "endedAt": format_time(task.ended),
        "tookSeconds": task.took_seconds,
        "startedBy": encode(by),
        "target": {
            "violationIds": list(task.target.violation_ids),
            "securityProfileName": task.target.security_profile_name,
            "behaviorName": task.target.behavior_name,
            "auditTaskId": task.target.audit_task_id,
            "findingIds": list(task.target.finding_ids),
        },
        "violationEventOccurrenceRange": {
            "startTime": format_time(span.start),
            "endTime": format_time(span.end),
        }
        if span
        else None,
        "onlyActiveViolationsIncluded": task.only_active_violations_included,
        "suppressedAlertsIncluded": task.suppressed_alerts_included,
        "actions": [_action(action) for action in task.actions],
        "checks": [_check(check) for check in task.checks],
        "failed": encode(details.failed) if details else [],
        "skipped": encode(details.skipped) if details else [],
        "rows": _rows(task, details) if details else None,
        "nextSteps": [
            {"title": step.title, "commands": list(step.commands)} for step in report.next_steps
        ],
        "account": place.account,
        "accountAlias": place.account_alias,
        "region": place.region,
        "links": {"iotConsole": place.iot_console, "execution": place.execution_console},
        "cut": [],
    }


def _counts(s: Statistics) -> dict[str, Json]:
    return {
        "executed": s.executed,
        "skipped": s.skipped,
        "failed": s.failed,
        "canceled": s.canceled,
        "total": s.total,
    }


def _action(action: Action) -> Json:
    params: dict[str, Json] = {
        _lower(f"{type(params).__name__}Params"): encode(params) for params in action.params
    }
    return {
        "name": action.name,
        "id": action.id,
        "roleArn": action.role_arn,
        "actionParams": params,
    }


def _lower(name: str) -> str:
    """The parameters of an action are named after its members."""
    return name[0].lower() + name[1:]


def _check(check: Check) -> Json:
    return {
        "name": check.name,
        "counts": _counts(check.statistics) if check.statistics else None,
        "actions": list(check.action_names),
        "reasonCodes": list(check.reason_codes),
    }


def _rows(task: Task, details: Details) -> Json:
    return {
        "read": details.rows,
        "cut": details.cut,
        "error": details.error,
        "missing": encode(missing(task, details)),
    }
