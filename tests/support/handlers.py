"""The handlers, imported as Lambda imports them: each with an environment of its own."""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

FUNCTIONS = Path(__file__).parents[2] / "functions"
REGION = "eu-west-1"
_COMMON = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_METRICS_NAMESPACE": "MitigationNotifier",
    "POWERTOOLS_SERVICE_NAME": "test",
}
HUB = {
    "MEMBER_ACCOUNTS": "210987654321",
    "MEMBER_REGIONS": "us-east-1",
    "MEMBER_ALIASES": "210987654321=fleet-us",
    "MEMBER_ROLE": "arn:aws:iam::{account}:role/test-member-{region}",
}
_numbers = count()


def load(name: str, **environment: str) -> ModuleType:
    """A fresh copy of the handler's module: it reads its environment when it is imported."""
    path = FUNCTIONS / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{name}_{next(_numbers)}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict("os.environ", _COMMON | environment):
        spec.loader.exec_module(module)
    return module


@dataclass(frozen=True, slots=True)
class Context:
    """What Powertools reads of Lambda's context object."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    seconds_left: float = 240

    def get_remaining_time_in_millis(self) -> int:
        return round(1000 * self.seconds_left)


def metrics(stdout: str) -> dict[str, float]:
    """What CloudWatch counts, by `Metric{Dimension=value}`, from lines in the embedded format."""
    found: dict[str, float] = {}
    for line in stdout.splitlines():
        content = json.loads(line)
        for directive in content.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "MitigationNotifier"
            for metric in directive["Metrics"]:
                found[_label(metric["Name"], directive, content)] = content[metric["Name"]][0]
    return found


def _label(name: str, directive: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    [dimensions] = directive["Dimensions"]
    named = [f"{each}={content[each]}" for each in sorted(dimensions) if each != "service"]
    return f"{name}{{{','.join(named)}}}"
