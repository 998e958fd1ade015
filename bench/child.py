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
    found["peak"] = peak()
    return found


def loaded() -> dict[str, int]:
    """Every module that came from a file: its name, and the size of its bytecode."""
    found = {}
    for name, module in list(sys.modules.items()):
        cached = getattr(module, "__cached__", None)
        if cached and os.path.exists(cached):  # noqa: PTH110  nothing may be imported for this
            found[name] = os.path.getsize(cached)  # noqa: PTH202  as above
    return found


def peak() -> int:
    """The most memory that this process has had, in bytes; of its own, which Linux alone tells."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123  as above
        [line] = [line for line in status if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    request = json.load(sys.stdin)
    if not request.get("collect", True):
        gc.disable()
    answers = os.fdopen(os.dup(1), "w")
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  for the functions' log
    json.dump(main(request), answers)
    answers.close()
