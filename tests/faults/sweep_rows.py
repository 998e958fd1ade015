"""The sweep finds what no event told, nothing older than the stack, and nothing twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from embedded.scenario import TaskType
from tests.faults.aws_rows import DENIED, FAILS, INVALID, NETWORK, THROTTLED, named
from tests.faults.outcome import NOT_SWEPT, NOTHING, TOLD, Outcome
from tests.faults.plays import event, in_turn, passes, ticks
from tests.faults.row import Looks, Row, once
from tests.support.aws import WORKS, Page, Refusal
from tests.support.functions import Mishap
from tests.support.machine import NOW
from tests.support.watched import answer

LIST_TASKS = "List{}MitigationActionsTasks"
TOLD_AND_RAISED = replace(TOLD, failed_sweeps=1)
AFTER_DEPLOYMENT = NOW + timedelta(minutes=1)

sweep_later = in_turn(passes(300), ticks)
sweep_twice = in_turn(sweep_later, sweep_later)
sweep_often = in_turn(*(5 * [sweep_later]))
event_then_sweep = in_turn(passes(60), event(), sweep_later)


def after_deployment(task_type: TaskType) -> Looks:
    """It started after the stack was made, so it is the stack's own."""
    start, end = AFTER_DEPLOYMENT, AFTER_DEPLOYMENT + timedelta(seconds=20)
    return [answer(task_type, start=start, end=end)]


def before_deployment(task_type: TaskType) -> Looks:
    return [answer(task_type, start=NOW - timedelta(minutes=5), end=NOW)]


def rows() -> Iterator[Row]:
    row = partial(Row, "The sweep", describe=after_deployment)
    yield row("finds a task whose event never came", TOLD, sweep_later)
    yield row("comes five times", TOLD, sweep_often)
    yield row("comes after the event", TOLD, event_then_sweep)
    yield row("comes before the event", TOLD, in_turn(sweep_later, event()))
    first, older = "of a first deployment announces nothing older", before_deployment
    yield row(first, NOTHING, sweep_later, describe=older, nothing_due=True)
    for name, fault in {**named(THROTTLED, FAILS, DENIED, INVALID), **NETWORK}.items():
        listing, is_empty = f"List…MitigationActionsTasks: {name}", fault == Page()  # no items
        outcome = TOLD if is_empty else TOLD_AND_RAISED
        yield row(f"{listing}, once", outcome, sweep_often, aws={LIST_TASKS: once(fault)})
        if not is_empty:
            yield row(f"{listing}, for ever", NOT_SWEPT, sweep_later, aws={LIST_TASKS: [fault]})
    denied, name = Refusal("AccessDeniedException"), "DescribeStateMachine: AccessDeniedException"
    once_denied, ever = ({"DescribeStateMachine": each} for each in (once(denied), [denied]))
    yield row(f"{name}, once", TOLD_AND_RAISED, sweep_twice, aws=once_denied)
    yield row(f"{name}, for ever", replace(NOT_SWEPT, failed_sweeps=2), sweep_twice, aws=ever)
    yield from partial_rows(denied)


def partial_rows(denied: Refusal) -> Iterator[Row]:
    """What can't be read or started keeps no other task from being watched."""
    row = partial(Row, "The sweep", describe=after_deployment)
    three = partial(row, task_ids=["one", "two", "three"], aws={"StartExecution": [denied, WORKS]})
    name = "of three watches the first can't be started"
    two_told = Outcome("2 x told", "2 x told", "2 succeeded", failed_sweeps=1)
    yield three(name, two_told, sweep_later)
    all_told = Outcome("3 x told", "3 x told", "3 succeeded", failed_sweeps=1)
    yield three(f"{name}, until the next sweep", all_told, sweep_twice)
    ids = ["no task's id", "quarantine-7"]
    yield row("an item of the list names no task", TOLD_AND_RAISED, sweep_later, task_ids=ids)
    for kind, other in (("detect", "Audit"), ("audit", "Detect")):
        unlisted = partial(row, aws={LIST_TASKS.format(other): [denied]}, types=(kind,))
        yield unlisted(f"the {other.lower()} tasks can't be listed", TOLD_AND_RAISED, sweep_later)
    for name, mishap in {"ends": Mishap.EXIT_BEFORE, "times out": Mishap.TIMEOUT_AFTER}.items():
        broken = partial(row, lambdas={"SweepFunction": [mishap, Mishap.NONE]})
        yield broken(f"the function {name}, once", TOLD_AND_RAISED, sweep_twice)
