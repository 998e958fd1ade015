"""What a handler reads, emits and answers under the environment that the template gives it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.support.product import REGION, ROOT

PROBE = Path(__file__).with_name("probe.py")
# What Lambda itself sets, as far as the handlers and their libraries need it.
LAMBDA = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "probe",
    "AWS_SECRET_ACCESS_KEY": "probe",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Probed:
    read: frozenset[str]
    metrics: tuple[dict[str, Any], ...]
    answers: tuple[Any, ...]
    slowest_call_seconds: float  # until its client gives up, with all its tries


class Crashed(Exception):  # noqa: N818  reads as what happened
    """The handler cannot even be imported, or ends in an error of its own; the last line of it."""


def probe(module: str, variables: dict[str, str]) -> Probed:
    return _probe(module, tuple(sorted(variables.items())))


@lru_cache
def _probe(module: str, variables: tuple[tuple[str, str], ...]) -> Probed:
    done = subprocess.run(
        [sys.executable, PROBE, module],
        env={**LAMBDA, **dict(variables), "PYTHONPATH": str(ROOT / "functions")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise Crashed(done.stderr.strip().splitlines()[-1])
    told = json.loads(done.stdout)
    return Probed(
        frozenset(told["read"]) - set(LAMBDA),
        tuple(told["metrics"]),
        tuple(told["answers"]),
        told["slowest_call_seconds"],
    )
