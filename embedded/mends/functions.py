"""Lambda functions: their errors, their clock, and their retries."""

import functools
import json
from typing import Any

from embedded.mends.check import expect, find

MARKER = "__function_error__"

# The worker's answer to an exception of the handler, as ministack has it …
_WORKER_EXCEPT = """\
        except Exception as e:
            _real_stdout.write(json.dumps({"status": "error", "error": str(e), \
"trace": traceback.format_exc()}) + "\\n")
"""
# … and as AWS does: the class is told, the trace is logged, and the worker lives on.
_WORKER_EXCEPT_MENDED = f"""\
        except Exception as e:
            traceback.print_exc()
            _real_stdout.write(json.dumps({{"status": "ok", "result": {{"{MARKER}": {{
                "errorMessage": str(e), "errorType": type(e).__name__,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(e.__traceback__)}}}}}}) + "\\n")
"""
_WORKER_CONTEXT = """\
        _ms_ctx = _ms_msg.get("ctx") or {}
"""
_WORKER_CONTEXT_MENDED = _WORKER_CONTEXT + "        _set_clock()\n"
_WORKER_CLOCK = '''
_clock = None

def _set_clock():
    """Move this process to the time of the run, which a file tells as an offset to the real one."""
    global _clock
    import os, pathlib
    if "LOCAL_CLOCK" not in os.environ:
        return
    import time_machine
    if _clock is None:
        _clock = time_machine.travel(0, tick=True).start()
    offset = float(pathlib.Path(os.environ["LOCAL_CLOCK"]).read_text())
    _clock.move_to(time_machine.escape_hatch.time.time() + offset)

'''


def name_handler_errors(lambda_runtime: Any, lambda_svc: Any) -> None:
    """A handler's exception reaches the state machine by its class, and leaves the worker alive.

    The worker answers it like a result, under a marker that is unwrapped here.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    for mended, anchor in (
        (_WORKER_EXCEPT_MENDED, _WORKER_EXCEPT),
        (_WORKER_CONTEXT_MENDED, _WORKER_CONTEXT),
    ):
        expect(script.count(anchor) == 1, "lambda_runtime._PYTHON_WORKER_SCRIPT", anchor.strip())
        script = script.replace(anchor, mended)
    lambda_runtime._PYTHON_WORKER_SCRIPT = _WORKER_CLOCK + script
    execute = find(lambda_svc, "_execute_function_warm", "func", "event", "request_id")

    @functools.wraps(execute)
    def unwrap(func: Any, event: Any, request_id: str) -> Any:
        result = execute(func, event, request_id)
        body = result.get("body")
        if isinstance(body, dict) and MARKER in body:
            return {**result, "body": body[MARKER], "error": True}
        return result

    lambda_svc._execute_function_warm = unwrap


def retry_functions(eventbridge: Any, lambda_svc: Any) -> None:
    """EventBridge invokes a function asynchronously: two more tries, then OnFailure."""
    find(eventbridge, "_dispatch_to_lambda", "arn", "payload")
    get = find(lambda_svc, "_get_func_record_for_ref", "function_ref")
    record = find(lambda_svc, "_execution_record_for_config", "func", "config")
    invoke = find(lambda_svc, "invoke_async_with_retry", "func", "event")

    def dispatch(arn: str, payload: str) -> None:
        function, config, name = get(arn)
        if not function or not config:
            raise LookupError(f"EventBridge's target {name} does not exist")
        invoke(record(function, config), json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch
