"""Runs in a Python of its own, which finds the built functions and the runtime's boto3 alone.

Standard input: {"paths": […], "module", "event", "collect"}; all but `paths` may be missing. With
`collect` false no garbage is collected: when that happens is a matter of chance. Without `module`
it is the floor: `import boto3; boto3.client("iot")`. With `event` the handler is invoked. Standard
output: one JSON line.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would be counted, in the floor too
    from typing import Any


class Context:
    """What Powertools reads of Lambda's context object."""

    function_name = "benchmark"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:benchmark"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


def main(asked: dict[str, Any]) -> dict[str, Any]:
    sys.path[:] = [*asked["paths"], *sys.path[1:]]
    found: dict[str, Any] = {}
    if "module" in asked:
        function = __import__(asked["module"])
        if "event" in asked:
            began = time.monotonic()
            found["answer"] = function.handler(asked["event"], Context)
            found["seconds"] = time.monotonic() - began
    else:
        import boto3  # noqa: PLC0415  only this measurement may pay for the import

        boto3.client("iot")
    return found | {"modules": loaded(), "peak": peak()}


def loaded() -> dict[str, int]:
    """Every module that came from a file: its name, and the size of its bytecode."""
    cached = {name: getattr(each, "__cached__", None) for name, each in list(sys.modules.items())}
    return {
        name: os.path.getsize(path)  # noqa: PTH202  importing pathlib would be counted as well
        for name, path in cached.items()
        if path and os.path.exists(path)  # noqa: PTH110  importing pathlib would be counted as well
    }


def peak() -> int:
    """The most memory that this process has had, in bytes; of its own, which Linux alone tells."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  importing pathlib would be counted as well
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


if __name__ == "__main__":
    request = json.load(sys.stdin)
    if not request.get("collect", True):
        gc.disable()
    answers = os.fdopen(os.dup(1), "w")
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  no pathlib, which would be counted; open to the end, for the functions' log
    json.dump(main(request), answers)
    answers.close()
