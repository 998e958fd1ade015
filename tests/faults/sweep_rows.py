"""The sweep finds what no event told, nothing older than the stack, and nothing twice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from embedded.scenario import TaskType
from tests.faults.aws_rows import NETWORK, THROTTLED, named
from tests.faults.outcome import Outcome
from tests.faults.row import NOT_STARTED, NOTHING, TOLD, Looks, Row, once
from tests.support.aws import Fault, Page, Refusal
from tests.support.machine import NOW, World
from tests.support.watched import answer, started

LIST_TASKS = "List{}MitigationActionsTasks"
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
        yield row(f"List…MitigationActionsTasks: {name}, once", TOLD, sweep_often, aws=operation)
        if fault != Page():  # it reads as an empty list
            yield row(
                f"List…MitigationActionsTasks: {name}, for ever",
                NOT_STARTED,
                sweep_later,
                aws={LIST_TASKS: [fault]},
            )
    denied = Refusal("AccessDeniedException")
    for name, faults, expected in (
        ("once", once(denied), TOLD),
        ("for ever", [denied], NOT_STARTED),
    ):
        yield row(
            f"DescribeStateMachine: AccessDeniedException, {name}",
            expected,
            sweep_later,
            aws={"DescribeStateMachine": faults},
        )


def after_deployment(task_type: TaskType) -> Looks:
    """It started after the stack was made, so it is the stack's own."""
    start, end = AFTER_DEPLOYMENT, AFTER_DEPLOYMENT + timedelta(seconds=20)
    return [answer(task_type, start=start, end=end)]


def sweep_later(world: World, _: TaskType) -> None:
    world.passes(300)
    world.ticks()


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
