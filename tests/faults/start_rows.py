"""How a watch starts, or does not, by CloudTrail's event: each task is watched once."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from embedded.scenario import TaskType
from tests.faults.aws_rows import NETWORK, THROTTLED, named
from tests.faults.outcome import Outcome
from tests.faults.row import NOT_STARTED, NOTHING, TOLD, Row, ends, once
from tests.faults.sweep_rows import after_deployment, event_then_sweep
from tests.support.aws import Fault, Refusal
from tests.support.machine import World
from tests.support.watched import STARTED, started

type Play = Callable[[World, TaskType], None]

ALIKE = ["x" * 127 + last for last in "12"]


def start_execution_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, *faults: Fault) -> Row:
        return Row("Step Functions StartExecution", name, expected, aws={"StartExecution": faults})

    errors = named(
        THROTTLED,
        Refusal("ServiceUnavailableException", 503),
        Refusal("AccessDeniedException"),
        Refusal("ExecutionLimitExceeded"),
        Refusal("StateMachineDoesNotExist"),
    )
    for name, fault in {**errors, **NETWORK}.items():
        yield row(f"{name}, once", TOLD, *once(fault))
        if name != "the answer is lost":
            yield row(f"{name}, for ever", NOT_STARTED, fault)
    yield Row(
        "Step Functions StartExecution",
        "ExecutionAlreadyExists: watched before",
        NOTHING,
        aws={"StartExecution": [Refusal("ExecutionAlreadyExists")]},
        nothing_due=True,
    )
    yield Row(
        "Step Functions StartExecution",
        "fails until the next sweep, which starts the watch",
        Outcome("told", "told", start_failures=1),
        play=event_then_sweep,
        aws={"StartExecution": [*(3 * [Refusal("AccessDeniedException")]), *once(THROTTLED)[-1:]]},
        describe=after_deployment,
    )


def event_rows() -> Iterator[Row]:
    def row(name: str, expected: Outcome, play: Play, nothing_due: bool = False) -> Row:
        return Row("CloudTrail's event", name, expected, play=play, nothing_due=nothing_due)

    def one(**detail: object) -> Play:
        return lambda world, t: world.happens(started(t, None, **detail))

    yield row("comes 20 times in turn", TOLD, twenty_in_turn)
    yield row("comes 20 times at once", TOLD, twenty_at_once)
    yield row("comes again a day later", TOLD, again_a_day_later)
    yield row("names the task in responseElements only", TOLD, one(requestParameters=None))
    yield row("has fields that nobody knows", TOLD, one(additionalEventData={"new": [1, None]}))
    yield row(
        "is of a call that was refused",
        NOTHING,
        one(errorCode="LimitExceededException", requestParameters=None, responseElements=None),
        nothing_due=True,
    )
    yield row(
        "is of another call", NOTHING, one(eventName="CancelAuditMitigationActionsTask"), True
    )
    yield row(
        "is truncated: no task id", NOT_STARTED, one(requestParameters=None, responseElements=None)
    )
    yield row(
        "is truncated: requestParameters are no object", NOT_STARTED, one(requestParameters="{…")
    )
    yield row(
        "names a task that breaks AWS's pattern",
        NOT_STARTED,
        one(requestParameters={"taskId": "../../x?y=<!channel>"}),
    )
    yield row("says nonsense about the caller", TOLD, one(eventTime="soon", userIdentity=["ada"]))
    yield row("is of another account", NOTHING, from_another_account, nothing_due=True)
    yield Row(
        "CloudTrail's event",
        "two events come in the wrong order",
        Outcome("2 x told", "2 x told", "2 succeeded"),
        play=wrong_order,
        task_ids=["first", "second"],
    )
    yield Row(
        "CloudTrail's event",
        "two task ids of 128 characters differ in the last",
        Outcome("2 x told", "2 x told", "2 succeeded"),
        task_ids=ALIKE,
    )


def twenty_in_turn(world: World, task_type: TaskType) -> None:
    for _ in range(20):
        world.happens(started(task_type))


def twenty_at_once(world: World, task_type: TaskType) -> None:
    world.happens(*(20 * [started(task_type)]))


def again_a_day_later(world: World, task_type: TaskType) -> None:
    world.happens(started(task_type))
    world.passes(24 * 3600)
    world.happens(started(task_type))


def from_another_account(world: World, task_type: TaskType) -> None:
    world.happens({**started(task_type), "account": "999999999999"})


def wrong_order(world: World, task_type: TaskType) -> None:
    late = (STARTED + timedelta(hours=1)).isoformat()
    world.happens(started(task_type, "second", eventTime=late))
    world.happens(started(task_type, "first"))


def crowd_rows() -> Iterator[Row]:
    number = 50
    yield Row(
        "A crowd",
        f"{number} tasks at once, and AWS IoT takes 10 calls a second",
        Outcome(f"{number} x told", f"{number} x told", f"{number} succeeded"),
        describe=ends,
        task_ids=[f"task-{index:02}" for index in range(number)],
        calls_per_second=10,
    )


def rows() -> Iterator[Row]:
    yield from start_execution_rows()
    yield from event_rows()
    yield from crowd_rows()
