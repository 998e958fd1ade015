"""The sweep finds what no event told, nothing older than the stack, and nothing twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from embedded.scenario import TaskType
from tests.faults.aws_rows import NETWORK, THROTTLED, named
from tests.faults.outcome import Outcome
from tests.faults.row import NOT_SWEPT, NOTHING, TOLD, Looks, Row, once
from tests.support.aws import WORKS, Fault, Page, Refusal
from tests.support.functions import Mishap
from tests.support.machine import NOW, World
from tests.support.watched import answer, started

LIST_TASKS = "List{}MitigationActionsTasks"
TOLD_AND_RAISED = replace(TOLD, failed_sweeps=1)
AFTER_DEPLOYMENT = NOW + timedelta(minutes=1)

type Play = Callable[[World, TaskType], None]


def sweep_rows() -> Iterator[Row]:
    def row(
        name: str,
        expected: Outcome,
        play: Play,
        describe: Callable[[TaskType], Looks] | None = None,
        aws: Mapping[str, Sequence[Fault]] | None = None,
        nothing_due: bool = False,
    ) -> Row:
        return Row(
            "The sweep",
            name,
            expected,
            play=play,
            describe=describe or after_deployment,
            aws=aws or {},
            nothing_due=nothing_due,
        )

    yield row("finds a task whose event never came", TOLD, sweep_later)
    yield row("comes five times", TOLD, sweep_often)
    yield row("comes after the event", TOLD, event_then_sweep)
    yield row("comes before the event", TOLD, sweep_then_event)
    yield row(
        "of a first deployment announces nothing older",
        NOTHING,
        sweep_later,
        describe=lambda t: [answer(t, start=NOW - timedelta(minutes=5), end=NOW)],
        nothing_due=True,
    )
    errors = {
        **named(
            THROTTLED,
            Refusal("InternalFailureException", 500),
            Refusal("AccessDeniedException", 403),
            Refusal("InvalidRequestException"),
        ),
        **NETWORK,
    }
    for name, fault in errors.items():
        operation = {LIST_TASKS: once(fault)}
        is_empty = fault == Page()  # it reads as an empty list
        outcome = TOLD if is_empty else TOLD_AND_RAISED
        yield row(f"List…MitigationActionsTasks: {name}, once", outcome, sweep_often, aws=operation)
        if not is_empty:
            yield row(
                f"List…MitigationActionsTasks: {name}, for ever",
                NOT_SWEPT,
                sweep_later,
                aws={LIST_TASKS: [fault]},
            )
    denied = Refusal("AccessDeniedException")
    for name, faults, expected in (
        ("once", once(denied), TOLD_AND_RAISED),
        ("for ever", [denied], replace(NOT_SWEPT, failed_sweeps=2)),
    ):
        yield row(
            f"DescribeStateMachine: AccessDeniedException, {name}",
            expected,
            sweep_twice,
            aws={"DescribeStateMachine": faults},
        )


def partial_rows() -> Iterator[Row]:
    """What can't be read or started keeps no other task from being watched."""

    def row(name: str, expected: Outcome, play: Play, task_ids: Sequence[str], **more: Any) -> Row:
        return Row(
            "The sweep",
            name,
            expected,
            play=play,
            describe=after_deployment,
            task_ids=task_ids,
            **more,
        )

    three, denied = ["one", "two", "three"], Refusal("AccessDeniedException")
    yield row(
        "of three watches the first can't be started",
        Outcome("2 x told", "2 x told", "2 succeeded", failed_sweeps=1),
        sweep_later,
        three,
        aws={"StartExecution": [denied, WORKS]},
    )
    yield row(
        "of three watches the first can't be started, until the next sweep",
        Outcome("3 x told", "3 x told", "3 succeeded", failed_sweeps=1),
        sweep_twice,
        three,
        aws={"StartExecution": [denied, WORKS]},
    )
    yield row(
        "an item of the list names no task",
        TOLD_AND_RAISED,
        sweep_later,
        ["no task's id", "quarantine-7"],
    )
    for kind, other in (("detect", "Audit"), ("audit", "Detect")):
        yield row(
            f"the {other.lower()} tasks can't be listed",
            TOLD_AND_RAISED,
            sweep_later,
            (),
            aws={LIST_TASKS.format(other): [denied]},
            types=(kind,),
        )
    for name, mishap in {"ends": Mishap.EXIT_BEFORE, "times out": Mishap.TIMEOUT_AFTER}.items():
        yield row(
            f"the function {name}, once",
            TOLD_AND_RAISED,
            sweep_twice,
            (),
            lambdas={"SweepFunction": [mishap, Mishap.NONE]},
        )


def after_deployment(task_type: TaskType) -> Looks:
    """It started after the stack was made, so it is the stack's own."""
    start, end = AFTER_DEPLOYMENT, AFTER_DEPLOYMENT + timedelta(seconds=20)
    return [answer(task_type, start=start, end=end)]


def sweep_later(world: World, _: TaskType) -> None:
    world.passes(300)
    world.ticks()


def sweep_twice(world: World, task_type: TaskType) -> None:
    sweep_later(world, task_type)
    sweep_later(world, task_type)


def sweep_often(world: World, task_type: TaskType) -> None:
    for _ in range(5):
        sweep_later(world, task_type)


def event_then_sweep(world: World, task_type: TaskType) -> None:
    world.passes(60)
    world.happens(started(task_type))
    sweep_later(world, task_type)


def sweep_then_event(world: World, task_type: TaskType) -> None:
    sweep_later(world, task_type)
    world.happens(started(task_type))


def rows() -> Iterator[Row]:
    yield from sweep_rows()
    yield from partial_rows()
