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
from typing import Any, override
from unittest import mock

from jsonpath_ng.ext.parser import parse as parse_path
from jsonpath_ng.parser import parse as parse_result_path
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component,
    iteration_worker,
    job,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_sfn,
    state_task_service_sqs,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import wait_function
from moto.stepfunctions.parser.asl.eval import states
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
from moto.stepfunctions.parser.backend import execution_worker
from moto.stepfunctions.parser.utils import TMP_THREADS

from tests.support.clock import Clock
from tests.support.functions import FunctionFailed

# All are pure, and slow: 50 ms for our definition, 10 ms for a client, 2 ms for a path.
_parse = functools.cache(AmazonStateLanguageParser.parse)
_parse_path = functools.cache(parse_path)
_parse_result_path = functools.cache(parse_result_path)
_make_client = functools.cache(boto_client_for)

# Where moto copies states, which are JSON: that was most of what a play took.
_COPYING: tuple[Any, ...] = (states, string_expression, result_path, state_task_service)

type Wait = tuple[str, str, float]  # execution name, state name, seconds


class _Patient(threading.Event):
    @override
    def wait(self, timeout: float | None = None) -> bool:
        return super().wait()


def _client(region: str, service: str, **_: object) -> Any:
    return _make_client(region, service)


def _copy(value: Any) -> Any:
    try:
        return marshal.loads(marshal.dumps(value))  # noqa: S302  our own
    except ValueError:  # no JSON
        return copy.deepcopy(value)


@contextmanager
def on_virtual_time(
    clock: Clock, invoke: Callable[[str, str], Any], waits: list[Wait]
) -> Iterator[None]:
    """`invoke` gets a function's ARN and the event as JSON; `waits` gets every Wait state's."""

    def wait(_: wait_function.WaitFunction, env: Environment, wait_seconds: int) -> None:
        context: Any = env.states.context_object.context_object_data
        waits.append((context["Execution"]["Name"], context["State"]["Name"], wait_seconds))
        clock.sleep(wait_seconds)

    def invoke_function(parameters: dict[str, Any], **_: object) -> Any:
        payload = parameters.get("Payload", b"{}")
        try:
            answer = invoke(parameters["FunctionName"], payload.decode())
        except FunctionFailed as failed:
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failed.payload}
        return {"StatusCode": 200, "Payload": answer}

    with ExitStack() as patches:

        def replace(owner: Any, name: str, new: Any) -> None:
            patches.enter_context(mock.patch.object(owner, name, new))

        replace(wait_function.WaitFunction, "_wait_interval", wait)
        # Else a state's TimeoutSeconds pass in real time; who plays silence raises what they raise.
        replace(execute_state, "threading", mock.Mock(spec=["Event"], Event=_Patient))
        replace(jitter_strategy_decl, "random", random.Random(0))  # noqa: S311  the same every time
        replace(lambda_eval_utils, "_invoke_lambda_function", invoke_function)
        replace(state_task_service_sqs, "boto_client_for", _client)
        replace(state_task_service_sfn, "boto_client_for", _client)
        _name_parameters_as_boto3_does(replace)
        replace(AmazonStateLanguageParser, "parse", staticmethod(_parse))
        replace(json_path, "parse", _parse_path)
        replace(result_path, "parse", _parse_result_path)
        for module in _COPYING:
            replace(module, "copy", mock.Mock(spec=["deepcopy"], deepcopy=_copy))
        # An event is never changed once it stands.
        replace(EventManager, "get_event_history", lambda self: [*self._history_event_list])
        _count_threads(clock, replace)
        yield
        TMP_THREADS.clear()  # moto keeps each, and with it all that it worked on


def _name_parameters_as_boto3_does(replace: Callable[[Any, str, Any], None]) -> None:
    """Of states:startExecution: AWS wants `Name`, boto3 `name`, and moto hands on what it got."""
    service: Any = state_task_service_sfn.StateTaskServiceSfn
    evaluate = service._eval_service_task

    def renamed(self: Any, *, normalised_parameters: dict[str, Any], **rest: Any) -> None:
        names = {name[0].lower() + name[1:]: each for name, each in normalised_parameters.items()}
        evaluate(self, normalised_parameters=names, **rest)

    replace(service, "_eval_service_task", renamed)


def _count_threads(clock: Clock, replace: Callable[[Any, str, Any], None]) -> None:
    """One for each execution, and while a Map runs one for each of its items instead."""
    worker, jobs = execution_worker.ExecutionWorker, job.JobPool
    notify, await_jobs = jobs._notify_on_termination, jobs.await_jobs

    @contextmanager
    def ending() -> Iterator[None]:
        try:
            yield
        finally:
            clock.leave()

    def within(owner: Any, name: str, counted: Callable[[], AbstractContextManager[None]]) -> None:
        original = getattr(owner, name)

        def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
            with counted():
                return original(self, *args, **kwargs)

        replace(owner, name, wrapped)

    def counted_notify(self: Any) -> None:
        if self._is_terminated():
            clock.enter()  # on behalf of the one who awaits the jobs
        notify(self)

    def counted_await(self: Any) -> None:
        clock.leave()
        await_jobs(self)

    within(worker, "start", clock.starting)
    within(worker, "_execution_logic", ending)
    within(inline_iteration_component.InlineIterationComponent, "_launch_worker", clock.starting)
    within(iteration_worker.IterationWorker, "eval", ending)
    replace(jobs, "_notify_on_termination", counted_notify)
    replace(jobs, "await_jobs", counted_await)
