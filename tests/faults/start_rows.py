"""How a watch starts, or does not, by CloudTrail's event: each task is watched once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from embedded.scenario import TaskType
from mitigation.kind import TaskType as Kind
from mitigation.watch import Watch
from tests.faults.aws_rows import AWAY, DENIED, DESCRIBE, NETWORK, NOT_FOUND, THROTTLED, named
from tests.faults.outcome import NOT_STARTED, NOTHING, TOLD, Outcome, both
from tests.faults.plays import event, in_turn, passes, ticks
from tests.faults.row import Looks, Row, ends, once
from tests.faults.sweep_rows import AFTER_DEPLOYMENT, after_deployment, event_then_sweep
from tests.support.aws import WORKS, Outage, Refusal
from tests.support.machine import NOW, TICK, World
from tests.support.watched import STARTED, TASK_IDS, answer, started

LATER = timedelta(minutes=20)
TWO_TOLD = Outcome("2 x told", "2 x told", "2 succeeded")
A_TYPO = {"taskID": "a typo"}
again_a_day_later = in_turn(event(), passes(24 * 3600), event())


def start_execution_rows() -> Iterator[Row]:
    row = partial(Row, "Step Functions StartExecution")
    denied, operation = Refusal("AccessDeniedException"), "StartExecution"
    full, gone = Refusal("ExecutionLimitExceeded"), Refusal("StateMachineDoesNotExist")
    for name, fault in {**named(THROTTLED, AWAY, denied, full, gone), **NETWORK}.items():
        yield row(f"{name}, once", TOLD, aws={operation: once(fault)})
        if name != "the answer is lost":
            yield row(f"{name}, for ever", NOT_STARTED, aws={operation: [fault]})
    yield row(
        "fails until the next sweep, which starts the watch",
        Outcome("told", "told", start_failures=1),
        event_then_sweep,
        aws={operation: [*(3 * [denied]), WORKS]},
        describe=after_deployment,
    )


def event_rows() -> Iterator[Row]:
    row = partial(Row, "CloudTrail's event")
    left = partial(row, nothing_due=True)
    refused: dict[str, Any] = {"requestParameters": None, "responseElements": None}
    outside = event(requestParameters={"taskId": "../../x?y=<!channel>"})
    nonsense = event(eventTime="soon", userIdentity=["ada"])
    other = event(eventName="CancelAuditMitigationActionsTask")
    no_object = "is truncated: requestParameters are no object"
    of_a_refused_call = event(errorCode="LimitExceededException", **refused)
    alike = ["x" * 127 + last for last in "12"]
    yield row("comes 20 times in turn", TOLD, in_turn(*(20 * [event()])))
    yield row("comes 20 times at once", TOLD, event(20))
    yield row("comes again a day later", TOLD, again_a_day_later)
    yield row("names the task in responseElements only", TOLD, event(requestParameters=None))
    new = event(additionalEventData={"new": [1, None]})
    yield row("has fields that nobody knows", TOLD, new)
    yield left("is of a call that was refused", NOTHING, of_a_refused_call)
    yield left("is of another call", NOTHING, other)
    yield row("is truncated: no task id", NOT_STARTED, event(**refused))
    yield row(no_object, NOT_STARTED, event(requestParameters="{…"))
    yield row("names a task that breaks AWS's pattern", NOT_STARTED, outside)
    yield row("says nonsense about the caller", TOLD, nonsense)
    yield left("is of another account", NOTHING, from_another_account)
    two = partial(row, task_ids=["first", "second"])
    yield two("two events come in the wrong order", TWO_TOLD, wrong_order)
    yield row("two task ids of 128 characters differ in the last", TWO_TOLD, task_ids=alike)


def from_another_account(world: World, task_type: TaskType) -> None:
    world.happens({**started(task_type), "account": "999999999999"})


def wrong_order(world: World, task_type: TaskType) -> None:
    late = (STARTED + timedelta(hours=1)).isoformat()
    world.happens(started(task_type, "second", eventTime=late))
    world.happens(started(task_type, "first"))


def name_rows() -> Iterator[Row]:
    """Whoever may start executions can use up a task's name before there is such a task."""
    row = partial(Row, "The watch's name is used up")
    after = both("told", "1 failed, 1 succeeded")
    yield row("by an execution that names no task", after, in_turn(by_nobody, event()))
    yield row("and the event comes 20 times at once", after, in_turn(by_nobody, event(20)))
    swept = partial(row, describe=after_deployment)
    yield swept("and the sweep comes with the event", after, by_nobody_with_the_sweep)
    nothing = Outcome("nothing", "nothing", "9 failed", start_failures=1)
    yield row("nine times: a person has to act", nothing, nine_times)
    two = partial(row, task_ids=["first", "second"])
    yield two("by an execution that watched another task", TWO_TOLD, by_another)
    yield row(
        "by one that found no such task yet",
        both("told VANISHED, told", "2 succeeded"),
        too_early,
        describe=later,
        aws={DESCRIBE: Outage(NOT_FOUND, [(0, LATER.total_seconds())])},
        vanished_before=True,
    )
    group = "Step Functions DescribeExecution, of a watch that is there already"
    row, denied = partial(Row, group, play=again_a_day_later), {"DescribeExecution": [DENIED]}
    yield row("throttled, once", TOLD, aws={"DescribeExecution": once(THROTTLED)})
    failed = Outcome("told", "told", start_failures=1)
    yield row("AccessDeniedException, for ever", failed, aws=denied)


def by_nobody(world: World, task_type: TaskType) -> None:
    world.starts(watch(task_type).execution_name, A_TYPO)


def by_nobody_with_the_sweep(world: World, task_type: TaskType) -> None:
    """In the same second, each way round."""
    by_nobody(world, task_type)
    world.passes(300)
    event = started(task_type, eventTime=AFTER_DEPLOYMENT.isoformat())
    world.happens(event, TICK)
    world.happens(TICK, event)


def nine_times(world: World, task_type: TaskType) -> None:
    for name in watch(task_type).execution_names:
        world.starts(name, {})
    world.happens(started(task_type))


def by_another(world: World, task_type: TaskType) -> None:
    name = watch(task_type, "first").execution_name
    world.starts(name, {"taskType": task_type, "taskId": "second"})
    world.happens(started(task_type, "first"))


def later(task_type: TaskType) -> Looks:
    start = NOW + LATER
    return [answer(task_type, start=start, end=start + timedelta(seconds=9))]


def too_early(world: World, task_type: TaskType) -> None:
    known = watch(task_type)
    world.starts(known.execution_name, {"taskType": task_type, "taskId": known.task_id})
    twenty = event(20, eventTime=(NOW + LATER).isoformat())
    again = in_turn(twenty, passes(300), ticks)
    in_turn(passes(LATER.total_seconds()), again, again)(world, task_type)


def watch(task_type: TaskType, task_id: str | None = None) -> Watch:
    return Watch(Kind(task_type), task_id or TASK_IDS[task_type])


def rows() -> Iterator[Row]:
    yield from start_execution_rows()
    yield from event_rows()
    yield from name_rows()
    number = 50
    yield Row(
        "A crowd",
        f"{number} tasks at once, and AWS IoT takes 10 calls a second",
        Outcome(f"{number} x told", f"{number} x told", f"{number} succeeded"),
        describe=ends,
        task_ids=[f"task-{index:02}" for index in range(number)],
        calls_per_second=10,
    )
