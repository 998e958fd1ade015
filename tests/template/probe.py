"""Run by the tests in a process of its own, under exactly the environment that the template gives.

Imports one handler, plays every way in which it can end, and prints as JSON which environment
variables our own code read, which metrics came out and what it answered.
usage: python tests/template/probe.py start_watch|describe_task|notify|…
"""

import contextlib
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from mitigation.acts import signature
from mitigation.acts.button import Button
from mitigation.acts.click import Action, Click
from mitigation.kind import TaskType

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
DESCRIBED = FUNCTIONS.parent / "events" / "describe"
CONTEXT = SimpleNamespace(
    function_name="probe",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:probe",
    aws_request_id="probe",
    tenant_id=None,
    get_remaining_time_in_millis=lambda: 240_000,
)
# What AWS answers, by operation; where nothing stands here, with nothing.
AWS: dict[str, Any] = {
    "DescribeStateMachine": {"creationDate": datetime.now(UTC) - timedelta(days=1)},
    "StartExecution": {"executionArn": "probe"},
    "AssumeRole": {
        "Credentials": dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), "probe")
    },
}
SECRET = {"ARN": "probe", "SecretString": "probe"}
STANDARD_ATTEMPTS = 3  # botocore, in its standard mode
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:WatchTask:detect-probe"


def main(name: str) -> None:
    time.sleep = lambda _seconds: None  # a second look at rows that AWS has not listed yet
    read = record_reads()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        module = importlib.import_module(name)
        answers = list(PLAYS[name](module))
    metrics = [
        metric
        for line in printed.getvalue().splitlines()
        for metric in metrics_of(json.loads(line))
    ]
    told = {"read": sorted(read), "metrics": metrics, "answers": answers}
    json.dump(told | {"slowest_call_seconds": slowest_call(module)}, sys.stdout)


def slowest_call(module: Any) -> float:
    """Seconds until a client of the handler's gives up; botocore waits between tries, too."""
    clients = [value for value in vars(module).values() if isinstance(value, BaseClient)]
    configs: list[Any] = [client.meta.config for client in clients]
    return max(map(call_seconds, configs))


def call_seconds(config: Any) -> float:
    attempts = (config.retries or {}).get("total_max_attempts", STANDARD_ATTEMPTS)
    waits: int = 2 ** (attempts - 1) - 1  # at the most: they double from one second on
    return float(attempts * (config.connect_timeout + config.read_timeout) + waits)


def record_reads() -> set[str]:
    """The names that functions/ will read, whenever it does."""
    read: set[str] = set()
    environment: Any = type(os.environ)
    get_item = environment.__getitem__

    def recorded(self: Any, name: str) -> str:
        frame = sys._getframe(1)  # whoever asked, through `get` or not
        while frame.f_back and frame.f_code.co_filename.startswith("<frozen "):
            frame = frame.f_back
        if Path(frame.f_code.co_filename).is_relative_to(FUNCTIONS):
            read.add(name)
        return str(get_item(self, name))

    environment.__getitem__ = recorded
    return read


def metrics_of(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """CloudWatch's embedded metric format: one entry for each metric and set of dimensions."""
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        for dimensions in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield {
                    "namespace": directive["Namespace"],
                    "name": metric["Name"],
                    "dimensions": {name: line[name] for name in dimensions},
                }


def play_start_watch(module: Any) -> Iterator[Any]:
    detail = {
        "eventName": "StartDetectMitigationActionsTask",
        "requestParameters": {"taskId": "probe"},
    }
    place = {"account": "123456789012", "region": "eu-west-1"}
    yield module.handler({"source": "aws.iot", "detail": detail, **place}, CONTEXT)


def play_sweep(module: Any) -> Iterator[Any]:
    yield module.handler({"source": "aws.events"}, CONTEXT)


def play_describe_task(module: Any) -> Iterator[Any]:
    for path in sorted(DESCRIBED.glob("*.json")):
        task_type = path.name.partition("-")[0]
        # Long ago, whatever the date is: a task that still runs is given up, which counts too.
        answer = json.loads(path.read_text(encoding="utf-8").replace("2026-", "2020-"))
        AWS[f"Describe{task_type.title()}MitigationActionsTask"] = answer
        machine = {"version": 2, "channels": ["sns"]}
        event = {"taskId": "probe", "taskType": task_type, "machine": machine}
        yield module.handler(event, CONTEXT)


def play_notify(module: Any) -> Iterator[Any]:
    """Delivered, filtered, unavailable, given up, rejected, and a layout that Slack refuses."""
    module.webhook.check_url = lambda secret: secret
    module.webhook.post = lambda _url, _message: None
    answer = json.loads((DESCRIBED / "detect-successful.json").read_text(encoding="utf-8"))
    for channel, operation in (("sns", "Publish"), ("slack", "GetSecretValue")):
        for code, waited, problems in (
            (None, 0, set()),
            (None, 0, {channel}),
            ("ServiceUnavailable", 0, set()),
            ("ServiceUnavailable", 30 * 24 * 3600, set()),
            ("AccessDenied", 0, set()),
        ):
            module.PROBLEMS_ONLY = problems
            AWS[operation] = ClientError({"Error": {"Code": code}}, operation) if code else SECRET
            event = notice(channel, answer, waitedSeconds=waited)
            with contextlib.suppress(module.delivery.DeliveryError):
                yield module.handler(event, CONTEXT)
    AWS["GetSecretValue"] = SECRET

    def post(_url: str, message: Any) -> None:
        if "blocks" in message.payload:
            raise module.delivery.DeliveryRejected("probe", layout_refused="invalid_blocks")

    module.webhook.post = post
    with contextlib.suppress(module.delivery.DeliveryError):
        yield module.handler(notice("slack", answer), CONTEXT)


def play_show_progress(module: Any) -> Iterator[Any]:
    """Slack takes no token that is none: shown or not, there is an answer; so of Amazon Q."""
    AWS["GetSecretValue"] = SECRET
    answer = json.loads((DESCRIBED / "detect-in-progress.json").read_text(encoding="utf-8"))
    event = notice("slack", answer)
    look = event["watch"]["look"]
    look["decision"] = "wait"
    for shows in ([], ["amazon-q"], ["slack"], ["slack", "amazon-q"]):
        look["memory"]["shows"] = shows
        yield module.handler(event, CONTEXT)
    AWS["Publish"] = ClientError({"Error": {"Code": "AccessDenied"}}, "Publish")
    yield module.handler(event, CONTEXT)


def play_receive_click(module: Any) -> Iterator[Any]:
    """Unsigned, and signed but no click; what is a click is played elsewhere."""
    AWS["GetSecretValue"] = {"ARN": "probe", "SecretString": "0" * 32}
    yield module.handler({"body": "", "headers": {}}, CONTEXT)
    timestamp = str(int(time.time()))
    headers = {
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": signature.sign(b"x", timestamp, "0" * 32),
    }
    yield module.handler({"body": "x", "headers": headers}, CONTEXT)


def play_act_on_task(module: Any) -> Iterator[Any]:
    """Each step, of a click that may act and of one that may not."""
    AWS["GetSecretValue"] = {"ARN": "probe", "SecretString": "xoxb-0123456789"}
    AWS["DescribeDetectMitigationActionsTask"] = {"taskSummary": {"taskStatus": "IN_PROGRESS"}}
    module.SlackApp = lambda *_: SimpleNamespace(
        find=lambda *_, **__: None,
        post=lambda *_, **__: "1.1",
        update=lambda *_: None,
        whisper=lambda *_, **__: None,
    )
    actor = next(iter(module.RULES.actors))
    button = Button(Action.CANCEL, TaskType.DETECT, "probe")
    true = button.value(module.CHANNEL, "xoxb-0123456789")
    for user, value in (("U0EVE", "forged"), (actor, true)):
        click = Click(Action.CANCEL, value, user, module.CHANNEL, "1.1", None, "1.1")
        for step in module.STEPS:
            if value == "forged" and step not in ("authorize", "refuse"):
                continue
            event = {
                "step": step,
                "execution": {"id": EXECUTION, "startedAt": "2026-11-22T10:00:00.000Z"},
                "state": {"click": click.to_input()},
            }
            yield module.handler(event, CONTEXT)


def notice(channel: str, answer: Any, **attempt: Any) -> dict[str, Any]:
    look = {"decision": "final/ended", "memory": {"task": answer}}
    return {
        "channel": channel,
        "executionArn": EXECUTION,
        "attempt": attempt,
        "watch": {"taskId": "probe", "look": look},
    }


def call(_client: Any, operation: str, _parameters: Any) -> Any:
    """In the place of every call to AWS."""
    answer = AWS.get(operation, {})
    if isinstance(answer, Exception):
        raise answer
    return answer


PLAYS = {
    "start_watch": play_start_watch,
    "sweep": play_sweep,
    "describe_task": play_describe_task,
    "notify": play_notify,
    "show_progress": play_show_progress,
    "receive_click": play_receive_click,
    "act_on_task": play_act_on_task,
}

if __name__ == "__main__":
    clients: Any = BaseClient
    clients._make_api_call = call
    main(sys.argv[1])
