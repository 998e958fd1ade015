"""How far an act is: what the state machine keeps of it, and what people are told at its end."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Self

from mitigation.causes import MAX_CAUSES, MAX_NAMES, NAME_SIZE, Cause
from mitigation.wire import clip

MAX_STARTED = 40  # task ids that are kept, to be told; the others are counted


class Result(StrEnum):
    CANCELED = "canceled"
    ENDED = "ended"  # before anybody could cancel it
    STARTED = "started"  # what failed was started once more
    UNDONE = "undone"
    NOTHING = "nothing to do"
    RUNNING = "still running"  # so there is nothing to retry or to undo yet
    CHANGED = "changed"  # not what the second person agreed to any more
    GONE = "gone"  # AWS IoT does not know the task
    NOT_GRANTED = "not granted"  # by the member whose task it is


class Progress(NamedTuple):
    """`result` is None while the act goes on; every part is bounded, whatever the task's size."""

    result: Result | None = None
    status: str | None = None  # of the task, as AWS spells it
    done: int = 0  # violations or findings started anew; or changes undone
    total: int = 0  # of these, that there were to do
    started: tuple[str, ...] = ()  # the first ids of the tasks that were started
    tasks: int = 0  # of them altogether
    batches: int = 0  # that were started, or refused for good
    kinds: dict[str, int] = {}  # noqa: RUF012  what was undone, by kind; never changed in place
    left: tuple[Cause, ...] = ()  # what was left alone, by reason
    failed: tuple[Cause, ...] = ()
    cursor: str | None = None  # where an undo goes on
    waited: int = 0  # seconds, for a free place

    def starting(self, task_id: str, count: int) -> Self:
        started = (*self.started, task_id)[:MAX_STARTED]
        done, tasks, batches = self.done + count, self.tasks + 1, self.batches + 1
        return self._replace(started=started, done=done, tasks=tasks, batches=batches)

    def failing(self, cause: str, names: Iterable[str], message: str | None = None) -> Self:
        return self._replace(failed=added(self.failed, cause, names, message))

    def leaving(self, reason: str, name: str) -> Self:
        return self._replace(left=added(self.left, reason, (name,)))

    def undoing(self, kind: str) -> Self:
        kinds = {**self.kinds, kind: self.kinds.get(kind, 0) + 1}
        return self._replace(kinds=kinds, done=self.done + 1)


def added(
    causes: tuple[Cause, ...], code: str, names: Iterable[str], message: str | None = None
) -> tuple[Cause, ...]:
    """The causes with these names more; the first few are kept, all are counted."""
    by_code = {cause.error_code: cause for cause in causes}
    if code not in by_code and len(by_code) >= MAX_CAUSES:
        code = "other reasons"
    cause = by_code.get(code, Cause(code, message=message and clip(message, NAME_SIZE)))
    for name in names:
        room = len(cause.names) < MAX_NAMES
        cause = Cause(
            cause.error_code,
            cause.count + 1,
            (*cause.names, clip(name, NAME_SIZE)) if room else cause.names,
            cause.more + (not room),
            cause.message,
        )
    return tuple({**by_code, code: cause}.values())
