"""How a watch starts, or does not: by CloudTrail's event, or by the sweep, and each task's once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from embedded.scenario import TaskType
from mitigation.kind import TaskType as Kind
from mitigation.watch import Watch
from tests.faults.outcome import NOT_STARTED, NOT_SWEPT, NOTHING, TOLD, Outcome, both
from tests.faults.row import (
    AWAY,
    DENIED,
    DESCRIBE,
    FAILS,
    INVALID,
    NETWORK,
    NOT_FOUND,
    PAGE,
    THROTTLED,
    Looks,
    Play,
    Row,
    ends,
    event,
    in_turn,
    named,
    once,
    once_and_for_ever,
    passes,
    ticks,
)
from tests.support.aws import WORKS, Outage, Refusal
from tests.support.functions import Mishap
from tests.support.machine import NOW, TICK, World
from tests.support.watched import STARTED, TASK_IDS, answer, started

LIST_TASKS = "List{}MitigationActionsTasks"
STARTED_TWO, SWEPT_LATE = both("2 x told", "2 succeeded"), both("told", failed_sweeps=1)
DAY, FIVE_MINUTES, LATER = 24 * 3600, 300, timedelta(minutes=20)
AFTER_DEPLOYMENT = NOW + timedelta(minutes=1)
REFUSED = Refusal("AccessDeniedException")

sweep = in_turn(passes(FIVE_MINUTES), ticks)
event_then_sweep = in_turn(passes(60), event(), sweep)
again_a_day_later = in_turn(event(), passes(DAY), event())


def after_deployment(task_type: TaskType) -> Looks:
    """It started after the stack was made, so it is the stack's own."""
    end = AFTER_DEPLOYMENT + timedelta(seconds=20)
    return [answer(task_type, start=AFTER_DEPLOYMENT, end=end)]


def start_execution_rows() -> Iterator[Row]:
    row, operation = partial(Row, "Step Functions StartExecution"), "StartExecution"
    full, gone = Refusal("ExecutionLimitExceeded"), Refusal("StateMachineDoesNotExist")
    faults = {**named(THROTTLED, AWAY, REFUSED, full, gone), **NETWORK}
    rows = once_and_for_ever(row, operation, faults, NOT_STARTED)
    yield from (each for each in rows if each.name != "the answer is lost, for ever")
    late, aws = both("told", start_failures=1), {operation: [*(3 * [REFUSED]), WORKS]}
    swept = partial(row, aws=aws, describe=after_deployment)
    yield swept("fails until the next sweep, which starts the watch", late, event_then_sweep)


def event_rows() -> Iterator[Row]:
    row = partial(Row, "CloudTrail's event")
    nothing: dict[str, Any] = {"requestParameters": None, "responseElements": None}
    two = ["first", "second"]
    alike = ["x" * 127 + last for last in "12"]
    ways: dict[str, tuple[Outcome, Play]] = {
        "comes 20 times in turn": (TOLD, in_turn(*(20 * [event()]))),
        "comes 20 times at once": (TOLD, event(20)),
        "comes again a day later": (TOLD, again_a_day_later),
        "names the task in responseElements only": (TOLD, event(requestParameters=None)),
        "has fields that nobody knows": (TOLD, event(additionalEventData={"new": [1, None]})),
        "is of a call that was refused": (
            NOTHING,
            event(errorCode="LimitExceededException", **nothing),
        ),
        "is of another call": (NOTHING, event(eventName="CancelAuditMitigationActionsTask")),
        "is truncated: no task id": (NOT_STARTED, event(**nothing)),
        "is truncated: requestParameters are no object": (
            NOT_STARTED,
            event(requestParameters="{…"),
        ),
        "names a task that breaks AWS's pattern": (
            NOT_STARTED,
            event(requestParameters={"taskId": "../../x?y=<!channel>"}),
        ),
        "says nonsense about the caller": (TOLD, event(eventTime="soon", userIdentity=["ada"])),
        "is of another account": (NOTHING, from_another_account),
    }
    for name, (expected, play) in ways.items():
        yield row(name, expected, play)
    late = (STARTED + timedelta(hours=1)).isoformat()
    wrong_order = in_turn(event(task_id="second", eventTime=late), event(task_id="first"))
    yield row("two events come in the wrong order", STARTED_TWO, wrong_order, task_ids=two)
    yield row("two task ids of 128 characters differ in the last", STARTED_TWO, task_ids=alike)


def from_another_account(world: World, task_type: TaskType) -> None:
    world.happens({**started(task_type), "account": "999999999999"})


def name_rows() -> Iterator[Row]:
    """Whoever may start executions can use up a task's name before there is such a task."""
    row = partial(Row, "The watch's name is used up")
    after, twenty = both("told", "1 failed, 1 succeeded"), in_turn(by_nobody, event(20))
    yield row("by an execution that names no task", after, in_turn(by_nobody, event()))
    yield row("and the event comes 20 times at once", after, twenty)
    swept = partial(row, describe=after_deployment)
    yield swept("and the sweep comes with the event", after, by_nobody_with_the_sweep)
    stuck = both("nothing", "9 failed", start_failures=1)
    yield row("nine times: a person has to act", stuck, nine_times)
    two = partial(row, task_ids=["first", "second"])
    yield two("by an execution that watched another task", STARTED_TWO, by_another)
    yield row(
        "by one that found no such task yet",
        both("told VANISHED, told", "2 succeeded"),
        too_early,
        describe=later,
        aws={DESCRIBE: Outage(NOT_FOUND, [(0, LATER.total_seconds())])},
    )
    group = "Step Functions DescribeExecution, of a watch that is there already"
    row, operation = partial(Row, group, play=again_a_day_later), "DescribeExecution"
    yield row("throttled, once", TOLD, aws={operation: once(THROTTLED)})
    failed = both("told", start_failures=1)
    yield row("AccessDeniedException, for ever", failed, aws={operation: [DENIED]})


def by_nobody(world: World, task_type: TaskType) -> None:
    world.starts(watch(task_type).execution_name, {"taskID": "a typo"})


def by_nobody_with_the_sweep(world: World, task_type: TaskType) -> None:
    """In the same second, each way round."""
    by_nobody(world, task_type)
    world.passes(FIVE_MINUTES)
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
    again = in_turn(event(20, eventTime=(NOW + LATER).isoformat()), sweep)
    in_turn(passes(LATER.total_seconds()), again, again)(world, task_type)


def watch(task_type: TaskType, task_id: str | None = None) -> Watch:
    return Watch(Kind(task_type), task_id or TASK_IDS[task_type])


def sweep_rows() -> Iterator[Row]:
    """It finds what no event told, nothing older than the stack, and nothing twice."""
    row = partial(Row, "The sweep", describe=after_deployment)
    often, twice = in_turn(*(5 * [sweep])), in_turn(sweep, sweep)
    yield row("finds a task whose event never came", TOLD, sweep)
    yield row("comes five times", TOLD, often)
    yield row("comes after the event", TOLD, event_then_sweep)
    yield row("comes before the event", TOLD, in_turn(sweep, event()))
    first, before = "of a first deployment announces nothing older", NOW - timedelta(minutes=5)
    yield row(first, NOTHING, sweep, describe=lambda t: [answer(t, start=before, end=NOW)])
    for fault, answered in {**named(THROTTLED, FAILS, DENIED, INVALID), **NETWORK}.items():
        name, is_empty = f"List…MitigationActionsTasks: {fault}", fault == PAGE  # has no items
        outcome = TOLD if is_empty else SWEPT_LATE
        yield row(f"{name}, once", outcome, often, aws={LIST_TASKS: once(answered)})
        if not is_empty:
            yield row(f"{name}, for ever", NOT_SWEPT, sweep, aws={LIST_TASKS: [answered]})
    operation = "DescribeStateMachine"
    name, never = f"{operation}: AccessDeniedException", both("nothing", "none", failed_sweeps=2)
    yield row(f"{name}, once", SWEPT_LATE, twice, aws={operation: once(REFUSED)})
    yield row(f"{name}, for ever", never, twice, aws={operation: [REFUSED]})
    # What can't be read or started keeps no other task from being watched.
    three = partial(row, task_ids=["one", "two", "three"], aws={"StartExecution": [REFUSED, WORKS]})
    name = "of three watches the first can't be started"
    yield three(name, both("2 x told", "2 succeeded", failed_sweeps=1), sweep)
    all_told = both("3 x told", "3 succeeded", failed_sweeps=1)
    yield three(f"{name}, until the next sweep", all_told, twice)
    ids = ["no task's id", "quarantine-7"]
    yield row("an item of the list names no task", SWEPT_LATE, sweep, task_ids=ids)
    for kind, other in (("detect", "Audit"), ("audit", "Detect")):
        unlisted = partial(row, aws={LIST_TASKS.format(other): [REFUSED]}, types=(kind,))
        yield unlisted(f"the {other.lower()} tasks can't be listed", SWEPT_LATE, sweep)
    for name, mishap in {"ends": Mishap.EXIT_BEFORE, "times out": Mishap.TIMEOUT_AFTER}.items():
        broken = partial(row, lambdas={"SweepFunction": once(mishap)})
        yield broken(f"the function {name}, once", SWEPT_LATE, twice)


def rows() -> Iterator[Row]:
    yield from start_execution_rows()
    yield from event_rows()
    yield from name_rows()
    number = 50
    yield Row(
        "A crowd",
        f"{number} tasks at once, and AWS IoT takes 10 calls a second",
        both(f"{number} x told", f"{number} succeeded"),
        describe=ends,
        task_ids=[f"task-{index:02}" for index in range(number)],
        calls_per_second=10,
    )
    yield from sweep_rows()
