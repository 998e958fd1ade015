"""Runs in a Python of its own, which finds the built functions and the runtime's boto3 alone.

Standard input: {"paths": […], "module", "event", "rounds", "bare", "collect"}; all but `paths` may
be missing. With `collect` false no garbage is collected: when that happens is a matter of chance.
Without `module` it is the floor: `import boto3; boto3.client("iot")`. With `event` the handler is
invoked; with `rounds` so often again, in turn with the bare calls. Standard output: one JSON line.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would be counted, in the floor too
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


class Context:
    """What Powertools reads of Lambda's context object."""

    function_name = "benchmark"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:benchmark"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


def main(asked: dict[str, Any]) -> dict[str, Any]:
    sys.path[:] = [*asked["paths"], *sys.path[1:]]
    module = asked.get("module")
    if module is None:
        import boto3  # noqa: PLC0415  it is what is measured

        boto3.client("iot")
        return {"modules": loaded()}
    function = __import__(module)
    found: dict[str, Any] = {"modules": loaded()}
    if "event" in asked:
        began = time.monotonic()
        found["answer"] = function.handler(asked["event"], Context)
        found["seconds"] = time.monotonic() - began
        found["modules"] = loaded()
    if "rounds" in asked:
        found["ratios"] = warm(function, asked)
    found["peak"] = peak()
    return found


def warm(function: ModuleType, asked: dict[str, Any]) -> list[float]:
    """CPU time of an invocation over that of the bare calls it makes, measured in turn."""
    bare = {"describe": describe, "sns": publish, "slack": post}[asked["bare"]](asked["event"])
    ratios = []
    for _ in range(asked["rounds"]):
        began = time.process_time_ns()
        function.handler(asked["event"], Context)
        between = time.process_time_ns()
        bare()
        ratios.append((between - began) / (time.process_time_ns() - between))
    return ratios


def describe(event: dict[str, Any]) -> Callable[[], object]:
    import boto3  # noqa: PLC0415  as the functions' own, from `paths`

    iot = boto3.client("iot")
    return lambda: iot.describe_detect_mitigation_actions_task(taskId=event["taskId"])


def publish(event: dict[str, Any]) -> Callable[[], object]:
    import boto3  # noqa: PLC0415  as above

    sns, message = boto3.client("sns"), rendered(event, "sns")
    attributes: Any = {
        k: {"DataType": "String", "StringValue": v} for k, v in message.attributes.items()
    }
    return lambda: sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=message.subject,
        Message=message.body,
        MessageStructure="json",
        MessageAttributes=attributes,
    )


def post(event: dict[str, Any]) -> Callable[[], object]:
    import boto3  # noqa: PLC0415  part of what is timed
    from slack_sdk.webhook import WebhookClient  # noqa: PLC0415  part of what is timed

    secrets, message = boto3.client("secretsmanager"), rendered(event, "slack")

    def call() -> None:
        secret = secrets.get_secret_value(SecretId=os.environ["SLACK_SECRET_ARN"])
        WebhookClient(secret["SecretString"]).send_dict(message.payload)

    return call


def rendered(event: dict[str, Any], channel: str) -> Any:
    from mitigation.messages import slack, sns  # noqa: PLC0415  from `paths`
    from mitigation.notice import Notice  # noqa: PLC0415  from `paths`
    from mitigation.words import Clock  # noqa: PLC0415  from `paths`

    renderers = {"sns": sns, "slack": slack}
    return renderers[channel].render(Notice.parse(event).report, Clock())


def loaded() -> dict[str, int]:
    """Every module that came from a file: its name, and the size of its bytecode."""
    found = {}
    for name, module in list(sys.modules.items()):
        cached = getattr(module, "__cached__", None)
        if cached and os.path.exists(cached):  # noqa: PTH110  nothing may be imported for this
            found[name] = os.path.getsize(cached)  # noqa: PTH202  as above
    return found


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  as above
            [line] = [line for line in status if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    except FileNotFoundError:  # not Linux: what the parent had before it became this counts too
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    request = json.load(sys.stdin)
    if not request.get("collect", True):
        gc.disable()
    answers = os.fdopen(os.dup(1), "w")
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  for the functions' log
    json.dump(main(request), answers)
    answers.close()
