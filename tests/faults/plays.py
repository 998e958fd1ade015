"""What happens in a row: CloudTrail's event, time that goes by, the sweep's turn."""

from collections.abc import Callable

from embedded.scenario import TaskType
from tests.support.machine import World
from tests.support.watched import started

type Play = Callable[[World, TaskType], None]


def event(times: int = 1, task_id: str | None = None, **detail: object) -> Play:
    """CloudTrail tells of the task's start, so many times at once."""
    return lambda world, t: world.happens(*(times * [started(t, task_id, **detail)]))


def passes(seconds: float) -> Play:
    return lambda world, _: world.passes(seconds)


def ticks(world: World, _: TaskType) -> None:
    world.ticks()


def in_turn(*plays: Play) -> Play:
    def play(world: World, task_type: TaskType) -> None:
        for each in plays:
            each(world, task_type)

    return play
