"""One task to watch: the execution's input, and the execution's name."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from mitigation.codec import decode, encode
from mitigation.task import TASK_ID, TaskType
from mitigation.wire import InvalidTask, Json, Reader

EXECUTION_NAME_LENGTH = 80  # Step Functions, StartExecution, `name`
MOST_NAMES = 9  # for one task; see starts.py
_HASH_LENGTH = 12


class InvalidWatch(ValueError):  # noqa: N818  the state machine matches this name
    """An event or an execution input that names no task to watch; the message says why."""


@dataclass(frozen=True, slots=True)
class StartedBy:
    """Who called Start…MitigationActionsTask, as CloudTrail recorded it."""

    arn: str | None
    source_ip: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Watch:
    """One task to watch: the execution input, parsed."""

    task_type: TaskType
    task_id: str
    started_by: StartedBy | None = None

    @classmethod
    def from_input(cls, execution_input: object) -> Self:
        """`{"taskId": "…"}` is enough: taskType defaults to detect, startedBy to nobody known."""
        try:
            root = Reader.of(execution_input)
            by = root.optional("startedBy")
            return cls(
                _task_type(root.text("taskType") or TaskType.DETECT),
                parse_task_id(root.text("taskId")),
                decode(StartedBy, by.members, "startedBy") if by else None,
            )
        except InvalidTask as error:
            raise InvalidWatch(f"execution input: {error}") from error

    def to_input(self) -> Json:
        return encode(self)

    @property
    def execution_name(self) -> str:
        """The same for the same task, always: so a task can't be watched, or told, twice."""
        return self._named("")

    @property
    def execution_names(self) -> Iterator[str]:
        """That name, and those for when it was used up before there was such a task."""
        yield self.execution_name
        for number in range(2, MOST_NAMES + 1):
            yield self._named(f"-{number}")

    def _named(self, suffix: str) -> str:
        name = f"{self.task_type}-{self.task_id}"
        room = EXECUTION_NAME_LENGTH - len(suffix)
        if len(name) > room:
            digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
            name = f"{name[: room - _HASH_LENGTH - 1]}-{digest}"
        return name + suffix


def _task_type(text: str) -> TaskType:
    try:
        return TaskType(text)
    except ValueError:
        expected = " or ".join(TaskType)
        raise InvalidWatch(f"taskType: expected {expected}, got {text[:40]!r}") from None


def parse_task_id(text: str | None) -> str:
    if text is None:
        raise InvalidWatch("taskId is missing: it names the mitigation actions task to watch")
    if not TASK_ID.fullmatch(text):
        raise InvalidWatch(
            f"taskId: expected 1 to 128 of a-z, A-Z, 0-9, _ and -, got {text[:140]!r}"
        )
    return text
