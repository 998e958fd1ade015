"""What ministack does otherwise than AWS, mended from outside, in the engine's own process.

Each mend first asserts what it rests on, so an upgrade that moves it fails with one clear line
instead of a run that quietly proves nothing.
"""

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from local.clock import Clock
from local.records import Recorder
from local.sns_limits import PublishRefused, check_publish

MENDED_VERSION = "1.5.33"
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


class MendFailed(Exception):  # noqa: N818  reads as what happened
    """ministack is not what a mend was written for."""


def apply(recorder: Recorder, clock: Clock) -> None:
    """Mend everything; raises MendFailed with one line that says what moved."""
    if (found := version("ministack")) != MENDED_VERSION:
        raise MendFailed(
            f"local/mends.py was written for ministack {MENDED_VERSION}, but {found} is installed: "
            "run `make setup`, or check each mend and change MENDED_VERSION"
        )
    import ministack.app
    from ministack.core import iam_evaluator, lambda_runtime
    from ministack.services import eventbridge, lambda_svc, sns, stepfunctions
    from ministack.services.cloudformation import provisioners

    name_handler_errors(lambda_runtime, lambda_svc)
    allow_aws_events(eventbridge)
    catch_sns(sns, recorder)
    retry_functions(eventbridge, lambda_svc)
    pretend_tls(iam_evaluator, ministack.app)
    shorten_waits(stepfunctions, recorder, clock)
    take_math_alarms(provisioners)


def name_handler_errors(lambda_runtime: Any, lambda_svc: Any) -> None:
    """A handler's exception reaches the state machine by its class, and leaves the worker alive.

    The worker answers it like a result, under a marker that is unwrapped here.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    for mended, anchor in (
        (_WORKER_EXCEPT_MENDED, _WORKER_EXCEPT),
        (_WORKER_CONTEXT_MENDED, _WORKER_CONTEXT),
    ):
        _expect(script.count(anchor) == 1, "lambda_runtime._PYTHON_WORKER_SCRIPT", anchor.strip())
        script = script.replace(anchor, mended)
    lambda_runtime._PYTHON_WORKER_SCRIPT = _WORKER_CLOCK + script
    execute = _function(lambda_svc, "_execute_function_warm", "func", "event", "request_id")

    @functools.wraps(execute)
    def unwrap(func: Any, event: Any, request_id: str) -> Any:
        result = execute(func, event, request_id)
        body = result.get("body")
        if isinstance(body, dict) and MARKER in body:
            return {**result, "body": body[MARKER], "error": True}
        return result

    lambda_svc._execute_function_warm = unwrap


def allow_aws_events(eventbridge: Any) -> None:
    """PutEvents takes `aws.*` sources, which AWS keeps to itself: someone must play CloudTrail."""
    put_events = _function(eventbridge, "_put_events", "data", "allow_aws_source")
    _expect(put_events.__defaults__ == (False,), "eventbridge._put_events", "one default, False")
    put_events.__defaults__ = (True,)


def catch_sns(sns: Any, recorder: Recorder) -> None:
    """Publish refuses what SNS refuses; what is published, and each e-mail of it, is recorded."""
    refused = sns.SnsPublishError
    publish = _function(
        sns,
        "publish_internal",
        "topic_arn",
        "message",
        "subject",
        "message_structure",
        "message_attributes",
        "message_group_id",
        "message_deduplication_id",
    )
    fanout = _function(
        sns,
        "_fanout",
        "topic_arn",
        "msg_id",
        "message",
        "subject",
        "message_structure",
        "message_attributes",
        "message_group_id",
        "message_dedup_id",
    )
    resolve = _function(
        sns, "_resolve_message_for_protocol", "message", "message_structure", "protocol"
    )
    matches = _function(sns, "_matches_filter_policy", "sub", "message_attributes", "message")
    topic_by_arn = _function(sns, "_topic_by_arn_any_scope", "topic_arn")

    @functools.wraps(publish)
    def checked(topic_arn: str, message: Any, subject: str = "", **options: Any) -> Any:
        text = message if isinstance(message, str) else json.dumps(message)
        structure = options.get("message_structure") or ""
        try:
            check_publish(text, subject, structure, options.get("message_attributes") or {})
        except PublishRefused as error:
            raise refused(error.code, str(error)) from error
        return publish(topic_arn, message, subject, **options)

    @functools.wraps(fanout)
    def recorded(
        topic_arn: str,
        msg_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        attributes = message_attributes or {}
        recorder.add(
            "sns",
            {
                "topicArn": topic_arn,
                "subject": subject,
                "message": message,
                "messageStructure": message_structure,
                "attributes": attributes,
            },
        )
        topic: Mapping[str, Any] = topic_by_arn(topic_arn) or {"subscriptions": []}
        for subscription in topic["subscriptions"]:
            body = resolve(message, message_structure, "email")
            if (
                subscription["protocol"] == "email"
                and subscription["confirmed"]
                and matches(subscription, attributes, body)
            ):
                recorder.add(
                    "email",
                    {
                        "topicArn": topic_arn,
                        "to": subscription["endpoint"],
                        "subject": subject or "AWS Notification Message",
                        "body": body,
                    },
                )
        return fanout(topic_arn, msg_id, message, subject, message_structure, attributes, **options)

    sns.publish_internal = checked
    sns._fanout = recorded


def retry_functions(eventbridge: Any, lambda_svc: Any) -> None:
    """EventBridge invokes a function asynchronously: two more tries, then OnFailure."""
    _function(eventbridge, "_dispatch_to_lambda", "arn", "payload")
    find = _function(lambda_svc, "_get_func_record_for_ref", "function_ref")
    record = _function(lambda_svc, "_execution_record_for_config", "func", "config")
    invoke = _function(lambda_svc, "invoke_async_with_retry", "func", "event")

    def dispatch(arn: str, payload: str) -> None:
        function, config, name = find(arn)
        if not function or not config:
            raise LookupError(f"EventBridge's target {name} does not exist")
        invoke(record(function, config), json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch


def pretend_tls(iam_evaluator: Any, app: Any) -> None:
    """A local run speaks HTTP, yet a Deny on aws:SecureTransport=false must not stop it."""
    pin = _function(iam_evaluator, "pin_request_origin", "source_ip", "secure_transport")
    _expect(getattr(app, pin.__name__, None) is pin, "ministack.app", "pin_request_origin imported")

    def secure(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001  that is the mend
        pin(source_ip, True)

    iam_evaluator.pin_request_origin = secure
    app.pin_request_origin = secure


def shorten_waits(stepfunctions: Any, recorder: Recorder, clock: Clock) -> None:
    """Wait and Retry take a fraction of their time, and move the run's clock on by the rest."""
    _function(stepfunctions, "_scaled_sleep", "seconds")

    def sleep(seconds: float) -> None:
        recorder.add("wait", clock.sleep(seconds))

    stepfunctions._scaled_sleep = sleep


def take_math_alarms(provisioners: Any) -> None:
    """CloudFormation takes alarms on metric math: they exist, and look at the first metric alone."""
    record = _function(provisioners, "_cw_metric_alarm_record", "name", "props")

    @functools.wraps(record)
    def simplified(name: str, props: Mapping[str, Any]) -> Any:
        stats = [m["MetricStat"] for m in props.get("Metrics", []) if "MetricStat" in m]
        if stats:
            kept = {key: value for key, value in props.items() if key != "Metrics"}
            metric = {"Statistic": stats[0]["Stat"], "Period": stats[0]["Period"]}
            props = {**kept, **metric, **stats[0]["Metric"]}
        return record(name, props)

    provisioners._cw_metric_alarm_record = simplified


def _function(module: Any, name: str, *parameters: str) -> Callable[..., Any]:
    """The module's function of that name, which must take exactly these parameters."""
    where = f"{module.__name__.removeprefix('ministack.')}.{name}"
    function: Callable[..., Any] | None = getattr(module, name, None)
    _expect(function is not None, where, "a function")
    assert function is not None  # noqa: S101  for mypy: _expect has raised otherwise
    found = tuple(inspect.signature(function).parameters)
    _expect(found == parameters, where, f"parameters {', '.join(parameters)}")
    return function


def _expect(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise MendFailed(
            f"local/mends.py no longer fits ministack {version('ministack')}: "
            f"{where} is not as expected ({what})"
        )
