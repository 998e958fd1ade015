"""moto's Step Functions interpreter on a virtual clock, with functions of our own.

moto really waits, and its Lambda only echoes. What is changed here is named one by one; each
change fails at once where a new version of moto has no longer what it replaces.
"""

import copy
import functools
import marshal
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pkgutil import resolve_name
from typing import Any, override
from unittest import mock

import boto3
from moto.stepfunctions.parser.utils import TMP_THREADS

from tests.support.clock import Clock
from tests.support.functions import FunctionFailed
from tests.support.product import REGION

PARSER = "moto.stepfunctions.parser."
STATE = f"{PARSER}asl.component.state."
SERVICE = f"{STATE}exec.state_task.service.state_task_service"
MAP = f"{STATE}exec.state_map.iteration."
START = f"{SERVICE}_sfn.StateTaskServiceSfn._eval_service_task"
# All are pure, and slow: 50 ms for our definition, 2 ms for a path.
PURE = (
    f"{PARSER}asl.parse.asl_parser.AmazonStateLanguageParser.parse",
    f"{PARSER}asl.utils.json_path.parse",
    f"{PARSER}asl.component.common.path.result_path.parse",
)

type Wait = tuple[str, str, float]  # execution name, state name, seconds

_slow_copy = copy.deepcopy
_once = functools.cache(lambda name: functools.cache(resolve_name(name)))


@functools.cache
def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]  # any service


class _Patient(threading.Event):
    @override
    def wait(self, timeout: float | None = None) -> bool:
        return super().wait()


def _copy(value: Any, *memo: Any) -> Any:
    """moto copies states all the time: that was most of what a play took."""
    try:
        return marshal.loads(marshal.dumps(value))  # noqa: S302  our own
    except ValueError:  # no JSON
        return _slow_copy(value, *memo)


@contextmanager
def on_virtual_time(
    clock: Clock, invoke: Callable[[str, str], Any], waits: list[Wait]
) -> Iterator[None]:
    """`invoke` gets a function's ARN and the event as JSON; `waits` gets every Wait state's."""

    def wait(_: object, env: Any, wait_seconds: int) -> None:
        context = env.states.context_object.context_object_data
        waits.append((context["Execution"]["Name"], context["State"]["Name"], wait_seconds))
        clock.sleep(wait_seconds)

    def invoke_function(parameters: dict[str, Any], **_: object) -> Any:
        payload = parameters.get("Payload", b"{}")
        try:
            answer = invoke(parameters["FunctionName"], payload.decode())
        except FunctionFailed as failed:
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failed.payload}
        return {"StatusCode": 200, "Payload": answer}

    start = resolve_name(START)

    def named_as_boto3_does(self: Any, *, normalised_parameters: Any, **rest: Any) -> None:
        """AWS wants `Name` of states:startExecution, boto3 `name`; moto hands on what it got."""
        names = {name[0].lower() + name[1:]: each for name, each in normalised_parameters.items()}
        start(self, normalised_parameters=names, **rest)

    with ExitStack() as patches:

        def replace(name: str, new: Any) -> None:
            patches.enter_context(mock.patch(name, new))

        replace(f"{STATE}wait.wait_function.wait_function.WaitFunction._wait_interval", wait)
        # Else a state's TimeoutSeconds pass in real time; who plays silence raises what they raise.
        events = mock.Mock(spec=["Event"], Event=_Patient)
        replace(f"{STATE}exec.execute_state.threading", events)
        always = random.Random(0)  # noqa: S311  the same every time
        replace(f"{PARSER}asl.component.common.retry.jitter_strategy_decl.random", always)
        invoked = f"{STATE}exec.state_task.lambda_eval_utils._invoke_lambda_function"
        replace(invoked, invoke_function)
        for service in ("sqs", "sfn"):
            replace(f"{SERVICE}_{service}.boto_client_for", lambda service, **_: client(service))
        replace(START, named_as_boto3_does)
        for name in PURE:
            replace(name, _once(name))
        replace("copy.deepcopy", _copy)
        _count_threads(clock, replace)
        yield
        TMP_THREADS.clear()  # moto keeps each, and with it all that it worked on


def _count_threads(clock: Clock, replace: Callable[[str, Any], None]) -> None:
    """One for each execution, and while a Map runs one for each of its items instead."""
    notify = resolve_name(f"{MAP}job.JobPool._notify_on_termination")
    await_jobs = resolve_name(f"{MAP}job.JobPool.await_jobs")

    def ending() -> ExitStack:
        end = ExitStack()
        end.callback(clock.leave)
        return end

    def within(name: str, counted: Callable[[], AbstractContextManager[Any]]) -> None:
        original = resolve_name(name)

        def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
            with counted():
                return original(self, *args, **kwargs)

        replace(name, wrapped)

    def counted_notify(self: Any) -> None:
        if self._is_terminated():
            clock.enter()  # on behalf of the one who awaits the jobs
        notify(self)

    def counted_await(self: Any) -> None:
        clock.leave()
        await_jobs(self)

    within(f"{PARSER}backend.execution_worker.ExecutionWorker.start", clock.starting)
    within(f"{PARSER}backend.execution_worker.ExecutionWorker._execution_logic", ending)
    item = "inline_iteration_component.InlineIterationComponent._launch_worker"
    within(f"{MAP}{item}", clock.starting)
    within(f"{MAP}iteration_worker.IterationWorker.eval", ending)
    replace(f"{MAP}job.JobPool._notify_on_termination", counted_notify)
    replace(f"{MAP}job.JobPool.await_jobs", counted_await)
