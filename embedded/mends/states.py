"""Step Functions: its waits, and its history."""

import functools
import json
from collections.abc import Callable
from typing import Any

from embedded.clock import Clock
from embedded.mends.check import find
from embedded.records import Recorder


def shorten_waits(stepfunctions: Any, recorder: Recorder, clock: Clock) -> None:
    """Wait and Retry take a fraction of their time, and move the run's clock on by the rest."""
    find(stepfunctions, "_scaled_sleep", "seconds")

    def sleep(seconds: float) -> None:
        recorder.add("wait", clock.sleep(seconds))

    stepfunctions._scaled_sleep = sleep


def record_map_states(stepfunctions: Any) -> None:
    """The history holds the states within a Map too, as AWS's does."""
    add_event = find(stepfunctions, "_add_event", "execution", "event_type", "details")

    def recorded(kind: str, execute: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(execute)
        def run(state: Any, state_input: Any, *context: Any) -> Any:
            about = context[-1]
            if "Map" not in about:  # a state outside, which is recorded already
                return execute(state, state_input, *context)
            execution, name = (
                stepfunctions._executions[about["Execution"]["Id"]],
                about["State"]["Name"],
            )
            entered = {"name": name, "input": json.dumps(state_input)}
            add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": entered})
            output, following = execute(state, state_input, *context)
            left = {"name": name, "output": json.dumps(output)}
            add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": left})
            return output, following

        return run

    for kind in ("Pass", "Choice", "Wait"):
        name = f"_execute_{kind.lower()}"
        execute = find(stepfunctions, name, "state_def", "raw_input", "ctx")
        setattr(stepfunctions, name, recorded(kind, execute))
    task = find(stepfunctions, "_execute_task", "state_def", "raw_input", "execution", "ctx")
    stepfunctions._execute_task = recorded("Task", task)


def name_used_names(stepfunctions: Any) -> None:
    """What states:startExecution fails with where the name was used has a longer name on AWS."""
    start = find(stepfunctions, "_invoke_nested_start_execution", "resource", "input_data")
    used = "ExecutionAlreadyExists"

    def renamed(resource: str, input_data: Any) -> Any:
        try:
            return start(resource, input_data)
        except stepfunctions._ExecutionError as error:
            if used not in error.error:
                raise
            raise stepfunctions._ExecutionError(
                f"StepFunctions.{used}Exception", error.cause
            ) from error

    stepfunctions._invoke_nested_start_execution = renamed
