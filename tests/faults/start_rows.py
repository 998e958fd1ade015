"""How a watch starts, or does not, by CloudTrail's event: each task is watched once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from embedded.scenario import TaskType
from mitigation.kind import TaskType as Kind
from mitigation.watch import Watch
from tests.faults.aws_rows import DENIED, DESCRIBE, NETWORK, NOT_FOUND, THROTTLED, named
from tests.faults.outcome import Outcome
from tests.faults.row import NOT_STARTED, NOTHING, TOLD, Row, both, ends, once
from tests.faults.sweep_rows import AFTER_DEPLOYMENT, after_deployment, event_then_sweep
from tests.support.aws import Fault, Outage, Refusal
from tests.support.machine import NOW, TICK, World
from tests.support.watched import STARTED, TASK_IDS, answer, started

type Play = Callable[[World, TaskType], None]

LATER = timedelta(minutes=20)
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


def name_rows() -> Iterator[Row]:
    """Whoever may start executions can use up a task's name before there is such a task."""

    def row(name: str, expected: Outcome, play: Play, **more: Any) -> Row:
        return Row("The watch's name is used up", name, expected, play=play, **more)

    after = both("told", "1 failed, 1 succeeded")
    yield row("by an execution that names no task", after, by_nobody)
    yield row("and the event comes 20 times at once", after, by_nobody_twenty_times)
    yield row(
        "and the sweep comes with the event",
        after,
        by_nobody_with_the_sweep,
        describe=after_deployment,
    )
    yield row(
        "nine times: a person has to act",
        Outcome("nothing", "nothing", "9 failed", start_failures=1),
        nine_times,
    )
    yield row(
        "by an execution that watched another task",
        both("2 x told", "2 succeeded"),
        by_another,
        task_ids=["first", "second"],
    )
    yield row(
        "by one that found no such task yet",
        both("told VANISHED, told", "2 succeeded"),
        too_early,
        describe=lambda t: [answer(t, start=NOW + LATER, end=NOW + LATER + timedelta(seconds=9))],
        aws={DESCRIBE: Outage(NOT_FOUND, [(0, LATER.total_seconds())])},
        vanished_before=True,
    )
    for name, fault, expected in (
        ("throttled, once", once(THROTTLED), TOLD),
        ("AccessDeniedException, for ever", [DENIED], Outcome("told", "told", start_failures=1)),
    ):
        yield Row(
            "Step Functions DescribeExecution, of a watch that is there already",
            name,
            expected,
            play=again_a_day_later,
            aws={"DescribeExecution": fault},
        )


def by_nobody(world: World, task_type: TaskType) -> None:
    world.starts(watch(task_type).execution_name, {"taskID": "a typo"})
    world.happens(started(task_type))


def by_nobody_twenty_times(world: World, task_type: TaskType) -> None:
    world.starts(watch(task_type).execution_name, {"taskID": "a typo"})
    twenty_at_once(world, task_type)


def by_nobody_with_the_sweep(world: World, task_type: TaskType) -> None:
    """In the same second, each way round."""
    world.starts(watch(task_type).execution_name, {"taskID": "a typo"})
    world.passes(300)
    event = started(task_type, eventTime=AFTER_DEPLOYMENT.isoformat())
    world.happens(event, TICK)
    world.happens(TICK, event)


def nine_times(world: World, task_type: TaskType) -> None:
    for name in watch(task_type).execution_names:
        world.starts(name, {})
    world.happens(started(task_type))


def by_another(world: World, task_type: TaskType) -> None:
    world.starts(
        watch(task_type, "first").execution_name, {"taskType": task_type, "taskId": "second"}
    )
    world.happens(started(task_type, "first"))


def too_early(world: World, task_type: TaskType) -> None:
    known = watch(task_type)
    world.starts(known.execution_name, {"taskType": task_type, "taskId": known.task_id})
    world.passes(LATER.total_seconds())
    at = (NOW + LATER).isoformat()
    for _ in range(2):
        world.happens(*(20 * [started(task_type, eventTime=at)]))
        world.passes(300)
        world.ticks()


def watch(task_type: TaskType, task_id: str | None = None) -> Watch:
    return Watch(Kind(task_type), task_id or TASK_IDS[task_type])


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
    yield from name_rows()
    yield from crowd_rows()
