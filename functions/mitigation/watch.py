"""One task to watch: the execution's input, and the execution's name."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Self

from mitigation.codec import decode, encode
from mitigation.kind import TaskType
from mitigation.member import Member
from mitigation.task import TASK_ID
from mitigation.wire import InvalidTask, Json, Reader

EXECUTION_NAME_LENGTH = 80  # Step Functions, StartExecution, `name`
MOST_NAMES = 9  # for one task; see starts.py
_HASH_LENGTH = 12


class InvalidWatch(ValueError):  # noqa: N818  the state machine matches this name
    """An event or an execution input that names no task to watch; the message says why."""


class StartedBy(NamedTuple):
    """Who called Start…MitigationActionsTask, as CloudTrail recorded it."""

    arn: str | None
    source_ip: str | None
    at: datetime | None


class Watch(NamedTuple):
    """One task to watch: the execution input, parsed."""

    task_type: TaskType
    task_id: str
    started_by: StartedBy | None = None
    member: Member | None = None  # None: the task is of this account and region

    @classmethod
    def from_input(cls, execution_input: object) -> Self:
        """`{"taskId": "…"}` is enough: taskType defaults to detect, startedBy to nobody known.

        A member's task says so: `"member": {"account": "210987654321", "region": "us-east-1"}`.
        """
        try:
            root = Reader.of(execution_input)
            by, member = root.optional("startedBy"), root.optional("member")
            return cls(
                _task_type(root.text("taskType") or TaskType.DETECT),
                parse_task_id(root.text("taskId")),
                decode(StartedBy, by.members, "startedBy") if by else None,
                decode(Member, member.members, "member").check() if member else None,
            )
        except InvalidTask as error:
            raise InvalidWatch(f"execution input: {error}") from error

    def to_input(self) -> Json:
        written = {
            "taskType": self.task_type.value,
            "taskId": self.task_id,
            "startedBy": encode(self.started_by),
        }
        return written | ({"member": encode(self.member)} if self.member else {})

    @property
    def task_name(self) -> str:
        """Tells the tasks of one account and region apart."""
        return f"{self.task_type}-{self.task_id}"

    @property
    def execution_name(self) -> str:
        """The same for the same task, always: so a task can't be watched, or told, twice.

        A member's begins with its account, so no account can take the name of another's task.
        """
        return self._named("")

    @property
    def execution_names(self) -> Iterator[str]:
        """That name, and those for when it was used up before there was such a task."""
        yield self.execution_name
        for number in range(2, MOST_NAMES + 1):
            yield self._named(f"-{number}")

    def _named(self, suffix: str) -> str:
        name = self.task_name
        if self.member:
            name = f"{self.member.account}-{self.member.region}-{name}"
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
