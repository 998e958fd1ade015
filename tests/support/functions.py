"""The Lambda functions, run in this process as Lambda runs them: JSON in, JSON or an error out."""

import functools
import importlib.util
import json
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count
from types import ModuleType
from typing import Any
from unittest import mock

from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError

from tests.support.aws import Outage, Plan
from tests.support.clock import Clock
from tests.support.product import REGION, ROOT
from tests.support.stack import Stack

_numbers = count()


class Mishap(Enum):
    """What can become of an invocation; `AFTER`: the function has done its work by then."""

    NONE = auto()
    EXIT_BEFORE = auto()
    EXIT_AFTER = auto()
    TIMEOUT_BEFORE = auto()
    TIMEOUT_AFTER = auto()
    SILENCE = auto()  # Lambda itself never answers
    THROTTLED = auto()  # Lambda refuses: too many at once
    LAMBDA_FAILS = auto()


@dataclass(frozen=True, slots=True)
class Context:
    """What Powertools reads of Lambda's context object."""

    function_name: str = "function"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    memory_limit_in_mb: int = 512

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return 240_000


class InvocationRefused(Exception):  # noqa: N818  an answer of Lambda's, not a fault of the harness
    """Lambda did not run the function."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class FunctionFailed(Exception):  # noqa: N818  as above
    """The function raised, ended or took too long: `payload` is what Lambda answers."""

    def __init__(self, error_type: str, message: str, trace: Sequence[str] = ()) -> None:
        super().__init__(f"{error_type}: {message}")
        self.payload = {
            "errorMessage": message,
            "errorType": error_type,
            "requestId": "00000000-0000-0000-0000-000000000000",
            "stackTrace": list(trace),
        }


type Handler = Callable[[Any, Context], Any]


@dataclass(slots=True)
class Function:
    """One of the template's functions; it reads this process's environment."""

    logical_id: str
    stack: Stack
    clock: Clock
    log: Callable[[str], object]
    mishaps: Mapping[str, Plan[Mishap]]  # by logical id, or by logical id/channel
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _handler: Handler = field(init=False)

    def __post_init__(self) -> None:
        handler = self.stack.properties(self.logical_id)["Handler"]
        self._handler = _handler(
            handler, frozenset(self.stack.environment(self.logical_id).items())
        )

    @property
    def timeout_seconds(self) -> int:
        return int(self.stack.properties(self.logical_id)["Timeout"])

    def invoke(self, event: str) -> Any:
        """The answer to the event, both as Lambda has them: JSON.

        Raises FunctionFailed or InvocationRefused; TimeoutError when Lambda never answers.
        """
        parsed = json.loads(event)
        mishap = self._next_mishap(parsed)
        match mishap:
            case Mishap.SILENCE:
                self.clock.sleep(self.timeout_seconds + 10)  # as the states' TimeoutSeconds
                raise EvalTimeoutError
            case Mishap.THROTTLED:
                raise InvocationRefused("TooManyRequestsException", 429)
            case Mishap.LAMBDA_FAILS:
                raise InvocationRefused("ServiceException", 500)
            case Mishap.EXIT_BEFORE:
                raise _exit()
            case Mishap.TIMEOUT_BEFORE:
                raise self._timeout()
        # Powertools keeps its metrics for the process: what Notify counts must not mix.
        with self.clock.turn(keep=self.logical_id == "NotifyFunction"):
            answer = self._run(parsed)
        match mishap:
            case Mishap.EXIT_AFTER:
                raise _exit()
            case Mishap.TIMEOUT_AFTER:
                raise self._timeout()
        return answer

    def _run(self, event: Any) -> Any:
        try:
            answer = self._handler(event, Context(self.logical_id, f"{next(_numbers):032}"))
        except SystemExit:
            raise _exit() from None
        except Exception as error:
            self.log("".join(traceback.format_exception(error)))
            trace = traceback.format_list(traceback.extract_tb(error.__traceback__))
            raise FunctionFailed(type(error).__name__, str(error), trace) from error
        return json.loads(json.dumps(answer))

    def _next_mishap(self, event: Any) -> Mishap:
        channel = event.get("channel") if isinstance(event, dict) else None
        for key in (f"{self.logical_id}/{channel}", self.logical_id):
            mishaps = self.mishaps.get(key)
            if isinstance(mishaps, Outage):
                if mishaps.holds(self.clock):
                    self.seen[key] += 1
                    return mishaps.fault
            elif mishaps:
                index = self.seen[key]
                self.seen[key] += 1
                return mishaps[min(index, len(mishaps) - 1)]
        return Mishap.NONE

    def _timeout(self) -> FunctionFailed:
        seconds = self.timeout_seconds
        self.clock.sleep(seconds)
        return FunctionFailed(
            "Sandbox.Timedout", f"RequestId: 0 Error: Task timed out after {seconds}.00 seconds"
        )


def load(handler: str, environment: Mapping[str, str]) -> ModuleType:
    """The handler's module, loaded anew with this environment, as in a sandbox of its own."""
    name = handler.partition(".")[0]
    path = ROOT / "functions" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{name}_{next(_numbers)}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict("os.environ", environment):
        spec.loader.exec_module(module)
    return module


@functools.cache
def _handler(name: str, environment: frozenset[tuple[str, str]]) -> Handler:
    handler: Handler = getattr(load(name, dict(environment)), name.partition(".")[2])
    return handler


forget = _handler.cache_clear  # what is loaded: the code may be another by now


def _exit() -> FunctionFailed:
    return FunctionFailed(
        "Runtime.ExitError", "RequestId: 0 Error: Runtime exited with error: exit status 1"
    )
