"""The Lambda functions, run in this process as Lambda runs them: JSON in, JSON or an error out."""

import functools
import json
import runpy
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError

from tests.support.aws import Planned
from tests.support.clock import Clock
from tests.support.product import REGION, ROOT

_numbers = count()


class Mishap(Enum):
    """What can become of an invocation; `AFTER`: the function has done its work by then."""

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
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return 240_000


class FunctionFailed(Exception):  # noqa: N818  an answer of Lambda's, not a fault of the harness
    """The function raised, ended or took too long: `payload` is what Lambda answers."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.payload = {"errorMessage": message, "errorType": error_type}


type Handler = Callable[[Any, Context], Any]


@dataclass(slots=True)
class Function:
    """One of the template's functions; it reads this process's environment."""

    name: str
    timeout_seconds: int
    clock: Clock
    log: Callable[[str], object]
    mishaps: Planned[Mishap]  # by name, or by name/channel
    handler: Handler

    def invoke(self, event: str) -> Any:
        """The answer to the event, both as Lambda has them: JSON.

        Raises FunctionFailed; ClientError where Lambda refuses, EvalTimeoutError where it never
        answers.
        """
        parsed = json.loads(event)
        channel = parsed.get("channel") if isinstance(parsed, dict) else None
        names = (f"{self.name}/{channel}", self.name)
        mishap = next(filter(None, map(self.mishaps.next, names)), None)
        seconds = self.timeout_seconds
        match mishap:
            case Mishap.SILENCE:
                self.clock.sleep(seconds + 10)  # as the states' TimeoutSeconds
                raise EvalTimeoutError
            case Mishap.THROTTLED:
                raise _refused("TooManyRequestsException", 429)
            case Mishap.LAMBDA_FAILS:
                raise _refused("ServiceException", 500)
        if mishap not in (Mishap.EXIT_BEFORE, Mishap.TIMEOUT_BEFORE):
            # Powertools keeps its metrics for the process: what functions count must not mix.
            with self.clock.turn():
                answer = self._run(parsed)
        match mishap:
            case Mishap.EXIT_BEFORE | Mishap.EXIT_AFTER:
                raise _exit()
            case Mishap.TIMEOUT_BEFORE | Mishap.TIMEOUT_AFTER:
                self.clock.sleep(seconds)
                raise FunctionFailed("Sandbox.Timedout", f"Task timed out after {seconds} seconds")
        return answer

    def _run(self, event: Any) -> Any:
        try:
            answer = self.handler(event, Context(self.name, f"{next(_numbers):032}"))
        except SystemExit:
            raise _exit() from None
        except Exception as error:
            self.log("".join(traceback.format_exception(error)))
            raise FunctionFailed(type(error).__name__, str(error)) from error
        return json.loads(json.dumps(answer))


def load(handler: str, environment: Mapping[str, str]) -> SimpleNamespace:
    """What is in the handler's module, run anew with this environment, as in its own sandbox."""
    path = ROOT / "functions" / f"{handler.partition('.')[0]}.py"
    with mock.patch.dict("os.environ", environment):
        return SimpleNamespace(**runpy.run_path(str(path)))


@functools.cache
def handler(name: str, environment: frozenset[tuple[str, str]]) -> Handler:
    found: Handler = getattr(load(name, dict(environment)), name.partition(".")[2])
    return found


forget = handler.cache_clear  # what is loaded: the code may be another by now


def _exit() -> FunctionFailed:
    return FunctionFailed("Runtime.ExitError", "Runtime exited with error: exit status 1")


def _refused(code: str, status: int) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "as the test wants it"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "0"},
    }
    return ClientError(answer, "Invoke")
