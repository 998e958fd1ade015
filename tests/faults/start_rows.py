"""How a watch starts, or does not: by CloudTrail's event, or by the sweep, and each task's once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from embedded.places import HOME, Place
from mitigation.kind import TaskType
from mitigation.watch import MOST_NAMES, Watch
from tests.faults import fault
from tests.faults.fault import NETWORK, PAGE, named, once
from tests.faults.outcome import NOT_STARTED, NOT_SWEPT, NOTHING, TOLD, both
from tests.faults.row import DESCRIBE, ENDS, Row, Step, event, once_and_for_ever, passes
from tests.support.aws import WORKS, Outage, Refusal
from tests.support.functions import Mishap
from tests.support.machine import NOW, TICK, World
from tests.support.watched import Json, answer, started

LIST_TASKS = "List{}MitigationActionsTasks"
STARTED_TWO, SWEPT_LATE = both("2 x told", "2 succeeded"), both("told", failed_sweeps=1)
REFUSED = Refusal("AccessDeniedException")
FIVE_MINUTES, LATER = 300, timedelta(minutes=20)
SWEEP = [passes(FIVE_MINUTES), World.ticks]
EVENT_THEN_SWEEP = [passes(60), event(), *SWEEP]
A_DAY_LATER = [event(), passes(24 * 3600), event()]
# It started after the stack was made, so it is the stack's own.
MADE = NOW + timedelta(minutes=1)
OWN = [partial(answer, start=MADE, end=MADE + timedelta(seconds=20))]


def start_execution_rows() -> Iterator[Row]:
    row, operation = partial(Row, "Step Functions StartExecution"), "StartExecution"
    full, gone = Refusal("ExecutionLimitExceeded"), Refusal("StateMachineDoesNotExist")
    faults = named(fault.THROTTLED, fault.AWAY, REFUSED, full, gone) | NETWORK
    yield from once_and_for_ever(row, operation, faults, NOT_STARTED, but="the answer is lost")
    late, aws = both("told", start_failures=1), {operation: [*(3 * [REFUSED]), WORKS]}
    name = "fails until the next sweep, which starts the watch"
    yield row(name, late, EVENT_THEN_SWEEP, OWN, aws)


def event_rows() -> Iterator[Row]:
    row = partial(Row, "CloudTrail's event")
    nothing: dict[str, Any] = {"requestParameters": None, "responseElements": None}
    refused = event(errorCode="LimitExceededException", **nothing)
    bad_id = event(requestParameters={"taskId": "../../x?y=<!channel>"})
    yield row("comes 20 times in turn", TOLD, 20 * [event()])
    yield row("comes 20 times at once", TOLD, [event(20)])
    yield row("comes again a day later", TOLD, A_DAY_LATER)
    yield row("names the task in responseElements only", TOLD, [event(requestParameters=None)])
    yield row("has fields that nobody knows", TOLD, [event(additionalEventData={"new": [1, None]})])
    yield row("is of a call that was refused", NOTHING, [refused])
    yield row("is of another call", NOTHING, [event(eventName="CancelAuditMitigationActionsTask")])
    yield row("is truncated: no task id", NOT_STARTED, [event(**nothing)])
    no_object = "is truncated: requestParameters are no object"
    yield row(no_object, NOT_STARTED, [event(requestParameters="{…")])
    yield row("names a task that breaks AWS's pattern", NOT_STARTED, [bad_id])
    nonsense = event(eventTime="soon", userIdentity=["ada"])
    yield row("says nonsense about the caller", TOLD, [nonsense])
    elsewhere = Place("999999999999", HOME.region)
    yield row("is of another account", NOTHING, [event(place=elsewhere)])
    two, alike = ["first", "second"], ["x" * 127 + last for last in "12"]
    late = event(task_id="second", eventTime="2026-11-22T11:01:07+00:00")
    wrong_order = [late, event(task_id="first")]
    yield row("two events come in the wrong order", STARTED_TWO, wrong_order, task_ids=two)
    yield row("two task ids of 128 characters differ in the last", STARTED_TWO, task_ids=alike)


def name_rows() -> Iterator[Row]:
    """Whoever may start executions can use up a task's name before there is such a task."""
    row = partial(Row, "The watch's name is used up")
    after = both("told", "1 failed, 1 succeeded")
    yield row("by an execution that names no task", after, [by_nobody, event()])
    yield row("and the event comes 20 times at once", after, [by_nobody, event(20)])
    at_once: list[Step] = [by_nobody, passes(FIVE_MINUTES), event_with_sweep]
    yield row("and the sweep comes with the event", after, at_once, OWN)
    stuck = both("nothing", "9 failed", start_failures=1)
    nine_times = partial(used_up, execution_input={}, times=MOST_NAMES)
    yield row("nine times: a person has to act", stuck, [nine_times, event()])
    name, two = "by an execution that watched another task", ["first", "second"]
    yield row(name, STARTED_TWO, [by_the_last, event(task_id="first")], task_ids=two)
    name, told = "by one that found no such task yet", both("told VANISHED, told", "2 succeeded")
    start, seconds = NOW + LATER, LATER.total_seconds()
    again = [event(20, eventTime=start.isoformat()), *SWEEP]
    too_early = [by_the_last, passes(seconds), *again, *again]
    later = [partial(answer, start=start, end=start + timedelta(seconds=9))]
    yield row(name, told, too_early, later, {DESCRIBE: Outage(fault.NOT_FOUND, [(0, seconds)])})
    group = "Step Functions DescribeExecution, of a watch that is there already"
    row, operation = partial(Row, group, play=A_DAY_LATER), "DescribeExecution"
    yield row("throttled, once", TOLD, aws={operation: once(fault.THROTTLED)})
    failed = both("told", start_failures=1)
    yield row("AccessDeniedException, for ever", failed, aws={operation: [fault.DENIED]})


def used_up(world: World, execution_input: Json, times: int = 1) -> None:
    """So many names of the first task's watch, each by an execution with this input."""
    first = world.tasks[0]
    names = Watch(TaskType(first.task_type), first.task_id).execution_names
    for name in islice(names, times):
        world.starts(name, execution_input)


by_nobody = partial(used_up, execution_input={"taskID": "a typo"})


def by_the_last(world: World) -> None:
    """By a watch of the last task."""
    last = world.tasks[-1]
    used_up(world, {"taskType": last.task_type, "taskId": last.task_id})


def event_with_sweep(world: World) -> None:
    """In the same second, each way round."""
    event = started(world.tasks[0].task_type, eventTime=MADE.isoformat())
    world.happens(event, TICK)
    world.happens(TICK, event)


def crowd_rows() -> Iterator[Row]:
    ids = [f"task-{index:02}" for index in range(50)]
    crowd = partial(Row, "A crowd", describe=ENDS, task_ids=ids, calls_per_second=10)
    name = "50 tasks at once, and AWS IoT takes 10 calls a second"
    yield crowd(name, both("50 x told", "50 succeeded"))


def sweep_rows() -> Iterator[Row]:
    """It finds what no event told, nothing older than the stack, and nothing twice."""
    row = partial(Row, "The sweep", describe=OWN)
    yield row("finds a task whose event never came", TOLD, SWEEP)
    yield row("comes five times", TOLD, 5 * SWEEP)
    yield row("comes after the event", TOLD, EVENT_THEN_SWEEP)
    yield row("comes before the event", TOLD, [*SWEEP, event()])
    older = [partial(answer, start=NOW - timedelta(minutes=5), end=NOW)]
    name = "of a first deployment announces nothing older"
    yield row(name, NOTHING, SWEEP, describe=older)
    faults = named(fault.THROTTLED, fault.FAILS, fault.DENIED, fault.INVALID) | NETWORK
    for says, answered in faults.items():
        name, is_empty = f"List…MitigationActionsTasks: {says}", says == PAGE  # has no items
        outcome = TOLD if is_empty else SWEPT_LATE
        yield row(f"{name}, once", outcome, 5 * SWEEP, aws={LIST_TASKS: once(answered)})
        if not is_empty:
            yield row(f"{name}, for ever", NOT_SWEPT, SWEEP, aws={LIST_TASKS: [answered]})
    name, operation = "DescribeStateMachine: AccessDeniedException", "DescribeStateMachine"
    never = both("nothing", "none", failed_sweeps=2)
    yield row(f"{name}, once", SWEPT_LATE, 2 * SWEEP, aws={operation: once(REFUSED)})
    yield row(f"{name}, for ever", never, 2 * SWEEP, aws={operation: [REFUSED]})
    # What can't be read or started keeps no other task from being watched.
    three = partial(row, task_ids=["one", "two", "three"], aws={"StartExecution": [REFUSED, WORKS]})
    name = "of three watches the first can't be started"
    yield three(name, both("2 x told", "2 succeeded", failed_sweeps=1), SWEEP)
    all_told = both("3 x told", "3 succeeded", failed_sweeps=1)
    yield three(f"{name}, until the next sweep", all_told, 2 * SWEEP)
    ids = ["no task's id", "quarantine-7"]
    yield row("an item of the list names no task", SWEPT_LATE, SWEEP, task_ids=ids)
    for kind, other in (("detect", "Audit"), ("audit", "Detect")):
        unlisted = partial(row, aws={LIST_TASKS.format(other): [REFUSED]}, types=(kind,))
        yield unlisted(f"the {other.lower()} tasks can't be listed", SWEPT_LATE, SWEEP)
    for name, mishap in {"ends": Mishap.EXIT_BEFORE, "times out": Mishap.TIMEOUT_AFTER}.items():
        broken = {"SweepFunction": once(mishap)}
        yield row(f"the function {name}, once", SWEPT_LATE, 2 * SWEEP, lambdas=broken)


ROWS = [*start_execution_rows(), *event_rows(), *name_rows(), *crowd_rows(), *sweep_rows()]
