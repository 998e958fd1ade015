"""A scenario: what the fakes of one local run answer, read from a JSON file.

Every mistake in it is one line that names the key and what is expected there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from embedded import checked
from embedded.checked import BadScenario, Json, as_items, as_object, as_text, parse_time, required
from embedded.clicks import Click, read_clicks
from embedded.iot_model import MODEL
from embedded.places import HOME, Place, read_place
from embedded.slack_answers import (
    SlackAnswer,
    SlackAppAnswer,
    read_app_answers,
    read_webhook_answers,
)

__all__ = (
    "Answer",
    "BadScenario",
    "Failure",
    "Json",
    "Scenario",
    "SlackAnswer",
    "SlackAppAnswer",
    "TaskType",
    "ended_at",
    "load",
    "parse",
    "summary_of",
)

type TaskType = Literal["detect", "audit"]

_KEYS = (
    *("taskType", "taskId", "describe", "executions", "findings"),
    *("slack", "slackApp", "member", "clicks"),
)
_DEFAULT_TASK_ID = "pasted-answer"
# What AWS says itself, in botocore's model: the embedded AWS knows nothing of the product's code.
_AUDIT = MODEL.operation_model("DescribeAuditMitigationActionsTask")
_AUDIT_MEMBERS = tuple(_AUDIT.output_shape.members)
_TASK_ID = _AUDIT.input_shape.members["taskId"].metadata


@dataclass(frozen=True, slots=True)
class Answer:
    """A Describe answer, in AWS's own member names."""

    body: Json


@dataclass(frozen=True, slots=True)
class Failure:
    """An AWS error in place of an answer."""

    code: str
    status: int
    message: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One task and how the world answers about it.

    `describe`, `slack` and each method of `slack_app` answer one call each, the last of them for
    ever after.
    """

    task_type: TaskType
    task_id: str
    describe: tuple[Answer | Failure, ...]
    executions: tuple[Json, ...] = ()
    findings: tuple[Json, ...] = ()
    slack: tuple[SlackAnswer, ...] = (SlackAnswer(),)
    slack_app: Mapping[str, tuple[SlackAppAnswer, ...]] = MappingProxyType({})
    place: Place = HOME  # whose task it is
    clicks: tuple[Click, ...] = ()

    @property
    def summaries(self) -> Iterator[Json]:
        """What the answers say of the task; errors say nothing."""
        for step in self.describe:
            if isinstance(step, Answer):
                yield summary_of(self.task_type, step.body)

    @property
    def started(self) -> datetime | None:
        """When the task started, if any answer tells."""
        member = "taskStartTime" if self.task_type == "detect" else "startTime"
        moments = (parse_time(summary.get(member)) for summary in self.summaries)
        return next(filter(None, moments), None)


def summary_of(task_type: TaskType, answer: Json) -> Json:
    """The members of the task: detect wraps them, audit does not."""
    summary = answer.get("taskSummary", {}) if task_type == "detect" else answer
    return summary if isinstance(summary, Mapping) else {}


def ended_at(task_type: TaskType, answer: Json) -> datetime | None:
    """When the task ended, if this answer tells."""
    member = "taskEndTime" if task_type == "detect" else "endTime"
    return parse_time(summary_of(task_type, answer).get(member))


def load(path: Path) -> Scenario:
    """Read the file; raises BadScenario, whose message begins with its name."""
    document = checked.read_json(path)
    try:
        return parse(document)
    except BadScenario as error:
        raise BadScenario(f"{path}: {error}") from error


def parse(document: object) -> Scenario:
    """A scenario, or a bare Describe answer, which is one that stays the same for ever."""
    root = as_object(document, "the scenario")
    if "describe" not in root and ("taskSummary" in root or "taskStatus" in root):
        root = _from_answer(root)
    as_object(root, "", _KEYS)
    task_type = root.get("taskType", "detect")
    if task_type not in ("detect", "audit"):
        raise BadScenario(f'taskType: expected "detect" or "audit", got {checked.short(task_type)}')
    answers = required(root, "describe", "a list of Describe answers and errors")
    steps = tuple(_step(*item, task_type) for item in as_items(answers, "describe"))
    if not steps:
        raise BadScenario("describe: expected at least one answer or error, got none")
    return Scenario(
        task_type=task_type,
        task_id=_task_id(required(root, "taskId", "the task's id")),
        describe=steps,
        executions=_rows(root, "executions"),
        findings=_rows(root, "findings"),
        slack=read_webhook_answers(root),
        slack_app=read_app_answers(root),
        clicks=read_clicks(root),
        place=read_place(root),
    )


def _from_answer(answer: Json) -> Json:
    if "taskSummary" in answer:
        task_id = summary_of("detect", answer).get("taskId", _DEFAULT_TASK_ID)
        return {"taskId": task_id, "describe": [answer]}
    return {"taskType": "audit", "taskId": _DEFAULT_TASK_ID, "describe": [answer]}


def _step(value: object, where: str, task_type: TaskType) -> Answer | Failure:
    step = as_object(value, where)
    if "error" not in step:
        members = ("taskSummary",) if task_type == "detect" else _AUDIT_MEMBERS
        return Answer(as_object(step, where, (*members, "ResponseMetadata"), "error"))
    as_object(step, where, ("error",))
    where = f"{where}.error"
    error = as_object(step["error"], where, ("code", "status", "message"))
    return Failure(
        code=as_text(required(error, "code", "an AWS error code", where), f"{where}.code"),
        status=checked.as_status(error.get("status", 400), f"{where}.status", 400),
        message=as_text(error.get("message", ""), f"{where}.message"),
    )


def _rows(root: Json, key: str) -> tuple[Json, ...]:
    return tuple(as_object(*item) for item in as_items(root.get(key, []), key))


def _task_id(value: object) -> str:
    pattern, longest = _TASK_ID["pattern"], _TASK_ID["max"]
    if isinstance(value, str) and len(value) <= longest and re.fullmatch(pattern, value):
        return value
    raise BadScenario(
        f"taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got {checked.short(value)}"
    )
